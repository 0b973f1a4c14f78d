import fc from 'fast-check';
import { planSchema } from '../../model/plan';
import { shareOf } from '../../model/share';
import { byDomain, spreadOverDomains } from '../../model/spread';
import { wavesOf } from '../../model/waves';

const hosts = fc
  .array(
    fc.record({ name: fc.string({ minLength: 1 }), domain: fc.constantFrom('', 'lpar1', 'lpar2', 'rack') }),
    { maxLength: 300 },
  )
  .map((list) => list.map((host, i) => ({ ...host, name: `${host.name}${i}` })));

describe('waves', () => {
  test('hold every host once, whatever the plan says, when they end at 100%', () => {
    const sizes = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 100 }).map((n) => `${n}%`),
      ),
    );
    fc.assert(
      fc.property(sizes, fc.nat(100_000), (given, total) => {
        const percent = given
          .filter((size) => typeof size === 'string')
          .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
        const counts = given.filter((size) => typeof size === 'number').sort((a, b) => a - b);
        const waves = wavesOf([...counts, ...percent, '100%'], total);
        let at = 0;
        for (const wave of waves) {
          expect(wave.from).toBe(at);
          expect(wave.to).toBeGreaterThan(wave.from);
          at = wave.to;
        }
        expect(at).toBe(total);
        // Each size as written is reached once, in order: a gate after it has its place.
        const written = Array.from({ length: given.length + 1 }, (_, place) => place + 1);
        expect(waves.flatMap(({ reaches }) => reaches)).toEqual(total > 0 ? written : []);
      }),
    );
  });

  test('of the default plan over 731 hosts are those of the design', () => {
    const { waves } = planSchema.parse({ package: 'unzip', hosts: 'all' });
    expect(wavesOf(waves, 731).map(({ from, to }) => to - from)).toEqual([1, 35, 146, 549]);
  });

  test('that cannot reach every host, or shrink, are refused before any host is asked', () => {
    const whys = (waves: (number | string)[]) =>
      planSchema
        .safeParse({ package: 'unzip', hosts: 'all', waves })
        .error?.issues.map(({ path, message }) => [path.join('.'), message]);
    expect(whys([1, '50%'])).toEqual([
      ['waves.1', 'waves end at 50%, which leaves hosts out: [1, 50%, 100%]'],
    ]);
    expect(whys(['50%', '10%', '100%'])).toEqual([['waves.1', 'waves are cumulative: 10% comes after 50%']]);
    expect(whys([20, 3])).toEqual([['waves.1', 'waves are cumulative: 3 comes after 20']]);
    expect(whys([1, '5%', 8, '100 %'])).toBeUndefined();
  });

  test('that do not reach every host of a rollout are refused', () => {
    expect(() => wavesOf([1, '50%'], 10)).toThrow(expect.objectContaining({ code: 'TG_WAVES_INVALID' }));
    expect(() => wavesOf([1, 9], 10)).toThrow(expect.objectContaining({ code: 'TG_WAVES_INVALID' }));
    expect(wavesOf([1, 10], 10).at(-1)).toMatchObject({ from: 1, to: 10 });
  });

  test('of one host and of none are no crash', () => {
    expect(wavesOf([1, '5%', '100%'], 1)).toEqual([{ size: '1', from: 0, to: 1, reaches: [1, 2, 3] }]);
    expect(wavesOf(['100%'], 0)).toEqual([]);
  });
});

describe('a share', () => {
  test('is never below one, and a percentage is rounded down', () => {
    expect(shareOf('2%', 10)).toBe(1);
    expect(shareOf('5%', 731)).toBe(36);
    expect(shareOf('100%', 7)).toBe(7);
    expect(shareOf(3, 1)).toBe(3);
  });
});

describe('the order of a rollout', () => {
  test('keeps every host, and each prefix holds each domain in proportion, to within one host', () => {
    fc.assert(
      fc.property(hosts, (given) => {
        const order = spreadOverDomains(given);
        expect(order.map(({ name }) => name).sort()).toEqual(given.map(({ name }) => name).sort());
        const sizes = byDomain(given);
        for (let length = 1; length <= order.length; length += 17) {
          const prefix = byDomain(order.slice(0, length));
          for (const [domain, members] of sizes)
            expect(
              Math.abs((prefix.get(domain)?.length ?? 0) - (members.length * length) / order.length),
            ).toBeLessThanOrEqual(sizes.size);
        }
      }),
    );
  });

  test('takes no more than a moment for 100,000 hosts', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => ({ name: `h${i}`, domain: `d${i % 97}` }));
    expect(spreadOverDomains(many)).toHaveLength(100_000);
  });
});
