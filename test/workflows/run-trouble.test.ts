import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRun } from '../../clients/runs';
import type { RunRecord } from '../../model/run-record';
import { TestFleet } from '../support/fleet';
import { until } from '../support/rollouts';

/** Longer than the heartbeat timeout of a batch of hosts and its retry (workflows/run.ts). */
const pastTheHeartbeatMs = 14_000;
/** What a flood may cost the worker's memory; the flood is several times as large. */
const mostGrowthBytes = 128 * 1024 * 1024;

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 6, domains: 2 });
  for (const [index, { host }] of fleet.hosts.entries()) onHost(index, `echo ${host.name} >/etc/name`);
  await fleet.work();
});

afterAll(() => fleet.stop());

const tidegate = (...words: string[]) => fleet.tidegate(words);
const onHost = (index: number, shell: string) => fleet.hosts[index]!.sandbox.run(shell);
/** How often each host ran what adds a line to its own log. */
const timesRan = (log: string) =>
  fleet.hosts.map((_, index) => Number(onHost(index, `cat ${log} 2>/dev/null | wc -l`).out));
/** The run that began after another one, as its book has it. */
const after = async (before: string): Promise<RunRecord> => {
  const { id, record } = await readRun(fleet.home);
  if (id === before) throw new Error('the new one is not there yet');
  return record;
};
const newestId = async () => (await readRun(fleet.home).catch(() => ({ id: '' }))).id;

test('Ctrl-C sends to nobody else and says so; a second one leaves, and says where to look', async () => {
  const before = await newestId();
  const cli = join(__dirname, '../../dist/clients/cli.js');
  const words = ['run', 'all', '--parallel', '2', '--', 'sleep 4; echo ran >>/var/tmp/interrupted'];
  const child = spawn(process.execPath, [cli, ...words], { cwd: fleet.home.folder });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const closed = once(child, 'close');
  await untilRun(before, (record) => record.sent.size === 2);
  child.kill('SIGINT');
  await until(async () => said.includes('what was sent goes to its end'));
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  const [, run = ''] = /tidegate run show (run-\w+)/.exec(said) ?? [];
  await untilRun(before, (record) => record.ended !== undefined);
  expect((await tidegate('run', 'show', run)).out).toMatch(/^6 = 2 ok \+ 4 not run$/m);
  expect(timesRan('/var/tmp/interrupted').filter((times) => times > 0)).toEqual([1, 1]);
});

test('--deadline begins nothing past it, and calls what runs then a timeout', async () => {
  const command = 'echo ran >>/var/tmp/late; sleep 60';
  const { code, out } = await tidegate('run', 'all', '--parallel', '2', '--deadline', '8s', '--', command);
  expect(code).toBe(3);
  expect(out).toMatch(/^── NOT RUN past the deadline/m);
  expect(out).toMatch(/^6 = 0 ok \+ 2 timeout \+ 4 not run$/m);
  expect(timesRan('/var/tmp/late').filter((times) => times > 0)).toEqual([1, 1]);
});

test('--per-domain has never more at once on the hosts of a domain, by their own clocks', async () => {
  const command = 'date +%s%N >/var/tmp/from; sleep 0.7; date +%s%N >/var/tmp/to';
  expect((await tidegate('run', 'all', '--per-domain', '1', '--', command)).code).toBe(0);
  const spans = fleet.hosts.map(({ host }, index) => {
    const [from = 0n, to = 0n] = onHost(index, 'cat /var/tmp/from /var/tmp/to')
      .out.trim()
      .split('\n')
      .map(BigInt);
    return { domain: host.domain, from, to };
  });
  const together = spans.filter((one) =>
    spans.some(
      (other) => one !== other && one.domain === other.domain && one.from < other.to && other.from < one.to,
    ),
  );
  expect(together).toEqual([]);
});

test('a worker that stood still past its heartbeat sends to nobody twice', async () => {
  const before = await newestId();
  const running = tidegate('run', 'all', '--parallel', '2', '--', 'echo ran >>/var/tmp/stood; sleep 1');
  await untilRun(before, (record) => record.sent.size >= 2);
  const { pid } = fleet.worker;
  process.kill(pid!, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, pastTheHeartbeatMs));
  process.kill(pid!, 'SIGCONT');
  await running;
  await untilRun(before, (record) => record.ended !== undefined);
  expect((await after(before)).outcomes.size).toBe(6);
  expect(Math.max(...timesRan('/var/tmp/stood'))).toBe(1);
});

test('a host that floods is cut with a mark, costs little memory, and holds no other up', async () => {
  const peak = `/proc/${fleet.worker.pid}`;
  writeFileSync(`${peak}/clear_refs`, '5');
  const peakBytes = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`${peak}/status`, 'utf8'))?.[1]) * 1024;
  const floorBytes = peakBytes();
  const command = '[ $(cat /etc/name) != web002 ] || head -c 400000000 /dev/zero; echo fine';
  const { code, out } = await tidegate('run', 'all', '--timeout', '5m', '--', command);
  expect(code).toBe(0);
  expect(out).toContain('── web[000-001,003-005]  5 hosts\nfine\n');
  expect(out).toMatch(/400000005 bytes in all; only the start was kept: tidegate run show run-\w{8} web002/);
  expect(peakBytes() - floorBytes).toBeLessThan(mostGrowthBytes);
});

