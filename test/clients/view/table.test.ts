import { bar } from '../../../clients/view/bar';
import { sumsLine } from '../../../clients/view/sums';
import { table } from '../../../clients/view/table';
import { wrap } from '../../../clients/view/wrap';

const columns = [{ title: 'host' }, { title: 'free', align: 'right' as const }, { title: 'why' }];

test('columns are aligned, two spaces apart, without trailing blanks', () => {
  expect(
    table(
      columns,
      [
        ['a1', '10', ''],
        ['long-name', '2', 'full'],
      ],
      80,
    ),
  ).toBe('host       free  why\na1           10\nlong-name     2  full');
});

test('the last column is cut to fit a terminal and left whole in a pipe', () => {
  const row = ['a1', '1', 'x'.repeat(100)];
  expect([...table(columns, [row], 80).split('\n')[1]!]).toHaveLength(80);
  expect(table(columns, [row], Number.POSITIVE_INFINITY)).toContain('x'.repeat(100));
});

test('a row for each of 200,000 hosts is drawn: no step takes them all as arguments', () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => [`h${index}`, '1', 'é']);
  expect(table(columns, rows, 80).split('\n').at(-1)).toBe('h199999     1  é');
});

test('a bar is full only when all is done and empty only when nothing is', () => {
  expect([0, 1, 50, 99, 100].map((done) => bar(done, 100, 4))).toEqual([
    '░░░░',
    '█░░░',
    '██░░',
    '███░',
    '████',
  ]);
});

test('sums that do not add up are refused', () => {
  expect(
    sumsLine(
      3,
      [
        { count: 2, label: 'a' },
        { count: 1, label: 'b' },
        { count: 0, label: 'c' },
      ],
      ['c'],
    ),
  ).toBe('3 = 2 a + 1 b + 0 c');
  expect(() => sumsLine(4, [{ count: 2, label: 'a' }])).toThrow('4 hosts, but their states add up to 2');
});

test('pieces are wrapped between, never inside', () => {
  expect(wrap(['aaa', 'bbb', 'ccccccccccc'], { width: 9, first: '- ', rest: '  ', glue: ', ' })).toEqual([
    '- aaa,',
    '  bbb,',
    '  ccccccccccc',
  ]);
});
