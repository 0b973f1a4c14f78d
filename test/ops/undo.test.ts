import { namesToAsk } from '../../model/obsoletes';
import { planSchema } from '../../model/plan';
import { judge } from '../../model/preflight';
import { requestText } from '../../model/request';
import type { Sandbox } from '../support/sandbox';
import { type BuiltPackage, TrustingSandbox } from '../support/trusting-sandbox';

const plan = planSchema.parse({ package: 'fresh', hosts: 'all' });
let trusting: TrustingSandbox;
let sandbox: Sandbox;
let operations = 0;

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => {
  operations = 0;
  trusting.clear();
});

test('what a package replaced under another name comes back in its place, whole', async () => {
  const old = await trusting.package({
    name: 'old',
    version: '1.0',
    files: { '/opt/shared/text': 'of old' },
  });
  const fresh = await trusting.package({
    name: 'fresh',
    version: '2.0',
    preamble: ['Obsoletes: old < 2'],
    files: { '/opt/shared/text': 'of fresh', '/opt/shared/more': 'of fresh' },
  });
  trusting.install(old);
  const before = look([fresh]);
  expect(before).toMatchObject({ before: [{ name: 'old', version: '1.0' }], absent: ['fresh'] });
  expect(apply([fresh])).toMatchObject({ outcome: 'ok' });
  expect(trusting.installed()).toEqual(['fresh-2.0-1']);
  expect(takeBack([old], ['fresh'])).toMatchObject({ outcome: 'ok' });
  expect(trusting.installed()).toEqual(['old-1.0-1']);
  expect(sandbox.run('rpm -V old').out).toBe('');
  expect(sandbox.run('cat /opt/shared/text; echo; ls /opt/shared').out).toBe('of old\ntext\n');
});

test('a set goes back as a whole: its own version, what it obsoleted, and what it added', async () => {
  const main = await trusting.package({ name: 'fresh', version: '1.0' });
  const old = await trusting.package({ name: 'old', version: '1.0', preamble: ['Requires: fresh = 1.0'] });
  const next = await trusting.package({ name: 'fresh', version: '2.0', preamble: ['Requires: added = 2.0'] });
  const added = await trusting.package({
    name: 'added',
    version: '2.0',
    preamble: ['Requires: fresh = 2.0', 'Obsoletes: old'],
  });
  trusting.install(main, old);
  expect(look([next, added])).toMatchObject({
    before: [{ name: 'fresh' }, { name: 'old' }],
    absent: ['added'],
  });
  expect(apply([next, added])).toMatchObject({ outcome: 'ok' });
  expect(trusting.installed()).toEqual(['added-2.0-1', 'fresh-2.0-1']);
  expect(takeBack([main, old], ['added'])).toMatchObject({ outcome: 'ok' });
  expect(trusting.installed()).toEqual(['fresh-1.0-1', 'old-1.0-1']);
  expect(sandbox.run('rpm -V fresh old').out).toBe('');
});

test('a transaction that brought nothing is taken back all the same', async () => {
  const old = await trusting.package({ name: 'old', version: '1.0' });
  const fresh = await trusting.package({
    name: 'fresh',
    version: '2.1',
    preamble: ['Obsoletes: old', 'Provides: /bin/sh'],
    pre: 'exit 1',
  });
  trusting.install(old);
  expect(apply([fresh])).toMatchObject({ outcome: 'TG_SCRIPTLET_FAILED', touched: true });
  expect(trusting.installed()).not.toContain('fresh-2.1-1');
  expect(takeBack([old], ['fresh'])).toMatchObject({ outcome: 'ok' });
  expect(trusting.installed()).toEqual(['old-1.0-1']);
});

/** Brings packages and looks. */
function stage(brought: readonly BuiltPackage[]) {
  const rpms = brought.map(({ rpm }) => rpm);
  const files = brought.map(({ file }) => file);
  return { rpms, answer: sandbox.stage(namesToAsk(rpms), 'ASK', files) };
}

function look(brought: readonly BuiltPackage[]) {
  const { rpms, answer } = stage(brought);
  return judge(answer, { plan, rpms, platform: answer.platform, expectedHead: answer.head });
}

function apply(brought: readonly BuiltPackage[]) {
  const { rpms } = stage(brought);
  return operate(requestText({ install: rpms, erase: [], oldPackage: false, replacePackages: false }, plan));
}

function takeBack(brought: readonly BuiltPackage[], erase: readonly string[]) {
  const { rpms } = stage(brought);
  return operate(requestText({ install: rpms, erase, oldPackage: true, replacePackages: true }, plan));
}

function operate(request: string) {
  const previous = operations === 0 ? 'none' : `a${operations}`;
  operations += 1;
  return sandbox.operate('BEGIN', `a${operations}`, request, { previous });
}
