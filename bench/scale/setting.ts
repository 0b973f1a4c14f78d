import type { SimulatedReach } from '../../lab/simulation/reach';
import type { Home } from '../../store/home';
import type { Part } from './processes';

/** Everything that one measurement has under way. */
export interface Setting {
  readonly home: Home;
  readonly hosts: number;
  readonly reach: SimulatedReach;
  worker: Part;
  /** Another worker, after the one before has ended. */
  startWorker(): Promise<void>;
}
