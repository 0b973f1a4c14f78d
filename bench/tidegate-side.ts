import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Lab } from '../lab/lab';
import type { Rpm } from '../model/artifact';
import { Files } from '../store/files';
import { homeAt } from '../store/home';
import { connectTemporal } from '../workers/temporal/connection';
import { rolloutWorkflowId } from '../workflows/contract/rollout';
import { taskQueue } from '../workflows/contract/server';
import type { Accounting } from './contender';
import { startWorker } from './worker-process';

const cli = join(__dirname, '..', 'clients', 'cli.js');

/** Tidegate at the lab: its worker, which is started anew where a contender is to find no open connection. */
export class TidegateSide {
  #worker: Awaited<ReturnType<typeof startWorker>> | undefined;

  constructor(
    private readonly lab: Lab,
    readonly account: Accounting,
  ) {}

  /** A worker that has not connected to any host yet. */
  async freshWorker(): Promise<void> {
    await this.stopWorker();
    this.#worker = await startWorker(this.lab.home);
    this.account.add(this.#worker.pid);
  }

  async stopWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.stop();
  }

  /** What a person types. */
  command(account: Accounting, ...words: string[]): Promise<void> {
    return account.command([process.execPath, cli, ...words], { TIDEGATE_HOME: this.lab.home });
  }

  /** Plans a rollout of `rpm`. @returns what carries it out: the procedure that `rollout start` starts */
  async plan(rpm: Rpm, plan: Readonly<Record<string, unknown>>): Promise<() => Promise<void>> {
    const text = JSON.stringify({ ...plan, package: rpm.name, artifact: `${rpm.version}-${rpm.release}` });
    const planFile = await new Files(homeAt(this.lab.home).files).put(text);
    const planned = await this.#client(({ workflow }, queue) =>
      workflow.execute<(input: unknown) => Promise<{ plan: string }>>('planRollout', {
        ...queue,
        workflowId: `plan/${randomBytes(8).toString('hex')}`,
        args: [{ fleet: this.lab.name, planFile, planPath: 'bench' }],
      }),
    );
    return () =>
      this.#client(async ({ workflow }, queue) => {
        const { result } = await workflow.execute<(input: unknown) => Promise<{ result: string }>>(
          'rollout',
          {
            ...queue,
            workflowId: rolloutWorkflowId(this.lab.name, rpm.name),
            args: [
              {
                fleet: this.lab.name,
                rollout: `r-${randomBytes(16).toString('hex')}`,
                plan: planned.plan,
                actor: { name: 'bench', proof: 'claimed' },
                verb: 'start',
              },
            ],
          },
        );
        if (result !== 'done') throw new Error(`the rollout ended ${result}`);
      });
  }

  async #client<T>(work: (client: Client, queue: { taskQueue: string }) => Promise<T>): Promise<T> {
    const { client, connection } = await connectTemporal(homeAt(this.lab.home));
    try {
      return await work(client, { taskQueue: taskQueue(this.lab.name) });
    } finally {
      await connection.close();
    }
  }
}
