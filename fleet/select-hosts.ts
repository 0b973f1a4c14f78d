import { z } from 'zod';
import type { Fleet, Host } from '../model/fleet';
import { plannedHostSchema, planRecordSchema } from '../model/plan-record';
import { hostsInState, rolloutGroup } from '../model/rollout-group';
import { parseSelector, select } from '../model/selector';
import { groupsOf } from '../model/selector-syntax';
import type { Files } from '../store/files';
import type { Ledger } from '../store/ledger';
import { findRolloutId, readRolloutBook } from '../store/rollout-books';
import { hostLists } from './host-lists';

/** What the hosts of rollouts are read from. */
export interface Records {
  readonly ledger: Ledger;
  readonly files: Files;
}

/**
 * Selects hosts as people write it: with `@file` from the fleet's folder, and `@ROLLOUT:failed` from the ledger as it
 * is now. Hosts of a rollout that have left the fleet since are left out.
 * @throws as `select`; TG_ROLLOUT_NOT_FOUND; TG_SELECTOR_INVALID for a state that hosts cannot be in.
 */
export async function selectHosts(fleet: Fleet, text: string, records: Records): Promise<Host[]> {
  const selector = parseSelector(text);
  const named = new Set(fleet.hosts.map(({ name }) => name));
  const ofRollouts = new Map<string, string[]>();
  for (const group of groupsOf(selector.expression)) {
    const meant = rolloutGroup(group);
    if (!meant) continue;
    const hosts = await hostsOfRollout(records, meant.rollout, meant.state);
    ofRollouts.set(
      group,
      hosts.filter((name) => named.has(name)),
    );
  }
  const lists = hostLists(fleet.folder);
  return select(selector, fleet.hosts, { groups: (group) => ofRollouts.get(group) ?? lists(group) });
}

async function hostsOfRollout({ ledger, files }: Records, start: string, state: string): Promise<string[]> {
  const { record } = await readRolloutBook(ledger, await findRolloutId(ledger, start));
  if (!record.started) return hostsInState(record, [], state);
  const { list } = await files.getJson(record.started.plan, planRecordSchema);
  const hosts = await files.getJson(list, z.array(plannedHostSchema));
  return hostsInState(
    record,
    hosts.map(({ name }) => name),
    state,
  );
}
