import fc from 'fast-check';
import { Lane, type LaneLimits } from './lane';
import { type Finding, shrink } from './shrink';
import type { Target } from './target';

export interface Result {
  readonly name: string;
  readonly cases: number;
  readonly read: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
}

/** Cases of one seed. The next stretch has the next seed, so that a finding is run again without those before it. */
const stretchCases = 1_000;
/** A reader that fails so often is to be mended first. */
const mostFindings = 3;

/** Runs the cases of a target, and makes what it finds small. */
export async function campaign(
  target: Target,
  given: { readonly seed: number; readonly cases: number },
  limits: Partial<LaneLimits & { readonly findings: number; readonly shrinkMs: number }> = {},
): Promise<Result> {
  const wanted = Math.ceil(given.cases / (target.oneIn ?? 1));
  const startMs = performance.now();
  const lane = new Lane(target.name, limits);
  const most = limits.findings ?? mostFindings;
  const findings: Finding[] = [];
  let cases = 0;
  let read = 0;
  try {
    for (let seed = given.seed; cases < wanted && findings.length < most; seed += 1) {
      const answer = await lane.ask({ seed, cases: Math.min(stretchCases, wanted - cases) });
      cases += answer.cases;
      read += answer.read;
      if (answer.why !== undefined)
        findings.push(
          await shrink(lane, target, { seed, at: answer.cases - 1, why: answer.why }, limits.shrinkMs),
        );
    }
  } finally {
    await lane.close();
  }
  return { name: target.name, cases, read, seconds: (performance.now() - startMs) / 1000, findings };
}

/** @returns the one case of a seed again. */
export function inputAt({ input }: Target, seed: number, at: number): Uint8Array {
  let found: Uint8Array = Buffer.alloc(0);
  const property = fc.property(input, (bytes) => {
    found = bytes;
  });
  fc.check(property, { seed, path: String(at), numRuns: 1 });
  return found;
}
