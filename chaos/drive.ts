import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutEntry } from '../model/ledger';
import { RolloutRecord } from '../model/record';
import { Ledger } from '../store/ledger';
import { readRolloutEntries } from '../store/rollout-books';
import { ask } from './ask';
import type { Injected } from './inject';
import { planText } from './plan-text';
import type { Act, Setup } from './schedule';
import { type Answer, type Setting, tidegate } from './setting';

const lookEveryMs = 200;
/** Nothing is written for so long, and no fault is under way: whoever must act is waited for. */
const quietMs = 3_000;
/**
 * Longer than anything that a rollout here waits for by itself: an operation's deadline (40 s), and a minute until a
 * host is asked again.
 */
const stuckMs = 150_000;

/** Makes the plan and starts its rollout, as a person would. @returns its ID */
export async function startRollout(setting: Setting, setup: Setup): Promise<string> {
  const file = join(setting.home.folder, 'plan.yaml');
  writeFileSync(file, planText(setup));
  await must(setting, 'rollout', 'plan', file);
  const { out } = await must(setting, 'rollout', 'start', file, '--yes', '--detach', '-o', 'json');
  return JSON.parse(out).rollout;
}

/** @returns all entries of a rollout's book, and what they add up to. */
export async function readRollout(
  setting: Setting,
  rollout: string,
): Promise<{ entries: RolloutEntry[]; record: RolloutRecord }> {
  const entries = await readRolloutEntries(await Ledger.open(setting.home.ledger), rollout);
  const record = new RolloutRecord();
  for (const entry of entries) record.add(entry);
  return { entries, record };
}

/**
 * Waits until the rollout is over; whenever it waits for a person, does what a person does next.
 * @param known - entries that were there when it was started: an end among them is not its end.
 * @returns why it is stuck; undefined when it ended.
 */
export async function toItsEnd(
  setting: Setting,
  rollout: string,
  injected: Injected,
  acts: readonly Act[],
  known = 0,
): Promise<string | undefined> {
  const left = [...acts];
  let seen = 0;
  let refused = 0;
  let movedAtMs = performance.now();
  for (;;) {
    await sleep(lookEveryMs);
    const { entries, record } = await readRollout(setting, rollout);
    if (entries.length !== seen || injected.underWay > 0) movedAtMs = performance.now();
    seen = entries.length;
    const quiet = performance.now() - movedAtMs;
    const isOver = record.ended && entries.length > known;
    if (isOver && injected.underWay === 0) return undefined;
    if (isOver || quiet < quietMs) continue;
    const waits = waitsForAPerson(record);
    if (waits) {
      const { code, wrong } = await act(setting, rollout, record, left.shift() ?? 'abort');
      if (wrong) return wrong;
      refused = code === 0 ? 0 : refused + 1;
      if (refused > acts.length + 1)
        return `a person who says what is next is refused each time, in phase ${record.phase}`;
      movedAtMs = performance.now();
    } else if (quiet > stuckMs)
      // A request that was just recorded has not taken effect yet: for so long it says nothing.
      return waits === ''
        ? 'it waits for a person, and does not say for what'
        : `nothing has happened for ${stuckMs / 1000} s in phase ${record.phase}`;
  }
}

/** @returns what it says that it waits for; undefined when it waits for nobody. */
function waitsForAPerson({ phase, phaseDetail, paused, wave, lastActor }: RolloutRecord): string | undefined {
  if (phase === 'waiting for approval') return `approval of wave ${wave}`;
  if (phase !== 'paused') return undefined;
  return phaseDetail ?? (paused ? `paused by ${lastActor?.name}` : '');
}

function act(setting: Setting, rollout: string, record: RolloutRecord, next: Act): ReturnType<typeof ask> {
  const verb =
    record.phase === 'waiting for approval' && !record.paused && next === 'resume' ? 'approve' : next;
  const spent = record.failures() >= record.stopAt;
  const more = verb === 'resume' && spent ? ['--stop-at', String(record.failures() + 2)] : [];
  return ask(setting, rollout, verb, more);
}

async function must(setting: Setting, ...words: string[]): Promise<Answer> {
  const answer = await tidegate(setting, words);
  if (answer.code !== 0) throw new Error(`tidegate ${words.join(' ')}: exit ${answer.code}\n${answer.err}`);
  return answer;
}
