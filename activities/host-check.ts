import { selectHosts } from '../fleet/select-hosts';
import type { FleetUse } from '../fleet/source';
import { targetOf } from '../fleet/target';
import { TidegateError } from '../model/errors';
import type { Fleet, Host } from '../model/fleet';
import { type Finding, judgeHost } from '../model/host-check';
import { call } from '../ops/call';
import { script } from '../ops/script';
import type { Hosts } from '../ssh/hosts';
import type { Files } from '../store/files';
import type { Ledger } from '../store/ledger';
import type { CheckHostsInput, CheckHostsResult } from '../workflows/contract/hosts';

/** Asking costs a host little; the ramp in ssh/ limits the handshakes. */
const askedAtOnce = 64;
/** Reading the headers of 3,000 packages takes some 2 s on an idle host, far more on one that starves. */
const readDatabaseSeconds = 30;
/** The above, and as long again for everything else on a host that starves. */
const answerMs = 60_000;
/** An answer has some 20 short lines. */
const answerCapBytes = 64 * 1024;

/** What asking hosts needs. */
interface HostCheckNeeds {
  readonly hosts: Hosts;
  readonly files: Files;
  readonly ledger: Ledger;
  fleet(use: FleetUse): Promise<Fleet>;
}

export type HostCheckActivities = ReturnType<typeof createHostCheckActivities>;

export function createHostCheckActivities(needs: HostCheckNeeds) {
  return {
    /**
     * Asks each selected host, read-only, in one round trip, what would make work on it fail later.
     * @throws TG_SELECTOR_INVALID, TG_SELECTOR_EMPTY
     */
    async checkHosts(input: CheckHostsInput): Promise<CheckHostsResult> {
      const fleet = await needs.fleet('plan');
      const selected = await selectHosts(fleet, input.selector, needs);
      const findings = await checkAll(needs, fleet, selected);
      return { hosts: selected.length, findings: await needs.files.putJson(findings) };
    },
  };
}

async function checkAll(needs: HostCheckNeeds, fleet: Fleet, hosts: readonly Host[]): Promise<Finding[]> {
  const findings: Finding[][] = [];
  let next = 0;
  const askInTurn = async (): Promise<void> => {
    for (let index = next++; index < hosts.length; index = next++)
      findings[index] = await checkHost(needs, fleet, hosts[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(askedAtOnce, hosts.length) }, askInTurn));
  return findings.flat();
}

async function checkHost(needs: HostCheckNeeds, fleet: Fleet, host: Host): Promise<Finding[]> {
  const text = script('check.sh');
  try {
    return await needs.hosts.use(targetOf(host, fleet), async (connection) => {
      const fromMs = Date.now();
      const { stdout } = await connection.exec(call('tidegate-check', text, [String(readDatabaseSeconds)]), {
        stdin: text,
        timeoutMs: answerMs,
        capBytes: answerCapBytes,
      });
      return judgeHost(stdout.toString(), host, { fromMs, toMs: Date.now() });
    });
  } catch (error) {
    if (!(error instanceof TidegateError)) throw error;
    return [{ host: host.name, code: error.code, detail: error.message, level: 'problem' }];
  }
}
