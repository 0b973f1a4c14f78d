import { type Injections, NotNow } from '../chaos';
import type { Manner } from '../relay';

/** The network before one host is in a bad manner for a while, unless it is in another already. */
const inManner =
  (manner: Manner, then?: 'cut'): Injections[string] =>
  async ({ setting }, { host }) => {
    const relay = setting.relays.get(host)!;
    if (relay.manner !== 'open') throw new NotNow();
    relay.manner = manner;
    if (manner === 'reset' || manner === 'refused') relay.cut();
    return async () => {
      if (then === 'cut') relay.cut();
      relay.manner = 'open';
    };
  };

export const networkFaults: Injections = {
  'connection cut': async ({ setting }, { host }) => {
    if (setting.relays.get(host)!.cut() === 0) throw new NotNow();
    return undefined;
  },
  'black hole': inManner('silent'),
  'black hole, then cut': inManner('silent', 'cut'),
  'reset storm': inManner('reset'),
  'slow link': inManner('slow'),
  'logins refused': inManner('refused'),
};
