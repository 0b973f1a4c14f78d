import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainedPlan } from '../../clients/view/rollout/explain';
import { planSchema } from '../../model/plan';
import { hostStates } from '../../model/states';

const page = readFileSync(join(__dirname, '../../docs/rollouts.md'), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| `([\w.]+)` +\| (.*?) +\|/gm)].map(([, key = '', shown = '']) => [key, shown]),
);

const window = { from: '22:00', to: '04:00' };
const plan = explainedPlan(planSchema.parse({ package: 'unzip', hosts: 'all', window }));

test.each(keysOf(plan))('%s is on the page with its default', (key, value) => {
  if (key === 'package' || key === 'hosts' || key === 'window.from' || key === 'window.to')
    expect(rows.get(key)).toBe('must be there');
  else expect(rows.get(key)).toBe(`\`${shown(value)}\``);
});

test('the page names no key and no state that is not there', () => {
  const withoutDefault = ['artifact', 'notify'];
  const known = [...keysOf(plan).map(([key]) => key), ...withoutDefault, ...hostStates];
  expect([...rows.keys()].filter((key) => !known.includes(key))).toEqual([]);
});

test.each(hostStates)('a host that is %s is on the page', (state) => {
  expect(page).toMatch(new RegExp(`^\\| \`${state}\` +\\| .{20}`, 'm'));
});

function keysOf(value: object, above = ''): [key: string, value: unknown][] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? keysOf(inner, `${above}${key}.`)
      : [[`${above}${key}`, inner] as [string, unknown]],
  );
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : String(value);
}
