import { type RolloutEntry, rolloutEntrySchema } from '../../../model/ledger';
import { expand } from '../../../model/nodeset';
import { findHome } from '../../../store/home';
import { Ledger } from '../../../store/ledger';
import { findRollout } from '../../rollouts';
import type { Invocation } from '../../verb';
import { eventLine } from '../../view/rollout/events';
import { shortId } from '../../view/rollout/words';

/** Every event of a rollout with its actor, from the ledger, one a line; as JSON one object a line. */
export async function run(invocation: Invocation<{ host?: string; follow?: boolean }>): Promise<undefined> {
  const { options, output } = invocation;
  const ledger = await Ledger.open(findHome(options.home).ledger);
  const id = await findRollout(ledger, invocation.arguments[0]);
  const hosts = options.host === undefined ? undefined : new Set(expand(options.host));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let shown = false;
  for await (const entry of options.follow ? followed(ledger, id, stop.signal) : ledger.read(id)) {
    const event = rolloutEntrySchema.parse(entry);
    if (hosts && !concerns(event, hosts)) continue;
    shown = true;
    output.write(`${output.format === 'json' ? JSON.stringify(event) : eventLine(event)}\n`);
    if (options.follow && event.kind === 'ended rollout') return;
  }
  if (!shown && hosts) output.note(`${shortId(id)} has no event of ${options.host}`);
}

async function* followed(ledger: Ledger, id: string, signal: AbortSignal): AsyncGenerator<object> {
  for await (const { entry } of ledger.follow(id, signal)) yield entry;
}

function concerns(event: RolloutEntry, hosts: ReadonlySet<string>): boolean {
  return 'host' in event && hosts.has(event.host);
}
