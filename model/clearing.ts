import { nevra } from './artifact';
import type { Examination } from './examination';
import type { Before } from './record';
import { type Brought, wholeOf } from './whole';

/** What a host is once a person has lifted its quarantine. */
export interface Cleared {
  readonly state: 'applied' | 'rolled back' | 'failed';
  readonly detail: string;
  readonly failure: boolean;
  /** It has neither what it was to get nor what it had: the next attempt goes over whatever is there. */
  readonly lost: boolean;
}

/** @returns why the host cannot be cleared now: nothing is lifted while an operation runs on it. */
export function hindersClearing({ head, last, operation }: Examination): string | undefined {
  if (last === 'running') return `operation ${head} still runs on the host`;
  return operation === 'running' ? 'its operation still runs on the host' : undefined;
}

/**
 * The state of a cleared host is what it has, by its own rpm, and nothing else. The patch counts as applied only when
 * the host's own operation says that it went well; else it has failed, whatever it has, and `rollout retry` takes it up.
 * @param given.rpms - what the rollout was to bring to it.
 * @param given.before - what it had before the rollout, when an operation of it was begun.
 * @param given.wasApply - the operation that was asked about was the patch's, and not its undo.
 */
export function clearedTo(
  found: Examination,
  given: { rpms: readonly Brought[]; before?: Before; wasApply: boolean },
): Cleared {
  const has = `it has ${found.installed.map(nevra).join(', ') || 'none of the packages'}`;
  const whole = wholeOf(found, given);
  if (whole === 'patch' && given.wasApply && found.operation === 'done' && found.outcome === 'ok')
    return { state: 'applied', detail: `${has}, and its checks passed`, failure: false, lost: false };
  if (whole === 'patch') return { state: 'failed', detail: has, failure: true, lost: false };
  if (whole === 'before')
    return { state: 'rolled back', detail: `${has}, as before`, failure: true, lost: false };
  const changed = found.differs.length > 0 ? '; rpm -V finds files changed' : '';
  return { state: 'failed', detail: `${has}${changed}`, failure: true, lost: true };
}
