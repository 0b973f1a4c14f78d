import { join } from 'node:path';
import { campaign, inputAt } from '../../fuzz/campaign';
import { findingText, resultLine } from '../../fuzz/report';
import { targets as house } from '../../fuzz/targets';
import { targets } from './failing-targets';

/** Small enough that all of the cases that hang and fill are tried in seconds. */
const limits = {
  module: join(__dirname, 'failing-targets.ts'),
  hangMs: 1_000,
  heapMegabytes: 64,
  findings: 1,
  shrinkMs: 5_000,
};

test.each([
  ['throws', /^TypeError: no text/],
  ['untrue', /^Error: what is read is text/],
  ['hangs', /^hangs: no end within \d+ s$/],
  ['fills', /^ends its thread: .*(memory|heap)/],
])('a reader that %s is found, its case made small and run again by its seed', async (name, why) => {
  const target = targets.find((one) => one.name === name)!;
  const [finding] = (await fuzzed(name)).findings;
  expect(finding?.why).toMatch(why);
  expect(Buffer.from(finding!.input).includes('\u001b')).toBe(true);
  expect(finding!.input.length).toBeLessThan(24);
  expect(findingText(name, finding!)).toContain(
    `npm run fuzz -- --only ${name} --seed ${finding!.seed} --at ${finding!.at}`,
  );
  const again = Buffer.from(inputAt(target, finding!.seed, finding!.at));
  expect(again.includes('\u001b')).toBe(true);
});

test('a reader that refuses by name is well', async () => {
  const result = await fuzzed('refuses');
  expect(result).toMatchObject({ cases: 400, findings: [] });
  expect(result.read).toBeGreaterThan(300);
  expect(result.read).toBeLessThan(400);
  expect(resultLine(result)).toMatch(/^refuses +400 +\d+ % read .* nothing found$/);
});

test('the readers of the house run in a thread, too', async () => {
  const duration = house.find(({ name }) => name === 'duration')!;
  expect(await campaign(duration, { seed: 1, cases: 50 })).toMatchObject({ cases: 50, findings: [] });
});

function fuzzed(name: string) {
  return campaign(targets.find((one) => one.name === name)!, { seed: 7, cases: 400 }, limits);
}
