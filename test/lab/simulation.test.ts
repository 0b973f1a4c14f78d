import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measuredSchema } from '../../bench/scale/results';

const bench = join(__dirname, '../../dist/bench/scale/main.js');

test('a rollout to 1,000 simulated hosts ends with a ledger that says what happened on each of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-scale-test-'));
  const results = join(folder, 'scale.json');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '1000', '--results', results]);
    const { counts, ...run } = measuredSchema.parse(JSON.parse(readFileSync(results, 'utf8')).runs[0]);
    expect(run).toMatchObject({ hosts: 1000, disagreements: [] });
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(1000);
    // The seed's: what each host does is the same in each run. What is unreachable stays owed, what fails goes back.
    expect(counts).toMatchObject({ pending: 0, applied: 997, 'rolled back': 3, quarantined: 0 });
    expect(stdout).toContain('events of a workflow <= 10000');
    expect(stdout).not.toContain('MISSED');
    expect(readFileSync(join(folder, 'scale.md'), 'utf8')).toMatch(/^\| 1,000 \|/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
