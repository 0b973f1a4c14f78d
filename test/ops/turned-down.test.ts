import { readFileSync } from 'node:fs';
import { sha256 } from '../support/operation';
import { makeRpm, type TestPackage } from '../support/packages';
import type { Sandbox } from '../support/sandbox';
import { TrustingSandbox } from '../support/trusting-sandbox';

let trusting: TrustingSandbox;
let sandbox: Sandbox;

beforeAll(async () => {
  trusting = await TrustingSandbox.start();
  sandbox = trusting.sandbox;
});

afterAll(() => trusting.stop());

beforeEach(() => {
  sandbox.run('rm -rf /var/lib/tidegate /var/tmp/pretrans; rpm -e --nodeps $(rpm -qa | grep -v gpg-pubkey)');
});

const packaged = async (name: string, version: string, given: Partial<TestPackage> = {}) =>
  readFileSync(await trusting.package({ name, version, ...given }));
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
    install(await packaged('there', '1.0'));
    const before = packages();
    const answer = operate('TRY', [await packaged('asks', '1.0', given)]);
    expect(answer).toMatchObject({
      state: 'done',
      outcome: 'TG_PREFLIGHT_REFUSED',
      touched: false,
      failed: { detail: expect.stringMatching(why) },
    });
    expect(packages()).toBe(before);
  },
);

test('as well for a version that is older, and for a package that nobody signed', async () => {
  install(await packaged('asks', '3.0'));
  const refused = { outcome: 'TG_PREFLIGHT_REFUSED', touched: false };
  expect(operate('TRY', [await packaged('asks', '2.0')])).toMatchObject(refused);
  const unsigned = readFileSync(await makeRpm(trusting.folder, { name: 'asks', version: '4.0' }));
  expect(operate('TRY', [unsigned])).toMatchObject(refused);
  expect(packages()).toBe('asks-3.0-1');
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
  expect(packages()).toBe('asks-1.0-1');
});

test('a package whose scriptlet has run before rpm turned it down has touched the host', async () => {
  install(await packaged('there', '1.0'));
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

test('rpm is asked in a look only by who wants to know', async () => {
  const file = await packaged('asks', '1.0', { preamble: ['Requires: nowhere'] });
  expect(sandbox.stage(['asks'], 'ASK', [file]).complaints).toEqual([
    expect.stringContaining('nowhere is needed by asks'),
  ]);
  expect(sandbox.stage(['asks'], 'KEEP', [file])).toMatchObject({ complete: true, complaints: [] });
});

let count = 0;
function operate(kind: 'TRY' | '', files: Buffer[], flags: string[] = []) {
  sandbox.stage(['asks'], 'KEEP', files);
  const paths = files.map((file) => `/var/lib/tidegate/stage/${sha256(file)}.rpm`);
  const all = [...(kind ? [kind] : []), ...['-U', '--define', '_pkgverify_level all', ...flags], ...paths];
  const request = `transaction '5' ${all.map((word) => `'${word}'`).join(' ')}\n`;
  const previous = sandbox.run('cat /var/lib/tidegate/head 2>/dev/null').out.trim() || 'none';
  count += 1;
  return sandbox.operate('BEGIN', `a${count}`, request, { previous });
}

/** What was on the host before Tidegate. */
function install(file: Buffer): void {
  sandbox.run('cat >/var/tmp/one.rpm && rpm -U --nodeps /var/tmp/one.rpm', file);
}

const packages = () =>
  sandbox.run("rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n' | grep -v gpg-pubkey | sort").out.trim();
