import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOrder, rolloutOrder } from '../../model/orders';
import { Ledger } from '../../store/ledger';
import { readRolloutBook, readRolloutEntries, rolloutsByAge } from '../../store/rollout-books';
import { releaseWorkflowId } from '../../workflows/contract/release';
import { taskQueue } from '../../workflows/contract/server';
import { BuildLab } from '../support/build-lab';
import { CommandLine } from '../support/command-line';
import { asRoot } from '../support/lab';
import { until } from '../support/rollouts';
import { Signers } from '../support/signers';
import { newestOf } from '../support/temporal';

const hosts = ['web001', 'web002'];

let lab: BuildLab;
let tidegate: CommandLine;
let release = 1;

beforeAll(async () => {
  lab = await BuildLab.start({ hosts: hosts.length, domains: 1 });
  tidegate = new CommandLine(lab.home.folder);
});

afterAll(() => lab.stop());

test('a patch goes from its source to every host in one record, and the report names all of it', async () => {
  const { recipe, plan } = await files();
  const { code, out } = await tidegate.run('release', recipe, plan, '--yes', '--reason', 'CVE-1');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/DONE {2}2 = 2 applied\n/) });
  expect(await installed()).toEqual([release, release].map((number) => `1.0-${number}`));

  const id = await newest();
  const { entries, record } = await book(id);
  const told = entries.map((entry) => (entry.kind === 'phase' ? entry.phase : entry.kind));
  const story = ['release', 'building', 'built', 'planning', 'planned', 'started', 'wave', 'ended rollout'];
  expect(told.filter((kind) => story.includes(kind))).toEqual(story);

  const { artifact } = JSON.parse((await tidegate.run('rollout', 'report', '-o', 'json')).out);
  expect(artifact).toMatchObject({
    digest: record.built?.artifact,
    provenance: { recipe: record.release?.recipe, fixes: ['CVE-1'] },
  });
  const [source] = Object.values<{ sha256: string }>(artifact.provenance.sources);
  const { out: csv } = await tidegate.run('rollout', 'report', '--format', 'csv');
  for (const fact of [source!.sha256, artifact.signedBy, artifact.provenance.builds[0].log])
    expect(csv).toContain(fact);
});

test('the plan means what was built, whatever newer artifact the store has', async () => {
  const newer = await lab.build(await recipe(90));
  const { recipe: older, plan } = await files();
  expect((await tidegate.run('release', older, plan, '--yes')).code).toBe(0);
  const { record } = await book(await newest());
  expect(record.started?.version).toBe(`1.0-${release}`);
  expect(record.built?.artifact).not.toBe(newer.artifact);
  expect(await installed()).toEqual([`1.0-${release}`, `1.0-${release}`]);
});

test('a recipe and a plan of different packages are refused before anything is built', async () => {
  const { recipe, plan } = await files({ package: 'unzip' });
  const before = await newest();
  expect(await tidegate.run('release', recipe, plan, '--yes')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^TG_RELEASE_MISMATCH .* is for probe, and .* for unzip\n/),
  });
  expect(await newest()).toBe(before);
});

test('a plan that asks for another artifact is refused by name, and the record says why', async () => {
  const { recipe, plan } = await files({ artifact: '1.0-90' });
  const { code, err } = await tidegate.run('release', recipe, plan, '--yes');
  expect(code).toBe(2);
  expect(err).toMatch(
    /\nTG_RELEASE_MISMATCH {2}the plan is for probe 1\.0-90, and what was built is probe 1\.0-/,
  );
  expect(await tidegate.run('rollout', 'status')).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /^TG_ROLLOUT_NOT_STARTED .* ended before its rollout began: failed, TG_RELEASE_M/,
    ),
  });
});

test('a failed build ends the release with the name of what failed', async () => {
  const broken = await lab.recipe({ release: '70', build: 'echo this is why >&2\nfalse' });
  const { plan } = await files();
  const { code, err } = await tidegate.run('release', broken, plan, '--yes');
  expect(code).toBe(1);
  expect(err).toMatch(/TG_BUILD_FAILED[\s\S]*this is why/);
});

