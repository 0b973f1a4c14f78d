import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { namedError } from '../../clients/failure';
import type { Rpm } from '../../model/artifact';
import { type RolloutEntry, rolloutEntrySchema } from '../../model/ledger';
import {
  acceptHostKeyOrder,
  clearHostOrder,
  importOrder,
  rolloutOrder,
  type SignedRolloutVerb,
} from '../../model/orders';
import { Files } from '../../store/files';
import { Ledger } from '../../store/ledger';
import { quietRuntime } from '../../workers/run';
import { rolloutWorkflowId } from '../../workflows/contract/rollout';
import { namespace, taskQueue } from '../../workflows/contract/server';
import { fleetName, TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { until } from '../support/rollouts';
import { Signers } from '../support/signers';

quietRuntime(() => {});

const actor = { name: 'mallory@outside', proof: 'signed' as const };

let fleet: TestFleet;
let people: Signers;
let first: Rpm;
let second: Rpm;

beforeAll(async () => {
  fleet = await TestFleet.start({
    hosts: 4,
    domains: 2,
    file: { allowedSigners: 'allowed_signers', trustedKeys: ['public.asc'] },
  });
  people = new Signers(fleet.home.folder, fleetName);
  people.allow('anna');
  people.key('mallory');
  first = await fleet.package('1.0');
  second = await fleet.package('2.0');
  await fleet.work();
});

afterAll(() => fleet.stop());

describe('starting', () => {
  let plan: string;
  const start = async (given: object) => {
    const rollout = `r-${randomBytes(16).toString('hex')}`;
    const { handle } = await fleet.rollout(plan, { rollout, actor, ...given });
    return namedResult(handle.result());
  };
  const ordered = (rollout: string, verb: SignedRolloutVerb = 'start') =>
    rolloutOrder(verb, { rollout, plan });

  beforeAll(async () => {
    fleet.preinstall(first);
    plan = await fleet.plan({ waves: ['100%'], budget: { stopAt: 4 } }, second);
  });

  afterEach(async () => {
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    expect(fleet.hosts.flatMap(rpmCalls)).toEqual([]);
    expect(await books()).toEqual(['artifacts', 'plans']);
    expect(await artifactEntries()).toBe(2);
  });

  test('the command line says which option signs, and asks Temporal for nothing', async () => {
    writePlan({ waves: ['100%'] });
    const [id = ''] = /p-\w+/.exec((await fleet.tidegate(['rollout', 'plan', 'plan.yaml'])).out) ?? [];
    expect(await fleet.tidegate(['rollout', 'start', id, '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_MANDATE_MISSING .*--sign-with KEYFILE/s),
    });
    expect(await signed('mallory', 'rollout', 'start', id, '--yes')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_MANDATE_REFUSED .*by no key of/s),
    });
  });

  test('a workflow that is started past the command line needs a mandate too', async () => {
    expect(await start({})).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect(await start({ mandate: 'anna said so' })).toMatchObject({ code: 'TG_MANDATE_REFUSED' });
    expect(await start({ verb: 'rollback' })).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect(await start({ verb: 'retry' })).toMatchObject({ code: 'TG_MANDATE_MISSING' });
  });

  test('a mandate for anything else is refused, whoever signed it', async () => {
    const rollout = `r-${randomBytes(16).toString('hex')}`;
    const refused = async (mandate: object) =>
      expect(await start({ rollout, mandate })).toMatchObject({ code: 'TG_MANDATE_REFUSED' });
    await refused(await people.sign(ordered(rollout), 'mallory'));
    await refused(await people.sign(ordered('r-other'), 'anna'));
    await refused(await people.sign(ordered(rollout, 'retry'), 'anna'));
    await refused(await people.sign({ ...ordered(rollout), plan: 'a'.repeat(64) }, 'anna'));
    await refused(await people.sign(ordered(rollout), 'anna', { fleet: 'prod' }));
    await refused(await people.sign(ordered(rollout), 'anna', { time: '2026-01-01T00:00:00Z' }));
  });

  test('a wave, or an activity that reaches hosts, is not to be had without its rollout', async () => {
    const batch = { fleet: fleetName, rollout: 'r-mine', plan, wave: 1, hosts: '0-3', stopAt: 9 };
    expect(await runWorkflow('wave', { ...batch, tries: 1, tryEveryMs: 1 })).toMatchObject({
      code: 'TG_MANDATE_MISSING',
    });
    await withForger(async (forge) => {
      for (const activity of ['rehearse', 'watchSoak', 'openGate', 'retryHosts'])
        expect(await forge(activity, batch)).toMatchObject({ code: 'TG_ROLLOUT_NOT_FOUND' });
      for (const action of ['apply', 'undo'])
        expect(await forge('runBatch', { ...batch, action, handOver: false })).toMatchObject({
          code: 'TG_ROLLOUT_NOT_FOUND',
        });
      for (const rollout of ['r-mine', 'mandates', 'artifacts']) {
        await forge('asked', { ...batch, rollout, verb: 'pause', actor });
        await forge('closeGate', { ...batch, rollout });
      }
      expect(
        await forge('keepArtifact', { fleet: fleetName, package: 'x', recipe: plan, actor }),
      ).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    });
  });
});

