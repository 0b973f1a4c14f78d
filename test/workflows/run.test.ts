import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRun } from '../../clients/runs';
import type { RunRecord } from '../../model/run-record';
import { TestFleet } from '../support/fleet';
import { until } from '../support/rollouts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 6, domains: 2 });
  for (const [index, { host }] of fleet.hosts.entries()) onHost(index, `echo ${host.name} >/etc/name`);
  await fleet.work();
});

afterAll(() => fleet.stop());

const tidegate = (...words: string[]) => fleet.tidegate(words);
/** What `run show` gives of a host's stdout, to the byte. */
const bytesOf = (run: string, host: string) =>
  execFileSync(
    process.execPath,
    [join(__dirname, '../../dist/clients/cli.js'), 'run', 'show', run, host, '--home', fleet.home.folder],
    { maxBuffer: 200_000_000 },
  );
/** The newest run, as its book has it; not one of those that were there before. */
const newest = async (): Promise<RunRecord> => (await readRun(fleet.home)).record;
/** Undefined until the book of a newer run than `before` is there. */
const newerThan = async (before: string): Promise<RunRecord | undefined> => {
  const { id, record } = await readRun(fleet.home);
  return id === before ? undefined : record;
};
const newestId = async () => (await readRun(fleet.home)).id;
const onHost = (index: number, shell: string) => fleet.hosts[index]!.sandbox.run(shell);

