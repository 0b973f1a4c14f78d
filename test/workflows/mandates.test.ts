import { rolloutOrder, type SignedRolloutVerb } from '../../model/orders';
import { Ledger } from '../../store/ledger';
import { rolloutWorkflowId } from '../../workflows/contract/rollout';
import { fleetName, type TestFleet } from '../support/fleet';
import { entriesOf, until } from '../support/rollouts';
import { outsider as actor, named, SignedFleet } from '../support/signed-fleet';
import type { Signers } from '../support/signers';

let guarded: SignedFleet;
let fleet: TestFleet;
let people: Signers;

beforeAll(async () => {
  guarded = await SignedFleet.start();
  ({ fleet, people } = guarded);
});

afterAll(() => fleet.stop());

describe('a rollout that was signed', () => {
  let rollout: string;
  let plan: string;
  let mandate: object;

  test('is carried out, and shows who proved to have asked for it', async () => {
    fleet.preinstall(guarded.first);
    fleet.hosts[1]!.sandbox.run('touch /etc/fault');
    const budget = { stopAt: 4, firstWaveStopAt: 4 };
    fleet.writePlan({ waves: ['100%'], checks: ['test ! -e /etc/fault'], budget }, guarded.second);
    const [id = ''] = /p-\w+/.exec((await fleet.tidegate(['rollout', 'plan', 'plan.yaml'])).out) ?? [];
    const started = await guarded.signed('anna', 'rollout', 'start', id, '--yes', '--reason', 'CVE-1');
    expect(started).toMatchObject({ code: 3, err: '' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '2.0', '2.0']);
    [rollout = ''] = (await books()).filter((book) => book.startsWith('r-'));
    plan = (await fleet.record(rollout)).started!.plan;
    expect((await fleet.tidegate(['rollout', 'report', rollout])).out).toMatch(
      /start {2}anna@example\.org \(signed\) {2}CVE-1/,
    );
    expect((await fleet.tidegate(['rollout', 'events', rollout])).out).toContain(
      'by anna@example.org (signed): CVE-1',
    );
  });

  test('is not taken back, and not tried again, by anybody who signs nothing; its record stays as it is', async () => {
    const before = await entriesOf(fleet, rollout);
    for (const verb of ['rollback', 'retry'] as const) {
      expect(await fleet.tidegate(['rollout', verb, rollout, '--yes'])).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^TG_MANDATE_MISSING /),
      });
      expect(await guarded.signed('mallory', 'rollout', verb, rollout, '--yes')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^TG_MANDATE_REFUSED /),
      });
      const { handle } = await fleet.rollout(plan, { rollout, verb, actor });
      expect(await named(handle.result())).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    }
    expect(await entriesOf(fleet, rollout)).toEqual(before);
    expect(fleet.versions()).toEqual(['2.0', '1.0', '2.0', '2.0']);
  });

  test('is tried again on the hosts that were signed for, and on no others', async () => {
    fleet.hosts[1]!.sandbox.run('rm /etc/fault');
    const order = rolloutOrder('retry', { rollout, plan, hosts: 'web001' });
    const more = { rollout, verb: 'retry' as const, actor, hosts: 'web[000-001]' };
    const { handle } = await fleet.rollout(plan, { ...more, mandate: await people.sign(order, 'anna') });
    expect(await named(handle.result())).toMatchObject({ code: 'TG_MANDATE_REFUSED' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '2.0', '2.0']);
    const again = await guarded.signed('anna', 'rollout', 'retry', rollout, '--hosts', 'web001', '--yes');
    expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/DONE {2}4 = 4 applied\n/) });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
    expect((await entriesOf(fleet, rollout)).findLast(({ kind }) => kind === 'asked')).toMatchObject({
      verb: 'retry',
      detail: 'web001',
      actor: { name: 'anna@example.org', proof: 'signed' },
    });
  });

  test('is taken back by who signs that', async () => {
    mandate = await people.sign(rolloutOrder('rollback', { rollout, plan }), 'anna');
    const { handle } = await fleet.rollout(plan, { rollout, verb: 'rollback', actor, mandate } as object);
    expect(await handle.result()).toEqual({ result: 'rolled back' });
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    expect((await entriesOf(fleet, rollout)).findLast(({ kind }) => kind === 'asked')).toMatchObject({
      verb: 'rollback',
      actor: { name: 'anna@example.org', proof: 'signed' },
    });
  });

  test('once: the same signature does nothing a second time', async () => {
    const { handle } = await fleet.rollout(plan, { rollout, verb: 'rollback', actor, mandate } as object);
    expect(await named(handle.result())).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
      message: expect.stringContaining('it was used before'),
    });
  });
});

