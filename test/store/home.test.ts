import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findHome } from '../../store/home';

const startedIn = process.cwd();
const environment = process.env.TIDEGATE_HOME;
let folder: string;

beforeEach(async () => {
  delete process.env.TIDEGATE_HOME;
  folder = await realpath(await mkdtemp(join(tmpdir(), 'tidegate-home-')));
});
afterEach(async () => {
  process.chdir(startedIn);
  if (environment === undefined) delete process.env.TIDEGATE_HOME;
  else process.env.TIDEGATE_HOME = environment;
  await rm(folder, { recursive: true });
});

test('takes --home before $TIDEGATE_HOME, and that before the current folder', async () => {
  const [option, variable, current] = await Promise.all(
    ['option', 'variable', 'current'].map(async (name) => {
      const home = await mkdtemp(join(folder, name));
      await writeFile(join(home, 'fleet.yaml'), 'fleet: x\n');
      return home;
    }),
  );
  process.chdir(current!);
  expect(findHome().folder).toBe(current);
  process.env.TIDEGATE_HOME = variable;
  expect(findHome().folder).toBe(variable);
  expect(findHome(option).folder).toBe(option);
});

test('gives absolute paths for everything in it', async () => {
  await writeFile(join(folder, 'fleet.yaml'), 'fleet: x\n');
  process.chdir(folder);
  expect(findHome('.')).toEqual({
    folder,
    fleetFile: join(folder, 'fleet.yaml'),
    keys: join(folder, 'keys'),
    state: join(folder, 'state'),
    files: join(folder, 'state/files'),
    ledger: join(folder, 'state/ledger'),
    temporalDatabase: join(folder, 'state/temporal.db'),
    temporalAddressFile: join(folder, 'state/temporal.json'),
    lockFile: join(folder, 'state/lock'),
  });
});

test('refuses a folder without fleet.yaml and says how to make one', () => {
  expect(() => findHome(folder)).toThrow(
    expect.objectContaining({
      code: 'TG_HOME_MISSING',
      next: expect.stringContaining(`tidegate init --home ${folder} --inventory FILE`),
    }),
  );
});
