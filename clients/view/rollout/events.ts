import type { Actor } from '../../../model/actor';
import type { RolloutEntry } from '../../../model/ledger';
import { planId } from '../../../model/plan-record';
import { stamp } from '../clock';
import { oneLine } from '../printable';
import { waitWords } from './waits';

/** @returns one line of `rollout events`: when, what, which host, who; the same words as the ledger's. */
export function eventLine(entry: RolloutEntry): string {
  return `${stamp(entry.at)}  ${oneLine(words(entry))}`;
}

/** @returns who and why, as `by anna@secured1 (claimed): reason, CHG48812`. */
export function byWhom({ name, proof, reason, ticket }: Actor): string {
  const why = [reason, ticket].filter(Boolean).join(', ');
  return `by ${name} (${proof})${why === '' ? '' : `: ${why}`}`;
}

function words(entry: RolloutEntry): string {
  switch (entry.kind) {
    case 'release':
      return `release  ${entry.package} from ${entry.recipePath} to ${entry.planPath}, ${byWhom(entry.actor)}`;
    case 'built':
      return joined(
        `built    ${entry.version}, artifact ${entry.artifact.slice(0, 12)}`,
        entry.already && 'as it was in the store already',
      );
    case 'planned':
      return `planned  ${planId(entry.plan)}, ${entry.hosts} hosts to change`;
    case 'started':
      return `started  ${entry.package} ${entry.version} on ${entry.hosts} of ${entry.selected} hosts, stops at failure ${entry.stopAt}, ${byWhom(entry.actor)}`;
    case 'phase':
      return joined(
        `phase    ${entry.phase === 'wave' ? `wave ${entry.wave}` : entry.phase}`,
        entry.phase !== 'wave' && entry.wave && `wave ${entry.wave}`,
        // The soak's detail is its wave, too.
        entry.detail !== `wave ${entry.wave}` && entry.detail,
        entry.untilAt && `until ${stamp(entry.untilAt)}`,
      );
    case 'asked':
      return joined(
        `asked    ${entry.verb} ${byWhom(entry.actor)}`,
        entry.detail,
        entry.stopAt !== undefined && `stops at failure ${entry.stopAt}`,
      );
    case 'owed':
      return `owed     hosts are no longer caught up by themselves: ${entry.ended}`;
    case 'gate':
      return `gate     ${entry.state}, ${entry.inFlight} in flight`;
    case 'waits':
      return `waits    ${entry.for.length === 0 ? 'for nobody any more' : entry.for.map((wait) => waitWords(wait)).join('; ')}`;
    case 'begun':
      return joined(
        `begun    ${entry.host}  ${entry.action}`,
        entry.attempt > 1 && `attempt ${entry.attempt}`,
        `operation ${entry.operation.slice(0, 8)}`,
      );
    case 'void':
      return `void     ${entry.host}  operation ${entry.operation.slice(0, 8)} never reached it`;
    case 'ended':
      return joined(
        `ended    ${entry.host}  ${entry.outcome}`,
        entry.detail,
        entry.log && `log ${entry.log.slice(0, 12)}`,
      );
    case 'state':
      return joined(
        `state    ${entry.host}  ${stateWord(entry)}`,
        entry.code,
        entry.detail,
        entry.failure && 'counts as a failure',
        entry.state === 'owed' && entry.until && `until ${stamp(entry.until)}`,
      );
    case 'cleared':
      return `cleared  ${entry.host}  ${entry.index < 0 ? 'rehearses again' : entry.state}: ${entry.detail}, ${byWhom(entry.actor)}`;
    case 'unreachable':
      return joined(`no reach ${entry.host}  try ${entry.try}`, entry.code, entry.detail);
    case 'budget':
      return `budget   spent: ${entry.failures} of ${entry.stopAt}, then ${entry.next}`;
    case 'note':
      return `note     ${entry.detail}`;
    case 'ended rollout':
      return joined(`ended    ${entry.result.toUpperCase()}`, entry.detail);
  }
}

/** Below 0: a control instance, on which apply and undo were rehearsed. */
function stateWord({ index, state }: Extract<RolloutEntry, { kind: 'state' }>): string {
  if (index >= 0) return state;
  return state === 'rolled back' ? 'rehearsed, and as it was before' : `rehearsal ${state}`;
}

function joined(first: string, ...rest: (string | number | false | undefined)[]): string {
  return [first, ...rest.filter((piece) => piece)].join(', ');
}