describe('a rollout that was signed', () => {
  let rollout: string;
  let plan: string;
  let mandate: object;

  test('is carried out, and shows who proved to have asked for it', async () => {
    fleet.preinstall(first);
    fleet.hosts[1]!.sandbox.run('touch /etc/fault');
    writePlan({
      waves: ['100%'],
      checks: ['test ! -e /etc/fault'],
      budget: { stopAt: 4, firstWaveStopAt: 4 },
    });
    const [id = ''] = /p-\w+/.exec((await fleet.tidegate(['rollout', 'plan', 'plan.yaml'])).out) ?? [];
    const started = await signed('anna', 'rollout', 'start', id, '--yes', '--reason', 'CVE-1');
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
    const before = await entries(rollout);
    for (const verb of ['rollback', 'retry'] as const) {
      expect(await fleet.tidegate(['rollout', verb, rollout, '--yes'])).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^TG_MANDATE_MISSING /),
      });
      expect(await signed('mallory', 'rollout', verb, rollout, '--yes')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^TG_MANDATE_REFUSED /),
      });
      const { handle } = await fleet.rollout(plan, { rollout, verb, actor });
      expect(await namedResult(handle.result())).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    }
    expect(await entries(rollout)).toEqual(before);
    expect(fleet.versions()).toEqual(['2.0', '1.0', '2.0', '2.0']);
  });

  test('is tried again on the hosts that were signed for, and on no others', async () => {
    fleet.hosts[1]!.sandbox.run('rm /etc/fault');
    const order = rolloutOrder('retry', { rollout, plan, hosts: 'web001' });
    const more = { rollout, verb: 'retry' as const, actor, hosts: 'web[000-001]' };
    const { handle } = await fleet.rollout(plan, { ...more, mandate: await people.sign(order, 'anna') });
    expect(await namedResult(handle.result())).toMatchObject({ code: 'TG_MANDATE_REFUSED' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '2.0', '2.0']);
    const again = await signed('anna', 'rollout', 'retry', rollout, '--hosts', 'web001', '--yes');
    expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/DONE {2}4 = 4 applied\n/) });
    expect(fleet.versions()).toEqual(Array(4).fill('2.0'));
    expect((await entries(rollout)).findLast(({ kind }) => kind === 'asked')).toMatchObject({
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
    expect((await entries(rollout)).findLast(({ kind }) => kind === 'asked')).toMatchObject({
      verb: 'rollback',
      actor: { name: 'anna@example.org', proof: 'signed' },
    });
  });

  test('once: the same signature does nothing a second time', async () => {
    const { handle } = await fleet.rollout(plan, { rollout, verb: 'rollback', actor, mandate } as object);
    expect(await namedResult(handle.result())).toMatchObject({
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
    (await entries(rollout)).filter((entry) => 'refused' in entry && entry.refused);
  /** Sends what must be refused, and waits until the ledger says so. */
  const refused = async (verb: string, code: string, ...asked: unknown[]) => {
    const before = (await refusals()).length;
    await send(verb, ...asked);
    await until(async () => (await refusals()).length > before);
    expect((await refusals()).at(-1)).toMatchObject({ refused: { verb, code } });
  };

  beforeAll(async () => {
    fleet.preinstall(first);
    writePlan({ waves: [1, '100%'], gates: [1], checks: ['test ! -e /etc/fault'] });
    await fleet.tidegate(['rollout', 'plan', 'plan.yaml']);
    const { out } = await signed('anna', 'rollout', 'start', 'plan.yaml', '--yes', '--detach', '-o', 'json');
    rollout = JSON.parse(out).rollout;
    plan = (await fleet.record(rollout)).started!.plan;
    await until(async () => (await status()).phase === 'waiting for approval');
  });

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
    expect(await signed('mallory', ...words)).toMatchObject({
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
    expect(await signed('anna', 'rollout', 'resume', rollout, '--stop-at', '2', '--yes')).toMatchObject({
      code: 0,
    });
    expect(await handle().result()).toEqual({ result: 'incomplete' });
    expect(fleet.versions()).toEqual(['2.0', '2.0', '1.0', '2.0']);
    const asked = (await entries(rollout)).flatMap((entry) =>
      entry.kind === 'asked' ? [`${entry.verb} ${entry.actor.proof} ${entry.detail ?? entry.stopAt}`] : [],
    );
    expect(asked).toEqual(['pause claimed undefined', 'approve signed wave 1', 'resume signed 2']);
  });

  test('does not take one signature for two requests', async () => {
    fleet.preinstall(first);
    await fleet.tidegate(['rollout', 'plan', 'plan.yaml']);
    const { out } = await signed('anna', 'rollout', 'start', 'plan.yaml', '--yes', '--detach', '-o', 'json');
    rollout = JSON.parse(out).rollout;
    plan = (await fleet.record(rollout)).started!.plan;
    await until(async () => (await status()).phase === 'waiting for approval');
    await send('pause', {});
    const once = await ordered('resume', {});
    await send('resume', once);
    await until(async () => (await entries(rollout)).some((e) => e.kind === 'asked' && e.verb === 'resume'));
    await send('pause');
    await refused('resume', 'TG_MANDATE_REFUSED', once);
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });

  test('takes a signature up that waited for a worker', async () => {
    await fleet.killWorker();
    const words = ['rollout', 'approve', rollout, '--yes'];
    expect((await signed('anna', ...words)).out).toMatch(
      /^approve is recorded for r-\w{8}: no worker runs; .* within 15 min: your signature is good for so long\n/,
    );
    await fleet.work();
    await until(async () => (await entries(rollout)).some((e) => e.kind === 'asked' && e.verb === 'approve'));
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
    expect(await runWorkflow('wave', wave)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    const impostor = { fleet: fleetName, rollout, plan, actor, verb: 'rollback' };
    expect(await runWorkflow('rollout', impostor)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect((await fleet.record(rollout)).ended).toBeUndefined();
    const aborted = await fleet.tidegate(['rollout', 'abort', rollout, '--yes', '-o', 'json']);
    expect(JSON.parse(aborted.out)).toMatchObject({ verb: 'abort', state: 'done' });
    expect(await handle().result()).toEqual({ result: 'aborted' });
    expect(fleet.versions()).toEqual(['2.0', '1.0', '1.0', '1.0']);
  });
});

describe('what else an attacker would want', () => {
  test('a host key is pinned for a signature only', async () => {
    const host = fleet.hosts[3]!;
    host.changeKey();
    const shown = host.sandbox.run('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub').out.split(' ')[1]!;
    const input = { fleet: fleetName, host: 'web003', fingerprint: shown, actor };
    const pinned = () => readFileSync(join(fleet.home.folder, 'known_hosts'), 'utf8');
    const before = pinned();
    const elsewhere = await people.sign(acceptHostKeyOrder({ ...input, host: 'web002' }), 'anna');
    expect(await runWorkflow('acceptHostKey', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect(await runWorkflow('acceptHostKey', { ...input, mandate: elsewhere })).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    expect(pinned()).toBe(before);
    const accept = ['hostkeys', 'accept', 'web003', '--fingerprint', shown, '--yes'];
    expect(await fleet.tidegate(accept)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_MANDATE_MISSING /),
    });
    expect(await signed('anna', ...accept)).toMatchObject({ code: 0 });
    expect(pinned()).toMatch(/\d{4}-\d\d-\d\d by anna@example\.org/);
  });

  test('a quarantine is lifted for a signature over that host only', async () => {
    const input = { fleet: fleetName, host: 'web001', actor };
    const elsewhere = await people.sign(clearHostOrder({ host: 'web002' }), 'anna');
    expect(await runWorkflow('clearHost', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect(await runWorkflow('clearHost', { ...input, mandate: elsewhere })).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    const signed = await people.sign(clearHostOrder(input), 'anna');
    expect(await runWorkflow('clearHost', { ...input, mandate: signed })).toMatchObject({
      code: 'TG_HOST_NOT_QUARANTINED',
    });
  });

  test('packages are imported for a signature over these very files', async () => {
    const path = join(fleet.home.folder, 'tgtest.rpm');
    const bytes = readFileSync(new Files(fleet.home.files).path(first.sha256));
    writeFileSync(path, bytes);
    const files = [{ name: 'tgtest.rpm', sha256: first.sha256 }];
    const list = await new Files(fleet.home.files).putJson([{ name: 'other.rpm', sha256: first.sha256 }]);
    const input = { fleet: fleetName, files, actor };
    expect(await runWorkflow('importArtifacts', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    const mandate = await people.sign(importOrder(list), 'anna');
    expect(await runWorkflow('importArtifacts', { ...input, mandate })).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    expect(await signed('anna', 'artifacts', 'import', path, '--yes')).toMatchObject({ code: 0, err: '' });
  });

  test('a build asks for a mandate before it reads its recipe', async () => {
    const input = { fleet: fleetName, package: 'x', recipe: 'a'.repeat(64), actor };
    expect(await runWorkflow('build', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
  });
});

/** Runs a command line as a person whose key signs. */
function signed(person: string, ...words: string[]): ReturnType<TestFleet['tidegate']> {
  return fleet.tidegate(words, { TIDEGATE_SIGN_WITH: join(fleet.home.folder, 'people', person) });
}

function writePlan(plan: object): void {
  writeFileSync(
    join(fleet.home.folder, 'plan.yaml'),
    JSON.stringify({
      package: second.name,
      hosts: 'all',
      artifact: '2.0-1',
      soak: 0,
      caps: { startsPerSecond: 1000, perDomain: '100%' },
      budget: { stopAt: 4 },
      ...plan,
    }),
  );
}

/** Starts a workflow as anybody who reaches the frontend can. @returns its named error. */
async function runWorkflow(type: string, input: object): Promise<unknown> {
  return namedResult(
    fleet.client.workflow.execute(type, {
      workflowId: `outside/${randomBytes(6).toString('hex')}`,
      taskQueue: taskQueue(fleetName),
      args: [input],
    }),
  );
}

/** Runs a worker of the attacker's own, which has single activities carried out by ours. */
async function withForger(
  work: (forge: (activity: string, input: object) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const connection = await NativeConnection.connect({ address: fleet.server.address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: 'forger',
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: require.resolve('../support/forged'),
      logger: new DefaultLogger('WARN'),
    }),
  });
  await worker.runUntil(
    work((activity, input) =>
      namedResult(
        fleet.client.workflow.execute('forged', {
          workflowId: `forged/${randomBytes(6).toString('hex')}`,
          taskQueue: 'forger',
          args: [taskQueue(fleetName), activity, input],
        }),
      ),
    ),
  );
  await connection.close();
}

/** The result, or the named error that it ended with. */
async function namedResult(result: Promise<unknown>): Promise<unknown> {
  return result.catch(namedError);
}

async function books(): Promise<string[]> {
  return (await Ledger.open(fleet.home.ledger)).books();
}

async function artifactEntries(): Promise<number> {
  let count = 0;
  for await (const _ of (await Ledger.open(fleet.home.ledger)).read('artifacts')) count += 1;
  return count;
}

async function entries(rollout: string): Promise<RolloutEntry[]> {
  const read: RolloutEntry[] = [];
  for await (const entry of (await Ledger.open(fleet.home.ledger)).read(rollout))
    read.push(rolloutEntrySchema.parse(entry));
  return read;
}
