import { TidegateError } from '../../model/errors';
import { goOnOrder } from '../../model/orders';
import type { RunAsked, RunRef } from '../../workflows/contract/run';
import { type Authority, claimed } from '../authority';
import type { Gate } from '../gate';
import type { RunBook } from './book';

/**
 * Records what a person asked of a run, or that it was refused: going on is an order, which may be refused; stopping
 * is everybody's. Never throws for what a signal carries, as that would fail the run.
 * @returns whether it counts.
 */
export async function takeAnswer(
  book: RunBook,
  { authority, gate }: { authority: Authority; gate: Gate },
  asked: RunRef & RunAsked & { verb: 'go on' | 'stop' },
): Promise<boolean> {
  const { verb } = asked;
  const claims = claimed(asked.actor);
  if (verb === 'stop') {
    await gate.close(book.run);
    await book.append({ kind: 'asked', verb, actor: claims });
    return true;
  }
  const { started, waiting, goneOn } = book.record;
  // An attempt before this one wrote it and died.
  if (goneOn) return true;
  try {
    // A look at the first hosts is what it waits for.
    if (!waiting) throw new TidegateError('TG_RUN_NOT_WAITING', 'its first hosts have not all run');
    const order = goOnOrder({ run: book.run, request: started?.request ?? '' });
    await book.append({ kind: 'asked', verb, actor: await authority.prove(asked, order, 'activity') });
    return true;
  } catch (error) {
    if (!(error instanceof TidegateError) || error.retryable) throw error;
    await book.append({ kind: 'refused', verb, actor: claims, code: error.code, detail: error.message });
    return false;
  }
}
