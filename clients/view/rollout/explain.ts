import type { Plan } from '../../../model/plan';

const units: readonly (readonly [text: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** @returns the plan with every default written out, as it could stand in a plan file. */
export function explainedPlan(plan: Plan) {
  const { soak, unreachable, timeouts } = plan;
  return {
    ...plan,
    soak: written(soak),
    unreachable: {
      ...unreachable,
      within: written(unreachable.within),
      owedFor: written(unreachable.owedFor),
    },
    timeouts: Object.fromEntries(Object.entries(timeouts).map(([name, ms]) => [name, written(ms)])),
  };
}

/** The largest unit that says it exactly: 900000 is `15m`. */
function written(ms: number): string | 0 {
  if (ms === 0) return 0;
  const [unit, unitMs] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}
