import { nevra } from './artifact';
import type { Examination } from './examination';
import type { Installed } from './ledger';
import type { Before } from './record';

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
  given: { rpms: readonly Package[]; before?: Before; wasApply: boolean },
): Cleared {
  const { installed } = found;
  const has = installed.map(nevra).join(', ') || 'none of the packages';
  const intact = found.differs.every(isConfiguration);
  const changed = intact ? '' : '; rpm -V finds files changed';
  const ofPatch = new Set(given.rpms.map(({ name }) => name));
  const patch = installed.filter(({ name }) => ofPatch.has(name));
  if (given.rpms.length > 0 && same(patch, given.rpms)) {
    const well = intact && given.wasApply && found.operation === 'done' && found.outcome === 'ok';
    if (well)
      return {
        state: 'applied',
        detail: `it has ${has}, and its checks passed`,
        failure: false,
        lost: false,
      };
    return { state: 'failed', detail: `it has ${has}${changed}`, failure: true, lost: !intact };
  }
  if (given.before && intact && same(installed, given.before.installed))
    return { state: 'rolled back', detail: `it has ${has}, as before`, failure: true, lost: false };
  return { state: 'failed', detail: `it has ${has}${changed}`, failure: true, lost: true };
}

/** Two builds of one NEVRA are told apart by their headers. */
type Package = Pick<Installed, 'name' | 'headerDigest'>;

function same(one: readonly Package[], other: readonly Package[]): boolean {
  const digests = (list: readonly Package[]) => list.map(({ headerDigest }) => headerDigest).sort();
  return digests(one).join() === digests(other).join();
}

/** `S.5....T.  c /etc/x`: a configuration file, which people may edit. */
const isConfiguration = (line: string) => /^\S+ +c \//.test(line);
