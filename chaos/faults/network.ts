import { type Chaos, type Mend, NotNow } from '../chaos';
import type { Fault } from '../schedule';

type Inject = (chaos: Chaos, fault: Fault) => Promise<Mend>;

export const networkFaults: Readonly<Record<string, Inject>> = {
  'connection cut': async ({ setting }, { host }) => {
    if (setting.relays.get(host)!.cut() === 0) throw new NotNow();
    return undefined;
  },
};
