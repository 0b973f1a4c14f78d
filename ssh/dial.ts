import { Socket } from 'node:net';
import { TidegateError } from '../model/errors';
import { type Target, targetText } from './target';

/**
 * Opens the TCP connection to a host. Without TCP_NODELAY each command waits 40 ms for a delayed ACK (measured: an
 * exec takes 45 ms instead of 3); it must be set on the socket, connect() overlooks it.
 * @throws TidegateError TG_HOST_UNREACHABLE after `timeoutMs`, name look-up included, or when it is refused or `signal` aborts
 */
export function dial(target: Target, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    socket.setNoDelay(true);
    const fail = (text: string, cause?: unknown) => {
      settled();
      socket.destroy();
      reject(unreachable(target, text, cause));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const onError = (error: Error) => fail(reasonText(error), error);
    const onAbort = () => fail('given up');
    const settled = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort);
    socket.once('error', onError);
    socket.connect(
      {
        host: target.address,
        port: target.port,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: FAMILY_ATTEMPT_MS,
      },
      () => {
        settled();
        socket.off('error', onError);
        resolve(socket);
      },
    );
  });
}

/** Node gives each of a name's addresses 250 ms by default, too little for a far host; this leaves time for three. */
const FAMILY_ATTEMPT_MS = 3_000;

/** @returns TG_HOST_UNREACHABLE for a target, in the words of what happened. */
export function unreachable(target: Target, text: string, cause?: unknown): TidegateError {
  const detail = `${targetText(target)}: ${text}`;
  return new TidegateError('TG_HOST_UNREACHABLE', { detail, hosts: [target.name] }, { cause });
}

/** @returns what a socket error means for a person. */
export function reasonText(error: Error & { code?: unknown }): string {
  const known = typeof error.code === 'string' ? reasons[error.code] : undefined;
  if (known !== undefined) return known;
  return error.message === '' ? String(error.code ?? error.name) : error.message;
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused: nothing listens on that port',
  ECONNRESET: 'the host reset the connection',
  EPIPE: 'the host closed the connection',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ENOTFOUND: 'its address is a name that does not resolve',
  EAI_AGAIN: 'the name service did not answer',
  ETIMEDOUT: 'no answer',
};
