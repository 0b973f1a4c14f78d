import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical';
import { TidegateError } from '../model/errors';
import { type Fleet, type FleetFile, type Host, hostSchema } from '../model/fleet';
import { fold } from '../model/nodeset';
import { hostsNotFound } from '../model/selector';
import type { Entry } from './entry';
import { routed } from './jumps';

/** More contradictions than this are one contradiction many times. */
const mostProblems = 20;

/**
 * Applies the defaults of fleet.yaml and refuses a fleet that contradicts itself.
 * @param source what messages call the place where the hosts were named.
 * @throws TG_INVENTORY_INVALID, TG_FLEET_INVALID, TG_FLEET_DUPLICATE, TG_CONTROL_MISSING.
 */
export function makeFleet(file: FleetFile, entries: readonly Entry[], folder: string, source: string): Fleet {
  const platformOf = platforms(file);
  const named = entries.map((entry) => hostOf(entry, file, platformOf));
  refuseMalformed(named, source);
  const sorted = named.sort((a, b) => (a.name < b.name ? -1 : 1));
  refuseMissingControl(file, sorted);
  refuseUnclearPlatform(file, sorted);
  const hosts = routed(sorted, file.jump);
  refuseDuplicates(hosts);
  return { name: file.fleet, hosts, file, folder, digest: digestOf(file, hosts) };
}

function hostOf(entry: Entry, file: FleetFile, platformOf: (name: string) => string): Host {
  const { name, labels, owner, jump } = entry;
  return {
    name,
    address: entry.address ?? name,
    port: entry.port === undefined ? file.port : Number(entry.port),
    account: entry.account ?? file.account,
    platform: entry.platform ?? platformOf(name),
    domain: Object.hasOwn(labels, file.domain) ? labels[file.domain]! : '',
    labels,
    ...(owner === undefined ? {} : { owner }),
    ...(jump === undefined ? {} : { jump }),
  };
}

/** Of hosts that do not say: a control instance is of its platform, others of the fleet's, or of the only one. */
function platforms(file: FleetFile): (name: string) => string {
  const controls = Object.entries(file.control);
  const controlled = new Map(controls.map(([platform, name]) => [name, platform]));
  const usual = file.platform ?? (controls.length === 1 ? controls[0]![0] : '');
  return (name) => controlled.get(name) ?? usual;
}

/** What connects must be one word that no command line takes for an option, and no template left unfilled. */
const word = /^(?!-)[^\s{}'"`$\\;|&<>()]+$/;

function refuseMalformed(hosts: readonly Host[], source: string): void {
  const names = hostSchema.shape.name;
  const problems: string[] = [];
  for (const { name, address, port, account, jump } of hosts) {
    const say = (what: string) => problems.push(`${source}: host ${JSON.stringify(name)}: ${what}`);
    if (!names.safeParse(name).success)
      say('a name has letters, digits, dots and dashes, and begins with none');
    if (!word.test(address)) say(`its address is ${JSON.stringify(address)}`);
    if (!Number.isInteger(port) || port < 1 || port > 65535) say(`its port is ${port}; ports are 1 to 65535`);
    if (!word.test(account)) say(`its account is ${JSON.stringify(account)}`);
    if (jump !== undefined && !/^(?!-)\S+$/.test(jump)) say(`its jump is ${JSON.stringify(jump)}`);
  }
  refuse('TG_INVENTORY_INVALID', problems);
}

function refuseMissingControl(file: FleetFile, hosts: readonly Host[]): void {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const contradictions: string[] = [];
  for (const [platform, control] of Object.entries(file.control)) {
    const host = byName.get(control);
    if (!host)
      throw new TidegateError('TG_CONTROL_MISSING', {
        detail: `control: ${platform}: ${hostsNotFound([control], hosts).message}`,
        hosts: [control],
      });
    if (host.platform !== platform)
      contradictions.push(`control: ${platform}: ${control} is itself of platform ${host.platform}`);
  }
  refuse('TG_FLEET_INVALID', contradictions);
}

function refuseUnclearPlatform(file: FleetFile, hosts: readonly Host[]): void {
  const known = Object.keys(file.control);
  const unclear = hosts.filter(({ platform }) => platform === '').map(({ name }) => name);
  if (known.length < 2 || unclear.length === 0) return;
  throw new TidegateError('TG_FLEET_INVALID', {
    detail: `${fold(unclear)}: of which platform? There are ${known.join(', ')}`,
    hosts: unclear,
    next: 'give them platform= (or tidegate_platform), or write platform: in fleet.yaml for those without',
  });
}

/** The jump is part of where a host is: two private networks may use the same addresses. */
function refuseDuplicates(hosts: readonly Host[]): void {
  const places = new Map<string, Host>();
  const problems: string[] = [];
  const names: string[] = [];
  for (const host of hosts) {
    const place = `${host.address.toLowerCase()} ${host.port} ${host.jump ?? ''}`;
    const first = places.get(place);
    if (!first) places.set(place, host);
    else {
      problems.push(`${first.name} and ${host.name} are both ${host.address}:${host.port}`);
      names.push(first.name, host.name);
    }
  }
  refuse('TG_FLEET_DUPLICATE', problems, names);
}

function refuse(
  code: 'TG_INVENTORY_INVALID' | 'TG_FLEET_INVALID' | 'TG_FLEET_DUPLICATE',
  problems: readonly string[],
  hosts?: readonly string[],
): void {
  if (problems.length === 0) return;
  const more = problems.length > mostProblems ? [`and ${problems.length - mostProblems} more`] : [];
  throw new TidegateError(code, { detail: [...problems.slice(0, mostProblems), ...more].join('\n'), hosts });
}

/** SHA-256 of the canonical JSON of {control, hosts, name}, hashed host by host: one text of all is large. */
function digestOf(file: FleetFile, hosts: readonly Host[]): string {
  const hash = createHash('sha256').update(`{"control":${canonicalJson(file.control)},"hosts":[`);
  let comma = '';
  for (const host of hosts) {
    hash.update(comma + canonicalJson(host));
    comma = ',';
  }
  return hash.update(`],"name":${canonicalJson(file.fleet)}}`).digest('hex');
}
