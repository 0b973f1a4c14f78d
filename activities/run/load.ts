import { z } from 'zod';
import { pushedFileSchema, runRequestSchema } from '../../model/run-request';
import { RunStream } from '../../store/run-stream';
import type { Secured } from '../rollout/work';
import type { RunBook } from './book';
import { roomFor } from './keep-output';
import { RunWork } from './work';

/** Reads from the store, once, what the hosts of a run have in common. */
export async function loadWork(secured: Secured, book: RunBook, stateFolder: string): Promise<RunWork> {
  const { files } = secured;
  const { started, keptBytes } = book.record;
  const request = await files.getJson(started!.request, runRequestSchema);
  const { task } = request;
  return new RunWork(secured, book, {
    request,
    list: await files.getJson(started!.list, z.array(z.string())),
    fleet: await secured.fleet(),
    pushed: task.verb === 'push' ? await files.getJson(task.files, z.array(pushedFileSchema)) : [],
    room: await roomFor(files, task, keptBytes),
    stream: request.stream ? await RunStream.open(stateFolder, book.run) : undefined,
  });
}