test('a store that is nearly full cuts what hosts print; a full one is told by name', async () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', fleet.home.files]);
  try {
    const command = '[ $(cat /etc/name) != web001 ] || head -c 20000000 /dev/zero; echo fine';
    const { code, out } = await tidegate('run', 'all', '--', command);
    expect(code).toBe(0);
    expect(out).toContain('── web[000,002-005]  5 hosts\nfine\n');
    expect(out).toMatch(/20000005 bytes in all; only the start was kept/);
    execFileSync('sh', ['-c', 'cat /dev/zero >"$1/fill" 2>/dev/null || true', 'fill', fleet.home.files]);
    expect(await tidegate('run', 'all', '--', 'echo other')).toMatchObject({
      code: expect.any(Number),
      err: expect.stringMatching(/TG_STORE_FULL/),
    });
  } finally {
    execFileSync('umount', ['-l', fleet.home.files]);
  }
  expect((await tidegate('run', 'all', '--', 'echo again')).out).toContain('6 = 6 ok\n');
});

test('--retryable asks again whom a killed worker left without an answer: at least once', async () => {
  const before = await newestId();
  const command = 'echo ran >>/var/tmp/again; sleep 3';
  const running = tidegate('run', 'all', '--retryable', '--parallel', '2', '--', command);
  await untilRun(before, (record) => record.sent.size >= 2);
  await until(async () => timesRan('/var/tmp/again').some((times) => times > 0));
  await fleet.killWorker();
  await fleet.work();
  expect(await running).toMatchObject({ code: 0, out: expect.stringContaining('6 = 6 ok\n') });
  const times = timesRan('/var/tmp/again');
  expect(Math.min(...times)).toBe(1);
  expect(Math.max(...times)).toBe(2);
});

describe('push as root into a folder that another account writes', () => {
  const file = () => join(fleet.folder, 'config');
  const push = (to: string, ...words: string[]) =>
    tidegate('push', 'web000', '--sudo', '--mode', '666', ...words, file(), to);
  const secret = () => onHost(0, 'cat /etc/secret; stat -c %a /etc/secret').out;

  beforeEach(() => {
    writeFileSync(file(), 'pushed\n');
    onHost(
      0,
      `echo secret >/etc/secret; chmod 600 /etc/secret; rm -rf /srv/theirs; mkdir -p /srv/theirs /srv/ours /etc/conf.d
      chown nobody /srv/theirs`,
    );
  });

  test('replaces a planted link, and leaves alone what it points to', async () => {
    onHost(0, 'ln -s /etc/secret /srv/theirs/config');
    expect((await push('/srv/theirs/config')).out).toContain('pushed 1 of 1\n');
    expect(onHost(0, 'cat /srv/theirs/config; stat -c %F /srv/theirs/config; ls -A /srv/theirs').out).toBe(
      'pushed\nregular file\nconfig\n',
    );
    expect(secret()).toBe('secret\n600\n');
  });

  test('changes a mode there by a new file, so that no name is swapped in between', async () => {
    onHost(
      0,
      'echo pushed >/srv/theirs/config; chmod 600 /srv/theirs/config; ln /srv/theirs/config /srv/theirs/old',
    );
    expect((await push('/srv/theirs/config')).out).toContain('pushed 1 of 1\n');
    expect(onHost(0, 'stat -c %a /srv/theirs/config /srv/theirs/old').out).toBe('666\n600\n');
  });

  test('refuses a planted link on the way, and follows one of root in a folder of root', async () => {
    onHost(0, 'ln -s /etc/conf.d /srv/theirs/sub; ln -sfn /srv/ours /srv/link');
    const refused = await push('/srv/theirs/sub/config');
    expect(refused).toMatchObject({ code: 3, out: expect.stringMatching(/TG_PUSH_FAILED .*is a link/) });
    expect(onHost(0, 'ls -A /etc/conf.d').out).toBe('');
    expect((await push('/srv/link/config')).out).toContain('pushed 1 of 1\n');
    expect(onHost(0, 'cat /srv/ours/config').out).toBe('pushed\n');
  });

  test('carries a folder there, past a link that was planted in it', async () => {
    const site = join(fleet.folder, 'site');
    mkdirSync(join(site, 'conf'), { recursive: true });
    writeFileSync(join(site, 'conf', 'file'), 'site\n');
    onHost(
      0,
      'mkdir /srv/theirs/site; chown nobody /srv/theirs/site; ln -s /etc/conf.d /srv/theirs/site/conf',
    );
    const words = ['push', 'web000', '--sudo', site, '/srv/theirs/site'];
    expect((await tidegate(...words)).code).toBe(3);
    expect(onHost(0, 'ls -A /etc/conf.d; rm /srv/theirs/site/conf').out).toBe('');
    expect(await tidegate(...words)).toMatchObject({ code: 0 });
    expect(onHost(0, 'cat /srv/theirs/site/conf/file').out).toBe('site\n');
  });
});

/** Before the run's book is there, there is nothing to look at. */
const untilRun = (before: string, holds: (record: RunRecord) => boolean) =>
  until(() => after(before).then(holds, () => false));
