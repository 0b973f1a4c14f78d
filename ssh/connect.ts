import type { Duplex } from 'node:stream';
import { Client, type ConnectConfig } from 'ssh2';
import { TidegateError } from '../model/errors';
import { ciphers, keyExchanges, messageDigests } from './algorithms';
import { SshConnection } from './connection';
import { dial, reasonText, unreachable } from './dial';
import { type HostKeyAlgorithm, hostKeyAlgorithms } from './host-key';
import { hostKeyError, hostKeyUnknown } from './host-key-error';
import type { KnownHosts, Verdict } from './known-hosts';
import type { PrivateKey } from './private-key';
import { type Target, targetText } from './target';

interface ReachOptions {
  /** TCP, name look-up included. */
  readonly connectTimeoutMs: number;
  /** From the open TCP connection to being logged in. */
  readonly handshakeTimeoutMs: number;
  /** The open connection to the target's jump host; required when it has one. */
  readonly via?: SshConnection;
  /** Gives the attempt up. */
  readonly signal?: AbortSignal;
}

export interface ConnectOptions extends ReachOptions {
  readonly key: PrivateKey;
  readonly knownHosts: KnownHosts;
  /** A host that does not answer KEEPALIVES_UNANSWERED questions at this distance is gone. */
  readonly keepaliveMs: number;
}

/**
 * Connects and logs in. This is the one place that makes SSH connections: the host key is always checked, also
 * when keys are exchanged anew, and a host without a pinned key is not even connected to (DESIGN.md, decision 9).
 * @throws TidegateError TG_HOST_KEY_UNKNOWN, TG_HOST_KEY_CHANGED, TG_HOST_KEY_REVOKED, TG_HOST_UNREACHABLE,
 * TG_AUTH_REFUSED, TG_SSH_ALGORITHMS
 */
export async function connect(target: Target, options: ConnectOptions): Promise<SshConnection> {
  const pins = await options.knownHosts.pins(target);
  if (pins.pinned.length === 0) throw hostKeyUnknown(target, pins, options.knownHosts.files);
  let refused: Verdict | undefined;
  let hostKey = Buffer.alloc(0);
  const attempt = await reach(target, options, hostKeyAlgorithms(pins.types), {
    keepaliveInterval: options.keepaliveMs,
    keepaliveCountMax: KEEPALIVES_UNANSWERED,
    authHandler: [options.key.authMethod(target.account)],
    hostVerifier: (offered: Buffer) => {
      hostKey = Buffer.from(offered);
      const verdict = pins.verdict(offered);
      if (verdict.kind !== 'trusted') refused = verdict;
      return verdict.kind === 'trusted';
    },
  });
  const failure = await attempt.failure;
  if (failure === undefined) return new SshConnection(target, hostKey, attempt.client, attempt.destroy);
  attempt.destroy();
  throw refused === undefined ? handshakeError(target, failure, options) : hostKeyError(target, refused);
}

const KEEPALIVES_UNANSWERED = 3;

/**
 * Looks at the key that a host offers, and leaves before logging in. For `hostkeys accept HOST --fingerprint` only:
 * the key proves nothing by itself, and sshd penalises those who come and do not log in.
 * @returns the public key blob @throws TidegateError TG_HOST_UNREACHABLE, TG_SSH_ALGORITHMS
 */
export async function offeredKey(target: Target, options: ReachOptions): Promise<Buffer> {
  let key: Buffer | undefined;
  const attempt = await reach(target, options, hostKeyAlgorithms(new Set()), {
    authHandler: [],
    hostVerifier: (offered: Buffer) => {
      key = offered;
      return false;
    },
  });
  const failure = await attempt.failure;
  attempt.destroy();
  if (key === undefined) throw handshakeError(target, failure ?? new Error('it offered no key'), options);
  return key;
}

interface Attempt {
  readonly client: Client;
  /** Why it came to nothing; undefined when the client is logged in. */
  readonly failure: Promise<HandshakeFailure | undefined>;
  destroy(): void;
}

type HandshakeFailure = Error & { level?: string };

type Verified = ConnectConfig & { hostVerifier: (offered: Buffer) => boolean };

async function reach(
  target: Target,
  options: ReachOptions,
  serverHostKey: HostKeyAlgorithm[],
  config: Verified,
): Promise<Attempt> {
  const transport = await openTransport(target, options);
  const client = new Client();
  const failure = new Promise<HandshakeFailure | undefined>((resolve) => {
    let keysExchanged = false;
    client.once('handshake', () => {
      keysExchanged = true;
    });
    client.once('ready', () => resolve(undefined));
    client.on('error', (error) => {
      const hungUp = error.level === 'client-socket' || error.level === 'protocol';
      resolve(hungUp && !keysExchanged ? new DroppedEarly(reasonText(error), { cause: error }) : error);
    });
    client.once('close', () => resolve(new (keysExchanged ? Error : DroppedEarly)('the host hung up')));
  });
  client.connect({
    ...config,
    sock: transport,
    username: target.account,
    readyTimeout: options.handshakeTimeoutMs,
    algorithms: {
      kex: keyExchanges,
      cipher: ciphers,
      hmac: messageDigests,
      serverHostKey,
      compress: ['none'],
    },
  });
  const destroy = () => {
    transport.resume();
    transport.destroy();
  };
  options.signal?.addEventListener('abort', destroy, { once: true });
  const settled = () => options.signal?.removeEventListener('abort', destroy);
  void failure.then(settled);
  return { client, failure, destroy };
}

/** The host hung up before keys were exchanged, as sshd does past MaxStartups: nothing was sent, so try again. */
export class DroppedEarly extends Error {}

async function openTransport(target: Target, options: ReachOptions): Promise<Duplex> {
  if (target.jump === undefined) return dial(target, options.connectTimeoutMs, options.signal);
  if (options.via === undefined)
    throw new TidegateError('TG_INTERNAL', `${targetText(target)}: the jump host is not connected`);
  return options.via.forward(target, options.connectTimeoutMs);
}

function handshakeError(
  target: Target,
  error: HandshakeFailure,
  options: ReachOptions & { key?: PrivateKey },
): TidegateError {
  const make = (code: 'TG_AUTH_REFUSED' | 'TG_SSH_ALGORITHMS', text: string) =>
    new TidegateError(
      code,
      { detail: `${targetText(target)}: ${text}`, hosts: [target.name] },
      { cause: error },
    );
  if (error.level === 'client-timeout')
    return unreachable(
      target,
      `connected, but not logged in within ${options.handshakeTimeoutMs / 1000} s`,
      error,
    );
  if (
    error.level === 'client-authentication' ||
    error.level === 'agent' ||
    /authentication failures/i.test(error.message)
  )
    return make(
      'TG_AUTH_REFUSED',
      `${target.account} may not log in with ${options.key?.description ?? 'no key'}`,
    );
  if (/no matching/i.test(error.message)) return make('TG_SSH_ALGORITHMS', error.message);
  return unreachable(target, reasonText(error), error);
}
