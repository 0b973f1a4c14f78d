import { catalogue, isErrorCode } from '../../../model/errors';
import { clock } from '../clock';
import { oneLine } from '../printable';
import type { RolloutPicture, Trouble } from './picture';

/** @returns `r-1a2b3c4d`: as much of a rollout's or plan's ID as people type; commands take any unique start. */
export function shortId(id: string): string {
  return id.slice(0, 10);
}

/** @returns what a rollout is doing: `RUNNING wave 3/4`, `PAUSED (the failure budget is spent)`, `DONE`. */
export function headline(picture: RolloutPicture, nowMs: number): string {
  const wave = `wave ${picture.wave}/${picture.waves.length}`;
  const until = picture.untilAt === undefined ? '' : ` until ${clock(picture.untilAt, nowMs)}`;
  const why = picture.phaseDetail === undefined ? '' : ` (${picture.phaseDetail})`;
  const also = picture.paused ? ', and is paused' : '';
  switch (picture.phase) {
    case 'building':
    case 'planning':
    case 'waiting for confirmation':
    case 'starting':
      return 'STARTING';
    case 'rehearsing':
      return 'REHEARSING on the control instances';
    case 'wave':
      return `RUNNING ${wave}`;
    case 'soaking':
      return `SOAKING ${wave}${until}${also}`;
    case 'waiting for approval':
      return `WAITS FOR APPROVAL ${wave}${also}`;
    case 'waiting for the window':
      return `WAITS FOR THE WINDOW${until}${why}`;
    case 'paused':
      return `PAUSED ${wave}${why}`;
    case 'rolling back':
      return `ROLLING BACK${also}`;
    case 'ended':
      return (picture.result ?? 'ended').toUpperCase();
  }
}

/** @returns who paused it and why, as a line of its own: reasons are long. */
export function pausedLines({ pausedBy, phase }: RolloutPicture): string[] {
  if (pausedBy === undefined || phase === 'ended') return [];
  const why = [pausedBy.reason, pausedBy.ticket].filter(Boolean).join(', ');
  return [oneLine(`paused by ${pausedBy.name}${why === '' ? '' : `: ${why}`}`)];
}

/** @returns the verbs that make sense now, the likeliest first, as whole commands. */
export function nextCommands(picture: RolloutPicture): string[] {
  const id = shortId(picture.rollout);
  const verb = (name: string, rest = '') => `tidegate rollout ${name} ${id}${rest}`;
  const back = picture.reversible ? [verb('rollback', ' --reason …')] : [];
  // With the budget spent it would stop again at once.
  const stopAt = isSpent(picture) ? ` --stop-at ${picture.failures + 1}` : '';
  switch (picture.phase) {
    case 'ended':
      return picture.result === 'done' || picture.result === 'rolled back'
        ? [verb('report'), ...(picture.result === 'done' ? back : [])]
        : [verb('report'), verb('retry', ' --reason …'), ...back];
    case 'waiting for approval':
      return [
        verb('approve', ` --wave ${picture.wave} --reason …`),
        ...(picture.paused ? [verb('resume', ' --reason …')] : []),
        verb('abort', ' --reason …'),
        ...back,
      ];
    case 'paused':
      return [verb('events'), verb('resume', `${stopAt} --reason …`), ...back];
    case 'soaking':
    case 'rolling back':
      if (picture.paused) return [verb('resume', ' --reason …'), verb('watch')];
      return [verb('watch'), verb('pause', ' --reason …'), verb('abort', ' --reason …')];
    default:
      return [verb('watch'), verb('pause', ' --reason …'), verb('abort', ' --reason …')];
  }
}

/** @returns whether nothing goes on before a person says so. */
export function needsPerson({ phase, paused }: RolloutPicture): boolean {
  return phase !== 'ended' && (paused || phase === 'paused' || phase === 'waiting for approval');
}

/** @returns whether no failure is left of the whole budget, so that going on needs another one. */
export function isSpent({ failures, stopAt }: RolloutPicture): boolean {
  return failures >= stopAt;
}

/** @returns what to type for the first of the hosts in trouble, as the catalogue has it for what is wrong. */
export function remedy({ kind, code, hosts }: Trouble, rollout: string): string | undefined {
  const [first = ''] = hosts;
  const events = `tidegate rollout events ${shortId(rollout)} --host ${first}`;
  if (kind === 'quarantined') return `tidegate hosts examine ${first}`;
  if (kind === 'slow') return events;
  if (kind === 'owed')
    return `tidegate rollout retry ${shortId(rollout)}${hosts.length === 1 ? ` --hosts ${first}` : ''} --reason …`;
  if (kind === 'unreachable' || !isErrorCode(code)) return undefined;
  const { next } = catalogue[code];
  return next.startsWith('tidegate rollout events') ? events : next.replace(/\bHOST\b/g, first);
}
