import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { labDown } from '../lab/down';
import { knownHosts } from '../lab/home';
import type { Lab, LabHost } from '../lab/lab';
import { labUp } from '../lab/up';
import type { Rpm } from '../model/artifact';
import { type Home, homeAt } from '../store/home';
import { makePackage } from './package';
import { TemporalProcess, WorkerProcess } from './processes';
import { Relay, relayPort } from './relay';
import { cli } from './source-folder';
import { Steps } from './steps';
import { watchHosts } from './watch-host';
import { placeWitness } from './witness';

/** Everything that a run works with: the lab, the server, the worker, and who watches them. */
export interface Setting {
  readonly lab: Lab;
  /** The hosts that are rolled out to: all but the control instance. */
  readonly web: readonly LabHost[];
  readonly home: Home;
  readonly steps: Steps;
  readonly relays: ReadonlyMap<string, Relay>;
  readonly worker: WorkerProcess;
  readonly temporal: TemporalProcess;
  /** By version. */
  readonly rpms: ReadonlyMap<string, Rpm>;
}

/** A lab of its own, for the time of `work`; whatever happens, Ctrl-C included, nothing of it is left. */
export async function withSetting<T>(
  given: { readonly hosts: number; readonly stop: AbortSignal; tell(line: string): void },
  work: (setting: Setting) => Promise<T>,
): Promise<T> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const lab = await labUp({
      name: `chaos-${randomBytes(3).toString('hex')}`,
      hosts: given.hosts,
      domains: 3,
    });
    ends.unshift(() => labDown(lab.name));
    given.tell(`lab ${lab.name}: ${lab.hosts.length} hosts`);
    const steps = new Steps();
    const relays = new Map<string, Relay>();
    for (const host of lab.hosts) {
      const relay = await Relay.start(host, steps);
      ends.unshift(async () => relay.stop());
      relays.set(host.name, relay);
      await placeWitness(lab, host);
    }
    throughRelays(lab);
    const home = homeAt(lab.home);
    mkdirSync(home.state, { recursive: true, mode: 0o700 });
    const rpms = new Map<string, Rpm>();
    for (const version of ['1', '2']) rpms.set(version, await makePackage(lab, version));
    const unwatch = watchHosts(lab, lab.hosts, steps);
    ends.unshift(async () => unwatch());
    const temporal = await TemporalProcess.start(home);
    ends.unshift(() => temporal.stop());
    const worker = new WorkerProcess(home);
    ends.unshift(() => worker.end('SIGKILL'));
    await worker.start();
    const web = lab.hosts.filter(({ role }) => role === 'web');
    return await Promise.race([
      stopped(given.stop),
      work({ lab, web, home, steps, relays, worker, temporal, rpms }),
    ]);
  } finally {
    for (const end of ends) await end();
  }
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The fleet's hosts are where the relays are; sshd stays where it was, for whoever does not believe Tidegate. */
function throughRelays(lab: Lab): void {
  const { fleetFile } = homeAt(lab.home);
  writeFileSync(
    fleetFile,
    readFileSync(fleetFile, 'utf8').replace(/^port: .*$/m, `port: ${relayPort(lab.hosts[0]!)}`),
  );
  const pins = readFileSync(knownHosts(lab), 'utf8').trim().split('\n');
  const behindRelays = pins.map((line, index) => {
    const host = lab.hosts[index]!;
    return `[${host.address}]:${relayPort(host)} ${line.split(' ').slice(1).join(' ')}\n`;
  });
  appendFileSync(knownHosts(lab), behindRelays.join(''));
}

export interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line, as a person would in one terminal. @returns no code when it was not done in time. */
export async function tidegate(
  { home }: Setting,
  words: readonly string[],
  limitMs = 120_000,
): Promise<Answer> {
  const child = spawn(process.execPath, [cli, ...words], {
    cwd: home.folder,
    env: { ...process.env, TIDEGATE_HOME: home.folder, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}
