import { z } from 'zod';
import type { Rpm } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import type { Fleet, Host } from '../../model/fleet';
import type { Installed } from '../../model/ledger';
import {
  type PlannedHost,
  type PlanRecord,
  plannedHostSchema,
  planRecordSchema,
} from '../../model/plan-record';
import type { Files } from '../../store/files';

/** A frozen plan, loaded: the record, its hosts in order, and what each host gets and goes back to. */
export class Planned {
  #fleet: Fleet;
  #byName: ReadonlyMap<string, Host>;

  private constructor(
    readonly record: PlanRecord,
    readonly list: readonly PlannedHost[],
    fleet: Fleet,
  ) {
    this.#fleet = fleet;
    this.#byName = byName(fleet);
  }

  /** @param fleet - the worker's own: addresses and accounts come from it, not from the plan (decision 8). */
  static async load(files: Files, digest: string, fleet: Fleet): Promise<Planned> {
    const record = await files.getJson(digest, planRecordSchema);
    const list = await files.getJson(record.list, z.array(plannedHostSchema));
    return new Planned(record, list, fleet);
  }

  /** @returns the host as the fleet knows it now; undefined when it has been removed since. */
  hostAt(index: number): Host | undefined {
    return this.hostNamed(this.list[index]!.name);
  }

  /** As `hostAt`; a control instance need not be in the list. */
  hostNamed(name: string): Host | undefined {
    return this.#byName.get(name);
  }

  /** Hosts move, and leave, while a rollout goes on. */
  renew(fleet: Fleet): void {
    if (fleet === this.#fleet) return;
    this.#fleet = fleet;
    this.#byName = byName(fleet);
  }

  /** The RPMs for a platform. */
  rpms(platform: string): readonly Rpm[] {
    const rpms = this.record.artifact.platforms[platform];
    if (!rpms) throw new TidegateError('TG_PLATFORM_WRONG', `the artifact has no RPMs for ${platform}`);
    return rpms;
  }

  /** The RPMs that bring back what was installed: all in the store since before the first host was touched. */
  undoRpms(platform: string, before: readonly Installed[]): readonly Rpm[] {
    const known = this.record.undo.filter((set) => set.platform === platform).flatMap((set) => set.rpms);
    return before.map((installed) => {
      const rpm = known.find((candidate) => candidate.headerDigest === installed.headerDigest);
      if (!rpm)
        throw new TidegateError(
          'TG_UNDO_MISSING',
          `${installed.name}-${installed.version}-${installed.release} is not in the undo set`,
        );
      return rpm;
    });
  }
}

const byName = ({ hosts }: Fleet) => new Map(hosts.map((host) => [host.name, host]));
