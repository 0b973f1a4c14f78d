import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const house = join(__dirname, '../..');
const page = readFileSync(join(house, 'docs/reliability.md'), 'utf8');
const rows = page
  .slice(page.indexOf('## Each fault and its test'))
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, fault, tests]) => fault && tests && !fault.startsWith('-') && fault !== 'fault');

test.each(rows)('the tests are there that %s%s is said to have', (_, _fault, tests = '') => {
  for (const named of tests.split(/; (?=[a-z/-]+(?:$|[:,;]))/)) {
    const [files = '', titles = ''] = named.split(/:(.*)/);
    const texts = files.split(', ').map((file) => testText(file.replace(/ \(.*\)$/, '')));
    for (const [, title = ''] of titles.matchAll(/\*([^*]+)\*/g))
      for (const part of title.split('…').map((piece) => piece.trim()))
        for (const text of texts) expect(text).toContain(part);
  }
});

/** The title of a test may be made of pieces: what is asked for are words of it. */
function testText(name: string): string {
  const path = join(house, 'test', `${name}.test.ts`);
  expect([path, existsSync(path)]).toEqual([path, true]);
  return readFileSync(path, 'utf8').replaceAll("\\'", "'");
}