describe('a rollout under way', () => {
  let rollout: string;
  let plan: string;
  const handle = () => fleet.client.workflow.getHandle(rolloutWorkflowId(fleetName, 'tgtest'));
  const status = () => handle().query<{ phase: string; wave: number; gate: string }>('status');
  const send = (verb: string, ...asked: unknown[]) => handle().signal(verb, ...asked);
  const ordered = async (verb: SignedRolloutVerb, given: object, person = 'anna') => ({
    ...given,
    actor,
    mandate: await people.sign(rolloutOrder(verb, { rollout, plan, ...given }), person),
  });
  const refusals = async () =>
    (await entriesOf(fleet, rollout)).filter((entry) => 'refused' in entry && entry.refused);
  /** Sends what must be refused, and waits until the ledger says so. */
  const refused = async (verb: string, code: string, ...asked: unknown[]) => {
    const before = (await refusals()).length;
    await send(verb, ...asked);
    await until(async () => (await refusals()).length > before);
    expect((await refusals()).at(-1)).toMatchObject({ refused: { verb, code } });
  };

  /** Starts a rollout that waits for approval behind its first wave. */
  const startToGate = async () => {
    fleet.preinstall(guarded.first);
    const faulty = { checks: ['test ! -e /etc/fault'], budget: { stopAt: 4 } };
    fleet.writePlan({ waves: [1, '100%'], gates: [1], ...faulty }, guarded.second);
    await fleet.tidegate(['rollout', 'plan', 'plan.yaml']);
    const words = ['plan.yaml', '--yes', '--detach', '-o', 'json'];
    const { out } = await guarded.signed('anna', 'rollout', 'start', ...words);
    rollout = JSON.parse(out).rollout;
    plan = (await fleet.record(rollout)).started!.plan;
    await until(async () => (await status()).phase === 'waiting for approval');
  };

  beforeAll(startToGate);

  test('waits on for approval whatever comes without the right signature', async () => {
    await refused('approve', 'TG_MANDATE_MISSING', { actor, wave: 1 });
    await refused('approve', 'TG_MANDATE_MISSING');
    await refused('approve', 'TG_MANDATE_MISSING', 'now');
    await refused('approve', 'TG_USAGE', { actor, wave: 'all' });
    await refused('approve', 'TG_MANDATE_REFUSED', await ordered('approve', { wave: 1 }, 'mallory'));
    await refused('approve', 'TG_MANDATE_REFUSED', { ...(await ordered('approve', { wave: 2 })), wave: 1 });
    await refused('approve', 'TG_MANDATE_REFUSED', await ordered('resume', {}));
    await refused('rollback', 'TG_MANDATE_MISSING', { actor });
    await refused('retry', 'TG_MANDATE_MISSING', { actor });
    await refused('retry', 'TG_SELECTOR_INVALID', { actor, hosts: 'web[' });
    expect(await status()).toMatchObject({ phase: 'waiting for approval', wave: 1, gate: 'open' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });

  test('tells who asked at the command line that it was refused', async () => {
    const words = ['rollout', 'approve', rollout, '--wave', '1', '--yes'];
    expect(await guarded.signed('mallory', ...words)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_MANDATE_REFUSED .*by no key of/s),
    });
    expect((await fleet.tidegate(['rollout', 'events', rollout])).out).toMatch(
      /note {5}approve was asked by \S+ \(claimed\) and refused: TG_MANDATE_REFUSED/,
    );
  });

  test('is paused by anybody, and goes on for a signature only', async () => {
    const paused = await fleet.tidegate(['rollout', 'pause', rollout, '--reason', 'look', '-o', 'json']);
    expect(JSON.parse(paused.out)).toMatchObject({ verb: 'pause', state: 'done', inFlight: 0 });
    await send('approve', await ordered('approve', { wave: 1 }));
    await until(async () => (await status()).phase === 'paused');
    await refused('resume', 'TG_MANDATE_MISSING', { actor });
    await refused('resume', 'TG_MANDATE_REFUSED', { ...(await ordered('resume', {})), stopAt: 4 });
    await refused('resume', 'TG_MANDATE_REFUSED', await ordered('resume', {}, 'mallory'));
    expect(await status()).toMatchObject({ phase: 'paused', gate: 'closed' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
    fleet.hosts[2]!.sandbox.run('touch /etc/fault');
    expect(
      await guarded.signed('anna', 'rollout', 'resume', rollout, '--stop-at', '2', '--yes'),
    ).toMatchObject({
      code: 0,
    });
    expect(await handle().result()).toEqual({ result: 'incomplete' });
    expect(fleet.versions()).toEqual(['2.0', '2.0', '1.0', '2.0']);
    const asked = (await entriesOf(fleet, rollout)).flatMap((entry) =>
      entry.kind === 'asked' ? [`${entry.verb} ${entry.actor.proof} ${entry.detail ?? entry.stopAt}`] : [],
    );
    expect(asked).toEqual(['pause claimed undefined', 'approve signed wave 1', 'resume signed 2']);
  });

  test('does not take one signature for two requests', async () => {
    await startToGate();
    await send('pause', {});
    const once = await ordered('resume', {});
    await send('resume', once);
    await until(async () =>
      (await entriesOf(fleet, rollout)).some((e) => e.kind === 'asked' && e.verb === 'resume'),
    );
    await send('pause');
    await refused('resume', 'TG_MANDATE_REFUSED', once);
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });

  test('takes a signature up that waited for a worker', async () => {
    await fleet.killWorker();
    const words = ['rollout', 'approve', rollout, '--yes'];
    expect((await guarded.signed('anna', ...words)).out).toMatch(
      /^approve is recorded for r-\w{8}: no worker runs; .* within 15 min: your signature is good for so long\n/,
    );
    await fleet.work();
    await until(async () =>
      (await entriesOf(fleet, rollout)).some((e) => e.kind === 'asked' && e.verb === 'approve'),
    );
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });

  test('is ended by nobody else’s failed start, and aborted by anybody', async () => {
    const wave = {
      fleet: fleetName,
      rollout,
      plan,
      wave: 2,
      hosts: '0-3',
      stopAt: 9,
      tries: 1,
      tryEveryMs: 1,
    };
    expect(await guarded.outside('wave', wave)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    const impostor = { fleet: fleetName, rollout, plan, actor, verb: 'rollback' };
    expect(await guarded.outside('rollout', impostor)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect((await fleet.record(rollout)).ended).toBeUndefined();
    const aborted = await fleet.tidegate(['rollout', 'abort', rollout, '--yes', '-o', 'json']);
    expect(JSON.parse(aborted.out)).toMatchObject({ verb: 'abort', state: 'done' });
    expect(await handle().result()).toEqual({ result: 'aborted' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });
});

async function books(): Promise<string[]> {
  return (await Ledger.open(fleet.home.ledger)).books();
}
