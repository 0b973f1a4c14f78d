import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nouns, verbs } from '../../clients/commands/index';
import { labDown } from '../../lab/down';
import { labExists } from '../../lab/lab';
import { BuildLab } from '../support/build-lab';
import { linesOf } from '../support/child';
import { CommandLine } from '../support/command-line';
import { asRoot } from '../support/lab';
import { until } from '../support/rollouts';
import { Shapes } from '../support/shapes';

const shapes = new Shapes(readFileSync(join(__dirname, '../../docs/json.md'), 'utf8'));
/** Headings of the page that real output was held to. */
const held = new Set<string>();

let lab: BuildLab;
let line: CommandLine;
let recipe: string;

beforeAll(async () => {
  lab = await BuildLab.start({ hosts: 3, domains: 1 });
  line = new CommandLine(lab.home.folder);
  recipe = await lab.recipe({ source: { file: 'probe-1.0.tar' } });
  writeFileSync(
    join(lab.home.folder, 'plan.yaml'),
    'package: probe\nhosts: role=web\nabsent: install\nsoak: 0\nwaves: [1, 100%]\ngates: [1]\nbudget: { stopAt: 3, firstWaveStopAt: 3 }\n',
  );
});

afterAll(() => lab.stop());

test('of an error', async () => {
  const { err } = await line.run('rollout', 'status', 'r-none', '-o', 'json');
  fits('an error', err.trim().split('\n').at(-1)!);
});

