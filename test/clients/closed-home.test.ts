import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cli, TestHome } from './support/home';

/** An account of somebody else. */
const another = 65534;
const verbs = [
  ['hosts', 'list'],
  ['hosts', 'hold', 'web001', '--reason', 'x', '--yes'],
  ['hosts', 'check'],
  ['rollout', 'list'],
  ['rollout', 'status'],
  ['artifacts', 'list'],
  ['up'],
];

let home: TestHome;
beforeEach(() => {
  home = new TestHome();
});
afterEach(() => home.remove());

describe('a home that is closed to whoever runs the command is refused by name, with what shows its owner', () => {
  beforeEach(() => {
    mkdirSync(home.home.state, { mode: 0o700 });
    chownSync(home.home.state, another, another);
  });

  test.each(verbs)('%s %s', (...words) => {
    chmodSync(home.home.folder, 0o755);
    expect(asAnother(words).err).toMatch(/^TG_FILE_CLOSED {2}root may not use .*\/state\/.*\nnext: ls -ld /);
    chmodSync(home.home.folder, 0o700);
    chownSync(home.home.folder, another, another);
    expect(asAnother(words)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^TG_FILE_CLOSED .*fleet\.yaml\n/),
    });
  });

  test('also by the doctor, which goes on with what it may see', () => {
    const { code, out } = asAnother(['doctor']);
    expect(code).toBe(1);
    expect(out).toMatch(/✗ home +TG_FILE_CLOSED: root may not use .*\/state\n +→ ls -ld /);
    expect(out).toMatch(/✓ fleet\.yaml +prod: 40 hosts/);
  });
});

test('a home on a read-only file system can be looked at, and what would write says why it cannot', () => {
  expect(readOnly('hosts list web001')).toContain('1 host\n');
  expect(readOnly('rollout list')).toContain('no rollout yet');
  for (const words of ['hosts hold web001 --reason x --yes', 'up'])
    expect(readOnly(words)).toMatch(/^TG_FILE_CLOSED .*read-only\nnext: findmnt --target \/.*\n$/);
});

/** Root without the right to open what is another account's, so that it still may read this checkout. */
function asAnother(words: readonly string[]) {
  const line = ['--bounding-set=-dac_override,-dac_read_search', process.execPath, cli, ...words];
  const { status, stdout, stderr } = spawnSync('setpriv', line, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TIDEGATE_HOME: home.home.folder },
  });
  return { code: status, out: stdout, err: stderr };
}

/** In a mount namespace of its own, where the home is a read-only copy. */
function readOnly(words: string): string {
  const line = `mount -t tmpfs none "$0/ro" && cp "$0/fleet.yaml" "$0/ro" && mount -o remount,ro "$0/ro" && exec "$1" "$2" ${words} --home "$0/ro"`;
  mkdirSync(join(home.home.folder, 'ro'), { recursive: true });
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', line, home.home.folder, process.execPath, cli],
    {
      encoding: 'utf8',
    },
  );
  return stdout + stderr;
}
