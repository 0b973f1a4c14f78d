import type { Actor } from './actor';
import { counted } from './counted';
import { durationText } from './duration';
import { type PlanRecord, planId } from './plan-record';
import { summaryOf } from './summary';

/** @returns what the Temporal UI shows of a rollout beside its name: a line, and in Markdown what was planned. */
export function shownRollout(
  plan: PlanRecord,
  given: { digest: string; verb: 'start' | 'retry' | 'rollback'; actor: Actor },
): { summary: string; details: string } {
  const { artifact, waves, hosts } = plan;
  const what = `${artifact.package} ${artifact.version}`;
  const { name, reason, ticket } = given.actor;
  const why = [reason, ticket].filter(Boolean).join(', ');
  const then = { pause: 'pauses', rollback: 'rolls back', abort: 'aborts' }[plan.plan.budget.whenSpent];
  return {
    summary: summaryOf(`${what}: ${given.verb}, ${counted(hosts, 'host')}`),
    details: [
      `**${what}** on ${hosts} of ${plan.selected} hosts of ${plan.fleet}`,
      '',
      ...waves.map(waveLine),
      `- stops at failure ${plan.stopAt} (wave 1: ${plan.firstWaveStopAt}), then ${then}`,
      `- ${given.verb} by ${name}${why === '' ? '' : `: ${why}`}`,
      `- plan ${planId(given.digest)}, artifact ${artifact.digest.slice(0, 12)}, signed by ${artifact.signedBy}`,
    ].join('\n'),
  };
}

function waveLine(wave: PlanRecord['waves'][number], index: number): string {
  const pieces = [
    `wave ${index + 1}: ${counted(wave.to - wave.from, 'host')}, ${wave.atOnce} at once (${wave.limitedBy})`,
    ...(wave.soakMs > 0 ? [`soaks ${durationText(wave.soakMs)}`] : []),
    ...(wave.gate ? ['needs approval'] : []),
  ];
  return `- ${pieces.join(', ')}`;
}
