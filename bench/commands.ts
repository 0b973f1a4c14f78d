import { randomBytes } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Option, program } from 'commander';
import { labDown } from '../lab/down';
import { automationKey } from '../lab/home';
import type { Lab, LabHost } from '../lab/lab';
import { printProgress } from '../lab/progress';
import { labUp } from '../lab/up';
import { homeAt } from '../store/home';
import { startServer } from '../workers/temporal/server';
import { bareCommand } from './bare';
import { cpuSeconds, peakMemory } from './processes';
import { startWorker } from './worker-process';

const rounds = 3;
/** Hosts at once, for every contender: clush's own default. */
const atOnce = 64;
const cli = join(__dirname, '..', 'clients', 'cli.js');

interface Measured {
  readonly wallSeconds: number;
  /** Of everything on our side: for tidegate, CLI, worker and server. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

interface Contender {
  readonly name: string;
  readonly version: string;
  run(): Promise<Measured>;
}

/** `true` on every host, by Tidegate, by who else is installed, and by a bare ssh2 loop; medians of three rounds. */
async function main(): Promise<void> {
  program.addOption(new Option('--hosts <number>').default(200).argParser(Number)).parse();
  const { hosts } = program.opts<{ hosts: number }>();
  const name = `bench-${randomBytes(3).toString('hex')}`;
  const onProgress = printProgress((line) => process.stderr.write(line));
  // One domain with every core: a quota would favour whoever takes the hosts in another order.
  const lab = await labUp({ name, hosts, domains: 1, onProgress });
  const home = homeAt(lab.home);
  mkdirSync(home.state, { recursive: true, mode: 0o700 });
  const server = await startServer(home);
  const worker = await startWorker(lab.home);
  try {
    const web = lab.hosts.filter(({ role }) => role === 'web');
    const contenders = [tidegate(lab, [worker.pid, server.pid]), bare(lab, web), ...openSshTools(lab, web)];
    const measured = new Map<string, Measured[]>(contenders.map(({ name: who }) => [who, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const contender of contenders) {
        const result = await contender.run();
        measured.get(contender.name)!.push(result);
        process.stderr.write(`round ${round + 1}: ${contender.name} ${result.wallSeconds.toFixed(2)} s\n`);
      }
    report(hosts, contenders, measured);
  } finally {
    await worker.stop();
    await server.stop();
    await labDown(name);
  }
}

function tidegate(lab: Lab, pids: readonly number[]): Contender {
  const words = ['run', 'role=web', '--parallel', String(atOnce), '--home', lab.home, '--', 'true'];
  return {
    name: 'tidegate run',
    version: JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')).version,
    run: () => timed(process.execPath, [cli, ...words], pids),
  };
}

function bare(lab: Lab, web: readonly LabHost[]): Contender {
  return {
    name: 'bare ssh2 loop',
    version: JSON.parse(readFileSync(require.resolve('ssh2/package.json'), 'utf8')).version,
    async run() {
      const before = process.cpuUsage();
      const begunMs = performance.now();
      await bareCommand(lab, web, 'true', atOnce);
      const { user, system } = process.cpuUsage(before);
      const peakMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
      return {
        wallSeconds: (performance.now() - begunMs) / 1000,
        cpuSeconds: (user + system) / 1e6,
        peakMiB,
      };
    },
  };
}

/** Those that are installed, all over one OpenSSH with the same key exchange. */
function openSshTools(lab: Lab, web: readonly LabHost[]): Contender[] {
  const options = [
    ['IdentityFile', automationKey(lab)],
    ['UserKnownHostsFile', join(lab.home, 'known_hosts')],
    ['StrictHostKeyChecking', 'yes'],
    ['KexAlgorithms', 'curve25519-sha256'],
    ['IdentitiesOnly', 'yes'],
    ['BatchMode', 'yes'],
    ['User', 'tidegate'],
    ['Port', String(web[0]!.port)],
  ];
  const config = join(lab.folder, 'bench-ssh-config');
  writeFileSync(config, options.map((words) => words.join(' ')).join('\n'));
  const hosts = join(lab.folder, 'bench-hosts');
  writeFileSync(hosts, web.map(({ address }) => `${address}\n`).join(''));
  const list = web.map(({ address }) => address).join(',');
  const all: [name: string, versionOf: string[], command: string[]][] = [
    [
      'clush',
      ['clush', '--version'],
      ['clush', '-f', String(atOnce), '-o', `-F ${config}`, '-w', list, 'true'],
    ],
    [
      'parallel-ssh',
      ['parallel-ssh', '--version'],
      ['parallel-ssh', '-p', String(atOnce), '-x', `-F ${config}`, '-h', hosts, 'true'],
    ],
    [
      'pdsh',
      ['pdsh', '-V'],
      [
        'env',
        `PDSH_SSH_ARGS_APPEND=-F ${config}`,
        'pdsh',
        '-R',
        'ssh',
        '-f',
        String(atOnce),
        '-w',
        list,
        'true',
      ],
    ],
  ];
  return all.flatMap(([name, [program = '', ...words], [file = '', ...rest]]) => {
    const version = versionOf(program, words);
    return version === undefined ? [] : [{ name, version, run: () => timed(file, rest) }];
  });
}

function versionOf(program: string, words: readonly string[]): string | undefined {
  try {
    const said = execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return /\d+(\.\d+)+/.exec(said)?.[0] ?? '?';
  } catch {
    process.stderr.write(`${program} is not installed: apt-get install clustershell pssh pdsh\n`);
    return undefined;
  }
}

/** Wall, CPU of the command with its children and of `others`, and the most memory of all of them together. */
async function timed(
  file: string,
  words: readonly string[],
  others: readonly number[] = [],
): Promise<Measured> {
  const before = cpuSeconds(others);
  const begunMs = performance.now();
  // bash's `time` counts the children that were waited for: clush's and pssh's are ssh.
  const child = spawn(
    'bash',
    ['-c', 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>/dev/null', 'bash', file, ...words],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const memory = peakMemory([child.pid!, ...others]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  const wallSeconds = (performance.now() - begunMs) / 1000;
  const peakMiB = memory.end();
  if (code !== 0) throw new Error(`${file} ${words.slice(0, 3).join(' ')}: exit ${code}`);
  const [user = 0, system = 0] = said.trim().split(' ').map(Number);
  return { wallSeconds, cpuSeconds: user + system + cpuSeconds(others) - before, peakMiB };
}

function report(
  hosts: number,
  contenders: readonly Contender[],
  measured: ReadonlyMap<string, Measured[]>,
): void {
  const of = (name: string, key: keyof Measured) => median(measured.get(name)?.map((one) => one[key]) ?? []);
  const rows = contenders.map(({ name, version }) => ({
    contender: name,
    version,
    'wall s': of(name, 'wallSeconds').toFixed(2),
    'CPU s': of(name, 'cpuSeconds').toFixed(2),
    'peak MiB': of(name, 'peakMiB').toFixed(0),
  }));
  process.stdout.write(
    `'true' on ${hosts} hosts, ${atOnce} at once, curve25519, medians of ${rounds}; Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; CPU and memory of the client's side, server and worker included\n`,
  );
  for (const row of [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))])
    process.stdout.write(
      `${row.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(9))).join(' ')}\n`,
    );
  const ratio = (key: keyof Measured, other: string) => of('tidegate run', key) / of(other, key);
  for (const [what, value, limit] of [
    ["wall / clush's", ratio('wallSeconds', 'clush'), 1],
    ["wall / the bare loop's", ratio('wallSeconds', 'bare ssh2 loop'), 1.5],
    ["CPU / clush's", ratio('cpuSeconds', 'clush'), 0.5],
  ] as const)
    if (Number.isFinite(value))
      process.stdout.write(
        `${what}: ${value.toFixed(2)} (limit ${limit}) ${value <= limit ? 'met' : 'MISSED'}\n`,
      );
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

void main();
