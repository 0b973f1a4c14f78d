import { targetOf } from '../../fleet/target';
import type { Artifact } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import type { Fleet, Host } from '../../model/fleet';
import type { StageAnswer } from '../../model/host-answer';
import { namesToAsk } from '../../model/obsoletes';
import type { Plan } from '../../model/plan';
import { judge } from '../../model/preflight';
import type { Remote } from '../rollout/remote';
import { stage } from '../rollout/session';

/** What a host said when it was asked which versions it has. */
export type HostSurvey = Pick<StageAnswer, 'installed'>;

/** A host that is not ready, and why. */
export interface Problem {
  readonly host: string;
  readonly code: string;
  readonly detail: string;
}

/** Hosts asked at once: reading costs a host little, and the ramp in ssh/ limits handshakes. */
const askedAtOnce = 64;

/** Asks each host which packages of the artifact it has; read-only, one round trip. */
export async function survey(
  remote: Remote,
  fleet: Fleet,
  plan: Plan,
  hosts: readonly Host[],
  names: readonly string[],
): Promise<{ answers: Map<string, HostSurvey>; problems: Problem[] }> {
  const answers = new Map<string, HostSurvey>();
  // Hosts are clones of a few: what they have is kept once, or that of 100,000 hosts takes 150 MB.
  const alike = new Map<string, HostSurvey>();
  const problems: Problem[] = [];
  await eachOf(hosts, async (host) => {
    try {
      const look = { rpms: [], names, mode: 'try' as const, ...limits(plan) };
      const { installed, refused, unread } = await stage(remote, targetOf(host, fleet), look);
      // That it does not have the package is not to be concluded from an answer that does not say so.
      if (refused || unread !== undefined) {
        problems.push({
          host: host.name,
          ...(refused ?? { code: 'TG_PREFLIGHT_REFUSED', detail: unread ?? '' }),
        });
        return;
      }
      const key = JSON.stringify(installed);
      const survey = alike.get(key) ?? { installed };
      alike.set(key, survey);
      answers.set(host.name, survey);
    } catch (error) {
      problems.push(problemOf(host, error));
    }
  });
  return { answers, problems };
}

/** The whole preflight on each host, RPMs and `rpm --test` included; nothing stays on the host. */
export async function preflight(
  remote: Remote,
  fleet: Fleet,
  plan: Plan,
  artifact: Artifact,
  hosts: readonly Host[],
  lastOperation: (host: string) => string,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  await eachOf(hosts, async (host) => {
    const rpms = artifact.platforms[host.platform] ?? [];
    try {
      const answer = await stage(remote, targetOf(host, fleet), {
        rpms,
        names: namesToAsk(rpms),
        mode: 'try',
        ...limits(plan),
      });
      const verdict = judge(answer, {
        plan,
        rpms,
        platform: host.platform,
        expectedHead: lastOperation(host.name),
      });
      if (!verdict.go) problems.push({ host: host.name, code: verdict.code, detail: verdict.detail });
    } catch (error) {
      problems.push(problemOf(host, error));
    }
  });
  return problems;
}

async function eachOf(hosts: readonly Host[], work: (host: Host) => Promise<void>): Promise<void> {
  const waiting = hosts.values();
  const worker = async () => {
    for (const host of waiting) await work(host);
  };
  await Promise.all(Array.from({ length: Math.min(askedAtOnce, hosts.length) }, worker));
}

function problemOf(host: Host, error: unknown): Problem {
  if (!(error instanceof TidegateError)) throw error;
  return { host: host.name, code: error.code, detail: error.message };
}

const limits = ({ timeouts }: Plan) => ({
  silentMs: timeouts.preflight,
  connectTimeoutMs: timeouts.connect,
});
