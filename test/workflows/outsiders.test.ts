import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
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
import { namespace, taskQueue } from '../../workflows/contract/server';
import { fleetName, type TestFleet } from '../support/fleet';
import { rpmCalls } from '../support/host';
import { outsider as actor, named, SignedFleet } from '../support/signed-fleet';
import type { Signers } from '../support/signers';

quietRuntime(() => {});

/** What a fleet that has allowedSigners does for who reaches Temporal and signs nothing, or something else. */
let guarded: SignedFleet;
let fleet: TestFleet;
let people: Signers;

beforeAll(async () => {
  guarded = await SignedFleet.start();
  ({ fleet, people } = guarded);
});

afterAll(() => fleet.stop());

describe('starting', () => {
  let plan: string;
  const start = async (given: object) => {
    const rollout = `r-${randomBytes(16).toString('hex')}`;
    const { handle } = await fleet.rollout(plan, { rollout, actor, ...given });
    return named(handle.result());
  };
  const ordered = (rollout: string, verb: SignedRolloutVerb = 'start') =>
    rolloutOrder(verb, { rollout, plan });

  beforeAll(async () => {
    fleet.preinstall(guarded.first);
    plan = await fleet.plan({ waves: ['100%'], budget: { stopAt: 4 } }, guarded.second);
  });

  afterEach(async () => {
    expect(fleet.versions()).toEqual(Array(4).fill('1.0'));
    expect(fleet.hosts.flatMap(rpmCalls)).toEqual([]);
    expect(await books()).toEqual(['artifacts', 'plans']);
    expect(await artifactEntries()).toBe(2);
  });

  test('the command line says which option signs, and asks Temporal for nothing', async () => {
    fleet.writePlan({ waves: ['100%'] }, guarded.second);
    const [id = ''] = /p-\w+/.exec((await fleet.tidegate(['rollout', 'plan', 'plan.yaml'])).out) ?? [];
    expect(await fleet.tidegate(['rollout', 'start', id, '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_MANDATE_MISSING .*--sign-with KEYFILE/s),
    });
    expect(await guarded.signed('mallory', 'rollout', 'start', id, '--yes')).toMatchObject({
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
    expect(await guarded.outside('wave', { ...batch, tries: 1, tryEveryMs: 1 })).toMatchObject({
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

describe('what else an attacker would want', () => {
  test('a host key is pinned for a signature only', async () => {
    const host = fleet.hosts[3]!;
    host.changeKey();
    const shown = host.fingerprint();
    const input = { fleet: fleetName, host: 'web003', fingerprint: shown, actor };
    const pinned = () => readFileSync(join(fleet.home.folder, 'known_hosts'), 'utf8');
    const before = pinned();
    const elsewhere = await people.sign(acceptHostKeyOrder({ ...input, host: 'web002' }), 'anna');
    expect(await guarded.outside('acceptHostKey', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect(await guarded.outside('acceptHostKey', { ...input, mandate: elsewhere })).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    expect(pinned()).toBe(before);
    const accept = ['hostkeys', 'accept', 'web003', '--fingerprint', shown, '--yes'];
    expect(await fleet.tidegate(accept)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TG_MANDATE_MISSING /),
    });
    expect(await guarded.signed('anna', ...accept)).toMatchObject({ code: 0 });
    expect(pinned()).toMatch(/\d{4}-\d\d-\d\d by anna@example\.org/);
  });

  test('a quarantine is lifted for a signature over that host only', async () => {
    const input = { fleet: fleetName, host: 'web001', actor };
    const elsewhere = await people.sign(clearHostOrder({ host: 'web002' }), 'anna');
    expect(await guarded.outside('clearHost', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    expect(await guarded.outside('clearHost', { ...input, mandate: elsewhere })).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    const signed = await people.sign(clearHostOrder(input), 'anna');
    expect(await guarded.outside('clearHost', { ...input, mandate: signed })).toMatchObject({
      code: 'TG_HOST_NOT_QUARANTINED',
    });
  });

  test('packages are imported for a signature over these very files', async () => {
    const path = join(fleet.home.folder, 'tgtest.rpm');
    const bytes = readFileSync(new Files(fleet.home.files).path(guarded.first.sha256));
    writeFileSync(path, bytes);
    const files = [{ name: 'tgtest.rpm', sha256: guarded.first.sha256 }];
    const list = await new Files(fleet.home.files).putJson([
      { name: 'other.rpm', sha256: guarded.first.sha256 },
    ]);
    const input = { fleet: fleetName, files, actor };
    expect(await guarded.outside('importArtifacts', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
    const mandate = await people.sign(importOrder(list), 'anna');
    expect(await guarded.outside('importArtifacts', { ...input, mandate })).toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    expect(await guarded.signed('anna', 'artifacts', 'import', path, '--yes')).toMatchObject({
      code: 0,
      err: '',
    });
  });

  test('a build asks for a mandate before it reads its recipe', async () => {
    const input = { fleet: fleetName, package: 'x', recipe: 'a'.repeat(64), actor };
    expect(await guarded.outside('build', input)).toMatchObject({ code: 'TG_MANDATE_MISSING' });
  });
});

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
      named(
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

async function books(): Promise<string[]> {
  return (await Ledger.open(fleet.home.ledger)).books();
}

async function artifactEntries(): Promise<number> {
  let count = 0;
  for await (const _ of (await Ledger.open(fleet.home.ledger)).read('artifacts')) count += 1;
  return count;
}
