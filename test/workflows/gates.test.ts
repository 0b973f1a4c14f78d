import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rpm } from '../../model/artifact';
import { TestFleet } from '../support/fleet';
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

beforeEach(() => {
  fleet.preinstall(first);
  for (const { sandbox } of fleet.hosts) sandbox.run('rm -f /etc/ill /etc/slow /var/tmp/asked');
});

afterAll(() => fleet.stop());

/** Well at the first asking, in the operation; ill at the next, while the wave soaks. */
const illLater = `[ ! -e /etc/ill ] || { test ! -e /var/tmp/asked && touch /var/tmp/asked; }`;
/** Well at the first asking; the next one hangs as long as /etc/slow is there. */
const hangsLater = `[ ! -e /etc/slow ] || if [ -e /var/tmp/asked ]; then while [ -e /etc/slow ]; do sleep 0.1; done; else touch /var/tmp/asked; fi`;

const generous = { stopAt: 4, firstWaveStopAt: 4 };
const status = async () => (await fleet.tidegate(['rollout', 'status'])).out;
const ledgerNotes = async (rollout: string) =>
  (await entriesOf(fleet, rollout)).flatMap((entry) => (entry.kind === 'note' ? [entry.detail] : []));

describe('a gate', () => {
  test('opens by the approval of its own wave only, once it is reached; pause holds it; a restart forgets nothing', async () => {
    const told = join(fleet.folder, 'told');
    const hanging = join(fleet.folder, 'hanging');
    writeFileSync(hanging, '');
    const notify = `case $TIDEGATE_DETAIL in 'wave 1 '*) while [ -e ${hanging} ]; do sleep 0.1; done;; esac
      echo "$TIDEGATE_EVENT: $TIDEGATE_PACKAGE $TIDEGATE_VERSION, $TIDEGATE_DETAIL" >>${told}`;
    const plan = await fleet.plan(
      {
        waves: [1, '50%', '100%'],
        gates: [1, 2],
        budget: generous,
        rollback: 'none',
        notify: { command: notify },
      },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'waiting for approval', 1);
    expect(await status()).toMatch(
      /^WAITS FOR APPROVAL wave 1\/3\n.*Next: tidegate rollout approve r-\w{8} --wave 1 --reason …\n/s,
    );
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);

    // The second wave's approval, by the command line and behind its back, opens neither this gate nor its own.
    expect(await fleet.tidegate(['rollout', 'approve', rollout, '--wave', '2', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_APPROVAL_NOT_AWAITED .* does not wait for an approval of wave 2/),
    });
    await handle.signal('approve', asked({ wave: 2 }));
    await until(async () =>
      (await entriesOf(fleet, rollout)).some(
        (entry) => entry.kind === 'asked' && entry.detail?.includes('nothing was opened'),
      ),
    );
    expect((await fleet.record(rollout)).phase).toBe('waiting for approval');

    // Paused while it waits and approved meanwhile, it waits for whoever paused it.
    expect((await fleet.tidegate(['rollout', 'pause', rollout])).code).toBe(0);
    expect(await status()).toMatch(
      /^WAITS FOR APPROVAL wave 1\/3, and is paused\n.* approve r-\w{8} --wave 1 .* resume r-\w{8}/s,
    );
    expect((await fleet.tidegate(['rollout', 'approve', rollout, '--yes'])).code).toBe(0);
    await untilPhase(fleet, rollout, 'paused');
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
    await handle.signal('resume', asked());

    await untilPhase(fleet, rollout, 'waiting for approval', 2);
    expect(fleet.versions().filter((version) => version === '2.0')).toHaveLength(2);
    expect(await fleet.tidegate(['rollout', 'approve', rollout, '--wave', '1', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_APPROVAL_NOT_AWAITED /),
    });

    // The notifier of the first gate hung all the while: nothing waited for it.
    expect((await ledgerNotes(rollout)).filter((note) => note.includes('wave 1'))).toEqual([]);
    rmSync(hanging);
    await until(async () => (await ledgerNotes(rollout)).length === 2);

    await fleet.killWorker();
    expect(await status()).toMatch(/^WAITS FOR APPROVAL wave 2\/3\n.*No worker runs/s);
    expect((await fleet.tidegate(['rollout', 'approve', rollout, '--wave', '2', '--yes'])).out).toMatch(
      /^approve is recorded for r-\w{8}: no worker runs/,
    );
    await fleet.work();
    expect(await handle.result()).toEqual({ result: 'done' });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));

    // At least once: an attempt whose heartbeat is late is followed by another.
    expect([...new Set(readFileSync(told, 'utf8').trim().split('\n'))].sort()).toEqual([
      'end: tgtest 2.0-1, done',
      'gate: tgtest 2.0-1, wave 1 waits for approval',
      'gate: tgtest 2.0-1, wave 2 waits for approval',
    ]);
    const { out } = await fleet.tidegate(['rollout', 'events', rollout]);
    expect(out).toContain('note     notified (gate): wave 2 waits for approval');
  });

  test('waits while hosts of its wave are tried again, and those only; rollback ends the wait', async () => {
    fleet.hosts[0]!.sandbox.run('touch /etc/fault');
    const plan = await fleet.plan(
      { waves: ['50%', '100%'], gates: [1], budget: generous, checks: ['test ! -e /etc/fault'] },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'waiting for approval');
    expect((await fleet.record(rollout)).counts()).toMatchObject({
      'rolled back': 1,
      applied: 1,
      pending: 2,
    });
    fleet.hosts[0]!.sandbox.run('rm /etc/fault');
    expect((await fleet.tidegate(['rollout', 'retry', rollout, '--yes', '--detach'])).code).toBe(0);
    await until(async () => (await fleet.record(rollout)).counts().applied === 2);
    await untilPhase(fleet, rollout, 'waiting for approval');
    expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 2, pending: 2 });
    await handle.signal('rollback', asked());
    expect(await handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
  });

  test('is left by an abort: what was done stays', async () => {
    const plan = await fleet.plan(
      { waves: [1, '100%'], gates: [1], budget: generous, rollback: 'none' },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'waiting for approval');
    await handle.signal('abort', asked());
    expect(await handle.result()).toEqual({ result: 'aborted' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });
});

