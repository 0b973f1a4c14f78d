import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Rpm } from '../../model/artifact';
import type { FleetFile } from '../../model/fleet';
import { rolloutEntrySchema } from '../../model/ledger';
import type { PlanInput } from '../../model/plan';
import { RolloutRecord } from '../../model/record';
import { Files } from '../../store/files';
import { type Home, homeAt } from '../../store/home';
import { Ledger } from '../../store/ledger';
import { type Server, startServer } from '../../workers/temporal/server';
import { type RolloutInput, rolloutWorkflowId } from '../../workflows/contract/rollout';
import { namespace, taskQueue } from '../../workflows/contract/server';
import { saveBooks } from './books';
import { kill, linesOf, startTypeScript } from './child';
import { saveHistories } from './histories';
import { makeKey, type SandboxHost, startHost } from './host';
import { takeNetwork } from './network';
import {
  keepPackage,
  makeRpm,
  makeKey as makeSigner,
  signInPlace,
  type TestKey,
  type TestPackage,
} from './packages';

export const fleetName = 'test';
/** What a plan of a test says besides what it rolls out, and that it is for all hosts. */
export type TestPlan = Omit<PlanInput, 'package' | 'hosts'>;
/** The command line as it is shipped: `npm test` builds it first. */
const cli = join(__dirname, '../../dist/clients/cli.js');

/** Everything that a rollout needs, all of it real: hosts with sshd and rpm, a Temporal server, a signing key. */
export class TestFleet {
  readonly #commands = new Set<ChildProcess>();
  #worker: ChildProcess | undefined;
  /** What the worker had to say before it served. */
  workerSaid: readonly string[] = [];

  private constructor(
    readonly folder: string,
    readonly home: Home,
    readonly hosts: SandboxHost[],
    public server: Server,
    readonly client: Client,
    private readonly connection: Connection,
    private readonly signer: TestKey,
  ) {}

