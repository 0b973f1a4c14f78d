import { z } from 'zod';
import type { Files } from '../../store/files';
import { removeRunStream } from '../../store/run-stream';
import type { RunSummary } from '../../workflows/contract/run';
import type { NewRunEntry, RunBook } from './book';

/**
 * The hosts without a result are told why they have none; then the book is closed. Safe to run twice.
 * @param forgotten - why it is not known which hosts were sent the command, when the book does not say it.
 */
export async function closeRun(
  book: RunBook,
  files: Files,
  stateFolder: string,
  forgotten?: string,
): Promise<RunSummary> {
  const { hosts, list } = book.record.started!;
  const names = await files.getJson(list, z.array(z.string()));
  const { outcomes, sent, stopped } = book.record;
  const missing = names.flatMap((host, index): NewRunEntry[] => {
    if (outcomes.has(index)) return [];
    const outcome = forgotten !== undefined || sent.has(index) ? 'unknown' : 'not run';
    const detail = forgotten ?? (stopped ? 'stopped' : 'the run was cut short');
    return [{ kind: 'result', host, index, outcome, detail }];
  });
  await book.appendAll(missing);
  await removeRunStream(stateFolder, book.run);
  const { ok } = book.record.counts();
  const result = stopped ? 'stopped' : ok === hosts ? 'done' : 'incomplete';
  if (!book.record.ended) await book.append({ kind: 'ended run', result });
  return { hosts, ok };
}
