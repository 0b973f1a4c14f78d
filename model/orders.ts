import type { AskedMandate } from './mandate';

/**
 * What a mandate says of each verb: written once, for the person who signs it and for the worker that compares.
 * The fleet is added by either from its own fleet.yaml.
 */
export type Order = Omit<AskedMandate, 'fleet'>;

/** Verbs of a rollout that need a mandate; `pause` and `abort` need none. */
export const signedRolloutVerbs = ['start', 'retry', 'rollback', 'approve', 'resume'] as const;
export type SignedRolloutVerb = (typeof signedRolloutVerbs)[number];

/** @param given.plan - digest of the plan record, which holds everything that decides what is done to which host. */
export function rolloutOrder(
  verb: SignedRolloutVerb,
  given: { rollout: string; plan: string; wave?: number; hosts?: string; stopAt?: number },
): Order {
  const how = {
    start: undefined,
    rollback: undefined,
    retry: given.hosts === undefined ? undefined : `hosts ${given.hosts}`,
    approve: `wave ${given.wave}`,
    resume: given.stopAt === undefined ? undefined : `stopAt ${given.stopAt}`,
  }[verb];
  const target = how === undefined ? given.rollout : `${given.rollout} ${how}`;
  return { verb: `rollout ${verb}`, target, plan: given.plan };
}

/** @param given.recipe - digest of the recipe's pack: recipe, pinned sources, and the files beside it. */
export function buildOrder(given: { package: string; recipe: string; acceptDrift?: boolean }): Order {
  const target = given.acceptDrift ? `${given.package} accepting drift` : given.package;
  return { verb: 'build', target, plan: given.recipe };
}

/** @param list - digest, in the store, of the canonical JSON of the files as they are handed to the worker. */
export function importOrder(list: string, platform?: string): Order {
  return { verb: 'artifacts import', target: platform ?? 'platforms by architecture', plan: list };
}

export function acceptHostKeyOrder(given: { host: string; fingerprint: string }): Order {
  return { verb: 'hostkeys accept', target: `${given.host} ${given.fingerprint}` };
}

/** Lets a host be touched again: what it is by then is for the worker to find out, not for the person to say. */
export function clearHostOrder(given: { host: string }): Order {
  return { verb: 'hosts clear', target: given.host };
}

/** @param request - digest of the RunRequest (model/run-request.ts), which holds all that decides what is done. */
export function runOrder(given: { run: string; request: string }): Order {
  return { verb: 'run', target: given.run, plan: given.request };
}

/** The rest of the hosts, after the first ones have run. */
export function goOnOrder(given: { run: string; request: string }): Order {
  return { verb: 'run go-on', target: given.run, plan: given.request };
}
