import fc from 'fast-check';
import type { Lane } from './lane';
import type { Target } from './target';

/** A case that must not be, as small as it was found. */
export interface Finding {
  /** Of the stretch that it is in: `--seed` and `--at` run it again. */
  readonly seed: number;
  readonly at: number;
  readonly why: string;
  readonly input: Uint8Array;
}

/** Less than a run waits: what still hangs as long will do. */
const hangMs = 4_000;
const longestMs = 60_000;

/**
 * Makes a finding small: first by the changes that made it (fast-check), then by leaving out pieces of what is left.
 * Each try runs in the lane, so one that hangs or eats the memory is as good as one that throws.
 */
export async function shrink(
  lane: Lane,
  target: Target,
  found: Omit<Finding, 'input'>,
  forMs = longestMs,
): Promise<Finding> {
  let best: { input: Uint8Array; why: string } | undefined;
  const fails = async (input: Uint8Array): Promise<boolean> => {
    const { why } = await lane.ask({ input }, hangMs);
    if (why === undefined) return false;
    best = { input, why };
    return true;
  };
  const property = fc.asyncProperty(target.input, async (input) => !(await fails(input)));
  await fc.check(property, {
    seed: found.seed,
    path: String(found.at),
    numRuns: 1,
    interruptAfterTimeLimit: forMs,
  });
  if (best === undefined)
    return { ...found, input: Buffer.alloc(0), why: `${found.why}\n(not so again when it runs alone)` };
  await leaveOut(best.input, fails, performance.now() + forMs);
  return { ...found, ...best };
}

/** Leaves out halves, quarters, eighths … as long as it still fails. */
async function leaveOut(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
  endMs: number,
): Promise<void> {
  let left = input;
  for (let length = left.length >> 1; length >= 1; length >>= 1)
    for (let at = 0; at < left.length && performance.now() < endMs; ) {
      const without = Buffer.concat([left.subarray(0, at), left.subarray(at + length)]);
      if (await fails(without)) left = without;
      else at += length;
    }
}
