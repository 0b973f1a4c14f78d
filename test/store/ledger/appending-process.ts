import { writeSync } from 'node:fs';
import { Ledger } from '../../../store/ledger';

/**
 * Appends to the book `b` of the ledger in argv[2] until it is killed, numbers from argv[3], 20 appends under way
 * at once, and prints each number when its append was acknowledged.
 */
async function appendForEver(folder: string, first: number): Promise<void> {
  const ledger = await Ledger.open(folder);
  let next = first;
  const lane = async (): Promise<void> => {
    for (;;) {
      const number = next++;
      await ledger.append('b', { number, padding: 'x'.repeat((number * 7919) % 20_000) });
      writeSync(1, `${number}\n`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, lane));
}

void appendForEver(process.argv[2]!, Number(process.argv[3]));