test('of the first steps', async () => {
  await holds('tidegate doctor', 'doctor');
  await holds('tidegate completion', 'completion', 'bash');
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-json-'));
  try {
    const [host] = lab.lab.hosts;
    writeFileSync(join(folder, 'hosts.txt'), `${host!.name} address=${host!.address} port=${host!.port}\n`);
    const given = [
      '--key',
      join(lab.home.keys, 'automation'),
      '--known-hosts',
      join(lab.home.folder, 'known_hosts'),
    ];
    const home = join(folder, 'home');
    await holds('tidegate init', 'init', '--home', home, '--inventory', join(folder, 'hosts.txt'), ...given);
    await begins('tidegate up', 'up', '--home', home);
    const backup = join(folder, 'state.tgz');
    await holds('tidegate backup', 'backup', backup, '--home', home);
    await holds('tidegate restore', 'restore', backup, '--home', home, '--yes');
    await lab.killWorker();
    await begins('tidegate worker', 'worker');
    await lab.work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('of hosts', async () => {
  await holds('tidegate hosts check', 'hosts', 'check');
  await asRoot(lab.lab, 'web001', 'touch /run/reboot-required');
  await holds('tidegate hosts check', 'hosts', 'check');
  await holds('tidegate hosts hold', 'hosts', 'hold', 'web001', '--reason', 'x', '--until', '7d', '--yes');
  await holds('tidegate hosts list', 'hosts', 'list');
  await holds('tidegate hosts unhold', 'hosts', 'unhold', 'web001', '--yes');
  const { stdout } = await asRoot(lab.lab, 'web001', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
  const accept = ['hostkeys', 'accept', 'web001', '--fingerprint', stdout.split(' ')[1]!];
  await holds('tidegate hostkeys accept', ...accept, '--reason', 'x', '--yes');
});

test('of packages, from a source to the store', async () => {
  const vendor = join(lab.lab.vendorPackages, 'unzip-6.0-28.x86_64.rpm');
  await holds('tidegate artifacts import', 'artifacts', 'import', vendor, '--yes');
  await holds('tidegate build --pin', 'build', recipe, '--pin', '--yes');
  const built = await holds('tidegate build', 'build', recipe, '--yes');
  await holds('tidegate artifacts list', 'artifacts', 'list');
  const { provenance } = await holds('tidegate artifacts show', 'artifacts', 'show', built.artifact);
  await holds('tidegate artifacts verify', 'artifacts', 'verify');
  await holds('tidegate log show', 'log', 'show', provenance.builds[0].log);
});

test('of rollouts and releases', async () => {
  await holds('tidegate rollout plan', 'rollout', 'plan', 'plan.yaml');
  await holds('tidegate rollout plan --explain', 'rollout', 'plan', 'plan.yaml', '--explain');
  await holds('tidegate rollout check', 'rollout', 'check', 'plan.yaml');
  const { rollout } = await holds(
    'tidegate rollout start',
    'rollout',
    'start',
    'plan.yaml',
    '--yes',
    '--detach',
  );
  await untilGate(rollout);
  await holds('tidegate rollout status', 'rollout', 'status', rollout);
  await holds('tidegate rollout pause', 'rollout', 'pause', rollout);
  await holds('tidegate rollout resume', 'rollout', 'resume', rollout, '--yes');
  await holds('tidegate rollout approve', 'rollout', 'approve', rollout, '--yes');
  await holds('tidegate rollout watch', 'rollout', 'watch', rollout);
  await holds('tidegate rollout events', 'rollout', 'events', rollout);
  await holds('tidegate rollout report', 'rollout', 'report', rollout);
  const back = ['rollout', 'rollback', rollout, '--yes', '--detach'];
  await holds('tidegate rollout rollback --detach', ...back);
  await line.run('rollout', 'watch', rollout);

  const again = JSON.parse(
    (await line.run('rollout', 'start', 'plan.yaml', '--yes', '--detach', '-o', 'json')).out,
  );
  await untilGate(again.rollout);
  await holds('tidegate rollout abort', 'rollout', 'abort', again.rollout, '--yes');
  await line.run('rollout', 'watch', again.rollout);
  // Somebody else has worked on it: what has moved is quarantined. The others stay behind, for the release.
  await asRoot(lab.lab, 'web002', `echo ${'f'.repeat(32)} >/var/lib/tidegate/head`);
  const retry = ['rollout', 'retry', again.rollout, '--hosts', 'web002', '--yes', '--detach'];
  await holds('tidegate rollout retry --detach', ...retry);
  await line.run('rollout', 'watch', again.rollout);
  await holds('tidegate rollout list', 'rollout', 'list');
  const moved = await holds('tidegate hosts examine', 'hosts', 'examine', 'web002');
  expect(statesIn(moved)).toContain('quarantined');
  // One more, that has another story.
  expect(statesIn(await holds('tidegate hosts examine', 'hosts', 'examine', 'web001'))).toContain(
    'rolled back',
  );
  const { cleared } = await holds(
    'tidegate hosts clear',
    'hosts',
    'clear',
    'web002',
    '--reason',
    'x',
    '--yes',
  );
  expect(cleared).toHaveLength(1);

  const release = ['release', recipe, 'plan.yaml'];
  await holds('tidegate release --detach', ...release, '--detach');
  await holds('tidegate release --drop', ...release, '--drop', '--yes');
});

test('of runs', async () => {
  await holds('tidegate run', 'run', 'role=web', '--', 'hostname; echo >&2 x; exit 3');
  await holds('tidegate run show', 'run', 'show');
  await holds('tidegate run show HOST', 'run', 'show', await newestRun(), 'web001');
  await holds('tidegate push', 'push', 'web001', recipe, '/tmp/pushed');
  await holds('tidegate pull', 'pull', 'web001', '/tmp/pushed', join(lab.folder, 'pulled'));
  await holds('tidegate run list', 'run', 'list');
  for (const verb of ['go-on', 'stop']) {
    const waiting = line.start('run', 'role=web', '--batch-then-ask', '1', '--', 'true');
    const ended = once(waiting, 'close');
    for await (const said of createInterface({ input: waiting.stderr! }))
      if (said.includes('It waits.')) break;
    await holds(`tidegate run ${verb}`, 'run', verb, '--yes');
    await ended;
  }
});

test('of the lab', async () => {
  const name = `test-${process.pid}-99`;
  try {
    await holds('tidegate lab up', 'lab', 'up', '--name', name, '--hosts', '1', '--domains', '1', '--yes');
    await holds('tidegate lab break, without hosts', 'lab', 'break');
    await holds('tidegate lab break', 'lab', 'break', 'web001', 'planted', '--name', name);
    await holds('tidegate lab status', 'lab', 'status', '--name', name);
    await holds('tidegate lab mend', 'lab', 'mend', '--name', name);
    await holds('tidegate lab down', 'lab', 'down', '--name', name, '--yes');
  } finally {
    if (labExists(name)) await labDown(name);
  }
});

test('every verb is on the page, and nothing is on the page that no output was held to', () => {
  const declared = [
    ...verbs.map(({ name }) => `tidegate ${name}`),
    ...nouns.flatMap((noun) => noun.verbs.map((verb) => `tidegate ${noun.name} ${verb.name}`)),
  ];
  const described = shapes.commands;
  expect(declared.filter((verb) => !described.some((heading) => heading.startsWith(verb)))).toEqual([]);
  expect(described.filter((heading) => !held.has(heading))).toEqual([]);
});

/** Runs it with -o json and holds what it prints to the page. @returns what it printed, for what follows */
async function holds(heading: string, ...words: string[]) {
  const own = words.indexOf('--');
  const place = own < 0 ? words.length : own;
  const { code, out, err } = await line.run(...words.slice(0, place), '-o', 'json', ...words.slice(place));
  expect({ words, out: out === '' ? err : '', code }).toMatchObject({ out: '', code: expect.any(Number) });
  return fits(heading, out);
}

/** The first line that it prints is its JSON; then it is stopped. */
async function begins(heading: string, ...words: string[]): Promise<void> {
  const child = line.start(...words, '-o', 'json');
  const ended = once(child, 'close');
  for await (const said of linesOf(child)) {
    fits(heading, said);
    break;
  }
  child.kill('SIGINT');
  await ended;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever it is, it was just held to the page
function fits(heading: string, out: string): any {
  const { shape, lines } = shapes.described(heading);
  const values = lines
    ? out
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each))
    : [JSON.parse(out)];
  expect(values.flatMap((value) => shapes.misfits(shape, value, heading))).toEqual([]);
  held.add(heading);
  return values[0];
}

const statesIn = ({ chapters }: { chapters: { state: string }[] }) => chapters.map(({ state }) => state);

async function untilGate(rollout: string): Promise<void> {
  await until(async () => {
    const { out } = await line.run('rollout', 'status', rollout, '-o', 'json');
    const { phase, result } = JSON.parse(out);
    if (result !== undefined) throw new Error(`it ended ${result}, and never waited for approval`);
    return phase === 'waiting for approval';
  });
}

async function newestRun(): Promise<string> {
  return JSON.parse((await line.run('run', 'list', '-o', 'json')).out)[0].run;
}