describe('a soak', () => {
  test('stops the rollout when a check fails, not as it ends; the host goes back and counts once', async () => {
    fleet.hosts[0]!.sandbox.run('touch /etc/ill');
    const plan = await fleet.plan(
      { waves: ['50%', '100%'], soak: '1h', budget: generous, checks: [illLater] },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'paused');
    expect(await status()).toMatch(
      /^PAUSED wave 1\/2 \(1 host failed a check while wave 1 soaked\)\n.*budget: 1 of 4 failures.*ROLLED BACK web000\n {12}TG_SOAK_FAILED: TG_CHECK_FAILED command /s,
    );
    expect((await fleet.record(rollout)).counts()).toMatchObject({
      'rolled back': 1,
      applied: 1,
      pending: 2,
    });
    expect(fleet.versions()[0]).toBe('1.0');
    await handle.signal('resume', asked());
    await untilPhase(fleet, rollout, 'soaking');
    expect(await status()).toMatch(/^SOAKING wave 1\/2 until /);
    await handle.signal('rollback', asked());
    expect(await handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    expect((await fleet.record(rollout)).failures()).toBe(1);
  });

  test('goes on after a resume, and holds for a host that is out of reach as it ends', async () => {
    fleet.hosts[0]!.sandbox.run('touch /etc/slow');
    const plan = await fleet.plan(
      { waves: ['50%', '100%'], soak: '1s', budget: generous, checks: [hangsLater] },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'soaking');
    // The first asking waits for web000, so the last one is still to come when web001 goes away.
    fleet.hosts[1]!.stopSshd();
    fleet.hosts[0]!.sandbox.run('rm /etc/slow');
    await untilPhase(fleet, rollout, 'paused');
    expect(await fleet.troubles(rollout)).toEqual([
      expect.stringMatching(/^web001 failed TG_HOST_UNREACHABLE /),
    ]);
    await handle.signal('resume', asked());
    expect(await handle.result()).toEqual({ result: 'incomplete' });
    expect((await fleet.record(rollout)).counts()).toMatchObject({ applied: 3, failed: 1 });
    expect((await fleet.record(rollout)).failures()).toBe(1);
    fleet.hosts[1]!.changeKey();
    await fleet.acceptKey(fleet.hosts[1]!);
  });

  test('spends the budget, and what the plan says then is done', async () => {
    fleet.hosts[0]!.sandbox.run('touch /etc/ill');
    const plan = await fleet.plan(
      {
        waves: ['50%', '100%'],
        soak: '1h',
        budget: { stopAt: 4, whenSpent: 'rollback' },
        checks: [illLater],
      },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    expect(await handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    expect((await fleet.record(rollout)).failures()).toBe(1);
  });

  test('ends at once for an abort, although a host hangs in its check', async () => {
    fleet.hosts[0]!.sandbox.run('touch /etc/slow');
    const plan = await fleet.plan(
      { waves: ['50%', '100%'], soak: '1h', budget: generous, rollback: 'none', checks: [hangsLater] },
      second,
    );
    const { rollout, handle } = await fleet.rollout(plan);
    await untilPhase(fleet, rollout, 'soaking');
    await handle.signal('abort', asked());
    expect(await handle.result()).toEqual({ result: 'aborted' });
    expect((await fleet.record(rollout)).failures()).toBe(0);
    expect(await ledgerNotes(rollout)).toEqual([]);
  });
});
