import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { loadDocument } from '../fleet/document';
import { TidegateError } from '../model/errors';
import { planSchema } from '../model/plan';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';
import type { PlanInput, PlanResult } from '../workflows/contract/plan';
import type { Output } from './output';
import { fleetName, runProcedure } from './procedure';
import { type KnownPlan, readPlan } from './rollouts';
import type { Problem } from './view/rollout/problems';

/** The ledger's book of frozen plans. */
const plansBook = 'plans';
const frozenSchema = z.object({ at: z.string(), digest: z.string(), path: z.string() });

const problemsSchema = z.array(z.object({ host: z.string(), code: z.string(), detail: z.string() }));

/**
 * Freezes a plan file: reads it here, so that a mistake in it is shown by line, and has the worker ask the hosts.
 * @throws TG_FILE_INVALID, TG_WORKER_MISSING, and what the worker refuses: TG_SELECTOR_EMPTY, TG_UNDO_MISSING …
 */
export async function freezePlan(
  home: Home,
  path: string,
  output: Output,
): Promise<KnownPlan & { problems: Problem[] }> {
  const planPath = resolve(path);
  const plan = await loadDocument(path, planSchema);
  const input: PlanInput = {
    fleet: await fleetName(home),
    planFile: await new Files(home.files).put(await readFile(planPath)),
    planPath,
  };
  const frozen = await runProcedure<PlanResult & { problems: string }>(home, {
    workflow: 'planRollout',
    input,
    package: plan.package,
    doing: `planning ${path}: asking the hosts`,
    output,
  });
  return { ...(await readPlan(home, frozen.plan)), problems: await readProblems(home, frozen.problems) };
}

/**
 * @param given - a plan's ID, a start of it, or the plan file: then the last time it was frozen
 * @throws TG_PLAN_NOT_FOUND; TG_PLAN_STALE when the plan file has changed since
 */
export async function findPlan(home: Home, given: string): Promise<KnownPlan> {
  const path = existsSync(given) ? resolve(given) : undefined;
  // `p-` is what a script types whose variable is empty.
  if (path === undefined && !/^p-./.test(given))
    throw new TidegateError('TG_PLAN_NOT_FOUND', `'${given}' is neither a file nor the start of a plan's ID`);
  const digests = new Set<string>();
  let last = '';
  for await (const entry of (await Ledger.open(home.ledger)).read(plansBook)) {
    const { digest, path: from } = frozenSchema.parse(entry);
    if (path === undefined ? !`p-${digest}`.startsWith(given) : from !== path) continue;
    digests.add(digest);
    last = digest;
  }
  if (last === '' || (path === undefined && digests.size > 1))
    throw new TidegateError('TG_PLAN_NOT_FOUND', {
      detail: last === '' ? `no plan ${given}` : `${given} is the start of ${digests.size} plans`,
      next: path === undefined ? undefined : `tidegate rollout plan ${given}`,
    });
  const known = await readPlan(home, last);
  await refuseStale(home, known);
  return known;
}

/** @returns the hosts that are not ready, as the worker wrote them to the store. */
export async function readProblems(home: Home, digest: string): Promise<Problem[]> {
  return new Files(home.files).getJson(digest, problemsSchema);
}

async function refuseStale(home: Home, { plan }: KnownPlan): Promise<void> {
  const now = await readFile(plan.planPath).catch(() => undefined);
  if (now && (await new Files(home.files).put(now)) === plan.planFile) return;
  throw new TidegateError('TG_PLAN_STALE', {
    detail: now
      ? `${plan.planPath} has changed since it was planned (${plan.plannedAt})`
      : `${plan.planPath} is gone`,
    next: `tidegate rollout plan ${plan.planPath}`,
  });
}