describe('run', () => {
  test('folds identical answers, and names the hosts that gave others', async () => {
    onHost(4, 'echo other >/etc/answer');
    const ran = await tidegate('run', 'all', '--', 'cat /etc/answer 2>/dev/null || echo common');
    expect(ran).toMatchObject({
      code: 0,
      out: '── web[000-003,005]  5 hosts\ncommon\n── web004\nother\n6 = 6 ok\n',
    });
    const diff = await tidegate('run', 'all', '--diff', '--', 'cat /etc/answer 2>/dev/null || echo common');
    expect(diff.out).toContain('── web004\n@@ -1,1 +1,1 @@\n-common\n+other\n6 = 6 ok\n');
  });

  test('ends with 3 when a host is not ok, each kind of trouble in a group of its own', async () => {
    const [, refusing, changed] = fleet.hosts;
    refusing!.stopSshd();
    changed!.changeKey();
    const command = 'case $(cat /etc/name) in web003) exit 7 ;; web004) sleep 60 ;; esac; echo fine';
    const { code, out } = await tidegate('run', 'all', '--timeout', '3s', '--', command);
    refusing!.changeKey();
    for (const host of [refusing!, changed!]) expect(await fleet.acceptKey(host)).toMatchObject({ code: 0 });
    expect(code).toBe(3);
    expect(out).toContain('── web[000,005]  2 hosts\nfine\n');
    expect(out).toMatch(/^── FAILED exit 7 {2}web003$/m);
    expect(out).toMatch(/^── TIMEOUT TG_EXEC_TIMEOUT .* {2}web004$/m);
    expect(out).toMatch(/^── UNREACHABLE TG_HOST_UNREACHABLE .* {2}web001$/m);
    expect(out).toMatch(/^── HOST KEY TG_HOST_KEY_CHANGED .* {2}web002$/m);
    expect(out).toMatch(/^6 = 2 ok \+ 1 failed \+ 1 timeout \+ 1 unreachable \+ 1 host key$/m);
  });

  test('gives output as it is: binary, without a line break at its end, and 100 MB of it', async () => {
    const command =
      "case $(cat /etc/name) in web000) printf 'a\\0\\377b' ;; web001) head -c 104857600 /dev/zero ;; esac";
    const { code, out } = await tidegate('run', 'web[000-001]', '--', command);
    expect(code).toBe(0);
    expect(out).toMatch(/web000 gives it as it is/);
    expect(out).toMatch(/104857600 bytes in all; the whole: tidegate run show run-\w{8} web001/);
    const [id = ''] = /run-\w{8}/.exec(out) ?? [];
    expect(bytesOf(id, 'web000')).toEqual(Buffer.from('a\0\xffb', 'latin1'));
    const whole = bytesOf(id, 'web001');
    expect(whole).toHaveLength(104_857_600);
    expect(whole.every((byte) => byte === 0)).toBe(true);
  });

  test('calls a host unknown whose connection dies in the middle of a line', async () => {
    const { code, out } = await tidegate(
      'run',
      'web[000-001]',
      '--',
      'printf half; [ $(cat /etc/name) != web001 ] || kill -9 $PPID',
    );
    expect(code).toBe(3);
    expect(out).toMatch(/^── UNKNOWN .* {2}web001$/m);
    expect(out).toMatch(/^2 = 1 ok \+ 1 unknown$/m);
  });

  test('sends a command at most once, though the worker is killed in the middle', async () => {
    const command = 'echo ran >>/var/tmp/ran; sleep 5';
    const before = await newestId();
    const running = tidegate('run', 'all', '--parallel', '2', '--', command);
    await until(async () => ((await newerThan(before))?.sent.size ?? 0) >= 2);
    await fleet.killWorker();
    await fleet.work();
    const { code, out } = await running;
    expect(code).toBe(3);
    const lost = Number(/(\d+) unknown/.exec(out)?.[1]);
    expect(lost).toBeGreaterThanOrEqual(1);
    expect(out).toMatch(new RegExp(`^6 = ${6 - lost} ok \\+ ${lost} unknown$`, 'm'));
    const times = [...fleet.hosts.keys()].map((index) =>
      Number(onHost(index, 'cat /var/tmp/ran 2>/dev/null | wc -l').out),
    );
    expect(Math.max(...times)).toBe(1);
    expect(times.filter((ran) => ran === 1).length).toBeGreaterThanOrEqual(6 - lost);
  });

  test('goes on with the hosts that are left, when the worker is stopped politely in the middle', async () => {
    const before = await newestId();
    const running = tidegate('run', 'all', '--parallel', '2', '--', 'sleep 2');
    await until(async () => ((await newerThan(before))?.sent.size ?? 0) >= 2);
    await fleet.stopWorker();
    await fleet.work();
    expect(await running).toMatchObject({
      code: expect.any(Number),
      out: expect.not.stringContaining('not run'),
    });
    expect((await newest()).counts()['not run']).toBe(0);
  });

  test('works on a host that is full and read-only', async () => {
    onHost(
      0,
      'mount -t tmpfs -o size=4k,mode=1777 tmpfs /tmp; cat /dev/zero >/tmp/fill; mount -o remount,ro /',
    );
    const nothing = '! touch /x && ! sh -c "echo more >/tmp/more"';
    const words = ['web000', '--sudo', '--', `{ ${nothing}; } 2>/dev/null && echo alive`];
    const { code, out } = await tidegate('run', ...words);
    onHost(0, 'mount -o remount,rw /; umount /tmp');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('web000\nalive\n') });
  });

  test('takes hosts and a command from one file, input from another, and variables', async () => {
    const file = join(fleet.folder, 'job.txt');
    writeFileSync(file, '# the paper\nweb000\nweb[001-002]\ncommand: echo "$GREETING $(cat)"\n');
    const input = join(fleet.folder, 'input.txt');
    writeFileSync(input, 'world');
    const ran = await tidegate('run', '--file', file, '--stdin', input, '--env', "GREETING=it's", '--sudo');
    expect(ran).toMatchObject({ code: 0, out: "── web[000-002]  3 hosts\nit's world\n3 = 3 ok\n" });
  });

  test('gives a line of JSON for each host, and groups as JSON', async () => {
    const lines = (await tidegate('run', 'web[000-001]', '-o', 'jsonl', '--', 'echo x')).out
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ outcome: 'ok', code: 0, stdout: { bytes: 2, text: 'x\n' } }),
      expect.objectContaining({ outcome: 'ok' }),
    ]);
    const { out } = await tidegate('run', 'web[000-001]', '-o', 'json', '--', 'echo x');
    expect(JSON.parse(out)).toMatchObject({
      hosts: 2,
      result: 'done',
      counts: { ok: 2 },
      groups: [{ outcome: 'ok', hosts: 'web[000-001]', count: 2 }],
    });
  });

  test('shows lines as they come, each behind its host', async () => {
    const { out, err } = await tidegate(
      'run',
      'web000',
      '--stream',
      '--',
      'echo one; printf two; echo bad >&2',
    );
    expect(out).toContain('web000: one\nweb000: two\n');
    expect(err).toContain('web000: bad\n');
  });

  test('refuses what it cannot run, by name', async () => {
    expect(await tidegate('run', 'all')).toMatchObject({ code: 2, err: expect.stringMatching(/^TG_USAGE /) });
    expect(await tidegate('run', 'nobody', '--', 'true')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^TG_HOST_NOT_FOUND /),
    });
  });
});

