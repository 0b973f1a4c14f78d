import { randomBytes } from 'node:crypto';
import { readFleetFile } from '../fleet/load';
import { TidegateError } from '../model/errors';
import type { SignedMandate } from '../model/mandate';
import type { Order } from '../model/orders';
import type { Home } from '../store/home';
import { signMandate } from '../store/mandate';
import type { Invocation } from './verb';

/** As long as model/mandate.ts wants it: no two mandates of any fleet are ever the same. */
const nonceBytes = 16;

/**
 * Signs an order with the key that the person named, where the fleet has allowedSigners; ssh-keygen asks for its
 * passphrase on the terminal. Which key is never guessed: to sign is to answer for it.
 * @returns undefined where the fleet asks for no mandate: then no key is touched.
 * @throws TG_MANDATE_MISSING when no key was named, or it cannot sign.
 */
export async function signOrder(
  home: Home,
  { signWith, output }: Pick<Invocation, 'signWith' | 'output'>,
  order: Order,
): Promise<SignedMandate | undefined> {
  const { file } = await readFleetFile(home.fleetFile);
  if (file.allowedSigners === undefined) return undefined;
  if (signWith === undefined)
    throw new TidegateError(
      'TG_MANDATE_MISSING',
      `${order.verb} needs your signature: fleet ${file.fleet} has allowedSigners`,
    );
  output.progress(`signing ${order.verb} … `);
  const nonce = randomBytes(nonceBytes).toString('hex');
  return signMandate({ ...order, fleet: file.fleet, nonce, time: new Date().toISOString() }, signWith);
}
