import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRecipe } from '../../../fleet/recipe';
import { packRecipe } from '../../../fleet/recipe-pack';
import { controlOf } from '../../../lab/lab';
import { buildOrder } from '../../../model/orders';
import { provenanceSchema } from '../../../model/provenance';
import { BuildLab } from '../../support/build-lab';
import { asRoot } from '../../support/lab';
import { makeRpm } from '../../support/packages';
import { Signers } from '../../support/signers';

let lab: BuildLab;

beforeAll(async () => {
  lab = await BuildLab.start();
});

afterAll(() => lab.stop());

const onControl = (command: string, stdin?: Buffer) =>
  asRoot(lab.lab, controlOf(lab.lab).name, command, stdin);

test("the demo's patch is built from Debian's source archive, and again to the same bytes", async () => {
  const path = join(__dirname, '../../../examples/unzip/recipe.yaml');
  const first = await lab.build(path);
  expect(first).toMatchObject({ version: '6.0-28.1', already: false, warnings: [] });
  const { artifact } = await (await lab.artifacts()).byDigest(first.artifact);
  const rpm = await lab.rpm(first.artifact);
  expect(rpm).toMatchObject({ name: 'unzip', version: '6.0', release: '28.1', arch: 'x86_64' });
  const provenance = await lab.files.getJson(artifact.provenance ?? '', provenanceSchema);
  expect(provenance.patches).toHaveLength(28);
  expect(provenance.patches.at(-1)?.name).toBe('28-cve-2022-0529-and-cve-2022-0530.patch');
  // A host takes it for an update of what it has, under the key that the lab gave it.
  const bytes = readFileSync(lab.files.path(rpm.sha256));
  const tested = await asRoot(lab.lab, 'web001', 'cat >/tmp/u.rpm && rpm -U --test /tmp/u.rpm', bytes);
  expect(tested).toMatchObject({ code: 0 });
  expect(await lab.build(path)).toMatchObject({ artifact: first.artifact, already: true });
  expect((await onControl('ls /var/lib/tidegate-build')).stdout).toBe('work\n');
});

test('two builds of one recipe at once make one artifact', async () => {
  const path = await lab.recipe({ release: '60' });
  const built = await Promise.all([lab.build(path), lab.build(path), lab.build(path)]);
  expect(new Set(built.map(({ artifact }) => artifact)).size).toBe(1);
  expect(built.filter(({ already }) => !already)).toHaveLength(1);
});

test('patches beside the recipe are applied, and one that does not apply is named with its file', async () => {
  const good = '--- a/text\n+++ b/text\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n';
  const { artifact } = await lab.build(
    await lab.recipe({ release: '2', patches: ['good.patch'] }, { 'good.patch': good }),
  );
  expect(await lab.probe(artifact)).toContain('zwei');
  const bad = good.replace('-two', '-zwei');
  await expect(
    lab.build(await lab.recipe({ release: '3', patches: ['bad.patch'] }, { 'bad.patch': bad })),
  ).rejects.toMatchObject({
    code: 'TG_PATCH_FAILED',
    message: expect.stringMatching(/on ctl1: bad\.patch, in text: 1 out of 1 hunk FAILED/),
  });
});

test('a build that fails says where, shows its last lines, and keeps its log', async () => {
  const error = await lab
    .build(await lab.recipe({ build: 'echo this is why >&2\nfalse' }))
    .catch((error) => error);
  expect(error).toMatchObject({
    code: 'TG_BUILD_FAILED',
    message: expect.stringMatching(/%build failed \(exit 1\)[\s\S]*this is why/),
  });
  expect(error.next).toMatch(/^tidegate log show [0-9a-f]{12}$/);
});

test('a build has no network and no privileges', async () => {
  const { artifact } = await lab.build(
    await lab.recipe({
      release: '4',
      build: 'id -un > text; grep -c : /proc/net/dev >> text; ls /root >> text 2>&1 || :',
    }),
  );
  const text = await lab.probe(artifact);
  expect(text).toMatch(/^tidegate-build\n1\n.*Permission denied/);
});

test('a spec that builds nothing is refused', async () => {
  const spec = 'Name: probe\nVersion: 1.0\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n';
  const recipe = await lab.recipe(
    { spec: 'empty.spec', install: undefined, files: undefined },
    { 'empty.spec': spec },
  );
  await expect(lab.build(recipe)).rejects.toMatchObject({ code: 'TG_BUILD_EMPTY' });
});

test('what a build needs and the control instance lacks is named', async () => {
  await expect(lab.build(await lab.recipe({ buildRequires: ['gnat'] }))).rejects.toMatchObject({
    code: 'TG_BUILD_FAILED',
    message: expect.stringContaining('missing there: gnat'),
  });
});

