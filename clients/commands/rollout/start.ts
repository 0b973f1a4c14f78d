import { randomBytes } from 'node:crypto';
import { rolloutOrder } from '../../../model/orders';
import { planId } from '../../../model/plan-record';
import { findHome } from '../../../store/home';
import { findPlan } from '../../plans';
import { signOrder } from '../../sign-order';
import { startRollout } from '../../start-rollout';
import type { ExitCode, Invocation, Outcome } from '../../verb';
import { shortId } from '../../view/rollout/words';
import { counted } from '../../view/sums';
import { watchRollout } from '../../watch-rollout';

/** 128 random bits: no two rollouts of any fleet are ever mistaken for one another (DESIGN.md decision 1). */
const idBytes = 16;

/** Carries out a frozen plan, and watches it unless --detach. */
export async function run(invocation: Invocation<{ detach?: boolean }>): Promise<Outcome | ExitCode> {
  const { options, output, actor } = invocation;
  const home = findHome(options.home);
  const known = await findPlan(home, invocation.arguments[0] ?? '');
  const { plan, digest } = known;
  await invocation.confirm(
    `Change ${plan.plan.package} to ${plan.artifact.version} on ${counted(plan.hosts, 'host')} of ${plan.fleet}, in ${counted(plan.waves.length, 'wave')}?`,
  );
  const rollout = `r-${randomBytes(idBytes).toString('hex')}`;
  const mandate = await signOrder(home, invocation, rolloutOrder('start', { rollout, plan: digest }));
  const input = { fleet: plan.fleet, rollout, plan: digest, actor, mandate, verb: 'start' as const };
  await startRollout(home, known, input);
  if (!options.detach) return watchRollout(home, rollout, output);
  return {
    json: { rollout, plan: planId(digest), hosts: plan.hosts },
    text: `${shortId(rollout)} is under way on ${counted(plan.hosts, 'host')}\nNext: tidegate rollout watch ${shortId(rollout)}`,
  };
}
