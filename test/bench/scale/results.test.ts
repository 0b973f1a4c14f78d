import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepRuns, type Measured } from '../../../bench/scale/results';

const machine = {
  cores: 2,
  processor: 'x',
  memoryGiB: 24,
  kernel: '6.1',
  distribution: 'Debian',
  versions: {},
};

test('a run takes the place of the one of its size and kind, beside the others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-runs-'));
  const path = join(folder, 'kept', 'scale.json');
  try {
    keepRuns(path, { machine, runs: [run(10_000, 1), run(1_000, 2)] });
    keepRuns(path, { machine, runs: [{ ...run(1_000, 3), disturbed }] });
    const { runs } = keepRuns(path, { machine, runs: [run(1_000, 4)] });
    const sizes = runs.map(({ hosts, events }) => [hosts, events]);
    expect(sizes).toEqual([
      [1_000, 3],
      [1_000, 4],
      [10_000, 1],
    ]);
    expect(JSON.parse(readFileSync(path, 'utf8')).runs).toEqual(runs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const disturbed = {
  pause: { effectSeconds: 1, commandSeconds: 1, begunAfter: 0 },
  killed: { atHosts: 1, recoverySeconds: 1, peakMiB: 1, cpuSeconds: 1 },
};

const run = (hosts: number, events: number): Measured => ({
  hosts,
  planSeconds: 1,
  rolloutSeconds: 1,
  cpuSeconds: 1,
  workerPeakMiB: 1,
  serverPeakMiB: 1,
  counts: {},
  disagreements: [],
  events,
  largestHistory: { events: 1, workflow: '' },
  largestPayload: { bytes: 1, event: '' },
});