describe('a run that asks after its first hosts', () => {
  test('waits, can be seen waiting, and goes on or stops as it is told', async () => {
    let before = await newestId();
    const first = tidegate('run', 'all', '--batch-then-ask', '2', '--', 'echo ran >>/var/tmp/canary');
    await until(async () => (await newerThan(before))?.waiting === true);
    expect((await newest()).outcomes.size).toBe(2);
    expect((await tidegate('run', 'list')).out).toMatch(/waits for go-on/);
    expect((await tidegate('run', 'go-on', '--yes')).code).toBe(0);
    await until(async () => (await newest()).ended !== undefined);
    await first;
    expect((await newest()).counts().ok).toBe(6);

    before = await newestId();
    const second = tidegate('run', 'all', '--batch-then-ask', '2', '--', 'true');
    await until(async () => (await newerThan(before))?.waiting === true);
    expect((await tidegate('run', 'stop', '--yes')).code).toBe(0);
    await second;
    await until(async () => (await newest()).ended !== undefined);
    expect((await newest()).counts()).toMatchObject({ ok: 2, 'not run': 4 });
  });
});

describe('push and pull', () => {
  test('put files whole, skip what is there, and bring them back', async () => {
    const file = join(fleet.folder, 'motd');
    writeFileSync(file, 'hello\n', { mode: 0o644 });
    const push = (...words: string[]) => tidegate('push', 'all', '--sudo', ...words, file, '/etc/motd');
    expect((await push('--dry-run')).out).toContain('would push 1 of 1\n');
    expect(onHost(0, 'cat /etc/motd').out).not.toBe('hello\n');
    onHost(5, 'rm -f /etc/motd; ln -s /etc/hostname /etc/motd');
    expect(await push()).toMatchObject({ code: 0, out: expect.stringContaining('pushed 1 of 1\n') });
    expect(onHost(5, 'cat /etc/motd; stat -c %a%F /etc/motd').out).toBe('hello\n644regular file\n');
    expect((await push()).out).toContain('unchanged\n');
    expect((await push('--mode', '600', '--owner', 'nobody')).out).toContain('pushed 1 of 1\n');
    expect(onHost(1, 'stat -c "%a %U" /etc/motd').out).toBe('600 nobody\n');

    const folder = join(fleet.folder, 'pulled');
    const pulled = await tidegate('pull', 'all', '--sudo', '/etc/motd', folder);
    expect(pulled).toMatchObject({ code: 0, out: '6 = 6 ok\n' });
    expect(readFileSync(join(folder, 'web005', 'motd'), 'utf8')).toBe('hello\n');
    rmSync(folder, { recursive: true });
  });

  test('carry folders, and never write through what a host planted', async () => {
    const local = join(fleet.folder, 'site');
    mkdirSync(join(local, 'sub dir'), { recursive: true, mode: 0o755 });
    writeFileSync(join(local, 'sub dir', '$HOME `x` *'), 'odd\n', { mode: 0o640 });
    const push = () => tidegate('push', 'web[000-001]', '--sudo', local, '/srv/made/site');
    expect(await push()).toMatchObject({ code: 0, out: expect.stringContaining('pushed 3 of 3\n') });
    expect(onHost(0, 'cat "/srv/made/site/sub dir/\\$HOME \\`x\\` *"; stat -c %a /srv/made').out).toBe(
      'odd\n755\n',
    );
    expect((await push()).out).toContain('unchanged\n');

    const folder = join(fleet.folder, 'collected');
    const outside = join(fleet.folder, 'outside');
    mkdirSync(outside);
    onHost(0, `ln -s ${outside} /srv/made/site/x`);
    const pull = () => tidegate('pull', 'web[000-001]', '--sudo', '/srv/made/site', folder);
    expect((await pull()).code).toBe(0);
    onHost(0, 'rm /srv/made/site/x; mkdir /srv/made/site/x; echo theirs >/srv/made/site/x/keys');
    expect((await pull()).code).toBe(0);
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(join(folder, 'web000', 'site', 'x', 'keys'), 'utf8')).toBe('theirs\n');
    expect(readFileSync(join(folder, 'web001', 'site', 'sub dir', '$HOME `x` *'), 'utf8')).toBe('odd\n');
  });

  test('leave the old file where the new one does not arrive', async () => {
    const file = join(fleet.folder, 'large');
    writeFileSync(file, Buffer.alloc(3_000_000, 'x'));
    onHost(2, 'mkdir -p /mnt/small; mount -t tmpfs -o size=1m tmpfs /mnt/small; echo old >/mnt/small/large');
    for (const index of [0, 1]) onHost(index, 'mkdir -p /mnt/small');
    const { code, out } = await tidegate('push', 'web[000-002]', '--sudo', file, '/mnt/small/large');
    expect(code).toBe(3);
    expect(out).toMatch(/^── FAILED TG_HOST_FULL .* {2}web002$/m);
    expect(onHost(2, 'cat /mnt/small/large; ls /mnt/small').out).toBe('old\nlarge\n');
    expect(onHost(1, 'stat -c %s /mnt/small/large').out).toBe('3000000\n');
  });
});
