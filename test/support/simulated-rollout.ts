import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gate } from '../../activities/gate';
import type { Lease } from '../../activities/lease';
import { freeze } from '../../activities/plan/freeze';
import { runBatch } from '../../activities/rollout/batch';
import { Books } from '../../activities/rollout/book';
import { Chain } from '../../activities/rollout/chain';
import { followAllOverdue } from '../../activities/rollout/overdue';
import { Planned } from '../../activities/rollout/planned';
import { Quarantine } from '../../activities/rollout/quarantine';
import { RolloutWork } from '../../activities/rollout/work';
import { type Behaviour, SimulatedHosts } from '../../lab/simulation/simulated-hosts';
import { TidegateError } from '../../model/errors';
import { type Fleet, fleetFileSchema, type Host } from '../../model/fleet';
import type { RolloutEntry } from '../../model/ledger';
import { planSchema } from '../../model/plan';
import type { PlannedHost } from '../../model/plan-record';
import type { RolloutRecord } from '../../model/record';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';
import { readRolloutEntries } from '../../store/rollout-books';
import type { BatchResult } from '../../workflows/contract/wave';
import { rpmOf } from './rpm';

/** Simulated hosts answer within milliseconds: a batch that looked as seldom as a real one would wait for its clock. */
const lookEveryMs = 20;

const before = rpmOf({ version: '1', sha256: '1'.repeat(64), headerDigest: 'header-of-old' });
const after = rpmOf({ version: '2', sha256: '2'.repeat(64), headerDigest: 'header-of-new' });

interface Given {
  readonly hosts: number;
  readonly domains: number;
  readonly perDomain: number;
  readonly total: number;
  readonly stopAt: number;
  behave(name: string): Behaviour;
  readonly timeouts?: { operation: string };
  /** On which patch and undo are rehearsed. */
  readonly control?: string;
}

/** A rollout over simulated hosts, in one wave: the real activities, ledger, gate and budget. */
export class SimulatedRollout {
  readonly reference: { readonly fleet: string; readonly rollout: string; readonly plan: string };
  /** What workers were told that must end. */
  readonly superseded: string[] = [];
  /** Hosts that a person holds now. */
  readonly held = new Set<string>();
  /** Hosts that have left the fleet. */
  readonly removed = new Set<string>();
  /** The worker that lives, or starts: whoever asks for it meanwhile waits for the same one. */
  #alive: Promise<{ ledger: Ledger; work: RolloutWork }> | undefined;

  private constructor(
    private readonly folder: string,
    private readonly fleet: Fleet,
    private readonly stopAt: number,
    readonly simulated: SimulatedHosts,
    readonly list: readonly PlannedHost[],
    plan: string,
  ) {
    this.reference = { fleet: 'sim', rollout: 'r-1', plan };
  }

  /** One host after the other. @param behaviours - those of h0, h1 …, which may be changed meanwhile. */
  static of(behaviours: readonly Behaviour[], given: Partial<Given> = {}): Promise<SimulatedRollout> {
    const behave = (name: string) => behaviours[Number(name.slice(1))]!;
    const limits = { domains: 1, perDomain: 1, total: 8, stopAt: 2 };
    return SimulatedRollout.plan({ hosts: behaviours.length, ...limits, ...given, behave });
  }

