import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHolds, writeHolds } from '../../fleet/holds';
import type { Home } from '../../store/home';
import { backUp } from '../../workers/backup';
import { restore } from '../../workers/restore';
import { takeState } from '../../workers/run';
import { temporaryHome } from '../support/temporal';

const cli = join(__dirname, '../../dist/clients/cli.js');
const hook = join(__dirname, '../support/killed-at-rename.cjs');

let home: Home;
let file: string;
let remove: () => void;
beforeEach(anew);
afterEach(() => remove());

test('what was backed up is put back whole, what was there is kept whole, and no hold is lost', async () => {
  const restored = tidegate(['restore', file, '--yes']);
  expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('before it: web[1,3]') });
  await expectRestored();
});

test('a restore that is killed at any of its moves is refused by all, and finished by the same command', async () => {
  const other = join(home.folder, 'other.tgz');
  for (let at = 0; ; at += 1) {
    if (at > 0) {
      remove();
      await anew();
    }
    const killed = tidegate(['restore', file, '--yes'], { KILLED_AT: String(at), KILLED_IN: home.state });
    if (killed.code === 0) {
      // More than the five entries, out and in.
      expect(at).toBeGreaterThan(8);
      break;
    }
    expect(killed.signal).toBe('SIGKILL');
    await expect(takeState(home)).rejects.toMatchObject({
      code: 'TG_RESTORE_CUT_SHORT',
      message: expect.stringContaining('state-before-'),
      next: expect.stringContaining(`tidegate restore ${file}`),
    });
    await expect(backUp(home, other)).rejects.toMatchObject({ code: 'TG_RESTORE_CUT_SHORT' });
    await expect(restore(home, other, yes)).rejects.toMatchObject({ code: 'TG_RESTORE_CUT_SHORT' });
    await hold('web4', 'held while it was half restored');
    await restore(home, file, yes);
    await expectRestored('web4');
  }
});

test('a file that is no backup, one of another fleet and one that is cut change nothing', async () => {
  const before = readdirSync(home.folder).sort();
  const cut = join(home.folder, 'cut.tgz');
  for (const given of [home.fleetFile, cut]) {
    writeFileSync(cut, readFileSync(file).subarray(0, 100));
    expect(tidegate(['restore', given, '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/TG_BACKUP_INVALID[\s\S]*name another file/),
    });
    rmSync(cut);
  }
  writeFileSync(home.fleetFile, readFileSync(home.fleetFile, 'utf8').replace('restored', 'other'));
  expect(tidegate(['restore', file, '--yes']).err).toMatch(
    /TG_BACKUP_INVALID[\s\S]*is of fleet restored, not of other/,
  );
  expect(readdirSync(home.folder).sort()).toEqual(before);
  expect(stateSays()).toEqual({ text: 'of now', 'ledger/book': 'of now', 'only-now': 'of now' });
});

test('a backup that was killed is made anew by the same command, and a full disk is called one', () => {
  const other = join(home.folder, 'other.tgz');
  writeFileSync(`${other}.part`, 'half');
  expect(tidegate(['backup', other]).code).toBe(0);
  writeFileSync(join(home.state, 'too-large'), randomBytes(2_000_000));
  const small = join(home.folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  try {
    expect(tidegate(['backup', join(small, 'state.tgz')]).err).toMatch(/TG_STORE_FULL/);
    expect(readdirSync(small)).toEqual([]);
  } finally {
    execFileSync('umount', [small]);
  }
});

/** A home with a backup of its state, and with a state that is another one by now. */
async function anew(): Promise<void> {
  ({ home, remove } = temporaryHome());
  file = join(home.folder, 'state.tgz');
  writeFileSync(home.fleetFile, 'fleet: restored\nplatform: p1\nhosts:\n  web1: { address: 127.0.0.1 }\n');
  writeState('backed up', 'only-then');
  await hold('web1', 'as it was');
  await hold('web2', 'in the backup only');
  await backUp(home, file);
  for (const name of ['holds.json', 'only-then']) rmSync(join(home.state, name));
  writeState('of now', 'only-now');
  await hold('web1', 'changed since');
  await hold('web3', 'held since');
}

function writeState(text: string, ...more: string[]): void {
  mkdirSync(home.ledger, { recursive: true });
  for (const name of ['text', 'ledger/book', ...more]) writeFileSync(join(home.state, name), text);
}

function stateSays(folder = home.state): Record<string, string> {
  const names = ['text', 'ledger/book', 'only-then', 'only-now'].filter((name) =>
    existsSync(join(folder, name)),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

async function expectRestored(...heldMeanwhile: string[]): Promise<void> {
  expect(stateSays()).toEqual({ text: 'backed up', 'ledger/book': 'backed up', 'only-then': 'backed up' });
  const [before, ...others] = readdirSync(home.folder).filter((name) => name.startsWith('state-before-'));
  expect(others).toEqual([]);
  expect(stateSays(join(home.folder, before!))).toEqual({
    text: 'of now',
    'ledger/book': 'of now',
    'only-now': 'of now',
  });
  expect((await readHolds(home.state, new Date())).map(({ host, reason }) => [host, reason])).toEqual([
    ['web1', 'changed since'],
    ['web2', 'in the backup only'],
    ['web3', 'held since'],
    ...heldMeanwhile.map((host) => [host, 'held while it was half restored']),
  ]);
  expect(existsSync(join(home.state, 'restored.json'))).toBe(true);
  expect(readdirSync(home.folder).filter((name) => /restoring/.test(name))).toEqual([]);
}

const yes = async () => undefined;

const hold = (host: string, reason: string) =>
  writeHolds(home.state, [{ host, reason, actor: 'tests', at: new Date().toISOString() }]);

function tidegate(words: string[], environment: Record<string, string> = {}) {
  const done = spawnSync(process.execPath, ['-r', hook, cli, ...words], {
    cwd: home.folder,
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  return { code: done.status, signal: done.signal, out: done.stdout.toString(), err: done.stderr.toString() };
}
