import type { Client, Connection } from '@temporalio/client';
import { TidegateError } from '../model/errors';
import type { Home } from '../store/home';
import { lockHolder } from '../store/lock';
import { connectTemporal } from '../workers/temporal/connection';
import { whyStuck } from '../workers/temporal/stuck';
import { rolloutWorkflowId } from '../workflows/contract/rollout';

/** A server that lives answers in milliseconds; a person should not wonder for longer. */
const answerMs = 2_000;

/** Whether anything still carries a rollout forward. */
export interface Signs {
  readonly worker: boolean;
  readonly temporal: boolean;
  /** Why it does not go on although both are there. */
  readonly stuck?: TidegateError;
}

/** Looks after the workflow of one rollout, over restarts of the server. */
export class Liveness {
  #client: { client: Client; connection: Connection } | undefined;

  constructor(
    private readonly home: Home,
    private readonly rollout: string,
    private readonly workflowId: string,
  ) {}

  static of(home: Home, rollout: string, fleet: string, packageName: string): Liveness {
    return new Liveness(home, rollout, rolloutWorkflowId(fleet, packageName));
  }

  /**
   * @throws by name what ended the workflow without an end in the ledger: it failed, was terminated, or another
   * took its place
   */
  async look(): Promise<Signs> {
    const worker = (await lockHolder(this.home.lockFile)) !== undefined;
    let described: Awaited<ReturnType<Liveness['describe']>>;
    try {
      described = await this.describe();
    } catch {
      return { worker, temporal: false };
    }
    if (described.rollout !== undefined && described.rollout !== this.rollout)
      return { worker, temporal: true };
    if (described.status === 'FAILED') await described.result();
    if (
      described.status === 'TERMINATED' ||
      described.status === 'TIMED_OUT' ||
      described.status === 'CANCELLED'
    )
      throw new TidegateError('TG_ROLLOUT_ENDED', {
        detail: `its workflow was ended from outside (${described.status}); the ledger has no end of it`,
        next: `tidegate rollout retry ${this.rollout} --reason …`,
      });
    return { worker, temporal: true, stuck: described.stuck };
  }

  async close(): Promise<void> {
    await this.#client?.connection.close();
  }

  private async describe() {
    this.#client ??= await connectTemporal(this.home);
    const { client } = this.#client;
    const handle = client.workflow.getHandle(this.workflowId);
    const { status, memo, stuck } = await client.withDeadline(Date.now() + answerMs, async () => {
      const described = await handle.describe();
      const runs = described.status.name === 'RUNNING';
      return { ...described, stuck: runs ? await whyStuck(client, this.workflowId) : undefined };
    });
    return { status: status.name, rollout: memo?.rollout, stuck, result: () => handle.result() };
  }
}
