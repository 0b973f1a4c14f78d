import { rolloutEntrySchema } from '../model/ledger';
import { Ledger } from '../store/ledger';
import type { Steps } from './steps';

/** Says each entry of a rollout's book as it is appended. @returns what ends it */
export function watchLedger(
  folder: string,
  rollout: string,
  steps: Steps,
  onError: (error: unknown) => void,
): () => void {
  const ending = new AbortController();
  const follow = async () => {
    const ledger = await Ledger.open(folder);
    for await (const { entry } of ledger.follow(rollout, ending.signal)) tell(steps, entry);
  };
  follow().catch((error: unknown) => {
    if (!ending.signal.aborted) onError(error);
  });
  return () => ending.abort();
}

function tell(steps: Steps, line: object): void {
  const entry = rolloutEntrySchema.parse(line);
  if (entry.kind === 'begun') steps.reached('ledger:begun', entry.host, entry.action);
  if (entry.kind === 'ended') steps.reached('ledger:ended', entry.host, entry.outcome);
  if (entry.kind === 'state') steps.reached('ledger:state', entry.host, entry.state);
  if (entry.kind === 'phase') steps.reached('ledger:phase', '', entry.phase);
  if (entry.kind === 'started') steps.reached('ledger:started');
}
