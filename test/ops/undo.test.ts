import { readFileSync } from 'node:fs';
import type { Rpm } from '../../model/artifact';
import { namesToAsk } from '../../model/obsoletes';
import { planSchema } from '../../model/plan';
import { judge } from '../../model/preflight';
import { requestText } from '../../model/request';
import { readRpm } from '../../store/rpm/read';
import type { TestPackage } from '../support/packages';
import type { Sandbox } from '../support/sandbox';
import { TrustingSandbox } from '../support/trusting-sandbox';

const plan = planSchema.parse({ package: 'fresh', hosts: 'all' });
let trusting: TrustingSandbox;
let sandbox: Sandbox;
const files = new Map<string, Buffer>();
let operations = 0;

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => {
  operations = 0;
  sandbox.run('rm -rf /var/lib/tidegate; rpm -e --nodeps $(rpm -qa | grep -v gpg-pubkey)');
});

test('what a package replaced under another name comes back in its place, whole', async () => {
  const old = await packaged({ name: 'old', version: '1.0', files: { '/opt/shared/text': 'of old' } });
  const fresh = await packaged({
    name: 'fresh',
    version: '2.0',
    preamble: ['Obsoletes: old < 2'],
    files: { '/opt/shared/text': 'of fresh', '/opt/shared/more': 'of fresh' },
  });
  install([old]);
  const before = look([fresh]);
  expect(before).toMatchObject({ before: [{ name: 'old', version: '1.0' }], absent: ['fresh'] });
  expect(apply([fresh])).toMatchObject({ outcome: 'ok' });
  expect(packages()).toEqual(['fresh-2.0-1']);
  expect(takeBack([old], ['fresh'])).toMatchObject({ outcome: 'ok' });
  expect(packages()).toEqual(['old-1.0-1']);
  expect(sandbox.run('rpm -V old').out).toBe('');
  expect(sandbox.run('cat /opt/shared/text; echo; ls /opt/shared').out).toBe('of old\ntext\n');
});

test('a set goes back as a whole: its own version, what it obsoleted, and what it added', async () => {
  const main = await packaged({ name: 'fresh', version: '1.0' });
  const old = await packaged({ name: 'old', version: '1.0', preamble: ['Requires: fresh = 1.0'] });
  const next = await packaged({ name: 'fresh', version: '2.0', preamble: ['Requires: added = 2.0'] });
  const added = await packaged({
    name: 'added',
    version: '2.0',
    preamble: ['Requires: fresh = 2.0', 'Obsoletes: old'],
  });
  install([main, old]);
  expect(look([next, added])).toMatchObject({
    before: [{ name: 'fresh' }, { name: 'old' }],
    absent: ['added'],
  });
  expect(apply([next, added])).toMatchObject({ outcome: 'ok' });
  expect(packages()).toEqual(['added-2.0-1', 'fresh-2.0-1']);
  expect(takeBack([main, old], ['added'])).toMatchObject({ outcome: 'ok' });
  expect(packages()).toEqual(['fresh-1.0-1', 'old-1.0-1']);
  expect(sandbox.run('rpm -V fresh old').out).toBe('');
});

test('a transaction that brought nothing is taken back all the same', async () => {
  const old = await packaged({ name: 'old', version: '1.0' });
  const fresh = await packaged({
    name: 'fresh',
    version: '2.1',
    preamble: ['Obsoletes: old', 'Provides: /bin/sh'],
    pre: 'exit 1',
  });
  install([old]);
  expect(apply([fresh])).toMatchObject({ outcome: 'TG_SCRIPTLET_FAILED', touched: true });
  expect(packages()).not.toContain('fresh-2.1-1');
  expect(takeBack([old], ['fresh'])).toMatchObject({ outcome: 'ok' });
  expect(packages()).toEqual(['old-1.0-1']);
});

async function packaged(given: TestPackage): Promise<Rpm> {
  const path = await trusting.package(given);
  const { rpm } = await readRpm(path);
  files.set(rpm.sha256, readFileSync(path));
  return rpm;
}

/** What was on the host before Tidegate. */
function install(rpms: readonly Rpm[]): void {
  for (const { sha256 } of rpms)
    sandbox.run('cat >/var/tmp/one.rpm && rpm -U /var/tmp/one.rpm', files.get(sha256));
}

function stage(rpms: readonly Rpm[], names: readonly string[]) {
  const brought = rpms.map(({ sha256 }) => files.get(sha256)!);
  return sandbox.stage(names, 'ASK', brought);
}

function look(rpms: readonly Rpm[]) {
  const answer = stage(rpms, namesToAsk(rpms));
  return judge(answer, { plan, rpms, platform: answer.platform, expectedHead: answer.head });
}

function apply(rpms: readonly Rpm[]) {
  stage(rpms, namesToAsk(rpms));
  return operate(requestText({ install: rpms, erase: [], oldPackage: false, replacePackages: false }, plan));
}

function takeBack(rpms: readonly Rpm[], erase: readonly string[]) {
  stage(rpms, erase);
  return operate(requestText({ install: rpms, erase, oldPackage: true, replacePackages: true }, plan));
}

function operate(request: string) {
  const previous = operations === 0 ? 'none' : `a${operations}`;
  operations += 1;
  return sandbox.operate('BEGIN', `a${operations}`, request, { previous });
}

const packages = () =>
  sandbox
    .run("rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n'")
    .out.trim()
    .split('\n')
    .filter((line) => !line.startsWith('gpg-pubkey'))
    .sort();