describe('a release that nobody has confirmed', () => {
  let paths: { recipe: string; plan: string };
  let id: string;
  beforeAll(async () => {
    paths = await files();
    const { code, out } = await tidegate.run('release', paths.recipe, paths.plan, '--detach', '-o', 'json');
    expect(code).toBe(0);
    id = JSON.parse(out).rollout;
    await until(async () => (await book(id)).record.phase === 'waiting for confirmation');
  });

  test('is in the list, and what asks for its rollout says what it waits for', async () => {
    expect((await tidegate.run('rollout', 'list')).out).toMatch(
      new RegExp(`\n?${id.slice(0, 10)} {2}probe 1\\.0-${release} {2}waiting for confirmation `),
    );
    expect(await tidegate.run('rollout', 'status')).toMatchObject({
      code: 1,
      err: `TG_ROLLOUT_NOT_STARTED  ${id.slice(0, 10)}, the release of probe, is waiting for confirmation\nnext: tidegate release ${paths.recipe} ${paths.plan}\n`,
    });
  });

  test('waits through the death of the worker', async () => {
    await lab.killWorker();
    expect((await tidegate.run('release', paths.recipe, paths.plan, '--yes')).code).toBe(4);
    await lab.work();
    expect((await book(id)).record.phase).toBe('waiting for confirmation');
  });

  test('is not taken for one of other files', async () => {
    const other = await recipe(80);
    expect(await tidegate.run('release', other, paths.plan, '--yes')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^TG_RELEASE_RUNNING .* was another when it began\nnext: tidegate release .* --drop/,
      ),
    });
  });

  test('is left as it is by whoever cannot be asked', async () => {
    const { code, err } = await tidegate.run('release', paths.recipe, paths.plan);
    expect(code).toBe(2);
    expect(err).toMatch(/TG_CONFIRMATION_NEEDED {2}Change probe to 1\.0-\d+ on 2 hosts/);
    expect((await book(id)).record.ended).toBeUndefined();
  });

  test('shows its plan to the same command line, and is dropped by a no; no host was touched', async () => {
    const before = await installed();
    const shown = await tidegate.onTerminal(['n'], 'release', paths.recipe, paths.plan);
    expect(shown).toContain('selected 2 = 2 to change');
    expect(shown).toContain('in 1 wave? [y/N]');
    expect(shown).toContain('TG_DECLINED');
    await until(async () => (await book(id)).record.ended?.result === 'aborted');
    expect(await installed()).toEqual(before);
    expect((await book(id)).record.started).toBeUndefined();
  });
});

test('--drop ends one that waits, and says so when there is none', async () => {
  const { recipe, plan } = await files();
  expect((await tidegate.run('release', recipe, plan, '--detach')).code).toBe(0);
  const id = await newest();
  await until(async () => (await book(id)).record.phase === 'waiting for confirmation');
  expect(await tidegate.run('release', recipe, plan, '--drop', '--yes')).toMatchObject({ code: 0 });
  await until(async () => (await book(id)).record.ended !== undefined);
  expect(await tidegate.run('release', recipe, plan, '--drop', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^TG_ROLLOUT_NOT_FOUND {2}no release of probe is under way\n/),
  });
});

test('command line and worker are killed during the build; the same command takes the release up', async () => {
  const { recipe, plan } = await files({}, { build: 'sleep 5' });
  const killed = tidegate.start('release', recipe, plan, '--detach', '--yes');
  await once(killed, 'close');
  const id = await newest();
  const watching = tidegate.start('release', recipe, plan, '--yes');
  await once(watching.stderr!, 'data');
  watching.kill('SIGKILL');
  expect((await book(id)).record.built).toBeUndefined();
  await lab.killWorker();
  await lab.work();
  expect((await tidegate.run('release', recipe, plan, '--yes')).code).toBe(0);
  expect(await newest()).toBe(id);
  expect(await installed()).toEqual([`1.0-${release}`, `1.0-${release}`]);
});

