import fc from 'fast-check';
import { readAsked } from '../../model/asked';
import { canonicalJson } from '../../model/canonical';
import { acceptHostKeyOrder, buildOrder, rolloutOrder, signedRolloutVerbs } from '../../model/orders';

const hosts = fc.constantFrom('web1', 'web[1-2]', 'wave 2', 'stopAt 3');
const given = fc.record(
  {
    rollout: fc.constantFrom('r-1', 'r-2'),
    plan: fc.constantFrom('a', 'b'),
    wave: fc.integer({ min: 1, max: 3 }),
    hosts,
    stopAt: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['rollout', 'plan', 'wave'] },
);
const decides = { start: [], rollback: [], retry: ['hosts'], approve: ['wave'], resume: ['stopAt'] } as const;

test('two requests have one order only when they would do the same', () => {
  fc.assert(
    fc.property(
      given,
      given,
      fc.constantFrom(...signedRolloutVerbs),
      fc.constantFrom(...signedRolloutVerbs),
      (a, b, verb, other) => {
        const effect = (of: typeof a, by: typeof verb) =>
          canonicalJson([by, of.rollout, of.plan, ...decides[by].map((key) => of[key as 'wave'] ?? null)]);
        const same = canonicalJson(rolloutOrder(verb, a)) === canonicalJson(rolloutOrder(other, b));
        expect(same).toBe(effect(a, verb) === effect(b, other));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('an order says what decides', () => {
  expect(buildOrder({ package: 'unzip', recipe: 'a', acceptDrift: true })).toEqual({
    verb: 'build',
    target: 'unzip accepting drift',
    plan: 'a',
  });
  expect(acceptHostKeyOrder({ host: 'web1', fingerprint: 'SHA256:x' }).target).toBe('web1 SHA256:x');
});

describe('what a signal carries', () => {
  test('to stop is never refused, whatever it is', () => {
    for (const asked of [undefined, null, 7, 'x', { wave: 'all' }])
      for (const verb of ['pause', 'abort']) expect(readAsked(verb, asked)).toBeUndefined();
  });

  test('to start or approve is read, and refused when it would harm the workflow', () => {
    expect(readAsked('approve', { wave: 2, more: 1 })).toEqual({ verb: 'approve', wave: 2 });
    for (const asked of [undefined, 7, { stopAt: 0 }, { stopAt: '5' }, { wave: 1.5 }, { hosts: ['a'] }])
      expect(() => readAsked('resume', asked)).toThrow(expect.objectContaining({ code: 'TG_USAGE' }));
    expect(() => readAsked('retry', { hosts: 'web[' })).toThrow(
      expect.objectContaining({ code: 'TG_SELECTOR_INVALID' }),
    );
  });
});
