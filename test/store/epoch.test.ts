import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { markSuperseded, nextEpoch, refuseSuperseded } from '../../store/epoch';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-epoch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('each start of a worker is higher than the last, also when the clock was put back', async () => {
  const first = await nextEpoch(folder);
  expect(await nextEpoch(folder)).toBeGreaterThan(first);
  writeFileSync(join(folder, 'epoch'), '9000000000000');
  expect([await nextEpoch(folder), await nextEpoch(folder)]).toEqual([9_000_000_000_001, 9_000_000_000_002]);
});

test('of two copies of a state the one that is started last counts higher', async () => {
  await nextEpoch(folder);
  const copy = `${folder}-copy`;
  cpSync(folder, copy, { recursive: true });
  try {
    const first = await nextEpoch(folder);
    await setTimeout(5);
    expect(await nextEpoch(copy)).toBeGreaterThan(first);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test('a state whose worker was superseded is refused with the host that said so, until a person removes the mark', async () => {
  await refuseSuperseded(folder);
  markSuperseded(folder, 'web003: a worker of epoch 7 has been here');
  const mark = join(folder, 'superseded');
  await expect(refuseSuperseded(folder)).rejects.toMatchObject({
    code: 'TG_EPOCH_STALE',
    message: expect.stringContaining('web003: a worker of epoch 7 has been here'),
    next: expect.stringContaining(`rm ${mark}`),
  });
  rmSync(mark);
  await refuseSuperseded(folder);
});

test.each(['', '12 or so', '-3', '1e99'])(
  'a count that cannot be read (%j) is never taken for the first start, and says what to do',
  async (text) => {
    writeFileSync(join(folder, 'epoch'), text);
    await expect(nextEpoch(folder)).rejects.toMatchObject({
      code: 'TG_FILE_INVALID',
      next: expect.stringContaining(`date +%s%3N > ${join(folder, 'epoch')}`),
    });
    expect(readFileSync(join(folder, 'epoch'), 'utf8')).toBe(text);
  },
);
