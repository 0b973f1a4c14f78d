import { readHolds } from '../../../fleet/holds';
import { loadFleet } from '../../../fleet/load';
import type { Hold, Host } from '../../../model/fleet';
import { findHome } from '../../../store/home';
import { selectFrom } from '../../select-from';
import type { Invocation, Outcome } from '../../verb';
import { foldedHostTable, hostTable } from '../../view/host-tables';

/** The hosts of the fleet as the worker would see them now: every default applied, holds shown. */
export async function run(invocation: Invocation<{ fold?: boolean }>): Promise<Outcome> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  const fleet = await loadFleet(home.fleetFile);
  const [selector] = invocation.arguments;
  const hosts = selector === undefined ? fleet.hosts : await selectFrom(home, fleet, selector);
  const holds = new Map((await readHolds(home.state, new Date())).map((hold) => [hold.host, hold]));
  const listed = hosts.map((host) => withHold(host, holds));
  const draw = options.fold ? foldedHostTable : hostTable;
  return { json: listed, text: draw(listed, output.width) };
}

function withHold(host: Host, holds: ReadonlyMap<string, Hold>): Host & { hold?: Hold } {
  const hold = holds.get(host.name);
  return hold === undefined ? host : { ...host, hold };
}
