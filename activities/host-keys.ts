import { isAbsolute, join } from 'node:path';
import { targetOf } from '../fleet/target';
import type { Actor } from '../model/actor';
import { TidegateError } from '../model/errors';
import type { Fleet } from '../model/fleet';
import { acceptHostKeyOrder } from '../model/orders';
import { addKnownHost } from '../ssh/add-known-host';
import { offeredKey } from '../ssh/connect';
import { SshConnection } from '../ssh/connection';
import { fingerprint, keyType, keyTypeText } from '../ssh/host-key';
import type { Hosts } from '../ssh/hosts';
import type { Target } from '../ssh/target';
import type { Ledger } from '../store/ledger';
import type { AcceptHostKeyInput, AcceptHostKeyResult } from '../workflows/contract/hosts';
import type { Authority } from './authority';

/** The ledger's book of keys that people accepted. */
const hostKeysBook = 'host-keys';
/** DESIGN.md, plan defaults; a handshake on a host that starves takes longer than the connect. */
const limits = { connectTimeoutMs: 10_000, handshakeTimeoutMs: 20_000 };

/** What accepting a key needs. */
interface HostKeyNeeds {
  readonly hosts: Hosts;
  readonly ledger: Ledger;
  readonly authority: Authority;
  fleet(): Promise<Fleet>;
}

export type HostKeyActivities = ReturnType<typeof createHostKeyActivities>;

export function createHostKeyActivities({ hosts, ledger, authority, fleet: loadFleet }: HostKeyNeeds) {
  return {
    /**
     * Asks the host for its key without logging in, and pins it when it is the one whose fingerprint a person read
     * on the console: the only way in for a new key (DESIGN.md decision 9).
     * @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED, TG_HOST_NOT_FOUND, TG_HOST_KEY_OTHER, TG_HOST_UNREACHABLE, TG_HOST_KEY_REVOKED
     */
    async acceptHostKey(input: AcceptHostKeyInput): Promise<AcceptHostKeyResult> {
      const actor = await authority.prove(input, acceptHostKeyOrder(input));
      const fleet = await loadFleet();
      const host = fleet.hosts.find(({ name }) => name === input.host);
      if (!host) throw new TidegateError('TG_HOST_NOT_FOUND', `no host ${input.host} in ${fleet.name}`);
      const target = targetOf(host, fleet);
      const key = await askKey(hosts, target);
      const offered = fingerprint(key);
      if (offered !== input.fingerprint)
        throw new TidegateError('TG_HOST_KEY_OTHER', {
          detail: `${host.name} offers ${keyTypeText(keyType(key))} ${offered}, not ${input.fingerprint}`,
          hosts: [host.name],
        });
      const at = new Date().toISOString();
      const file = knownHostsFile(fleet);
      await addKnownHost(file, target, key, commentOf(at, actor));
      await ledger.append(hostKeysBook, {
        kind: 'accepted',
        at,
        host: host.name,
        fingerprint: offered,
        actor,
      });
      return { type: keyTypeText(keyType(key)), file };
    },
  };
}

/** Through its jump host when it has one, which must be trusted itself. */
async function askKey(hosts: Hosts, target: Target): Promise<Buffer> {
  if (target.jump === undefined) return offeredKey(target, limits);
  return hosts.use(target.jump, (via) => {
    if (!(via instanceof SshConnection))
      throw new TidegateError('TG_INTERNAL', 'a key can be asked for over SSH only');
    return offeredKey(target, { ...limits, via });
  });
}

function knownHostsFile(fleet: Fleet): string {
  const [first = 'known_hosts'] = fleet.file.knownHosts;
  return isAbsolute(first) ? first : join(fleet.folder, first);
}

/** `2026-03-02 by anna@secured1`: what a changed key's error shows beside the pinned one. */
function commentOf(at: string, { name, ticket }: Actor): string {
  return `${at.slice(0, 10)} by ${name}${ticket === undefined ? '' : `, ${ticket}`}`;
}
