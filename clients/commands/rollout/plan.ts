import { stringify } from 'yaml';
import { planId } from '../../../model/plan-record';
import { findHome } from '../../../store/home';
import { freezePlan } from '../../plans';
import type { Invocation, Outcome } from '../../verb';
import { explainedPlan } from '../../view/rollout/explain';
import { planText } from '../../view/rollout/plan';

/** Asks the hosts, decides the waves and freezes them; prints what would happen. Changes nothing. */
export async function run(invocation: Invocation<{ explain?: boolean }>): Promise<Outcome> {
  const { output, options } = invocation;
  const [path = ''] = invocation.arguments;
  const frozen = await freezePlan(findHome(options.home), path, output);
  const { plan, digest, list, problems } = frozen;
  if (options.explain) {
    const explained = explainedPlan(plan.plan);
    return { json: explained, text: stringify(explained).trimEnd(), verbatim: true };
  }
  return {
    json: { id: planId(digest), digest, plan, hosts: list, problems },
    text: planText(frozen, output.width, output.colours),
  };
}
