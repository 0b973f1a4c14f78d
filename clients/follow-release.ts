import { WorkflowFailedError } from '@temporalio/client';
import { TidegateError } from '../model/errors';
import { rolloutEntrySchema } from '../model/ledger';
import type { RolloutRecord } from '../model/record';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import { readRolloutBook } from '../store/rollout-books';
import { refused } from './ask-rollout';
import type { Output } from './output';
import { tick } from './procedure';
import type { AskedRelease } from './releases';
import { eventLine } from './view/rollout/events';
import { shortId } from './view/rollout/words';

/**
 * Follows the ledger until the release needs a person, or has come to its rollout, or was dropped.
 * @returns 'left' after Ctrl-C
 * @throws by name what ended it, and what refused the confirmation: then it goes on waiting
 */
export async function followRelease(
  home: Home,
  asked: AskedRelease,
  output: Output,
): Promise<'waiting' | 'started' | 'dropped' | 'left'> {
  const stop = new AbortController();
  const leave = () => stop.abort();
  process.once('SIGINT', leave);
  const ticking = tick(home, `releasing (${shortId(asked.rollout)})`, output);
  try {
    return await Promise.race([follow(home, asked, output, stop.signal), failure(asked, stop.signal)]);
  } finally {
    ticking.end();
    process.removeListener('SIGINT', leave);
    stop.abort();
  }
}

async function follow(
  home: Home,
  asked: AskedRelease,
  output: Output,
  signal: AbortSignal,
): Promise<'waiting' | 'started' | 'dropped' | 'left'> {
  const ledger = await Ledger.open(home.ledger);
  // What was written before this look tells where the release is only when all of it is read.
  const written = (await readRolloutBook(ledger, asked.rollout)).endByte;
  for await (const { entry, endByte } of ledger.follow(asked.rollout, signal, asked.endByte)) {
    const event = rolloutEntrySchema.parse(entry);
    asked.record.add(event);
    asked.endByte = endByte;
    if (event.kind !== 'begun' && event.kind !== 'started') output.note(eventLine(event));
    if (event.kind === 'note' && event.refused?.request === asked.request) throw refused(event.refused);
    if (event.kind === 'built') for (const warning of event.warnings) output.note(`Note: ${warning}`);
    const state = endByte < written ? 'busy' : stateOf(asked.record);
    if (state !== 'busy') return state;
  }
  return 'left';
}

function stateOf({ started, ended, phase }: RolloutRecord): 'busy' | 'waiting' | 'started' | 'dropped' {
  if (started) return 'started';
  // A failure ends the workflow too, a moment later and with its name.
  if (ended) return ended.result === 'aborted' ? 'dropped' : 'busy';
  return phase === 'waiting for confirmation' ? 'waiting' : 'busy';
}

/** Rejects when the workflow fails or is stuck; a server that goes away meanwhile does not: the ledger goes on telling. */
async function failure(asked: AskedRelease, signal: AbortSignal): Promise<never> {
  try {
    await asked.result(signal);
  } catch (error) {
    if (error instanceof WorkflowFailedError || error instanceof TidegateError) throw error;
  }
  return new Promise<never>(() => {});
}
