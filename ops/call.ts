import { quote } from '../ssh/quote';

/**
 * The command that runs a script of ours on a host. The script comes first on stdin, by its exact length, and what
 * follows it is the script's own stdin: so sudo's log shows the name and the words without pages of shell.
 */
export function callAsRoot(name: string, script: string | Buffer, words: readonly string[]): string {
  return `sudo -n ${call(name, script, words)}`;
}

/** As `callAsRoot`, for what needs no root. */
export function call(name: string, script: string | Buffer, words: readonly string[]): string {
  return `/bin/sh -c ${quote(`eval "$(head -c ${Buffer.byteLength(script)})"`, name, ...words)}`;
}
