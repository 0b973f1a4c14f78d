import type { Rpm } from '../../model/artifact';
import { expectedOperationMs } from '../../model/plan-record';
import { TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { asked, entriesOf, until, untilPhase } from '../support/rollouts';

let fleet: TestFleet;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({ hosts: 4, domains: 2 });
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
});

beforeEach(() => fleet.preinstall(first));

afterAll(() => fleet.stop());

const generous = { stopAt: 4, firstWaveStopAt: 4 };
const hourMs = 3_600_000;

/** A time of day in UTC, to the second. */
const timeOf = (ms: number) => new Date(ms).toISOString().slice(11, 19);
const status = async () => (await fleet.tidegate(['rollout', 'status'])).out;

test('a rollout that starts outside waits, its rehearsal too, says until when, and can be paused and ended meanwhile', async () => {
  const opensMs = Math.floor((Date.now() + 2 * hourMs) / 1000) * 1000;
  const window = { from: timeOf(opensMs), to: timeOf(opensMs + hourMs) };
  const plan = await fleet.plan({ waves: ['100%'], budget: generous, window }, second);
  const { rollout, handle } = await fleet.rollout(plan);
  await untilPhase(fleet, rollout, 'waiting for the window');
  // The worker knows the moment by the millisecond; the entry is written a moment later.
  expect(Math.abs(Date.parse((await fleet.record(rollout)).untilAt!) - opensMs)).toBeLessThan(60_000);
  expect(await status()).toMatch(
    /^WAITS FOR THE WINDOW until \d\d:\d\d \(\* \d\d:\d\d:\d\d-\d\d:\d\d:\d\d UTC, tzdata \d{4}\w\)\n/,
  );
  await handle.signal('pause', asked());
  await untilPhase(fleet, rollout, 'paused');
  await handle.signal('resume', asked());
  await untilPhase(fleet, rollout, 'waiting for the window');
  await handle.signal('abort', asked());
  expect(await handle.result()).toEqual({ result: 'aborted' });
  expect(fleet.hosts.flatMap(rpmCalls)).toEqual([]);
});

test('a window that is shorter than an operation is refused with the plan', async () => {
  const window = { from: '10:00:00', to: '10:00:05' };
  await expect(fleet.plan({ waves: ['100%'], window }, second)).rejects.toThrow(
    expect.objectContaining({
      cause: expect.objectContaining({ cause: expect.objectContaining({ type: 'TG_WINDOW_INVALID' }) }),
    }),
  );
});

test('when the window closes in the middle nothing more begins, and the rest goes on as it opens again', async () => {
  const gapMs = 3_000;
  const { rollout, handle, closesMs } = await closingInTheMiddle(gapMs, { rollback: 'none' });
  // A worker that comes anew knows no more of the window than the plan says.
  await fleet.killWorker();
  await fleet.work();
  expect(await handle.result()).toEqual({ result: 'done' });
  expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
  const begun = await begunAt(rollout);
  // An operation that was granted its begin in the last moment is written down a moment later.
  const last = closesMs - expectedOperationMs / 2;
  expect(begun.filter((at) => at > last && at < closesMs + gapMs)).toEqual([]);
  expect(begun.some((at) => at < last) && begun.some((at) => at >= closesMs + gapMs)).toBe(true);
});

test.each([
  ['ignores the window', false],
  ['waits for the window when the plan says so', true],
])('a rollback %s', async (_, rollbackWaits) => {
  const { rollout, handle } = await closingInTheMiddle(hourMs, {}, rollbackWaits);
  const waits = async () =>
    (await entriesOf(fleet, rollout)).filter(
      (entry) => entry.kind === 'phase' && entry.phase === 'waiting for the window',
    ).length;
  const timers = async () =>
    ((await handle.fetchHistory()).events ?? []).filter((event) => event.timerStartedEventAttributes).length;
  // The phase is written a moment before it waits. An abort that comes before the rollback is recorded may be overtaken by it.
  await until(async () => (await timers()) > 0);
  const [before, timersBefore] = [await waits(), await timers()];
  await handle.signal('rollback', asked());
  if (!rollbackWaits) {
    expect(await handle.result()).toEqual({ result: 'rolled back' });
    expect(await waits()).toBe(before);
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    return;
  }
  // Told anew only when the window does not open at the very millisecond that was told before.
  await until(async () => (await timers()) > timersBefore);
  expect((await fleet.record(rollout)).phase).toBe('waiting for the window');
  await handle.signal('abort', asked());
  expect(await handle.result()).toEqual({ result: 'aborted' });
  expect(fleet.versions()).toContain('2.0');
});

/**
 * A rollout whose window has closed with one host done, one in progress (which goes to its end) and two not begun.
 * On a busy machine it may not have come to its first host by then: then again, with more time.
 */
async function closingInTheMiddle(gapMs: number, more: object, rollbackWaits = false) {
  for (let leadMs = 4_000; ; leadMs *= 2) {
    fleet.preinstall(first);
    for (const { sandbox } of fleet.hosts.slice(1)) sandbox.run('touch /etc/busy');
    const closesMs = Math.ceil((Date.now() + leadMs + expectedOperationMs) / 1000) * 1000;
    const window = { from: timeOf(closesMs + gapMs), to: timeOf(closesMs), rollbackWaits };
    const plan = await fleet.plan(
      {
        waves: ['100%'],
        budget: generous,
        caps: { total: 1 },
        before: ['while [ -e /etc/busy ]; do sleep 0.1; done'],
        window,
        ...more,
      },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await until(() => Date.now() > closesMs - expectedOperationMs);
    for (const { sandbox } of fleet.hosts) sandbox.run('rm -f /etc/busy');
    await untilPhase(fleet, rollout, 'waiting for the window');
    if ((await fleet.record(rollout)).counts().applied > 0) return { rollout, handle, closesMs };
    await handle.signal('abort', asked());
    await handle.result();
  }
}

async function begunAt(rollout: string): Promise<number[]> {
  const entries = await entriesOf(fleet, rollout);
  return entries.flatMap((entry) => (entry.kind === 'begun' ? [Date.parse(entry.at)] : []));
}
