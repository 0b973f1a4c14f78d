import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../../model/errors';

const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');

test.each(Object.entries(catalogue))(
  '%s is on the page of errors, as the catalogue has it',
  (code, { what, next }) => {
    expect(page).toContain(`| \`${code}\` | ${what} | ${next.replaceAll('|', '\\|')} |`);
  },
);

test('the page names no error that is not there', () => {
  const named = [...page.matchAll(/^\| `(TG_[A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(named.filter((code) => !Object.hasOwn(catalogue, code!))).toEqual([]);
});
