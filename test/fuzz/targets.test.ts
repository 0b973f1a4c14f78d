import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { whyNotNamed } from '../../fuzz/judge';
import { targets } from '../../fuzz/targets';

/** Few and small: `npm run fuzz` runs a hundred thousand. Those that start programs are its alone. */
const cases = 40;
const mostBytes = 16 * 1024;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-fuzz-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(targets.filter(({ oneIn }) => oneIn === undefined).map((target) => [target.name, target] as const))(
  '%s: whatever it reads, it reads or refuses by name',
  async (_name, target) => {
    const trial = await target.open(folder);
    let read = 0;
    for (const input of fc.sample(target.input, { numRuns: cases, seed: 1 })) {
      if (input.length > mostBytes) continue;
      try {
        await trial(input);
        read += 1;
      } catch (error) {
        expect(whyNotNamed(error)).toBeUndefined();
      }
    }
    // What refuses everything would be found to be well, too.
    expect(read).toBeGreaterThan(0);
  },
);
