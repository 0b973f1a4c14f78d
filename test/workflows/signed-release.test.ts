import { appendFileSync } from 'node:fs';
import { buildOrder, rolloutOrder } from '../../model/orders';
import { releaseWorkflowId } from '../../workflows/contract/release';
import { taskQueue } from '../../workflows/contract/server';
import type { CommandLine } from '../support/command-line';
import { ReleaseLab } from '../support/release-lab';
import { until } from '../support/rollouts';
import { Signers } from '../support/signers';

/** Releases in a fleet that has allowedSigners: anna's key is among them, mallory's is not. */
let probe: ReleaseLab;
let tidegate: CommandLine;
let people: Signers;
let key: string;
let foreign: string;

beforeAll(async () => {
  probe = await ReleaseLab.start();
  tidegate = probe.tidegate;
  people = new Signers(probe.lab.home.folder, probe.fleet);
  key = people.allow('anna');
  foreign = people.key('mallory');
  appendFileSync(probe.lab.home.fleetFile, '\nallowedSigners: allowed_signers\n');
});

afterAll(() => probe.stop());

test('nothing is built without a signature', async () => {
  const { recipe, plan } = await probe.files();
  const before = await probe.newest();
  expect(await tidegate.run('release', recipe, plan, '--yes')).toMatchObject({
    err: expect.stringMatching(/^TG_MANDATE_MISSING /),
  });
  expect(await probe.newest()).toBe(before);
});

test('a yes beforehand signs for the plan when it is there, and who signed is in the record', async () => {
  const { recipe, plan } = await probe.files();
  const { code } = await tidegate.run('release', recipe, plan, '--yes', '--sign-with', key);
  expect(code).toBe(0);
  const { record } = await probe.book(await probe.newest());
  expect(record.started?.actor).toMatchObject({ name: 'anna@example.org', proof: 'signed' });
  expect(await probe.installed()).toEqual(probe.released);
});

test('waits on whatever comes without the right signature, tells who asked, and goes on for the right one', async () => {
  const { recipe, plan } = await probe.files({}, { build: 'sleep 3' });
  const before = await probe.installed();
  await tidegate.run('release', recipe, plan, '--yes', '--detach', '--sign-with', key);
  const id = await probe.newest();
  const handle = probe.lab.temporal.client.workflow.getHandle(releaseWorkflowId(probe.fleet, 'probe'));
  const refusals = async () =>
    (await probe.book(id)).entries.flatMap((entry) => (entry.kind === 'note' && entry.refused) || []);
  /** Sends what must be refused, and waits until the ledger says so to whoever sent it. */
  const refused = async (code: string, ...asked: object[]) => {
    const { length } = await refusals();
    await handle.signal('confirm', ...asked);
    await until(async () => (await refusals()).length > length);
    expect((await refusals()).at(-1)).toMatchObject({ verb: 'confirm', code });
  };
  const actor = { name: 'anna@example.org', proof: 'signed' };
  await refused('TG_ROLLOUT_NOT_STARTED', { actor });
  await until(async () => (await probe.book(id)).record.phase === 'waiting for confirmation');
  const order = rolloutOrder('start', { rollout: id, plan: (await probe.book(id)).record.planned!.plan });
  await refused('TG_MANDATE_MISSING');
  await refused('TG_MANDATE_MISSING', { actor, request: 'mine' });
  expect((await refusals()).at(-1)).toMatchObject({ request: 'mine' });
  await refused('TG_MANDATE_REFUSED', { actor, mandate: 'anna' });
  await refused('TG_MANDATE_REFUSED', { actor, mandate: await people.sign(order, 'mallory') });
  const ofAnother = rolloutOrder('start', { rollout: id, plan: 'a'.repeat(64) });
  await refused('TG_MANDATE_REFUSED', { actor, mandate: await people.sign(ofAnother, 'anna') });
  expect(await tidegate.run('release', recipe, plan, '--yes', '--sign-with', foreign)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/TG_MANDATE_REFUSED .*by no key of/s),
  });
  const { record } = await probe.book(id);
  expect(record).toMatchObject({ phase: 'waiting for confirmation', started: undefined, ended: undefined });
  expect(await probe.installed()).toEqual(before);

  expect((await tidegate.run('release', recipe, plan, '--yes', '--sign-with', key)).code).toBe(0);
  const { entries, record: done } = await probe.book(id);
  const asked = entries.flatMap((entry) =>
    entry.kind === 'asked' ? [`${entry.verb} ${entry.actor.proof} by ${entry.actor.name}`] : [],
  );
  expect(asked).toEqual(['confirm signed by anna@example.org']);
  expect(done.ended?.result).toBe('done');
  expect(await probe.installed()).toEqual(probe.released);
});

test('a yes beforehand that nobody signed is none: it waits for one', async () => {
  const { recipe, plan } = await probe.files();
  await tidegate.run('release', recipe, plan, '--yes', '--detach', '--sign-with', key);
  const { client } = probe.lab.temporal;
  const ours = client.workflow.getHandle(releaseWorkflowId(probe.fleet, 'probe'));
  const { events } = await ours.fetchHistory();
  const [input] = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
  await tidegate.run('release', recipe, plan, '--drop', '--yes');
  await ours.result();
  const given = JSON.parse(Buffer.from(input!.data!).toString());
  const rollout = `r-${'5'.repeat(32)}`;
  const mandate = await people.sign(buildOrder(given), 'anna');
  const forged = await client.workflow.start('release', {
    args: [{ ...given, rollout, mandate, confirmed: true }],
    taskQueue: taskQueue(probe.fleet),
    workflowId: releaseWorkflowId(probe.fleet, 'probe'),
  });
  await until(async () => (await probe.book(rollout)).record.phase === 'waiting for confirmation');
  expect((await probe.book(rollout)).entries).toContainEqual(
    expect.objectContaining({ refused: expect.objectContaining({ code: 'TG_MANDATE_MISSING' }) }),
  );
  await forged.signal('drop');
  expect(await forged.result()).toEqual({ result: 'dropped' });
});
