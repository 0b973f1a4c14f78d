import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { check } from './check/check';
import type { Evidence, Reported, Violation } from './check/evidence';
import { askHosts } from './check/facts';
import { inItsState } from './check/states';
import { readRollout } from './drive';
import type { Setup } from './schedule';
import { type Setting, tidegate } from './setting';

/** An operation that is past its deadline ends when what hung it is gone. */
const operationsEndMs = 30_000;
const lookEveryMs = 500;

/** With every fault mended, asks ledger and hosts what came of a rollout, and a person to look after what is quarantined. */
export async function judge(
  setting: Setting,
  setup: Setup,
  rollout: string,
): Promise<{ evidence: Evidence; violations: Violation[] }> {
  await operationsEnd(setting, rollout);
  const { lab, rpms } = setting;
  const evidence: Evidence = {
    setup,
    headers: new Map([...rpms].map(([version, { headerDigest }]) => [version, headerDigest])),
    domains: new Map(lab.hosts.map(({ name, domain }) => [name, domain])),
    facts: await askHosts(setting),
    reported: await report(setting, rollout),
    ...(await readRollout(setting, rollout)),
  };
  const violations = check(evidence);
  for (const { name } of lab.hosts)
    if (!evidence.facts.has(name))
      violations.push({ invariant: 6, host: name, what: 'it does not answer, with every fault mended' });
  const { ended } = evidence.record;
  if (ended?.result === 'failed' && !ended.detail?.includes('TG_REHEARSAL_FAILED'))
    violations.push({ invariant: 6, host: '', what: `the rollout failed: ${ended.detail}` });
  violations.push(...(await lookAfterQuarantined(setting, rollout, evidence)));
  return { evidence, violations };
}

async function report(setting: Setting, rollout: string): Promise<Reported> {
  const { code, out, err } = await tidegate(setting, ['rollout', 'report', rollout, '-o', 'json']);
  if (code !== 0) throw new Error(`tidegate rollout report: exit ${code}\n${err}`);
  const { picture, hosts } = reportSchema.parse(JSON.parse(out));
  return { sums: picture.sums.map(({ count }) => count), hosts };
}

const reportSchema = z.object({
  picture: z.object({ sums: z.array(z.object({ count: z.number() })) }),
  hosts: z.array(z.object({ host: z.string(), state: z.string() })),
});

async function operationsEnd(setting: Setting, rollout: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < operationsEndMs; waitedMs += lookEveryMs) {
    if ((await readRollout(setting, rollout)).record.inFlight().length === 0) return;
    await sleep(lookEveryMs);
  }
}

/** There is a way back from a quarantine, and then the host is what it has. */
async function lookAfterQuarantined(
  setting: Setting,
  rollout: string,
  evidence: Evidence,
): Promise<Violation[]> {
  const all = [...evidence.record.hosts.values()];
  const quarantined = all.filter(({ state }) => state === 'quarantined').map(({ name }) => name);
  const violations: Violation[] = [];
  for (const host of quarantined) {
    const { code, err } = await tidegate(setting, ['hosts', 'clear', host, '--reason', 'chaos', '--yes']);
    if (code !== 0) violations.push({ invariant: 6, host, what: `it cannot be cleared: ${err}` });
  }
  if (quarantined.length === 0) return [];
  const cleared = inItsState({ ...evidence, ...(await readRollout(setting, rollout)) });
  return [...violations, ...cleared.filter(({ host }) => quarantined.includes(host))];
}
