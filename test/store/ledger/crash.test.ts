import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../../store/ledger';
import { kill, linesOf, startTypeScript } from '../../support/child';

/** Each starts a Node process, which takes about half a second. */
const kills = 12;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-crash-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a writer that is killed again and again loses nothing that it acknowledged', async () => {
  const acknowledged = new Set<number>();
  for (let round = 0; round < kills; round += 1) {
    const child = startTypeScript(join(__dirname, 'appending-process.ts'), folder, String(round * 1_000_000));
    let left = 40 + ((round * 37) % 200);
    for await (const line of linesOf(child)) {
      acknowledged.add(Number(line));
      left -= 1;
      if (left === 0) child.kill('SIGKILL');
    }
    await kill(child);

    const ledger = await Ledger.open(folder);
    await ledger.append('b', { number: -1 - round });
    await ledger.close();
    const found: number[] = [];
    for await (const entry of ledger.read('b')) found.push((entry as { number: number }).number);
    expect(found.at(-1)).toBe(-1 - round);
    expect(new Set(found).size).toBe(found.length);
    const kept = new Set(found);
    expect([...acknowledged].filter((number) => !kept.has(number))).toEqual([]);
  }
  expect(acknowledged.size).toBeGreaterThan(kills * 40);
}, 60_000);

test('a reader beside a busy writer sees whole entries only, in order', async () => {
  const child = startTypeScript(join(__dirname, 'appending-process.ts'), folder, '0');
  try {
    const lines = linesOf(child)[Symbol.asyncIterator]();
    await lines.next();
    const ledger = await Ledger.open(folder);
    let seen = 0;
    for (let round = 0; round < 30; round += 1) {
      let expected = 0;
      for await (const entry of ledger.read('b')) {
        expect((entry as { number: number }).number).toBe(expected);
        expected += 1;
      }
      expect(expected).toBeGreaterThanOrEqual(seen);
      seen = expected;
    }
    expect(seen).toBeGreaterThan(0);
  } finally {
    await kill(child);
  }
}, 60_000);
