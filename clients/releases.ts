import { randomBytes } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Actor } from '../model/actor';
import { TidegateError } from '../model/errors';
import { RolloutRecord } from '../model/record';
import { summaryOf } from '../model/summary';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { readRolloutBook } from '../store/rollout-books';
import { connectTemporal } from '../workers/temporal/connection';
import {
  type ReleaseInput,
  type ReleaseMemo,
  type ReleaseResult,
  releaseSignals,
  releaseWorkflowId,
} from '../workflows/contract/release';
import { type Asked, rolloutWorkflowId } from '../workflows/contract/rollout';
import { taskQueue } from '../workflows/contract/server';
import { attributesOf } from './attributes';
import { requireWorker } from './procedure';
import { resultOf } from './result-of';
import { opened } from './start-rollout';
import { shortId } from './view/rollout/words';

/** A release that this command line looks after, in Temporal and in the ledger. */
export interface AskedRelease {
  readonly rollout: string;
  /** The command that takes it up. */
  readonly again: string;
  readonly record: RolloutRecord;
  /** Where its book was read to, into the record. */
  endByte: number;
  /** By what the ledger tells the answer to this command line from that to others. */
  readonly request: string;
  signal(name: keyof typeof releaseSignals, asked: Asked): Promise<void>;
  /** Rejects when its workflow failed, and when the signal is aborted. */
  result(signal: AbortSignal): Promise<ReleaseResult>;
  close(): Promise<void>;
}

/**
 * Takes up the release of these very files that is under way, or starts one.
 * @param confirm - asks before one is started; gives what it is started with
 * @throws TG_WORKER_MISSING, TG_TEMPORAL_UNREACHABLE; TG_RELEASE_RUNNING when one of other files is under way;
 * TG_ROLLOUT_RUNNING when a rollout of its own is
 */
export async function takeUpRelease(
  home: Home,
  input: ReleaseInput,
  confirm: () => Promise<ReleaseInput>,
): Promise<AskedRelease> {
  await requireWorker(home);
  const { client, connection } = await connectTemporal(home);
  const close = () => connection.close();
  try {
    const running = await runningRelease(client, input);
    if (running) return lookAfter(client, sameFiles(running, input), input, close);
    if ((await statusOf(client, rolloutWorkflowId(input.fleet, input.package))) === 'RUNNING')
      throw new TidegateError(
        'TG_ROLLOUT_RUNNING',
        `${input.package} is being rolled out in ${input.fleet} already`,
      );
    const asked = lookAfter(client, await start(client, await confirm()), input, close);
    await opened(home, asked.rollout, 0, asked.result);
    return asked;
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Ends the release of a package that has not come to its rollout.
 * @returns the ID of its rollout, that never was
 * @throws TG_ROLLOUT_NOT_FOUND when there is none; TG_ROLLOUT_RUNNING when hosts are being changed already
 */
export async function dropRelease(
  home: Home,
  input: ReleaseInput,
  confirm: (id: string) => Promise<void>,
  actor: Actor,
): Promise<string> {
  const { client, connection } = await connectTemporal(home);
  try {
    const running = await runningRelease(client, input);
    if (!running)
      throw new TidegateError('TG_ROLLOUT_NOT_FOUND', `no release of ${input.package} is under way`);
    const id = shortId(running.rollout);
    const { record } = await readRolloutBook(await Ledger.open(home.ledger), running.rollout);
    if (record.started)
      throw new TidegateError('TG_ROLLOUT_RUNNING', {
        detail: `${id} is rolling out`,
        next: `tidegate rollout abort ${id} --reason …`,
      });
    await confirm(id);
    await handleOf(client, input).signal(releaseSignals.drop, { actor } satisfies Asked);
    return running.rollout;
  } finally {
    await connection.close();
  }
}

async function start(client: Client, input: ReleaseInput): Promise<ReleaseMemo> {
  const { fleet, rollout, recipe, planFile, actor } = input;
  const memo = { rollout, recipe, planFile };
  try {
    await client.workflow.start('release', {
      args: [input],
      taskQueue: taskQueue(fleet),
      workflowId: releaseWorkflowId(fleet, input.package),
      memo: { ...memo },
      staticSummary: summaryOf(`${input.package}: release ${input.recipePath}`),
      staticDetails: `\`${input.recipePath}\` by \`${input.planPath}\`, asked for by ${actor.name}. Its ledger: \`tidegate rollout events ${shortId(rollout)}\``,
      typedSearchAttributes: attributesOf(fleet, input.package),
    });
    return memo;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const running = await runningRelease(client, input);
    if (running) return sameFiles(running, input);
    throw error;
  }
}

function lookAfter(
  client: Client,
  { rollout }: ReleaseMemo,
  input: ReleaseInput,
  close: () => Promise<void>,
): AskedRelease {
  const handle = handleOf(client, input);
  return {
    rollout,
    again: `tidegate release ${input.recipePath} ${input.planPath}`,
    record: new RolloutRecord(),
    endByte: 0,
    request: randomBytes(8).toString('hex'),
    signal: (name, asked) => handle.signal(name, asked),
    result: (signal) => resultOf(client, handle, signal),
    close,
  };
}

async function runningRelease(client: Client, input: ReleaseInput): Promise<ReleaseMemo | undefined> {
  const workflowId = releaseWorkflowId(input.fleet, input.package);
  if ((await statusOf(client, workflowId)) !== 'RUNNING') return undefined;
  const { memo } = await handleOf(client, input).describe();
  const text = (key: keyof ReleaseMemo) => String(memo?.[key] ?? '');
  return { rollout: text('rollout'), recipe: text('recipe'), planFile: text('planFile') };
}

function handleOf(client: Client, { fleet, package: packageName }: ReleaseInput) {
  return client.workflow.getHandle<(input: ReleaseInput) => Promise<ReleaseResult>>(
    releaseWorkflowId(fleet, packageName),
  );
}

function sameFiles(running: ReleaseMemo, input: ReleaseInput): ReleaseMemo {
  if (running.recipe === input.recipe && running.planFile === input.planFile) return running;
  const what = running.recipe === input.recipe ? input.planPath : input.recipePath;
  throw new TidegateError('TG_RELEASE_RUNNING', {
    detail: `${shortId(running.rollout)} is under way, and ${what} was another when it began`,
    next: `tidegate release ${input.recipePath} ${input.planPath} --drop   (as long as no host is touched)`,
  });
}

async function statusOf(client: Client, workflowId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name;
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
}
