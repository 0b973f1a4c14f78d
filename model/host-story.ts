import { z } from 'zod';
import { operationActions, type RolloutEntry } from './ledger';
import { RolloutRecord } from './record';
import { hostStates } from './states';

/** What the ledger tells of one host in one rollout. */
export const chapterSchema = z.object({
  rollout: z.string(),
  package: z.string(),
  version: z.string(),
  plan: z.string(),
  /** Below 0: as a control instance, on which it was rehearsed. */
  index: z.number().int(),
  state: z.enum(hostStates),
  code: z.string().optional(),
  detail: z.string().optional(),
  /** Since when it is in this state, and in which wave that was. */
  at: z.string(),
  wave: z.number().int(),
  /** The last operation that was begun on it. */
  operation: z
    .object({
      id: z.string(),
      action: z.enum(operationActions),
      attempt: z.number().int(),
      begunAt: z.string(),
      /** `ok`, or a code; absent while the ledger has no end of it. */
      outcome: z.string().optional(),
      endedAt: z.string().optional(),
      /** Digest of its log in the store. */
      log: z.string().optional(),
    })
    .optional(),
  /** When a person lifted its quarantine last. */
  cleared: z.object({ at: z.string(), by: z.string() }).optional(),
});
export type Chapter = z.infer<typeof chapterSchema>;

/**
 * Reads one host out of a rollout's entries, which are shown to it one by one; nothing is kept of the others. As a control
 * instance on which it was rehearsed, a host has a story of its own.
 */
export class HostStory {
  readonly #record = new RolloutRecord();
  #index: number | undefined;
  #at = '';
  #wave = 0;
  #operation: Chapter['operation'];
  #cleared: Chapter['cleared'];

  constructor(
    private readonly rollout: string,
    private readonly host: string,
    private readonly as: 'host' | 'control instance' = 'host',
  ) {}

  see(entry: RolloutEntry): void {
    if (!('host' in entry)) {
      if (entry.kind === 'started' || entry.kind === 'phase') this.#record.add(entry);
      return;
    }
    if (entry.host !== this.host || entry.index < 0 !== (this.as === 'control instance')) return;
    this.#record.add(entry);
    this.#index = entry.index;
    this.#at = entry.at;
    this.#wave = this.#record.wave;
    if (entry.kind === 'begun') {
      const { operation: id, action, attempt, at: begunAt } = entry;
      this.#operation = { id, action, attempt, begunAt };
    } else if (entry.kind === 'void' && this.#operation?.id === entry.operation) this.#operation = undefined;
    else if (entry.kind === 'ended' && this.#operation?.id === entry.operation) {
      const { outcome, at: endedAt, log } = entry;
      this.#operation = { ...this.#operation, outcome, endedAt, log };
    } else if (entry.kind === 'cleared') this.#cleared = { at: entry.at, by: entry.actor.name };
  }

  /** @returns undefined when the rollout never named the host. */
  chapter(): Chapter | undefined {
    const { started } = this.#record;
    if (this.#index === undefined || !started) return undefined;
    const { state, code, detail } = this.#record.host(this.#index, this.host);
    return {
      rollout: this.rollout,
      package: started.package,
      version: started.version,
      plan: started.plan,
      index: this.#index,
      state,
      code,
      detail,
      at: this.#at,
      wave: this.#wave,
      operation: this.#operation,
      cleared: this.#cleared,
    };
  }
}
