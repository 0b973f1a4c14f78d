import type { Actor } from '../model/actor';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';

/** The ledger's book of holds: a hold that was lifted is in no other file. */
const holdsBook = 'holds';

interface HoldsEntry {
  readonly kind: 'held' | 'lifted';
  readonly at: string;
  readonly hosts: readonly string[];
  readonly until?: string;
  readonly actor: Actor;
}

/** Writes down who held or lifted what, and why. Whoever calls it has the lock of the holds: the book has one writer. */
export async function recordHolds({ ledger: folder }: Home, entry: HoldsEntry): Promise<void> {
  const ledger = await Ledger.open(folder);
  await ledger.append(holdsBook, entry);
  await ledger.close();
}