test('it is confirmed on a terminal, by the person who then stands in the record', async () => {
  const { recipe, plan } = await files();
  const shown = await tidegate.onTerminal(['y', 'y'], 'release', recipe, plan, '--reason', 'CVE-2');
  expect(shown).toContain('(asks again before any host)');
  expect(shown).toContain('probe 1.0-');
  const { record } = await book(await newest());
  expect(record.ended?.result).toBe('done');
  expect(record.started?.actor).toMatchObject({ reason: 'CVE-2' });
});

test('pinning, building and importing are found in the Temporal UI by what they are about', async () => {
  const { recipe } = await files();
  const vendor = join(lab.lab.vendorPackages, 'unzip-6.0-28.x86_64.rpm');
  await tidegate.run('build', recipe, '--pin', '--yes');
  await tidegate.run('build', recipe, '--yes');
  await tidegate.run('artifacts', 'import', vendor, '--yes');
  const { client } = lab.temporal;
  const shown = await Promise.all(
    ['pinRecipe', 'build', 'importArtifacts'].map(async (type) => {
      const handle = await newestOf(client, type);
      const description = await handle.describe();
      const { TidegateFleet, TidegatePackage } = description.searchAttributes;
      return [await description.staticSummary(), TidegateFleet, TidegatePackage];
    }),
  );
  expect(shown).toEqual([
    ['fetching the sources of probe', [lab.lab.name], ['probe']],
    [`building ${recipe}`, [lab.lab.name], ['probe']],
    [expect.stringContaining('import'), [lab.lab.name], undefined],
  ]);
});

