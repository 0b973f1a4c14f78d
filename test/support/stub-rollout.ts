import { NativeConnection, Worker } from '@temporalio/worker';
import { Gate } from '../../activities/gate';
import type { RolloutActivities } from '../../activities/rollout/activities';
import { workflowBundle } from '../../workers/bundle';
import type { OpenedRollout, RolloutInput } from '../../workflows/contract/rollout';
import { taskQueue } from '../../workflows/contract/server';
import type { TestTemporal } from './temporal';

type Answer<K extends keyof RolloutActivities> = Awaited<ReturnType<RolloutActivities[K]>>;
type Answers = {
  [K in keyof RolloutActivities]?: (input: never) => Answer<K> | Promise<Answer<K>>;
};
/** Undefined: as it would answer otherwise. */
type Instead = {
  [K in keyof RolloutActivities]?: (
    input: never,
  ) => Answer<K> | undefined | Promise<Answer<K> | undefined> | Promise<void>;
};

/** A rollout of hosts that are numbers: the real workflows on a real server, over activities that only write down. */
export class StubRollout {
  readonly gate = new Gate();
  /** What was done, in order: `open 1`, `batch 0-2`, `phase wave/1`, … */
  readonly said: string[] = [];
  /** What an activity does besides, by its name: to hold it up, or to answer otherwise. */
  readonly instead: Instead = {};
  opened: OpenedRollout = {
    package: 'stub',
    version: '1',
    waves: [],
    stopAt: 5,
    firstWaveStopAt: 1,
    whenSpent: 'pause',
    rehearse: false,
    unreachable: { tries: 3, everyMs: 1000, pauseOverHosts: 100 },
    checks: false,
    window: false,
    rehearsesInWindow: false,
    notify: false,
  };
  undoable = { failed: '', applied: '' };

  constructor(
    private readonly temporal: TestTemporal,
    readonly name: string,
  ) {}

  /** Waves of so many hosts each. */
  waves(...sizes: readonly (number | { size: number; soakMs?: number; gate?: boolean })[]): void {
    let from = 0;
    const waves = sizes.map((given) => {
      const { size, soakMs = 0, gate = false } = typeof given === 'number' ? { size: given } : given;
      const hosts = size === 1 ? `${from}` : `${from}-${from + size - 1}`;
      const wave = { from, to: from + size, hosts, size: `${size}`, soakMs, gate, names: {} };
      from += size;
      return wave;
    });
    this.opened = { ...this.opened, waves };
  }

  async start(given: Partial<RolloutInput> = {}) {
    return this.temporal.client.workflow.start('rollout', {
      workflowId: `rollout/${this.name}/stub`,
      taskQueue: taskQueue(this.name),
      args: [
        {
          fleet: this.name,
          rollout: `r-${this.name}`,
          plan: 'p',
          actor: { name: 'tests', proof: 'claimed' },
          verb: 'start',
          ...given,
        } satisfies RolloutInput,
      ],
    });
  }

  /** Serves workflows and activities while `work` goes on. */
  async served<T>(work: () => Promise<T>): Promise<T> {
    const connection = await NativeConnection.connect({ address: this.temporal.server.address });
    const worker = await Worker.create({
      connection,
      namespace: this.temporal.namespace,
      taskQueue: taskQueue(this.name),
      workflowBundle: { codePath: await workflowBundle() },
      activities: this.#activities(),
    });
    try {
      return await worker.runUntil(work);
    } finally {
      await connection.close();
    }
  }

  #activities() {
    const id = `r-${this.name}`;
    const answers: Answers = {
      openRollout: () => this.opened,
      rehearse: () => 'done',
      runBatch: ({ action, wave, hosts }: { action: string; wave: number; hosts: string }) => {
        this.said.push(`${action} ${wave}: ${hosts}${this.gate.isOpen(id) ? '' : ' although closed'}`);
        return { inProgress: '', left: '', unreachable: '', failures: 0, stopped: 'no' };
      },
      closeGate: async ({ turn }: { turn: number }) => {
        const inFlight = await this.gate.close(id, turn);
        this.said.push('closed');
        return inFlight;
      },
      openGate: ({ turn }: { turn: number }) => this.gate.open(id, turn),
      enterPhase: ({ phase, wave }: { phase: string; wave: number }) => {
        this.said.push(`${phase} ${wave}`);
      },
      asked: () => undefined,
      budgetSpent: () => undefined,
      sums: () => ({ failures: 0, owed: 0, unreachable: 0, undoable: this.undoable }),
      owe: () => ({ failures: 0 }),
      nameHosts: () => 'hosts',
      retryHosts: ({ hosts }: { hosts?: string }) => hosts ?? '',
      finish: ({ aborted, rolledBack }: { aborted: boolean; rolledBack?: boolean }) =>
        aborted ? 'aborted' : rolledBack ? 'rolled back' : 'done',
      watchSoak: () => ({ failed: '', undo: '' }),
    };
    return Object.fromEntries(
      Object.entries(answers).map(([name, answer]) => [
        name,
        async (input: never) => {
          const other = this.instead[name as keyof RolloutActivities];
          const said = await other?.(input);
          return said === undefined ? answer(input) : said;
        },
      ]),
    );
  }
}
