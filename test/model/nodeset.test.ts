import fc from 'fast-check';
import { expand, fold } from '../../model/nodeset';
import { leastCpuMs } from '../support/cpu-time';

describe('fold', () => {
  test('writes ranges in brackets, single names plainly, in the order of the first name', () => {
    const names = [...numbered('web', 1, 180, 3), 'web185', 'app113'];
    expect(fold(names)).toBe('web[001-180,185],app113');
  });

  test('keeps zero padding, and does not mix padded and unpadded numbers', () => {
    expect(fold(['n1', 'n2', 'n01', 'n02', 'n10'])).toBe('n[1-2,01-02,10]');
    expect(fold(['n098', 'n099', 'n100', 'n101', 'n1000'])).toBe('n[098-101,1000]');
    expect(fold(['n0', 'n00', 'n000'])).toBe('n[0,00,000]');
  });

  test('folds a name with several numbers on the last of its first label', () => {
    expect(fold(['rack1-node3', 'rack1-node4', 'rack2-node3'])).toBe('rack1-node[3-4],rack2-node3');
    expect(fold(['web01.dc2.example.com', 'web02.dc2.example.com'])).toBe('web[01-02].dc2.example.com');
    expect(fold(['10.4.1.30', '10.4.1.31'])).toBe('10.4.1.[30-31]');
    expect(fold(['gateway.dc1', 'gateway.dc2'])).toBe('gateway.dc[1-2]');
  });

  test('counts a name once, gives nothing for nothing, leaves numbers too long to count', () => {
    expect(fold(['a1', 'a1'])).toBe('a1');
    expect(fold([])).toBe('');
    expect(fold(['n1234567890123456', 'n1234567890123457'])).toBe('n1234567890123456,n1234567890123457');
  });

  test('is undone by expand, whatever the names', () => {
    const number = fc.oneof(fc.nat(30).map(String), fc.stringMatching(/^\d{1,17}$/));
    const part = fc.constantFrom('web', 'db', '-', '.', 'x', '');
    const name = fc
      .tuple(fc.constantFrom('a', 'web', '7'), fc.array(fc.tuple(part, number), { maxLength: 3 }), part)
      .map(([first, middle, last]) => first + middle.map(([text, digits]) => text + digits).join('') + last);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 60 }), (names) => {
        expect(expand(fold(names)).sort()).toEqual([...names].sort());
      }),
      { numRuns: 1000 },
    );
  });

  test('folds 100,000 names in less than 200 ms', async () => {
    const names = Array.from(
      { length: 100_000 },
      (_, i) => `host${String((i * 7919) % 100_000).padStart(6, '0')}`,
    );
    expect(fold(names)).toBe('host[000000-099999]');
    expect(await leastCpuMs(() => fold(names))).toBeLessThan(200);
  });
});

describe('expand', () => {
  test('reads node sets, several brackets in a name, steps, and spaces between words', () => {
    expect(expand('web[01-03,07],app1 db')).toEqual(['web01', 'web02', 'web03', 'web07', 'app1', 'db']);
    expect(expand('r[1-2]n[8-10/2]x')).toEqual(['r1n8x', 'r1n10x', 'r2n8x', 'r2n10x']);
    expect(expand('n[098-101]')).toEqual(['n098', 'n099', 'n100', 'n101']);
    expect(expand('')).toEqual([]);
  });

  test.each([
    ['web[1-', 4, 'has no ]'],
    ['web1],a', 5, 'has no ['],
    ['web[ab]', 5, 'in brackets stand numbers and ranges'],
    ['app1,web[1,x]', 12, 'not "x"'],
    ['web[5-1]', 5, 'runs backwards'],
    ['web[01-010]', 5, 'are not padded alike'],
    ['web[1-9/0]', 5, 'a step is at least 1'],
    ['web[]', 5, 'in brackets'],
    ['n[1-100000][1-100000]', 13, 'more than 1000000 hosts'],
    ['n[1-99999999999999999]', 3, 'at most 15 digits'],
    ['a[1-600000],b[1-600000]', 13, 'more than 1000000 hosts'],
    [`${'a'.repeat(256)}[1-9]`, 1, 'at most 255 characters'],
  ])('refuses %s at position %d: %s', (text, position, why) => {
    expect(() => expand(text)).toThrow(
      expect.objectContaining({ code: 'TG_SELECTOR_INVALID', message: expect.stringContaining(why) }),
    );
    expect(() => expand(text)).toThrow(`position ${position}:`);
  });
});

function numbered(prefix: string, from: number, to: number, width: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => prefix + String(from + i).padStart(width, '0'));
}