describe('where the fleet has allowedSigners', () => {
  let people: Signers;
  let key: string;
  let foreign: string;
  beforeAll(() => {
    people = new Signers(lab.home.folder, lab.lab.name);
    key = people.allow('anna');
    foreign = people.key('mallory');
    appendFileSync(lab.home.fleetFile, '\nallowedSigners: allowed_signers\n');
  });

  test('nothing is built without a signature', async () => {
    const { recipe, plan } = await files();
    const before = await newest();
    expect(await tidegate.run('release', recipe, plan, '--yes')).toMatchObject({
      err: expect.stringMatching(/^TG_MANDATE_MISSING /),
    });
    expect(await newest()).toBe(before);
  });

  test('a yes beforehand signs for the plan when it is there, and who signed is in the record', async () => {
    const { recipe, plan } = await files();
    const { code } = await tidegate.run('release', recipe, plan, '--yes', '--sign-with', key);
    expect(code).toBe(0);
    const { record } = await book(await newest());
    expect(record.started?.actor).toMatchObject({ name: 'anna@example.org', proof: 'signed' });
    expect(await installed()).toEqual([`1.0-${release}`, `1.0-${release}`]);
  });

  test('waits on whatever comes without the right signature, tells who asked, and goes on for the right one', async () => {
    const { recipe, plan } = await files({}, { build: 'sleep 3' });
    const before = await installed();
    await tidegate.run('release', recipe, plan, '--yes', '--detach', '--sign-with', key);
    const id = await newest();
    const handle = lab.temporal.client.workflow.getHandle(releaseWorkflowId(lab.lab.name, 'probe'));
    const refusals = async () =>
      (await book(id)).entries.flatMap((entry) => (entry.kind === 'note' && entry.refused) || []);
    /** Sends what must be refused, and waits until the ledger says so to whoever sent it. */
    const refused = async (code: string, ...asked: object[]) => {
      const { length } = await refusals();
      await handle.signal('confirm', ...asked);
      await until(async () => (await refusals()).length > length);
      expect((await refusals()).at(-1)).toMatchObject({ verb: 'confirm', code });
    };
    const actor = { name: 'anna@example.org', proof: 'signed' };
    await refused('TG_ROLLOUT_NOT_STARTED', { actor });
    await until(async () => (await book(id)).record.phase === 'waiting for confirmation');
    const order = rolloutOrder('start', { rollout: id, plan: (await book(id)).record.planned!.plan });
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
    const { record } = await book(id);
    expect(record).toMatchObject({ phase: 'waiting for confirmation', started: undefined, ended: undefined });
    expect(await installed()).toEqual(before);

    expect((await tidegate.run('release', recipe, plan, '--yes', '--sign-with', key)).code).toBe(0);
    const { entries, record: done } = await book(id);
    const asked = entries.flatMap((entry) =>
      entry.kind === 'asked' ? [`${entry.verb} ${entry.actor.proof} by ${entry.actor.name}`] : [],
    );
    expect(asked).toEqual(['confirm signed by anna@example.org']);
    expect(done.ended?.result).toBe('done');
    expect(await installed()).toEqual([`1.0-${release}`, `1.0-${release}`]);
  });

  test('a yes beforehand that nobody signed is none: it waits for one', async () => {
    const { recipe, plan } = await files();
    await tidegate.run('release', recipe, plan, '--yes', '--detach', '--sign-with', key);
    const { client } = lab.temporal;
    const ours = client.workflow.getHandle(releaseWorkflowId(lab.lab.name, 'probe'));
    const { events } = await ours.fetchHistory();
    const [input] = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
    await tidegate.run('release', recipe, plan, '--drop', '--yes');
    await ours.result();
    const given = JSON.parse(Buffer.from(input!.data!).toString());
    const rollout = `r-${'5'.repeat(32)}`;
    const mandate = await people.sign(buildOrder(given), 'anna');
    const forged = await client.workflow.start('release', {
      args: [{ ...given, rollout, mandate, confirmed: true }],
      taskQueue: taskQueue(lab.lab.name),
      workflowId: releaseWorkflowId(lab.lab.name, 'probe'),
    });
    await until(async () => (await book(rollout)).record.phase === 'waiting for confirmation');
    expect((await book(rollout)).entries).toContainEqual(
      expect.objectContaining({ refused: expect.objectContaining({ code: 'TG_MANDATE_MISSING' }) }),
    );
    await forged.signal('drop');
    expect(await forged.result()).toEqual({ result: 'dropped' });
  });
});

/** A recipe of a new release of `probe`, and a plan for it on the web hosts. */
async function files(
  plan: object = {},
  change: Parameters<BuildLab['recipe']>[0] = {},
): Promise<{ recipe: string; plan: string }> {
  release += 1;
  const path = join(lab.folder, `plan-${release}.yaml`);
  const limits = { waves: ['100%'], soak: 0, absent: 'install', caps: { startsPerSecond: 100 } };
  writeFileSync(path, JSON.stringify({ package: 'probe', hosts: 'role=web', ...limits, ...plan }));
  return { recipe: await recipe(release, change), plan: path };
}

function recipe(number: number, change: Parameters<BuildLab['recipe']>[0] = {}): Promise<string> {
  return lab.recipe({ release: String(number), fixes: ['CVE-1'], ...change });
}

/** What each host says that it has, over plain OpenSSH. */
async function installed(): Promise<string[]> {
  const asked = await Promise.all(
    hosts.map((host) => asRoot(lab.lab, host, "rpm -q --qf '%{VERSION}-%{RELEASE}' probe")),
  );
  return asked.map(({ stdout }) => stdout.trim());
}

async function newest(): Promise<string> {
  const [id = ''] = await rolloutsByAge(await Ledger.open(lab.home.ledger));
  return id;
}

async function book(id: string) {
  const ledger = await Ledger.open(lab.home.ledger);
  const { record } = await readRolloutBook(ledger, id);
  return { entries: await readRolloutEntries(ledger, id), record };
}
