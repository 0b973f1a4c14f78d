import type { FleetFile } from '../model/fleet';
import type { Variables } from './inventory/inventory';

/** A host as its source names it, before the fleet's defaults. */
export interface Entry {
  readonly name: string;
  readonly address?: string;
  readonly port?: string | number;
  readonly account?: string;
  readonly platform?: string;
  readonly owner?: string;
  readonly jump?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels travel into the ledger and into reports: longer values are texts of another program's. */
const longestLabel = 256;
/** Inventories hold passwords beside facts; what is named like one is never a label. */
const secretName =
  /(^|[_.-])(pass|passwd|password|passphrase|secrets?|token|credentials?|vault)([_.-]|$)|private_?key|api_?key/i;

/** @returns an entry for each host that is written in fleet.yaml itself. */
export function entriesOfFile(hosts: NonNullable<FleetFile['hosts']>): Entry[] {
  return Object.entries(hosts).map(([name, host]) => ({
    name,
    address: host?.address,
    port: host?.port,
    account: host?.account,
    platform: host?.platform,
    owner: host?.owner,
    jump: host?.jump,
    labels: host?.labels ?? {},
  }));
}

/**
 * @returns the entry that an inventory's variables make: `ansible_host`, `ansible_port`, `ansible_user`, or before
 * them `tidegate_address`, `tidegate_port`, `tidegate_account`; `tidegate_jump`; `platform` and `owner`, or before
 * them `tidegate_platform`, `tidegate_owner`. Other variables are labels, except Ansible's own, templates, secrets
 * and texts of several lines.
 */
export function entryOf(name: string, variables: Variables): Entry {
  const labels: Record<string, string> = {};
  for (const key in variables) if (isLabel(key, variables[key]!)) labels[key] = variables[key]!;
  return {
    name,
    address: variables.tidegate_address ?? variables.ansible_host ?? variables.ansible_ssh_host,
    port: variables.tidegate_port ?? variables.ansible_port ?? variables.ansible_ssh_port,
    account: variables.tidegate_account ?? variables.ansible_user ?? variables.ansible_ssh_user,
    platform: variables.tidegate_platform ?? variables.platform,
    owner: variables.tidegate_owner ?? variables.owner,
    jump: variables.tidegate_jump,
    labels,
  };
}

function isLabel(key: string, value: string): boolean {
  if (key.startsWith('ansible_') || key.startsWith('tidegate_') || key === 'platform' || key === 'owner')
    return false;
  if (value.length > longestLabel || value.includes('\n') || value.includes('{{')) return false;
  return !secretName.test(key);
}
