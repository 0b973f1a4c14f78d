import { z } from 'zod';
import { TidegateError } from '../model/errors';
import { type KeptOutput, runEntrySchema } from '../model/run-ledger';
import { RunRecord } from '../model/run-record';
import { type RunRequest, runRequestSchema } from '../model/run-request';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';

/** A run, push or pull as the store has it: nothing is asked of Temporal or the worker. */
export interface KnownRun {
  readonly id: string;
  readonly record: RunRecord;
  readonly request: RunRequest;
  /** Hosts in their order. */
  readonly list: readonly string[];
}

/** Long enough to tell the runs of years apart, short enough to type. */
export const shortRunId = (id: string) => id.slice(0, 12);

/** @param given - the ID, or a start of it that no other has; the newest run when absent. @throws TG_RUN_NOT_FOUND */
export async function readRun(home: Home, given?: string): Promise<KnownRun> {
  const ledger = await Ledger.open(home.ledger);
  const id = await findRun(ledger, given);
  const record = new RunRecord();
  for await (const line of ledger.read(id)) record.add(runEntrySchema.parse(line));
  return { id, record, ...(await readRequest(home, record)) };
}

/** Every run, the newest first. */
export async function allRuns(home: Home): Promise<KnownRun[]> {
  const ledger = await Ledger.open(home.ledger);
  const runs: KnownRun[] = [];
  for (const id of await runIds(ledger)) runs.push(await readRun(home, id));
  return runs.sort((a, b) => startedAt(b).localeCompare(startedAt(a)));
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

async function runIds(ledger: Ledger): Promise<string[]> {
  return (await ledger.books()).filter((book) => book.startsWith('run-'));
}

async function findRun(ledger: Ledger, given: string | undefined): Promise<string> {
  const ids = await runIds(ledger);
  if (given === undefined) return newest(ledger, ids);
  const found = ids.filter((id) => id.startsWith(given));
  if (found.length === 1) return found[0]!;
  throw new TidegateError(
    'TG_RUN_NOT_FOUND',
    found.length === 0 ? `no run ${given}` : `${given} can be ${found.slice(0, 5).join(' or ')}`,
  );
}

async function newest(ledger: Ledger, ids: readonly string[]): Promise<string> {
  let found: { id: string; at: string } | undefined;
  for (const id of ids)
    for await (const line of ledger.read(id)) {
      const { at } = runEntrySchema.parse(line);
      if (found === undefined || at > found.at) found = { id, at };
      break;
    }
  if (found) return found.id;
  throw new TidegateError('TG_RUN_NOT_FOUND', {
    detail: 'nothing was run yet',
    next: 'tidegate run SELECTOR -- COMMAND',
  });
}

const startedAt = ({ record }: KnownRun) => record.started?.at ?? '';