  /**
   * @param given.stateMebibytes - a filesystem of its own, of that size, for what worker and server keep.
   * @param given.file - further keys of fleet.yaml; `public.asc` beside it is what the packages are signed with.
   */
  static async start(given: {
    hosts: number;
    domains: number;
    stateMebibytes?: number;
    file?: Partial<FleetFile>;
  }): Promise<TestFleet> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
    const home = homeAt(join(folder, 'home'));
    mkdirSync(home.state, { recursive: true });
    const size = given.stateMebibytes;
    if (size) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', home.state]);
    mkdirSync(home.keys, { mode: 0o700 });
    const signer = await makeSigner('tests');
    copyFileSync(signer.publicFile, join(home.folder, 'public.asc'));
    const keyFile = makeKey(home.keys);
    const network = await takeNetwork();
    const hosts = await Promise.all(
      Array.from({ length: given.hosts }, (_, i) =>
        startHost({
          name: `web${String(i).padStart(3, '0')}`,
          address: `127.${network}.0.${i + 1}`,
          domain: `lpar${(i % given.domains) + 1}`,
          keyFile,
          publicKeys: [signer.publicFile],
        }),
      ),
    );
    for (const { knownHostsLine } of hosts) appendFileSync(join(home.folder, 'known_hosts'), knownHostsLine);
    writeFileSync(home.fleetFile, fleetText(hosts, given.file));
    const server = await startServer(home);
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection, namespace });
    return new TestFleet(folder, home, hosts, server, client, connection, signer);
  }

  /** A signed package in the store, recorded as an artifact. */
  async package(version: string, given: Partial<TestPackage> = {}): Promise<Rpm> {
    const path = await signInPlace(
      await makeRpm(this.folder, { name: 'tgtest', version, ...given }),
      this.signer,
    );
    return (await keepPackage(this.home, path)).rpm;
  }

  /** Installs a package on every host without Tidegate: what was there before. */
  preinstall(rpm: Rpm): void {
    for (const { sandbox } of this.hosts) {
      const file = readFileSync(new Files(this.home.files).path(rpm.sha256));
      const done = sandbox.run(
        'rm -f /etc/fault; cat >/var/tmp/first.rpm && rpm.real -U --oldpackage --replacepkgs /var/tmp/first.rpm; rm -f /var/log/rpm-calls.log',
        file,
      );
      if (done.code !== 0) throw new Error(done.err);
    }
  }

  /** Plans a rollout of a package over all hosts, as `rollout plan` does. @returns the plan's digest in the store. */
  async plan(input: TestPlan, rpm: Rpm): Promise<string> {
    const planFile = await new Files(this.home.files).put(planText(input, rpm));
    const { plan } = await this.client.workflow.execute('planRollout', {
      workflowId: `plan/${randomBytes(8).toString('hex')}`,
      taskQueue: taskQueue(fleetName),
      args: [{ fleet: fleetName, planFile, planPath: 'plan.yaml' }],
    });
    return plan;
  }

  /** Writes plan.yaml in the home: the same, for `rollout plan plan.yaml`. */
  writePlan(input: TestPlan, rpm: Rpm): void {
    writeFileSync(join(this.home.folder, 'plan.yaml'), planText(input, rpm));
  }

  /** Runs a command line in the home, in pipes. @param environment - beside that of the tests. */
  async tidegate(
    words: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [cli, ...words], {
      cwd: this.home.folder,
      env: { ...process.env, ...environment },
    });
    this.#commands.add(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk;
    });
    const [code] = await once(child, 'close');
    this.#commands.delete(child);
    return { code, out, err };
  }

  /** Pins a host's key as a person does who read this fingerprint on its console. */
  acceptKey({ host, fingerprint }: SandboxHost, read = fingerprint()): ReturnType<TestFleet['tidegate']> {
    const accept = ['hostkeys', 'accept', host.name, '--fingerprint', read];
    return this.tidegate([...accept, '--yes', '--reason', 'rebuilt']);
  }

  /** Runs the secured worker in a process of its own. @param main - what starts it: that of another release. */
  async work(main = join(__dirname, 'worker-main.ts')): Promise<void> {
    const worker = startTypeScript(main, this.home.folder);
    this.#worker = worker;
    const said: string[] = [];
    this.workerSaid = said;
    for await (const line of linesOf(worker)) {
      if (line === 'ready') break;
      said.push(line);
    }
  }

  /** The worker's process, for what else is done to one. */
  get worker(): ChildProcess {
    return this.#worker!;
  }

  /** Asks the worker to stop, and waits until it has. */
  async stopWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    await gone;
  }

  /** Ends the worker at once, wherever it is. */
  async killWorker(): Promise<void> {
    if (this.#worker) await kill(this.#worker);
    this.#worker = undefined;
  }

  /** Ends the server at once. @returns how it is started again, where it was. */
  async killServer(): Promise<() => Promise<void>> {
    const { pid, address, ended } = this.server;
    process.kill(pid, 'SIGKILL');
    await ended;
    return async () => {
      this.server = await startServer(this.home, { port: Number(address.split(':')[1]) });
    };
  }

  /** Starts a rollout. @returns its ID and the handle of its workflow. */
  async rollout(plan: string, given: Partial<RolloutInput> = {}) {
    const rollout = given.rollout ?? `r-${randomBytes(16).toString('hex')}`;
    const handle = await this.client.workflow.start('rollout', {
      workflowId: rolloutWorkflowId(fleetName, 'tgtest'),
      taskQueue: taskQueue(fleetName),
      args: [
        {
          fleet: fleetName,
          rollout,
          plan,
          actor: { name: 'tests', proof: 'claimed' },
          verb: 'start',
          ...given,
        },
      ],
    });
    return { rollout, handle };
  }

  /** The rollout as the ledger tells it. */
  async record(rollout: string): Promise<RolloutRecord> {
    const record = new RolloutRecord();
    const ledger = await Ledger.open(this.home.ledger);
    for await (const entry of ledger.read(rollout)) record.add(rolloutEntrySchema.parse(entry));
    return record;
  }

  /** Hosts that are not applied, and why, as the ledger tells it. */
  async troubles(rollout: string): Promise<string[]> {
    const { hosts } = await this.record(rollout);
    const others = [...hosts].filter(([index, { state }]) => index >= 0 && state !== 'applied');
    return others.map(([, { name, state, code, detail }]) => [name, state, code, detail].join(' '));
  }

  /** The version in each host's own file, not in our records. */
  versions(): string[] {
    return this.hosts.map(({ sandbox }) => sandbox.run('cat /opt/tgtest/version').out.trim());
  }

  async stop(): Promise<void> {
    // A test that failed may have left one watching.
    for (const command of this.#commands) command.kill();
    await this.killWorker();
    await saveHistories(this.client);
    await saveBooks(this.home);
    await this.connection.close();
    await this.server.stop();
    await this.signer.remove();
    for (const { sandbox } of this.hosts) sandbox.stop();
    spawnSync('umount', ['-q', this.home.state]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A plan (JSON is YAML) that nothing slows down, unless it says so. */
function planText(input: TestPlan, { name, version, release }: Rpm): string {
  const caps = { startsPerSecond: 1000, perDomain: '100%', ...input.caps };
  const what = { package: name, hosts: 'all', artifact: `${version}-${release}` };
  return JSON.stringify({ soak: 0, ...input, caps, ...what });
}

/** fleet.yaml of the hosts (JSON is YAML); the first one is the control instance. */
function fleetText(hosts: readonly SandboxHost[], file: Partial<FleetFile> = {}): string {
  const own = hosts.map(({ host: { name, address, port, account, domain } }) => [
    name,
    { address, port, account, labels: { domain } },
  ]);
  return JSON.stringify({
    fleet: fleetName,
    control: { 'debian12-x86_64': hosts[0]!.host.name },
    hosts: Object.fromEntries(own),
    ...file,
  });
}
