import type { RolloutEntry } from '../../model/ledger';

/**
 * The hosts that a rollout has quarantined, as the ledger has it: nothing begins on one, in any rollout, until a
 * person has cleared it (DESIGN.md, Words). A person's `run` is no rollout.
 */
export class Quarantine {
  readonly #rollouts = new Map<string, Set<string>>();

  /** Is shown every entry of the ledger: those that are there when the worker starts, and those that it writes. */
  see(rollout: string, entry: RolloutEntry): void {
    if (entry.kind !== 'state' && entry.kind !== 'cleared') return;
    const { host, state } = entry;
    const rollouts = this.#rollouts.get(host);
    if (state === 'quarantined') {
      if (rollouts) rollouts.add(rollout);
      else this.#rollouts.set(host, new Set([rollout]));
    } else if (rollouts?.delete(rollout) && rollouts.size === 0) this.#rollouts.delete(host);
  }

  /** @returns why nothing may begin on the host; undefined when it is not quarantined. */
  of(host: string): { readonly code: 'TG_HOST_QUARANTINED'; readonly detail: string } | undefined {
    const [rollout] = this.#rollouts.get(host) ?? [];
    if (rollout === undefined) return undefined;
    return { code: 'TG_HOST_QUARANTINED', detail: `rollout ${rollout} has it quarantined` };
  }

  get hosts(): ReadonlySet<string> {
    return new Set(this.#rollouts.keys());
  }
}
