import { durationMs } from '../model/duration';
import { TidegateError } from '../model/errors';

/** @returns the number that an option was given. @throws TG_USAGE when it is not a whole number from 1. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new TidegateError('TG_USAGE', `'${text}' is not a whole number from 1`);
}

/** @returns the port. @throws TG_USAGE */
export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port <= 65_535) return port;
  throw new TidegateError('TG_USAGE', `'${text}' is not a port`);
}

/** @returns the moment, as ISO 8601 in UTC. @throws TG_USAGE when it is neither a duration nor a moment to come. */
export function futureTime(text: string): string {
  const inMs = durationMs(text);
  const atMs = inMs === undefined ? Date.parse(text) : Date.now() + inMs;
  if (Number.isNaN(atMs))
    throw new TidegateError(
      'TG_USAGE',
      `'${text}' is neither a duration (7d, 12h) nor a time (2026-03-14T22:00Z)`,
    );
  if (atMs <= Date.now()) throw new TidegateError('TG_USAGE', `'${text}' has passed`);
  return new Date(atMs).toISOString();
}

/** @returns the fingerprint of a key. @throws TG_USAGE when it is not one as `ssh-keygen -l` prints it. */
export function keyFingerprint(text: string): string {
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) return text;
  throw new TidegateError('TG_USAGE', {
    detail: `'${text}' is not a SHA256 fingerprint`,
    next: "read it on the host's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
  });
}

/** @returns the name of a fleet. @throws TG_USAGE */
export function plainName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return text;
  throw new TidegateError('TG_USAGE', `'${text}' is not a name: letters, digits, dots, dashes`);
}
