import { selectHosts } from '../fleet/select-hosts';
import type { Fleet, Host } from '../model/fleet';
import { Files } from '../store/files';
import type { Home } from '../store/home';
import { Ledger } from '../store/ledger';

/** Selects hosts here, as the worker would: files, groups and rollouts included. @throws as `selectHosts`. */
export async function selectFrom(home: Home, fleet: Fleet, selector: string): Promise<Host[]> {
  return selectHosts(fleet, selector, {
    ledger: await Ledger.open(home.ledger),
    files: new Files(home.files),
  });
}
