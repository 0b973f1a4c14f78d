import { z } from 'zod';
import { TidegateError } from '../model/errors';
import { type KeptOutput, runEntrySchema } from '../model/run-ledger';
import { AnsweredRun, RunRecord } from '../model/run-record';
import { type RunRequest, runRequestSchema } from '../model/run-request';
import { booksByAge, booksOf, bookThatStarts, eachEntryOf } from '../store/books';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';

/** A run, push or pull as the store has it: nothing is asked of Temporal or the worker. */
export interface KnownRun {
  readonly id: string;
  readonly record: AnsweredRun;
  readonly request: RunRequest;
  /** Hosts in their order. */
  readonly list: readonly string[];
}

/** A run without what its hosts answered. */
export interface ListedRun {
  readonly id: string;
  readonly record: RunRecord;
  readonly request: RunRequest;
}

/** Long enough to tell the runs of years apart, short enough to type. */
export const shortRunId = (id: string) => id.slice(0, 12);

/**
 * @param given - the ID, or a start of it that no other has; the newest run when absent.
 * @returns the run, and where its book ended: who follows it goes on there.
 * @throws TG_RUN_NOT_FOUND
 */
export async function readRun(home: Home, given?: string): Promise<KnownRun & { endByte: number }> {
  const ledger = await Ledger.open(home.ledger);
  const id = await findRun(ledger, given);
  const record = new AnsweredRun();
  const endByte = await readInto(ledger, id, record);
  return { id, record, endByte, ...(await readRequest(home, record)) };
}

/** Every run, the newest first, one at a time. */
export async function* allRuns(home: Home): AsyncGenerator<ListedRun> {
  const ledger = await Ledger.open(home.ledger);
  for (const id of await booksByAge(ledger, await booksOf(ledger, runStart))) {
    const record = new RunRecord();
    await readInto(ledger, id, record);
    if (!record.started) continue;
    yield {
      id,
      record,
      request: await new Files(home.files).getJson(record.started.request, runRequestSchema),
    };
  }
}

/** @returns the bytes that a host printed on one stream, as far as they were kept. */
export async function outputBytes(home: Home, output: KeptOutput | undefined): Promise<Buffer> {
  if (output?.file !== undefined) return new Files(home.files).get(output.file);
  if (output?.base64 !== undefined) return Buffer.from(output.base64, 'base64');
  return Buffer.from(output?.text ?? '');
}

/** @throws TG_RUN_NOT_FOUND while the run's book is empty: it was refused before it began. */
export async function readRequest(
  home: Home,
  record: RunRecord,
): Promise<Pick<KnownRun, 'request' | 'list'>> {
  const { started } = record;
  if (!started) throw new TidegateError('TG_RUN_NOT_FOUND', 'it has not begun');
  const files = new Files(home.files);
  return {
    request: await files.getJson(started.request, runRequestSchema),
    list: await files.getJson(started.list, z.array(z.string())),
  };
}

const runStart = 'run-';

const readInto = (ledger: Ledger, id: string, record: RunRecord) =>
  eachEntryOf(ledger, id, (entry) => record.add(runEntrySchema.parse(entry)));

async function findRun(ledger: Ledger, given: string | undefined): Promise<string> {
  const ids = await booksOf(ledger, runStart);
  if (given !== undefined) return bookThatStarts(ids, given, { code: 'TG_RUN_NOT_FOUND', what: 'run' });
  const [newest] = await booksByAge(ledger, ids);
  if (newest !== undefined) return newest;
  throw new TidegateError('TG_RUN_NOT_FOUND', {
    detail: 'nothing was run yet',
    next: 'tidegate run SELECTOR -- COMMAND',
  });
}
