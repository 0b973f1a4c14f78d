import { transaction } from '../support/operation';
import type { TestPackage } from '../support/packages';
import type { Sandbox } from '../support/sandbox';
import { type BuiltPackage, TrustingSandbox } from '../support/trusting-sandbox';

let trusting: TrustingSandbox;
let sandbox: Sandbox;

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => {
  trusting.clear();
  sandbox.run('rm -f /var/tmp/pretrans');
});

const packaged = (name: string, version: string, given: Partial<TestPackage> = {}) =>
  trusting.package({ name, version, ...given });
/** Its first scriptlet runs before rpm has looked at all. */
const pretrans = ['%pretrans -p <lua>\nio.open("/var/tmp/pretrans", "w"):close()'];

const everyTest = [
  ['a dependency that is missing', /nowhere is needed by asks/, { preamble: ['Requires: nowhere'] }],
  ['a file of another package', /conflicts/, { files: { '/opt/there/version': 'another' } }],
  ['what it conflicts with', /conflicts with/, { preamble: ['Conflicts: there'] }],
] as const;

test.each(everyTest)(
  'rpm turns a transaction down for %s, and the host is as it was',
  async (_, why, given) => {
    trusting.install(await packaged('there', '1.0'));
    const before = trusting.installed();
    const answer = operate('TRY', [await packaged('asks', '1.0', given)]);
    expect(answer).toMatchObject({
      state: 'done',
      outcome: 'TG_PREFLIGHT_REFUSED',
      touched: false,
      failed: { detail: expect.stringMatching(why) },
    });
    expect(trusting.installed()).toEqual(before);
  },
);

test('as well for a version that is older, and for a package that nobody signed', async () => {
  trusting.install(await packaged('asks', '3.0'));
  const refused = { outcome: 'TG_PREFLIGHT_REFUSED', touched: false };
  expect(operate('TRY', [await packaged('asks', '2.0')])).toMatchObject(refused);
  const unsigned = await trusting.unsigned({ name: 'asks', version: '4.0' });
  expect(operate('TRY', [unsigned])).toMatchObject(refused);
  expect(trusting.installed()).toEqual(['asks-3.0-1']);
});

test('what was begun and failed is told as touched, whatever rpm says of it afterwards', async () => {
  const nodeps = ['--nodeps'];
  const failing = await packaged('fails', '1.0', { pre: 'exit 1' });
  expect(operate('TRY', [failing], nodeps)).toMatchObject({ outcome: 'TG_SCRIPTLET_FAILED', touched: true });
  const well = await packaged('asks', '1.0');
  expect(operate('TRY', [well, failing], nodeps)).toMatchObject({
    outcome: 'TG_SCRIPTLET_FAILED',
    touched: true,
  });
  expect(trusting.installed()).toEqual(['asks-1.0-1']);
});

test('a package whose scriptlet has run before rpm turned it down has touched the host', async () => {
  trusting.install(await packaged('there', '1.0'));
  const given = { files: { '/opt/there/version': 'another' }, preamble: pretrans };
  expect(operate('TRY', [await packaged('early', '1.0', given)])).toMatchObject({
    outcome: 'TG_TRANSACTION_FAILED',
    touched: true,
  });
  expect(sandbox.run('ls /var/tmp/pretrans').code).toBe(0);
});

test('a transaction that was not the first is a failure when rpm turns it down', async () => {
  const answer = operate('', [await packaged('asks', '1.0', { preamble: ['Requires: nowhere'] })]);
  expect(answer).toMatchObject({ outcome: 'TG_TRANSACTION_FAILED', touched: true });
});

let count = 0;
function operate(kind: 'TRY' | '', brought: BuiltPackage[], flags: string[] = []) {
  const files = brought.map(({ file }) => file);
  sandbox.stage(['asks'], 'KEEP', files);
  const words = [...(kind ? [kind] : []), ...['-U', '--define', '_pkgverify_level all', ...flags]];
  const previous = sandbox.run('cat /var/lib/tidegate/head 2>/dev/null').out.trim() || 'none';
  count += 1;
  return sandbox.operate('BEGIN', `a${count}`, transaction(files, words), { previous });
}
