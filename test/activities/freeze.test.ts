import { freeze } from '../../activities/plan/freeze';
import type { HostSurvey } from '../../activities/plan/survey';
import type { Rpm } from '../../model/artifact';
import { fleetFileSchema, type Host } from '../../model/fleet';
import { planSchema } from '../../model/plan';
import { leastCpuMs } from '../support/cpu-time';
import { rpmOf } from '../support/rpm';

const old = rpmOf({ version: '1', headerDigest: 'a' });
const patched = rpmOf({ version: '2', headerDigest: 'b' });

test.each([
  ['to change', old],
  ['left as they are', patched],
])('ten times as many hosts %s are frozen in some ten times the time', async (_, found) => {
  const few = await froze(2_000, found);
  const many = await froze(20_000, found);
  // Each against each would be a hundred.
  expect(many / few).toBeLessThan(35);
});

/** One host, the last, has the old package whatever the others have. @returns processor time, milliseconds. */
async function froze(count: number, found: Rpm): Promise<number> {
  const hosts: Host[] = Array.from({ length: count }, (_, i) => ({
    name: `h${String(i).padStart(6, '0')}`,
    address: `a${i}`,
    port: 22,
    account: 't',
    platform: 'p',
    domain: `d${i % 50}`,
    labels: {},
  }));
  const surveyed = (installed: Rpm): HostSurvey => ({ installed: [installed] });
  const surveys = new Map(hosts.map(({ name }, i) => [name, surveyed(i === count - 1 ? old : found)]));
  return leastCpuMs(async () => {
    const { record } = await freeze({
      fleet: { name: 'f', hosts, file: fleetFileSchema.parse({ fleet: 'f' }), folder: '/', digest: 'd' },
      plan: planSchema.parse({ package: 'tgtest', hosts: '*' }),
      planFile: 'f',
      planPath: 'plan.yaml',
      artifact: {
        digest: 'a'.repeat(64),
        package: 'tgtest',
        version: '2-1',
        platforms: { p: [patched] },
        origin: 'built',
        signedBy: 'x',
        createdAt: 'now',
      },
      selected: hosts,
      holds: [],
      quarantined: new Set(),
      surveys,
      findUndo: async () => old,
      nowIso: '2026-01-01T00:00:00.000Z',
    });
    expect(record.hosts + (record.untouched.already?.count ?? 0)).toBe(count);
  }, 3);
}
