import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { freeze } from '../../activities/plan/freeze';
import { createRolloutActivities } from '../../activities/rollout/activities';
import { Books } from '../../activities/rollout/book';
import { Chain } from '../../activities/rollout/chain';
import { Gate } from '../../activities/rollout/gate';
import { Lease } from '../../activities/rollout/lease';
import type { Artifact, Rpm } from '../../model/artifact';
import { type Fleet, fleetFileSchema } from '../../model/fleet';
import { type PlanInput, planSchema } from '../../model/plan';
import { RolloutRecord } from '../../model/record';
import { rolloutEntrySchema } from '../../model/ledger';
import { KnownHosts } from '../../ssh/known-hosts';
import { Pool } from '../../ssh/pool';
import { loadPrivateKey } from '../../ssh/private-key';
import { Files } from '../../store/files';
import { type Home, homeAt } from '../../store/home';
import { Ledger } from '../../store/ledger';
import { workflowBundle } from '../../workers/bundle';
import { failureInterceptor } from '../../workers/failure-interceptor';
import { type Server, startServer } from '../../workers/temporal/server';
import { namespace, type RolloutInput, rolloutWorkflowId, taskQueue } from '../../workflows/contract';
import { makeKey, type SandboxHost, startHost } from './host';
import { buildRpm, makeSigner, sign } from './sandbox';

// The SDK tells of every state change; tests print only what is wrong.
Runtime.install({ logger: new DefaultLogger('ERROR') });

/** Everything that a rollout needs, all of it real: hosts with sshd and rpm, a Temporal server, a signing key. */
export class TestFleet {
  readonly #queue = `test-${randomBytes(4).toString('hex')}`;
  #worker: { end(): Promise<void> } | undefined;

  private constructor(
    readonly folder: string,
    readonly home: Home,
    readonly hosts: SandboxHost[],
    readonly server: Server,
    readonly client: Client,
    private readonly connection: Connection,
    private readonly signer: ReturnType<typeof makeSigner>,
    private readonly keyFile: string,
  ) {}

  /** @param given.network - the second number of the hosts' addresses: each test file has its own. */
  static async start(given: { hosts: number; domains: number; network: number }): Promise<TestFleet> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
    const home = homeAt(join(folder, 'home'));
    mkdirSync(home.state, { recursive: true });
    const signer = makeSigner(folder);
    const keyFile = makeKey(folder);
    const hosts = await Promise.all(
      Array.from({ length: given.hosts }, (_, i) =>
        startHost({
          name: `web${String(i).padStart(3, '0')}`,
          address: `127.${given.network}.0.${i + 1}`,
          domain: `lpar${(i % given.domains) + 1}`,
          keyFile,
          publicKeys: [signer.publicKey],
        }),
      ),
    );
    for (const { knownHostsLine } of hosts) appendFileSync(join(folder, 'known_hosts'), knownHostsLine);
    const server = await startServer(home);
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection, namespace });
    return new TestFleet(folder, home, hosts, server, client, connection, signer, keyFile);
  }

  get fleet(): Fleet {
    return {
      name: this.#queue,
      hosts: this.hosts.map(({ host }) => host),
      file: fleetFileSchema.parse({
        fleet: 'test',
        control: { 'debian12-x86_64': this.hosts[0]!.host.name },
      }),
      folder: this.folder,
      digest: createHash('sha256')
        .update(this.hosts.map(({ host }) => host.name).join())
        .digest('hex'),
    };
  }

  /** A signed package, in the store, described by its own header. */
  async package(version: string, scriptlets: { post?: string; pre?: string } = {}): Promise<Rpm> {
    const path = sign(this.signer, buildRpm(this.folder, { version, ...scriptlets }));
    const bytes = readFileSync(path);
    const [name, release, arch, headerDigest] = execFileSync(
      'rpm',
      ['-qp', '--qf', '%{NAME} %{RELEASE} %{ARCH} %{SHA256HEADER}', path],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
      .toString()
      .split(' ');
    await new Files(this.home.files).put(bytes);
    return {
      file: `${name}.rpm`,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
      name: name!,
      epoch: '0',
      version,
      release: release!,
      arch: arch!,
      headerDigest: headerDigest!,
      installedSizeBytes: 100,
    };
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

  /** Freezes a plan over all hosts. @returns its digest in the store. */
  async plan(input: Omit<PlanInput, 'package' | 'hosts'>, rpm: Rpm, before: Rpm): Promise<string> {
    const files = new Files(this.home.files);
    const artifact: Artifact = {
      digest: createHash('sha256').update(rpm.sha256).digest('hex'),
      package: rpm.name,
      version: `${rpm.version}-${rpm.release}`,
      platforms: { 'debian12-x86_64': [rpm] },
      origin: 'built',
      signedBy: 'tests',
      createdAt: new Date().toISOString(),
    };
    const { record, list } = await freeze({
      fleet: this.fleet,
      plan: planSchema.parse({
        soak: 0,
        caps: { startsPerSecond: 1000, perDomain: '100%' },
        ...input,
        package: rpm.name,
        hosts: 'all',
      }),
      planFile: 'f'.repeat(64),
      planPath: 'plan.yaml',
      artifact,
      selected: this.fleet.hosts,
      holds: [],
      surveys: new Map(
        this.fleet.hosts.map(({ name, platform }) => [
          name,
          { installed: [before], platform, head: 'none', complaints: [], full: [] },
        ]),
      ),
      findUndo: async () => before,
      nowIso: new Date().toISOString(),
    });
    return files.putJson({ ...record, list: await files.putJson(list) });
  }

  /** Runs the secured worker's activities and workflows in this process. */
  async work(): Promise<void> {
    const ledger = await Ledger.open(this.home.ledger);
    const connection = await NativeConnection.connect({ address: this.server.address });
    const gate = new Gate();
    const lease = new Lease(
      () => connection.workflowService.getSystemInfo({}),
      () => gate.poke(),
    );
    const hosts = new Pool({
      key: await loadPrivateKey(this.keyFile),
      knownHosts: new KnownHosts([join(this.folder, 'known_hosts')]),
    });
    const secured = {
      hosts,
      files: new Files(this.home.files),
      gate,
      lease,
      chain: await Chain.read(ledger),
      epoch: 1,
      fleet: async () => this.fleet,
    };
    const common = { connection, namespace, taskQueue: taskQueue(this.#queue) };
    const worker = await Worker.create({
      ...common,
      workflowBundle: { codePath: await workflowBundle() },
      activities: createRolloutActivities(secured, new Books(ledger)),
      interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    });
    const running = worker.run();
    this.#worker = {
      async end() {
        worker.shutdown();
        await running;
        lease.end();
        await hosts.closeAll();
        await ledger.close();
        await connection.close();
      },
    };
  }

  /** Starts a rollout. @returns its ID and the handle of its workflow. */
  async rollout(plan: string, given: Partial<RolloutInput> = {}) {
    const rollout = given.rollout ?? `r-${randomBytes(16).toString('hex')}`;
    const handle = await this.client.workflow.start('rollout', {
      workflowId: rolloutWorkflowId(this.#queue, 'tgtest'),
      taskQueue: taskQueue(this.#queue),
      args: [
        {
          fleet: this.#queue,
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

  /** The version in each host's own file, not in our records. */
  versions(): string[] {
    return this.hosts.map(({ sandbox }) => sandbox.run('cat /opt/tgtest/version').out.trim());
  }

  async stop(): Promise<void> {
    await this.#worker?.end();
    await this.connection.close();
    await this.server.stop();
    for (const { sandbox } of this.hosts) sandbox.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
