import { readFile } from 'node:fs/promises';
import { durationMs, longestTimerMs } from '../../../model/duration';
import { TidegateError } from '../../../model/errors';
import type { RunRequest } from '../../../model/run-request';

/** What run, push and pull take, as commander hands it over. */
export interface RunOptions {
  readonly file?: string;
  readonly sudo?: boolean;
  readonly parallel?: number;
  readonly perDomain?: string;
  readonly timeout?: number;
  readonly deadline?: number;
  readonly retryable?: boolean;
}

/** As many as clush's own default fanout: what a small control machine carries without a stall. */
const parallel = 64;
const timeoutMs = 60_000;

/** @returns the part of a request that every verb has. */
export function requestOptions(
  options: RunOptions,
): Omit<RunRequest, 'selector' | 'task' | 'canary' | 'stream'> {
  return {
    sudo: options.sudo === true,
    parallel: options.parallel ?? parallel,
    perDomain: options.perDomain === undefined ? undefined : shareOption(options.perDomain),
    timeoutMs: options.timeout ?? timeoutMs,
    deadlineMs: options.deadline,
    retryable: options.retryable === true,
  };
}

function shareOption(text: string): number | string {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  if (/^\d+(\.\d+)?\s*%$/.test(text)) return text;
  throw new TidegateError('TG_USAGE', `'${text}' is neither a count nor a percentage such as 5%`);
}

/** @returns milliseconds. @throws TG_USAGE */
export function durationOption(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined && ms > 0 && ms <= longestTimerMs) return ms;
  throw new TidegateError('TG_USAGE', `'${text}' is not a duration such as 90s, 10m or 2h, of at most 24d`);
}

/**
 * Reads a file as the paper's sshTool took it: hosts, and a command, in one file.
 * @returns the hosts as a selector, and what the line `command: …` says.
 * @throws TG_FILE_MISSING, TG_FILE_INVALID
 */
export async function readJobFile(path: string): Promise<{ selector: string; command?: string }> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TidegateError('TG_FILE_MISSING', path, { cause });
  });
  const lines = text.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const commands = said.filter((line) => line.startsWith('command:'));
  const hosts = said.filter((line) => !line.startsWith('command:'));
  if (commands.length > 1 || hosts.length === 0)
    throw new TidegateError('TG_FILE_INVALID', {
      detail: `${path}: ${hosts.length === 0 ? 'it names no host' : 'it has more than one line command: …'}`,
      next: 'hosts one a line, # for remarks, and one line: command: yum -y update openssl',
    });
  return { selector: hosts.join(','), command: commands[0]?.slice('command:'.length).trim() };
}
