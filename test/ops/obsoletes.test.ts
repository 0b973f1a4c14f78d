import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { namesToAsk, obsoletedBy } from '../../model/obsoletes';
import { readRpm } from '../../store/rpm/read';
import { buildSpec } from '../support/packages';
import { Sandbox } from '../support/sandbox';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-obsoletes-'));
  sandbox = await Sandbox.start();
});

afterAll(() => {
  sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** So many pairs of an installed version and a line `Obsoletes:`, in one pair of builds. */
const pairs = 120;
// Few values, so that many pairs are close to each other.
const version = fc.constantFrom('1.0', '1.0', '1.00', '1.1', '1.0~rc1', '1.0^git1');
const epoch = fc.constantFrom('', '', '', '0:', '1:');
const release = fc.constantFrom('1', '2', '1.el9');
const line = fc
  .tuple(
    fc.constantFrom('<', '<=', '=', '>=', '>'),
    epoch,
    version,
    fc.constantFrom('', '', '-1', '-2', '-1.el9'),
  )
  .map(([sense, e, v, r]) => `${sense} ${e}${v}${r}`);

test('what the model says that a package obsoletes is what rpm erases', async () => {
  const given = fc.sample(fc.record({ epoch, version, release, line }), { numRuns: pairs, seed: 7 });
  const head = (name: string, own: string[]) => [
    `Name: ${name}`,
    'Version: 9',
    'Release: 1',
    'Summary: for a test',
    'License: none',
    'BuildArch: noarch',
    ...own,
    '%description\nfor a test',
  ];
  const old = await buildSpec(folder, 'old', [
    ...head('old', []),
    ...given.flatMap((one, i) => [
      `%package -n old${i}`,
      'Summary: for a test',
      `Epoch: ${one.epoch.slice(0, -1) || '0'}`,
      `Version: ${one.version}`,
      `Release: ${one.release}`,
      // A name that is only provided is not obsoleted.
      `Provides: fresh-old${i} = ${one.version}`,
      `%description -n old${i}`,
      'for a test',
      `%files -n old${i}`,
    ]),
  ]);
  const [fresh] = await buildSpec(folder, 'fresh', [
    ...head(
      'fresh',
      given.flatMap((one, i) => [`Obsoletes: old${i} ${one.line}`, `Obsoletes: fresh-old${i}`]),
    ),
    '%files',
  ]);
  const { rpm } = await readRpm(fresh!);
  sandbox.run('mkdir -p /var/tmp/old');
  for (const path of old) put(path, '/var/tmp/old');
  put(fresh!, '/var/tmp');
  expect(sandbox.run('rpm -U --nosignature /var/tmp/old/*.rpm').code).toBe(0);

  const { installed } = sandbox.stage(namesToAsk([rpm]), 'TRY', []);
  expect(installed).toHaveLength(pairs);
  const erased = obsoletedBy([rpm], installed).map(({ name }) => name);
  sandbox.run('rpm -U --nosignature --nodeps /var/tmp/fresh-9-1.noarch.rpm');
  const left = new Set(sandbox.run("rpm -qa --qf '%{NAME}\\n'").out.trim().split('\n'));
  expect(left).toContain('fresh');
  const wrong = installed.filter(({ name }) => left.has(name) === erased.includes(name));
  expect(wrong.map(({ name }) => [name, given[Number(name.slice(3))]])).toEqual([]);
  expect(erased.length).toBeGreaterThan(pairs / 5);
  expect(erased.length).toBeLessThan((4 * pairs) / 5);
});

function put(path: string, target: string): void {
  const file = path.split('/').at(-1)!;
  sandbox.run(`cat >${target}/${file}`, readFileSync(path));
}