  static async plan(given: Given): Promise<SimulatedRollout> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-simulated-'));
    const names = Array.from({ length: given.hosts }, (_, i) => `h${i}`);
    const domainOf = (name: string) => `d${Number(name.slice(1)) % given.domains}`;
    const hosts: Host[] = names.map((name) => ({
      name,
      address: name,
      port: 22,
      account: 'x',
      platform: 'sim-x86',
      domain: domainOf(name),
      labels: {},
    }));
    const control = given.control === undefined ? {} : { 'sim-x86': given.control };
    const file = fleetFileSchema.parse({ fleet: 'sim', control });
    const fleet = { name: 'sim', hosts, file, folder, digest: 'd' };
    const files = new Files(join(folder, 'files'));
    const { record, list } = await freeze({
      fleet,
      plan: planSchema.parse({
        package: 'tgtest',
        hosts: 'all',
        waves: ['100%'],
        caps: { perDomain: given.perDomain, total: given.total, startsPerSecond: 100_000 },
        budget: { stopAt: given.stopAt },
        timeouts: given.timeouts,
      }),
      planFile: '',
      planPath: '',
      artifact: {
        digest: 'c'.repeat(64),
        package: 'tgtest',
        version: '2-1',
        platforms: { 'sim-x86': [after] },
        origin: 'built',
        signedBy: '',
        createdAt: '',
      },
      selected: hosts,
      holds: [],
      quarantined: new Set(),
      surveys: new Map(names.map((name) => [name, { installed: [before] }])),
      findUndo: async () => before,
      nowIso: new Date().toISOString(),
    });
    const simulated = new SimulatedHosts(domainOf, given.behave, () => 4 + Math.random() * 8, {
      before: before.headerDigest,
      after: after.headerDigest,
    });
    const plan = await files.putJson({ ...record, list: await files.putJson(list) });
    return new SimulatedRollout(folder, fleet, given.stopAt, simulated, list, plan);
  }

  /** The work in the worker that lives; a worker starts when none does. */
  async work(): Promise<RolloutWork> {
    const { work } = await this.#living();
    work.planned.renew(this.#fleetNow());
    return work;
  }

  /** A batch of the wave, by the worker that lives. @param hosts - ranges of the rollout's list. */
  async batch(
    hosts: string,
    action: 'apply' | 'undo' = 'apply',
    { handOver = false, stopAt = this.stopAt } = {},
  ): Promise<BatchResult> {
    const input = { ...this.reference, action, wave: 1, hosts, handOver };
    const budget = action === 'apply' ? { stopAt } : {};
    return runBatch(await this.work(), { ...input, ...budget }, new AbortController().signal, lookEveryMs);
  }

  /** The worker is gone at once: no host's answer reaches it any more. */
  async die(): Promise<void> {
    this.simulated.generation += 1;
    await this.#close();
  }

  /** What the ledger says, read anew. */
  async record(): Promise<RolloutRecord> {
    await this.#close();
    return (await this.#living()).work.book.record;
  }

  /** All that the ledger says, read anew. */
  async entries(): Promise<RolloutEntry[]> {
    await this.#close();
    return readRolloutEntries((await this.#living()).ledger, this.reference.rollout);
  }

  async remove(): Promise<void> {
    // Whatever still waits for a host that hangs is told nothing any more.
    await this.die();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #living() {
    this.#alive ??= this.#start();
    return this.#alive;
  }

  async #close(): Promise<void> {
    const alive = this.#alive;
    this.#alive = undefined;
    await (await alive)?.ledger.close();
  }

  #fleetNow(): Fleet {
    return { ...this.fleet, hosts: this.fleet.hosts.filter(({ name }) => !this.removed.has(name)) };
  }

  async #start(): Promise<{ ledger: Ledger; work: RolloutWork }> {
    const files = new Files(join(this.folder, 'files'));
    const ledger = await Ledger.open(join(this.folder, 'ledger'));
    const quarantine = new Quarantine();
    const at = new Date().toISOString();
    const secured = {
      hosts: this.simulated,
      files,
      gate: new Gate(),
      chain: await Chain.read(ledger, (rollout, entry) => quarantine.see(rollout, entry)),
      quarantine,
      lease: { fresh: () => true, end() {} } as unknown as Lease,
      epoch: 1,
      fleet: async () => this.#fleetNow(),
      holds: async () => [...this.held].map((host) => ({ host, reason: 'for a test', actor: 'tests', at })),
      superseded: (detail: string) => {
        this.superseded.push(detail);
        return new TidegateError('TG_EPOCH_STALE', detail);
      },
    };
    const { rollout, plan } = this.reference;
    const book = await new Books(ledger, (of, entry) => quarantine.see(of, entry)).open(rollout);
    const hosts = this.list.length;
    if (!book.record.started)
      await book.append({
        kind: 'started',
        rollout,
        fleet: this.fleet.name,
        package: 'tgtest',
        version: '2-1',
        plan,
        workflowId: 'none',
        hosts,
        selected: hosts,
        untouched: {},
        waves: [hosts],
        stopAt: this.stopAt,
        actor: { name: 'tests', proof: 'claimed' },
      });
    const planned = await Planned.load(files, plan, this.#fleetNow());
    const work = new RolloutWork(secured, book, planned, this.fleet);
    followAllOverdue(work);
    return { ledger, work };
  }
}
