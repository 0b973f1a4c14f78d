import { once } from 'node:events';
import { join } from 'node:path';
import type { CommandLine } from '../support/command-line';
import { ReleaseLab } from '../support/release-lab';
import { until } from '../support/rollouts';
import { newestOf } from '../support/temporal';

let probe: ReleaseLab;
let tidegate: CommandLine;

beforeAll(async () => {
  probe = await ReleaseLab.start();
  tidegate = probe.tidegate;
});

afterAll(() => probe.stop());

test('a patch goes from its source to every host in one record, and the report names all of it', async () => {
  const { recipe, plan } = await probe.files();
  const { code, out } = await tidegate.run('release', recipe, plan, '--yes', '--reason', 'CVE-1');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/DONE {2}2 = 2 applied\n/) });
  expect(await probe.installed()).toEqual(probe.released);

  const id = await probe.newest();
  const { entries, record } = await probe.book(id);
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
  const newer = await probe.lab.build(await probe.recipe(90));
  const { recipe: older, plan } = await probe.files();
  expect((await tidegate.run('release', older, plan, '--yes')).code).toBe(0);
  const { record } = await probe.book(await probe.newest());
  expect(record.started?.version).toBe(probe.version);
  expect(record.built?.artifact).not.toBe(newer.artifact);
  expect(await probe.installed()).toEqual(probe.released);
});

test('a recipe and a plan of different packages are refused before anything is built', async () => {
  const { recipe, plan } = await probe.files({ package: 'unzip' });
  const before = await probe.newest();
  expect(await tidegate.run('release', recipe, plan, '--yes')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^TG_RELEASE_MISMATCH .* is for probe, and .* for unzip\n/),
  });
  expect(await probe.newest()).toBe(before);
});

test('a plan that asks for another artifact is refused by name, and the record says why', async () => {
  const { recipe, plan } = await probe.files({ artifact: '1.0-90' });
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
  const broken = await probe.lab.recipe({ release: '70', build: 'echo this is why >&2\nfalse' });
  const { plan } = await probe.files();
  const { code, err } = await tidegate.run('release', broken, plan, '--yes');
  expect(code).toBe(1);
  expect(err).toMatch(/TG_BUILD_FAILED[\s\S]*this is why/);
});

describe('a release that nobody has confirmed', () => {
  let paths: { recipe: string; plan: string };
  let id: string;
  beforeAll(async () => {
    paths = await probe.files();
    const { code, out } = await tidegate.run('release', paths.recipe, paths.plan, '--detach', '-o', 'json');
    expect(code).toBe(0);
    id = JSON.parse(out).rollout;
    await until(async () => (await probe.book(id)).record.phase === 'waiting for confirmation');
  });

  test('is in the list, and what asks for its rollout says what it waits for', async () => {
    expect((await tidegate.run('rollout', 'list')).out).toMatch(
      new RegExp(`\n?${id.slice(0, 10)} {2}probe ${probe.version} {2}waiting for confirmation `),
    );
    expect(await tidegate.run('rollout', 'status')).toMatchObject({
      code: 1,
      err: `TG_ROLLOUT_NOT_STARTED  ${id.slice(0, 10)}, the release of probe, is waiting for confirmation\nnext: tidegate release ${paths.recipe} ${paths.plan}\n`,
    });
  });

  test('waits through the death of the worker', async () => {
    await probe.lab.killWorker();
    expect((await tidegate.run('release', paths.recipe, paths.plan, '--yes')).code).toBe(4);
    await probe.lab.work();
    expect((await probe.book(id)).record.phase).toBe('waiting for confirmation');
  });

  test('is not taken for one of other files', async () => {
    const other = await probe.recipe(80);
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
    expect((await probe.book(id)).record.ended).toBeUndefined();
  });

  test('shows its plan to the same command line, and is dropped by a no; no host was touched', async () => {
    const before = await probe.installed();
    const shown = await tidegate.onTerminal(['n'], 'release', paths.recipe, paths.plan);
    expect(shown).toContain('selected 2 = 2 to change');
    expect(shown).toContain('in 1 wave? [y/N]');
    expect(shown).toContain('TG_DECLINED');
    await until(async () => (await probe.book(id)).record.ended?.result === 'aborted');
    expect(await probe.installed()).toEqual(before);
    expect((await probe.book(id)).record.started).toBeUndefined();
  });
});

test('--drop ends one that waits, and says so when there is none', async () => {
  const { recipe, plan } = await probe.files();
  expect((await tidegate.run('release', recipe, plan, '--detach')).code).toBe(0);
  const id = await probe.newest();
  await until(async () => (await probe.book(id)).record.phase === 'waiting for confirmation');
  expect(await tidegate.run('release', recipe, plan, '--drop', '--yes')).toMatchObject({ code: 0 });
  await until(async () => (await probe.book(id)).record.ended !== undefined);
  expect(await tidegate.run('release', recipe, plan, '--drop', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^TG_ROLLOUT_NOT_FOUND {2}no release of probe is under way\n/),
  });
});

test('command line and worker are killed during the build; the same command takes the release up', async () => {
  const { recipe, plan } = await probe.files({}, { build: 'sleep 5' });
  const killed = tidegate.start('release', recipe, plan, '--detach', '--yes');
  await once(killed, 'close');
  const id = await probe.newest();
  const watching = tidegate.start('release', recipe, plan, '--yes');
  await once(watching.stderr!, 'data');
  watching.kill('SIGKILL');
  expect((await probe.book(id)).record.built).toBeUndefined();
  await probe.lab.killWorker();
  await probe.lab.work();
  expect((await tidegate.run('release', recipe, plan, '--yes')).code).toBe(0);
  expect(await probe.newest()).toBe(id);
  expect(await probe.installed()).toEqual(probe.released);
});

test('it is confirmed on a terminal, by the person who then stands in the record', async () => {
  const { recipe, plan } = await probe.files();
  const shown = await tidegate.onTerminal(['y', 'y'], 'release', recipe, plan, '--reason', 'CVE-2');
  expect(shown).toContain('(asks again before any host)');
  expect(shown).toContain('probe 1.0-');
  const { record } = await probe.book(await probe.newest());
  expect(record.ended?.result).toBe('done');
  expect(record.started?.actor).toMatchObject({ reason: 'CVE-2' });
});

test('pinning, building and importing are found in the Temporal UI by what they are about', async () => {
  const { recipe } = await probe.files();
  const vendor = join(probe.lab.lab.vendorPackages, 'unzip-6.0-28.x86_64.rpm');
  await tidegate.run('build', recipe, '--pin', '--yes');
  await tidegate.run('build', recipe, '--yes');
  await tidegate.run('artifacts', 'import', vendor, '--yes');
  const { client } = probe.lab.temporal;
  const shown = await Promise.all(
    ['pinRecipe', 'build', 'importArtifacts'].map(async (type) => {
      const handle = await newestOf(client, type);
      const description = await handle.describe();
      const { TidegateFleet, TidegatePackage } = description.searchAttributes;
      return [await description.staticSummary(), TidegateFleet, TidegatePackage];
    }),
  );
  expect(shown).toEqual([
    ['fetching the sources of probe', [probe.fleet], ['probe']],
    [`building ${recipe}`, [probe.fleet], ['probe']],
    [expect.stringContaining('import'), [probe.fleet], undefined],
  ]);
});
