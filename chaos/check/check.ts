import { keptBudget } from './budget';
import { keptCaps } from './caps';
import type { Evidence, Violation } from './evidence';
import { ranOnce } from './once';
import { inItsState } from './states';
import { addUp } from './sums';

/** Holds what happened to what was promised; the sixth promise, that nothing is stuck, is held while the run waits. */
export function check(evidence: Evidence): Violation[] {
  return [ranOnce, inItsState, addUp, keptCaps, keptBudget].flatMap((held) => held(evidence));
}
