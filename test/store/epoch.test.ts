import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextEpoch } from '../../store/epoch';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-epoch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('each start of a worker is one higher than the last', async () => {
  expect([await nextEpoch(folder), await nextEpoch(folder), await nextEpoch(folder)]).toEqual([1, 2, 3]);
});

test.each(['', '12 or so', '-3', '1e99'])(
  'a count that cannot be read (%j) is never taken for the first start, and says what to do',
  async (text) => {
    writeFileSync(join(folder, 'epoch'), text);
    await expect(nextEpoch(folder)).rejects.toMatchObject({
      code: 'TG_FILE_INVALID',
      next: expect.stringContaining(`date +%s > ${join(folder, 'epoch')}`),
    });
    expect(readFileSync(join(folder, 'epoch'), 'utf8')).toBe(text);
  },
);
