import { TidegateError } from '../../model/errors';
import type { Home } from '../../store/home';
import { type Holder, holderWords, lockHolder, toEnd } from '../../store/lock';
import { type EmbeddedAddress, embeddedAddress } from './address';
import { servesDatabase } from './left-behind';

/** @returns TG_TEMPORAL_UNREACHABLE for a server that the environment or the profile names: it is not ours to start. */
export function namedUnreachable(address = 'the address', cause: unknown): TidegateError {
  return new TidegateError(
    'TG_TEMPORAL_UNREACHABLE',
    {
      detail: `no Temporal server answers at ${address}, which TEMPORAL_ADDRESS or the Temporal profile names`,
      next: 'have that server started, or name another: TEMPORAL_ADDRESS=HOST:PORT in front of the same command',
    },
    { cause },
  );
}

/**
 * @returns TG_TEMPORAL_UNREACHABLE for the home's own server, with what is true of it and of who holds the home:
 * where somebody does, `tidegate up` would be refused.
 */
export async function ownUnreachable(home: Home, cause?: unknown): Promise<TidegateError> {
  const server = await embeddedAddress(home);
  const runs = server !== undefined && (await servesDatabase(server.pid, home.temporalDatabase));
  const holder = await lockHolder(home.lockFile);
  const is = serverWords(home, server, runs);
  // We hold it ourselves, as a worker that starts.
  if (holder === undefined || holder.pid === process.pid)
    return new TidegateError('TG_TEMPORAL_UNREACHABLE', { detail: is, next: 'tidegate up' }, { cause });
  const who = `${holderWords(holder)} holds the home`;
  const next = nextWith(holder, home.lockFile, server, runs);
  return new TidegateError('TG_TEMPORAL_UNREACHABLE', { detail: `${is}; ${who}`, next }, { cause });
}

function serverWords(home: Home, server: EmbeddedAddress | undefined, runs: boolean): string {
  if (!server) return `no server runs for ${home.folder}, and TEMPORAL_ADDRESS names none`;
  if (runs)
    return `the Temporal server at ${server.address} (process ${server.pid}) runs and does not answer`;
  return `no Temporal server answers at ${server.address}, and its process is gone`;
}

/** `tidegate up` keeps a server running and starts it again when it is gone; `tidegate worker` goes by that of others. */
function nextWith(
  holder: Holder,
  lockFile: string,
  server: EmbeddedAddress | undefined,
  runs: boolean,
): string {
  const isUp = / up( |$)/.test(holder.command);
  if (isUp && server && runs)
    return `the same again in a moment; if it hangs on: kill -KILL ${server.pid}   (tidegate up starts it again, nothing is lost)`;
  if (isUp) return `the same again in a moment: process ${holder.pid} starts the server`;
  if (server) return `${toEnd(holder, lockFile)} ; then: tidegate up`;
  return `TEMPORAL_ADDRESS=HOST:PORT, as process ${holder.pid} has it, in front of the same command`;
}
