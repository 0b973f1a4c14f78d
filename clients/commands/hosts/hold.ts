import { writeHolds } from '../../../fleet/holds';
import { loadFleet } from '../../../fleet/load';
import { TidegateError } from '../../../model/errors';
import { findHome } from '../../../store/home';
import { recordHolds } from '../../record-holds';
import { selectFrom } from '../../select-from';
import type { Invocation, Outcome } from '../../verb';
import { foldHosts } from '../../view/hosts';
import { counted } from '../../view/sums';

/** Keeps hosts out of every rollout, until a moment or until a person lifts it. */
export async function run(invocation: Invocation<{ until?: string }>): Promise<Outcome> {
  const { options, output, actor } = invocation;
  const { reason } = actor;
  if (reason === undefined)
    throw new TidegateError('TG_USAGE', {
      detail: 'a hold without a reason is a riddle to whoever meets it',
      next: 'add --reason "…" to the same command',
    });
  const home = findHome(options.home);
  const [selector = ''] = invocation.arguments;
  const fleet = await loadFleet(home.fleetFile);
  const hosts = (await selectFrom(home, fleet, selector)).map(({ name }) => name);
  await invocation.confirm(`Hold ${counted(hosts.length, 'host')}?`);
  const at = new Date().toISOString();
  const hold = { until: options.until, reason, actor: actor.name, at };
  const { until } = options;
  await writeHolds(
    home.state,
    hosts.map((host) => ({ host, ...hold })),
    () => recordHolds(home, { kind: 'held', at, hosts, until, actor }),
  );
  return {
    json: { held: hosts, until: options.until, reason },
    text: [
      ...foldHosts(hosts, { width: output.width, label: 'held: ' }),
      `until ${options.until ?? 'somebody lifts it'}`,
      `Next: tidegate hosts unhold ${selector}`,
    ].join('\n'),
  };
}
