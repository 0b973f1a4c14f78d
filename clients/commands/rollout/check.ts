import { planId } from '../../../model/plan-record';
import { findHome } from '../../../store/home';
import type { CheckInput, CheckResult } from '../../../workflows/contract/plan';
import { findPlan, readProblems } from '../../plans';
import { runProcedure } from '../../procedure';
import type { Invocation, Outcome } from '../../verb';
import { problemLines } from '../../view/rollout/problems';
import { counted } from '../../view/sums';

/** The whole preflight of a plan on every one of its hosts. Changes nothing; exit code 3 when some are not ready. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { output, options } = invocation;
  const home = findHome(options.home);
  const { digest, plan } = await findPlan(home, invocation.arguments[0] ?? '');
  const id = planId(digest);
  const input: CheckInput = { fleet: plan.fleet, plan: digest };
  const { hosts, ready, problems } = await runProcedure<CheckResult>(home, {
    workflow: 'checkRollout',
    input,
    package: plan.plan.package,
    doing: `checking ${counted(plan.hosts, 'host')} of ${id}`,
    output,
  });
  const found = await readProblems(home, problems);
  const { good, warn } = output.colours;
  const paint = found.length === 0 ? good : warn;
  const lines = [
    paint(`${ready} of ${hosts} hosts are ready for ${plan.plan.package} ${plan.artifact.version}`),
    ...problemLines(found, output.width, output.colours),
    `Nothing changed.   Next: tidegate rollout start ${id}`,
  ];
  return {
    json: { plan: id, hosts, ready, problems: found },
    text: lines.join('\n'),
    exit: found.length === 0 ? 0 : 3,
  };
}
