import { type Contender, compete, type Result } from '../../bench/contender';

const silent = () => undefined;

test('contenders take turns, and what was measured is kept after each', async () => {
  const said: string[] = [];
  const kept: number[][] = [];
  const contenders = [
    contender('a', async () => void said.push('a')),
    contender('b', async () => void said.push('b')),
  ];
  await compete(contenders, { rounds: 2, onceAboveSeconds: 60, earlier: [] }, silent, (results) =>
    kept.push(results.map(({ rounds }) => rounds.length)),
  );
  expect(said).toEqual(['a', 'b', 'a', 'b']);
  expect(kept).toEqual([
    [1, 0],
    [1, 1],
    [2, 1],
    [2, 2],
  ]);
});

test('a round in which a contender failed is told, and is not among the others', async () => {
  let tries = 0;
  const failing = contender('a', async () => {
    tries += 1;
    if (tries === 1) throw new Error('many words\nweb7 | UNREACHABLE! => gone');
  });
  expect(await last([failing], [])).toMatchObject([
    { rounds: [expect.anything()], failures: ['web7 | UNREACHABLE! => gone'] },
  ]);
});

test('whoever fails, and needs long for it, is not tried again', async () => {
  let tries = 0;
  const hanging = contender('a', async () => {
    tries += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error('gone');
  });
  await compete([hanging], { rounds: 3, onceAboveSeconds: 0.001, earlier: [] }, silent, silent);
  expect(tries).toBe(1);
});

test('rounds of before stay, and whoever was too slow in them has no other', async () => {
  const earlier = (name: string, wallSeconds: number): Result => ({
    ...{ name, version: '', failures: [] },
    rounds: [{ wallSeconds, cpuSeconds: 0, peakMiB: 0 }],
  });
  const results = await last(
    [
      contender('a', async () => undefined),
      contender('slow', async () => undefined),
      { name: 'c', absent: 'none' },
    ],
    [earlier('a', 1), earlier('slow', 100)],
  );
  expect(results.map(({ name, rounds, absent }) => [name, rounds.length, absent])).toEqual([
    ['a', 3, undefined],
    ['slow', 1, undefined],
    ['c', 0, 'none'],
  ]);
});

/** It has an account that counts nothing, as cgroups need root. */
function contender(name: string, run: () => Promise<void>): Contender {
  const account = {
    add: silent,
    command: async () => undefined,
    async measure(work: () => Promise<void>) {
      await work();
      return { wallSeconds: 1, cpuSeconds: 1, peakMiB: 1 };
    },
  };
  return { name, version: '1', run, account };
}

async function last(
  contenders: Parameters<typeof compete>[0],
  earlier: readonly Result[],
): Promise<readonly Result[]> {
  let results: readonly Result[] = [];
  await compete(contenders, { rounds: 2, onceAboveSeconds: 60, earlier }, silent, (all) => {
    results = all;
  });
  return results;
}
