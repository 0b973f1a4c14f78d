import fc from 'fast-check';
import { FailureBudget } from '../../model/budget';

describe('a failure budget', () => {
  test('is never overshot, for any order of begins and ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.record({ begin: fc.boolean(), fails: fc.boolean() })),
        (stopAt, steps) => {
          const budget = new FailureBudget(stopAt, 0);
          for (const { begin, fails } of steps) {
            if (begin && budget.mayBegin()) budget.begin();
            else if (budget.begun > 0) budget.end(fails);
            expect(budget.begun + budget.failures).toBeLessThanOrEqual(stopAt);
          }
        },
      ),
    );
  });

  test('is spent at exactly its number when every host fails, at any concurrency', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200 }), (stopAt, atOnce) => {
        const budget = new FailureBudget(stopAt, 0);
        while (!budget.spent) {
          while (budget.begun < atOnce && budget.mayBegin()) budget.begin();
          while (budget.begun > 0) budget.end(true);
        }
        expect(budget.failures).toBe(stopAt);
      }),
    );
  });

  test('gives the guarantee up only where the plan says so', () => {
    const budget = new FailureBudget(1, 0, 'inFlight');
    budget.begin();
    expect(budget.mayBegin()).toBe(true);
    budget.end(true);
    expect(budget.mayBegin()).toBe(false);
  });

  test('remembers the failures of a worker before it', () => {
    expect(new FailureBudget(3, 3).spent).toBe(true);
    expect(new FailureBudget(3, 2).mayBegin()).toBe(true);
  });
});
