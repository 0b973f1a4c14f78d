import type { Fleet } from '../../model/fleet';
import type { Hosts } from '../../ssh/hosts';
import type { Artifacts } from '../../store/artifacts';
import type { Files } from '../../store/files';
import type { Ledger } from '../../store/ledger';
import type { Authority } from '../authority';

/** What building and importing is handed by the worker. */
export interface BuildContext {
  readonly hosts: Hosts;
  readonly files: Files;
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly authority: Authority;
  readonly fleet: () => Promise<Fleet>;
}
