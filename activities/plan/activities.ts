import { z } from 'zod';
import { parseDocument } from '../../fleet/document';
import { selectHosts } from '../../fleet/select-hosts';
import type { Artifact } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import { namesToAsk } from '../../model/obsoletes';
import { type Plan, planSchema } from '../../model/plan';
import { plannedHostSchema, planRecordSchema } from '../../model/plan-record';
import { type Artifacts, isMeant } from '../../store/artifacts';
import type { Ledger } from '../../store/ledger';
import type { CheckInput, CheckResult, PlanInput, PlanResult } from '../../workflows/contract/plan';
import type { Secured } from '../rollout/work';
import { freeze } from './freeze';
import { preflight, survey } from './survey';

/** The ledger's book of plans: `{ id, digest, at, path, package, version }` an entry. */
export const plansBook = 'plans';

export type PlanActivities = ReturnType<typeof createPlanActivities>;

export function createPlanActivities(secured: Secured, ledger: Ledger, artifacts: Artifacts) {
  return {
    /** Selects, asks, decides and freezes; changes nothing on any host. */
    async freezePlan(input: PlanInput): Promise<PlanResult & { problems: string }> {
      const fleet = await secured.fleet('plan');
      const text = (await secured.files.get(input.planFile)).toString();
      const plan = parseDocument(text, input.planPath, planSchema);
      const artifact = await artifactOf(artifacts, plan, input.artifact);
      const selected = await selectHosts(fleet, plan.hosts, { ledger, files: secured.files });
      const names = namesToAsk(Object.values(artifact.platforms).flat());
      const { answers, problems } = await survey(secured, fleet, plan, selected, names);
      const { record, list } = await freeze({
        fleet,
        plan,
        planFile: input.planFile,
        planPath: input.planPath,
        artifact,
        selected,
        holds: await secured.holds(),
        quarantined: secured.quarantine.hosts,
        surveys: answers,
        findUndo: (installed) => artifacts.findRpm(installed),
        nowIso: new Date().toISOString(),
      });
      const whole = { ...record, list: await secured.files.putJson(list) };
      const digest = await secured.files.putJson(whole);
      await ledger.append(plansBook, {
        at: record.plannedAt,
        digest,
        path: input.planPath,
        package: artifact.package,
        version: artifact.version,
      });
      return { plan: digest, problems: await secured.files.putJson(problems) };
    },

    /** The whole preflight of a frozen plan on all its hosts; changes nothing on any host. */
    async checkPlan(input: CheckInput): Promise<CheckResult> {
      const fleet = await secured.fleet('plan');
      const record = await secured.files.getJson(input.plan, planRecordSchema);
      const list = await secured.files.getJson(record.list, z.array(plannedHostSchema));
      const byName = new Map(fleet.hosts.map((host) => [host.name, host]));
      const hosts = list.flatMap(({ name }) => byName.get(name) ?? []);
      const problems = await preflight(secured, fleet, record.plan, record.artifact, hosts, (host) =>
        secured.chain.last(host),
      );
      for (const { name } of list)
        if (!byName.has(name))
          problems.push({ host: name, code: 'removed', detail: 'no longer in the fleet' });
      return {
        hosts: list.length,
        ready: list.length - problems.length,
        problems: await secured.files.putJson(problems),
      };
    },
  };
}

/** @param built - digest of the artifact that a release has built: the plan must be able to mean it. */
async function artifactOf(artifacts: Artifacts, plan: Plan, built: string | undefined): Promise<Artifact> {
  if (built === undefined) return artifacts.find(plan.package, plan.artifact);
  const { artifact } = await artifacts.byDigest(built);
  if (artifact.package === plan.package && isMeant(artifact, plan.artifact)) return artifact;
  throw new TidegateError('TG_RELEASE_MISMATCH', {
    detail: `the plan is for ${plan.package} ${plan.artifact ?? ''}, and what was built is ${artifact.package} ${artifact.version} (${artifact.digest.slice(0, 12)})`,
    next: 'leave artifact: out of the plan, then the same command again: the build is kept',
  });
}
