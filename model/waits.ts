import type { Actor } from './actor';
import type { Phase } from './ledger';

/** A rollout at a moment, as far as its workflow knows it. */
interface Moment {
  readonly rollout: string;
  readonly phase: Phase;
  readonly wave: number;
  readonly detail?: string;
  readonly untilAt?: string;
  /** Who paused it. */
  readonly pausedBy?: Actor;
}

/** @returns in Markdown, what a rollout is doing or whom it waits for, and what that person types. */
export function waitsFor(moment: Moment): string {
  const { rollout, phase, wave, detail, untilAt, pausedBy } = moment;
  const type = (verb: string, rest = '') => `\`tidegate rollout ${verb} ${rollout.slice(0, 10)}${rest}\``;
  switch (phase) {
    case 'rehearsing':
      return 'The patch and its undo are tried on the control instances first; no host is touched yet.';
    case 'soaking':
      return `Wave ${wave} soaks until ${clock(untilAt)}; then its checks are asked again.`;
    case 'waiting for approval':
      return `**Waits for a person:** wave ${wave} is through, and the next one needs approval.\n\n${type('approve', ` --wave ${wave} --reason …`)}`;
    case 'waiting for the window':
      return `Waits for the maintenance window, which opens at ${clock(untilAt)}.`;
    case 'paused':
      return `**Waits for a person:** ${pausedBy ? `paused by ${byWhom(pausedBy)}` : detail}. What was in progress goes to its end.\n\n${type('resume', ' --reason …')} or ${type('rollback', ' --reason …')}`;
    case 'rolling back':
      return 'Every host that was changed goes back, failed ones first; the caps of the domains hold.';
    case 'ended':
      return `Ended: ${detail}.\n\n${type('report')}`;
    default:
      return detail ?? phase;
  }
}

/** @returns the moment as people compare it with a clock, in UTC: workflows know no other time zone. */
export function clock(at: string | undefined): string {
  return at === undefined ? 'a moment not known yet' : `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

function byWhom({ name, reason }: Actor): string {
  return reason === undefined ? name : `${name} (${reason})`;
}
