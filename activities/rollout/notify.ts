import { spawn } from 'node:child_process';
import type { Plan } from '../../model/plan';
import type { Book } from './book';

/** A notification that cannot be given in this time is given up, and noted in the ledger. */
const notifyLimitMs = 20_000;

/** What is told; the command finds it in its environment as TIDEGATE_EVENT and so on, the webhook as JSON. */
export interface Notice {
  readonly fleet: string;
  readonly rollout: string;
  readonly package: string;
  readonly version: string;
  readonly event: 'gate' | 'stop' | 'end' | 'owed';
  readonly detail: string;
}

/** Runs the plan's `notify` command, or posts to its webhook. What goes wrong is noted, and holds nothing up. */
export async function notify(
  book: Book,
  how: NonNullable<Plan['notify']>,
  notice: Notice,
  limitMs = notifyLimitMs,
): Promise<void> {
  try {
    if ('command' in how) await runCommand(how.command, notice, limitMs);
    else await post(how.webhook, notice, limitMs);
    await book.append({ kind: 'note', detail: `notified (${notice.event}): ${notice.detail}` });
  } catch (error) {
    await book.append({
      kind: 'note',
      detail: `notify (${notice.event}) failed: ${reasonOf(error, limitMs)}`,
    });
  }
}

async function post(webhook: string, notice: Notice, limitMs: number): Promise<void> {
  const answer = await fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(notice),
    signal: AbortSignal.timeout(limitMs),
  });
  // Its words do not matter, and may have no end.
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
}

/** In a process group of its own, so that all of it can be ended, whatever it thinks of signals. */
function runCommand(command: string, notice: Notice, limitMs: number): Promise<void> {
  const told = Object.entries(notice).map(([key, value]) => [`TIDEGATE_${key.toUpperCase()}`, value]);
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env: { PATH: process.env.PATH, ...Object.fromEntries(told) },
      stdio: 'ignore',
      detached: true,
    });
    const timer = setTimeout(() => {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
      reject(new DOMException('', 'TimeoutError'));
    }, limitMs);
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(signal ? `ended by ${signal}` : `exit ${code}`)),
    );
    child.once('close', () => clearTimeout(timer));
  });
}

/** fetch hides why it failed behind its own words. Webhooks hold secrets: their address is not repeated. */
function reasonOf(error: unknown, limitMs: number): string {
  if (textOf(error, 'name') === 'TimeoutError') return `no end after ${limitMs / 1000} s`;
  const cause: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'cause') : undefined;
  return textOf(cause, 'code') ?? textOf(cause, 'message') ?? textOf(error, 'message') ?? String(error);
}

function textOf(thing: unknown, key: string): string | undefined {
  const value: unknown = typeof thing === 'object' && thing !== null ? Reflect.get(thing, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}
