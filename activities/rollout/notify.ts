import { spawn } from 'node:child_process';
import type { RolloutWork } from './work';

/** A notification that cannot be given in this time is noted in the ledger and never holds a rollout up. */
const notifyLimitMs = 20_000;

/** Runs the plan's `notify` command (event and detail in its environment), or posts them to its webhook. */
export async function notify(work: RolloutWork, event: string, detail: string): Promise<void> {
  const how = work.planned.record.plan.notify;
  if (!how) return;
  const { rollout } = work.book;
  const facts = { rollout, package: work.planned.record.plan.package, event, detail };
  try {
    if ('command' in how) await runCommand(how.command, facts);
    else {
      const answer = await fetch(how.webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(facts),
        signal: AbortSignal.timeout(notifyLimitMs),
      });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    }
  } catch (error) {
    await work.book.append({
      kind: 'note',
      detail: `notify (${event}) failed: ${error instanceof Error ? error.message : error}`,
    });
  }
}

function runCommand(command: string, facts: Record<string, string>): Promise<void> {
  const environment = Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [`TIDEGATE_${key.toUpperCase()}`, value]),
  );
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: 'ignore',
      timeout: notifyLimitMs,
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
  });
}
