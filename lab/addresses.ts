import { readFileSync } from 'node:fs';
import { TidegateError } from '../model/errors';

/** Blocks 127.n.0.0/16 that labs may use: 127.0 is everybody's, 127.1 is often written as localhost. */
const firstBlock = 40;
const lastBlock = 250;
/** sshd's own port, and the one that a lab takes where the machine's sshd listens on every address. */
const sshPort = 22;
const otherSshPort = 2222;
const hostsPerThirdByte = 250;
/** Of 127.n.0.0/16. */
export const addressesOfBlock = hostsPerThirdByte * 256;

/** A socket that listens, as /proc/net/tcp has it. */
interface Listener {
  readonly address: string;
  readonly port: number;
}

/** @returns who listens on this machine (proc_net(5): addresses are in the byte order of the machine). */
export function listeners(): Listener[] {
  const listening = '0A';
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening)
    .map((fields) => {
      const [address, port] = fields[1]!.split(':');
      const bytes = Buffer.from(address!, 'hex').reverse();
      return { address: bytes.join('.'), port: Number.parseInt(port!, 16) };
    });
}

/**
 * Picks addresses for a new lab.
 * @param taken blocks of the labs that are there
 * @throws TG_LAB_NEEDS when none is free
 */
export function pickAddresses(
  taken: ReadonlySet<number>,
  open = listeners(),
): { block: number; port: number } {
  const everywhere = open.filter(({ address }) => address === '0.0.0.0').map(({ port }) => port);
  const port = [sshPort, otherSshPort].find((candidate) => !everywhere.includes(candidate));
  const used = new Set(open.filter(({ address }) => address.startsWith('127.')).map(blockOf));
  for (let block = firstBlock; port !== undefined && block <= lastBlock; block += 1) {
    if (!taken.has(block) && !used.has(block)) return { block, port };
  }
  throw new TidegateError('TG_LAB_NEEDS', {
    detail: 'no block of addresses in 127.0.0.0/8 is free, or ports 22 and 2222 are taken on all addresses',
    next: 'tidegate lab status',
  });
}

/** @returns the address of the lab's host number `index`, 0 being the control instance. */
export function addressOf(block: number, index: number): string {
  return `127.${block}.${Math.floor(index / hostsPerThirdByte)}.${(index % hostsPerThirdByte) + 1}`;
}

function blockOf({ address }: Listener): number {
  return Number(address.split('.')[1]);
}
