import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { script } from '../../ops/script';
import { quote } from '../../ssh/quote';
import { Sandbox } from '../support/sandbox';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await Sandbox.start();
  folder = mkdtempSync(join(tmpdir(), 'tg-ops-build-'));
});

afterAll(() => {
  sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

const shell = `tg_runner=${quote(script('build-runner.sh'))}\n${script('build.sh')}`;

function build(id: string, words: string[], input: Buffer = Buffer.alloc(0)): string[] {
  const { out, err } = sandbox.run(shell, input, [id, ...words]);
  return `${out}${err}`.trimEnd().split('\n');
}

/** The tar file of a build whose %build is the given shell. */
function bundle(shellOfBuild: string, files = '/opt/probe'): Buffer {
  const source = mkdtempSync(join(folder, 'bundle-'));
  mkdirSync(join(source, 'SOURCES'));
  mkdirSync(join(source, 'SPECS'));
  writeFileSync(join(source, 'epoch'), '1700000000');
  writeFileSync(join(source, 'macros'), `%_topdir /var/lib/tidegate-build/work\n%_dbpath /var/lib/rpm\n`);
  writeFileSync(
    join(source, 'SPECS', 'probe.spec'),
    `Name: probe\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%prep\n` +
      `%build\n${shellOfBuild}\n%install\nmkdir -p %{buildroot}/opt\nid -un > %{buildroot}/opt/probe\n%files\n${files}\n`,
  );
  return execFileSync('tar', ['-c', '-C', source, '.']);
}

const log = (id: string) => sandbox.run(`cat /var/lib/tidegate-build/${id}/log`).out;

test('a build ends with its packages, and its directory is gone when asked', () => {
  expect(build('a1', ['WAIT', '1'])).toEqual(['state unknown']);
  expect(build('a1', ['BEGIN', '60'], bundle('true'))).toEqual(['state running']);
  const said = build('a1', ['WAIT', '60']);
  expect(said.slice(0, 2)).toEqual(['state done', 'code 0']);
  expect(said[3]).toMatch(/^rpm [0-9a-f]{64} \d+ noarch\/probe-1-1\.noarch\.rpm$/);
  build('a1', ['CLEAN']);
  expect(build('a1', ['WAIT', '1'])).toEqual(['state unknown']);
});

test('it runs without privileges, without network, and sees no process but its own', () => {
  const shellOfBuild = [
    'echo "user $(id -un)"',
    'echo "links $(tail -n +3 /proc/net/dev | grep -vc lo:)"',
    'echo "processes $(ls /proc | grep -c "^[0-9]")"',
    'touch /etc/tidegate-was-here || echo "cannot write"',
    'echo left > /tmp/left',
  ].join('\n');
  build('a2', ['BEGIN', '60'], bundle(shellOfBuild));
  expect(build('a2', ['WAIT', '60'])[1]).toBe('code 0');
  expect(log('a2')).toMatch(/^user tidegate-build$/m);
  expect(log('a2')).toMatch(/^links 0$/m);
  expect(Number(/^processes (\d+)$/m.exec(log('a2'))?.[1])).toBeLessThan(10);
  expect(log('a2')).toMatch(/^cannot write$/m);
  expect(sandbox.run('ls /tmp').out).toBe('');
});

test('a second begin does not start a second build beside the first', () => {
  const slow = bundle('echo ran; sleep 1');
  expect(build('a3', ['BEGIN', '60'], slow)).toEqual(['state running']);
  expect(build('a3', ['BEGIN', '60'], slow)).toEqual(['state running']);
  expect(build('a3', ['WAIT', '60'])[1]).toBe('code 0');
  expect(build('a3', ['BEGIN', '60'], slow)[1]).toBe('code 0');
  expect(log('a3').match(/^ran$/gm)).toHaveLength(1);
});

test('a build that ends without a result is lost, and may begin again only when nothing of it is left', () => {
  build('a4', ['BEGIN', '60'], bundle('sleep 300'));
  expect(build('a4', ['WAIT', '1'])).toEqual(['state running']);
  const pid = sandbox.run('cat /var/lib/tidegate-build/a4/pid').out.trim();
  const timeout = sandbox.run(`pgrep -P ${pid}`).out.trim();
  sandbox.run(`kill -KILL ${pid}`);
  expect(build('a4', ['BEGIN', '60'], bundle('true'))).toEqual(['state running']);
  expect(build('a4', ['WAIT', '1'])).toEqual(['state running']);
  sandbox.run(`kill -TERM ${timeout}`);
  expect(build('a4', ['WAIT', '20'])).toEqual(['state lost']);
  expect(sandbox.run('pgrep -f "sleep 30[0]" || echo none').out).toContain('none');
  build('a4', ['BEGIN', '60'], bundle('true'));
  expect(build('a4', ['WAIT', '60'])[1]).toBe('code 0');
});

test('past its deadline, or when stopped, it ends with all its processes', () => {
  build('a5', ['BEGIN', '1'], bundle('sleep 301'));
  expect(build('a5', ['WAIT', '20'])[1]).toBe('code 124');
  build('a6', ['BEGIN', '60'], bundle('sleep 302'));
  build('a6', ['STOP']);
  // What is not there yet to hear TERM is killed half a minute later.
  expect(build('a6', ['WAIT', '60'])[0]).toBe('state done');
  expect(sandbox.run('pgrep -f "sleep 30[12]" || echo none').out).toContain('none');
});

test('one that never began is stopped already', () => {
  expect(build('a8', ['STOP'])).toEqual(['']);
});

test('a control instance without rpmbuild is unfit, and nothing is made on it', async () => {
  const bare = await Sandbox.start();
  try {
    const { out } = bare.run(`rm /usr/bin/rpmbuild; ${shell}`, bundle('true'), ['a7', 'BEGIN', '60']);
    expect(out).toBe('refused TG_CONTROL_UNFIT rpmbuild is not there\n');
    expect(bare.run('ls /var/lib/tidegate-build; id tidegate-build').out).toBe('');
  } finally {
    bare.stop();
  }
});

test('the packages of a control instance are listed', () => {
  const { out } = sandbox.run(script('build-control.sh'));
  expect(out).toMatch(/^deb coreutils \S+ \S+$/m);
  expect(out).toMatch(/^arch x86_64|aarch64$/m);
});
