import { hostStates } from '../../../model/states';
import { findHome } from '../../../store/home';
import { lastRollouts } from '../../rollouts';
import type { Invocation, Outcome } from '../../verb';
import { stampMinute } from '../../view/clock';
import { shortId } from '../../view/rollout/words';
import { table } from '../../view/table';

/** A screen full: older ones are asked for by number. */
const lastOnes = 20;

/** The rollouts that the ledger knows, releases that have not come to theirs among them; the newest first. */
export async function run({ options, output }: Invocation<{ last?: number }>): Promise<Outcome> {
  const { rollouts: found, older } = await lastRollouts(findHome(options.home), options.last ?? lastOnes);
  const rollouts = found.map(({ id, record }) => ({
    id,
    package: record.started?.package ?? record.release?.package ?? '',
    version: record.started?.version ?? record.built?.version ?? '',
    phase: record.phase,
    result: record.ended?.result,
    hosts: record.started?.hosts ?? record.planned?.hosts ?? 0,
    counts: record.counts(),
    startedAt: record.started?.at ?? record.release?.at ?? '',
    actor: record.started?.actor ?? record.release?.actor,
  }));
  const rows = rollouts.map((rollout) => [
    shortId(rollout.id),
    `${rollout.package} ${rollout.version}`,
    rollout.result ?? rollout.phase,
    rollout.startedAt === '' ? '' : stampMinute(rollout.startedAt),
    rollout.actor?.name ?? '',
    hostStates
      .filter((state) => rollout.counts[state] > 0)
      .map((state) => `${rollout.counts[state]} ${state}`)
      .join(', '),
  ]);
  const columns = ['rollout', 'package', 'state', 'started', 'by', 'hosts'].map((title) => ({ title }));
  const text =
    rows.length === 0
      ? 'no rollout yet\nNext: tidegate rollout plan PLAN'
      : [table(columns, rows, output.width), ...olderLine(found.length, older)].join('\n');
  return { json: rollouts, text };
}

function olderLine(shown: number, older: number): string[] {
  return older === 0 ? [] : [`and ${older} older   tidegate rollout list --last ${shown + older}`];
}
