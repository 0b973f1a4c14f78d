import type { Target } from '../target';
import { answers } from './answers';
import { builds } from './builds';
import { documents } from './documents';
import { inventories } from './inventories';
import { knownHosts } from './known-hosts';
import { ledger } from './ledger';
import { mandates } from './mandates';
import { packages } from './packages';
import { selections } from './selections';
import { times } from './times';

/** Everything that reads what others wrote. */
export const targets: readonly Target[] = [
  documents,
  inventories,
  knownHosts,
  selections,
  answers,
  times,
  ledger,
  mandates,
  builds,
  packages,
].flat();