test('a source that is not the pinned one, or that is not pinned, is refused before anything is built', async () => {
  const changed = await lab.recipe({});
  appendFileSync(join(changed, '../probe-1.0.tar'), 'x');
  await expect(lab.build(changed)).rejects.toMatchObject({
    code: 'TG_CHECKSUM_MISMATCH',
    message: expect.stringMatching(
      /^probe-1\.0\.tar\n {2}pinned {3}[0-9a-f]{64}\n {2}fetched {2}[0-9a-f]{64}$/,
    ),
  });
  await expect(lab.build(await lab.recipe({ source: { file: 'probe-1.0.tar' } }))).rejects.toMatchObject({
    code: 'TG_SOURCE_UNPINNED',
  });
  await expect(
    lab.build(await lab.recipe({ source: { url: 'http://127.0.0.1:9/x.tar', sha256: 'a'.repeat(64) } })),
  ).rejects.toMatchObject({
    code: 'TG_SOURCE_UNAVAILABLE',
  });
  await expect(
    lab.build(await lab.recipe({ source: { 'deb-src': 'no-such-source' } }), {}),
  ).rejects.toMatchObject({
    code: 'TG_SOURCE_UNPINNED',
  });
});

test('the same version with other contents is refused', async () => {
  await lab.build(await lab.recipe({ release: '10' }));
  await expect(
    lab.build(await lab.recipe({ release: '10', build: 'echo more >> text' })),
  ).rejects.toMatchObject({
    code: 'TG_RPM_NOT_NEWER',
    next: 'raise release in recipe.yaml',
  });
});

test('without its signing key nothing is kept', async () => {
  const fleet = readFileSync(lab.home.fleetFile, 'utf8');
  try {
    writeFileSync(lab.home.fleetFile, fleet.replace(/key: [0-9A-F]{40}/, 'key: nobody'));
    await expect(lab.build(await lab.recipe({ release: '12' }))).rejects.toMatchObject({
      code: 'TG_SIGNING_KEY_MISSING',
    });
  } finally {
    writeFileSync(lab.home.fleetFile, fleet);
  }
  expect((await (await lab.artifacts()).list('probe')).map(({ artifact }) => artifact.version)).not.toContain(
    '1.0-12',
  );
});

test('a worker that is killed during a build leaves it running, and the next one takes its result', async () => {
  const recipe = await lab.recipe({ release: '13', build: 'date +%s%N > began\nsleep 4\ncp began text' });
  const result = lab.build(recipe);
  const underWay = 'until ls /var/lib/tidegate-build/*/tree/BUILD/*/began 2>/dev/null; do sleep 0.1; done';
  expect((await onControl(`timeout 20 sh -c '${underWay}'`)).code).toBe(0);
  await lab.killWorker();
  const killedNs = BigInt((await onControl('date +%s%N')).stdout);
  await lab.work();
  const { artifact } = await result;
  const beganNs = BigInt(await lab.probe(artifact));
  expect(beganNs < killedNs).toBe(true);
});

test('where people sign, a build is made for the recipe that was signed, and its provenance says by whom', async () => {
  const fleet = readFileSync(lab.home.fleetFile, 'utf8');
  const people = new Signers(lab.home.folder, lab.lab.name);
  people.allow('anna');
  try {
    appendFileSync(lab.home.fleetFile, '\nallowedSigners: allowed_signers\n');
    const recipe = await lab.recipe({ release: '15' });
    await expect(lab.build(recipe)).rejects.toMatchObject({ code: 'TG_MANDATE_MISSING' });
    const pack = await packRecipe(lab.files, await loadRecipe(recipe));
    const mandate = await people.sign(buildOrder({ package: 'probe', recipe: pack }), 'anna');
    await expect(lab.build(recipe, { acceptDrift: true, mandate })).rejects.toMatchObject({
      code: 'TG_MANDATE_REFUSED',
    });
    const { artifact } = await lab.build(recipe, { mandate });
    const { provenance = '' } = (await (await lab.artifacts()).byDigest(artifact)).artifact;
    expect((await lab.files.getJson(provenance, provenanceSchema)).actor).toMatchObject({
      name: 'anna@example.org',
      proof: 'signed',
    });
  } finally {
    writeFileSync(lab.home.fleetFile, fleet);
  }
});

test('a control instance that has changed is refused, until the change is accepted', async () => {
  const stray = readFileSync(await makeRpm(lab.folder, { name: 'stray', version: '1', release: '1' }));
  const install = "cat >/tmp/s.rpm && rpm -U --nosignature --define '_pkgverify_level none' /tmp/s.rpm";
  expect(await onControl(install, stray)).toMatchObject({ code: 0 });
  const recipe = await lab.recipe({ release: '20' });
  await expect(lab.build(recipe)).rejects.toMatchObject({
    code: 'TG_CONTROL_DRIFTED',
    message: expect.stringContaining('+ rpm stray 0:1-1 noarch'),
  });
  await expect(lab.build(recipe, { acceptDrift: true })).resolves.toMatchObject({ version: '1.0-20' });
  await expect(lab.build(await lab.recipe({ release: '21' }))).resolves.toMatchObject({ version: '1.0-21' });
});

test('our own package on the control instance is no drift', async () => {
  const { digest } = await (await lab.artifacts()).find('probe', '1.0-21');
  const bytes = readFileSync(lab.files.path((await lab.rpm(digest)).sha256));
  expect(await onControl('cat >/tmp/p.rpm && rpm -U /tmp/p.rpm', bytes)).toMatchObject({ code: 0 });
  await expect(lab.build(await lab.recipe({ release: '22' }))).resolves.toMatchObject({ version: '1.0-22' });
});
