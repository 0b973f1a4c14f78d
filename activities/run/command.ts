import { createReadStream } from 'node:fs';
import type { RunRequest, RunTask } from '../../model/run-request';
import type { Connection } from '../../ssh/connection';
import { quote } from '../../ssh/quote';
import type { Files } from '../../store/files';
import { OutputKeep, type Room } from './keep-output';
import type { Answer } from './on-host';

type Command = Extract<RunTask, { verb: 'run' }>;

/** Runs the command of a request on one host. Nothing of ours is written there: it works on a host that is full. */
export async function runCommand(
  connection: Connection,
  request: RunRequest,
  command: Command,
  given: {
    files: Files;
    room: Room;
    timeoutMs: number;
    show(stream: 'stdout' | 'stderr', chunk: Buffer): undefined | Promise<void>;
  },
): Promise<Answer> {
  const { files, room, show } = given;
  const [out, err] = [new OutputKeep(files, room), new OutputKeep(files, room)];
  try {
    const result = await connection.exec(commandLine(request, command), {
      stdin: command.stdin === undefined ? undefined : createReadStream(files.path(command.stdin)),
      timeoutMs: given.timeoutMs,
      capBytes: 0,
      onStdout: (chunk) => together(show('stdout', chunk), out.add(chunk)),
      onStderr: (chunk) => together(show('stderr', chunk), err.add(chunk)),
    });
    const ended = result.code === 0 ? 'ok' : 'failed';
    return {
      // A channel that closes without a status tells nothing: the connection may have been cut on the way.
      outcome: result.code === null && result.signal === undefined ? 'unknown' : ended,
      code: result.code ?? undefined,
      signal: result.signal,
      stdout: await out.end(),
      stderr: await err.end(),
    };
  } catch (error) {
    out.drop();
    err.drop();
    throw error;
  }
}

/** Both, when either must catch up; undefined when neither must. */
function together(...waits: (undefined | Promise<void>)[]): undefined | Promise<unknown> {
  const pending = waits.filter((wait) => wait !== undefined);
  return pending.length === 0 ? undefined : Promise.all(pending);
}

/** As the account's login shell takes it; with an environment or as root, as /bin/sh does. */
export function commandLine({ sudo }: Pick<RunRequest, 'sudo'>, { command, environment }: Command): string {
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  if (!sudo && words.length === 0) return command;
  const shell = quote('/bin/sh', '-c', command);
  const inEnvironment = words.length === 0 ? shell : `${quote('/usr/bin/env', ...words)} ${shell}`;
  return sudo ? `sudo -n -- ${inEnvironment}` : inEnvironment;
}
