import fc from 'fast-check';
import { expand } from '../../model/nodeset';
import { hostsWithin, summaryBytes, summaryOf } from '../../model/summary';
import { leastCpuMs } from '../support/cpu-time';

const bytes = (text: string) => Buffer.byteLength(text);
const names = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom('web', 'db', 'a-long-name-of-a-rack-'), fc.nat(9_999))
    .map((pair) => pair.join('')),
  { minLength: 1, maxLength: 400 },
);

test.each([
  [['web1', 'web2', 'web3'], 40, 'web[1-3]'],
  [['web3', 'db1', 'web1'], 9, '3 hosts'],
  [
    Array.from({ length: 500 }, (_, i) => `web${String(i * 2).padStart(4, '0')}`),
    40,
    'web[0000,0002,0004,0006] and 496 more',
  ],
  [[], 40, ''],
])('%j within %i bytes are %s', (hosts, most, text) => {
  expect(hostsWithin(hosts, most)).toBe(text);
});

test('whatever the names, the text fits, names only what is there, and counts the rest', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 12, max: 300 }), (hosts, most) => {
      const text = hostsWithin(hosts, most);
      expect(bytes(text)).toBeLessThanOrEqual(most);
      const [, counted] = /^(\d+) hosts?$/.exec(text) ?? [];
      if (counted !== undefined) return expect(Number(counted)).toBe(hosts.length);
      const [, set = '', more = '0'] = /^(\S*)(?: and (\d+) more)?$/.exec(text) ?? [];
      const named = expand(set);
      expect(hosts).toEqual(expect.arrayContaining(named));
      expect(named.length + Number(more)).toBe(hosts.length);
    }),
  );
});

test('100,000 scattered names take less processor time than a batch of hosts takes to begin', async () => {
  const scattered = Array.from({ length: 100_000 }, (_, i) => `web${String(i * 7).padStart(6, '0')}`);
  expect(await leastCpuMs(() => hostsWithin(scattered, 160))).toBeLessThan(1_500);
});

test('any text becomes a summary that Temporal keeps', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
      const summary = summaryOf(text);
      expect(bytes(summary)).toBeLessThanOrEqual(summaryBytes);
      expect(summary === text || text.startsWith(summary.slice(0, -1))).toBe(true);
    }),
  );
});
