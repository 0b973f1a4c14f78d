import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import { homeAt } from '../../store/home';
import { lockHolder } from '../../store/lock';
import { rolloutWorkflowId } from '../../workflows/contract/rollout';
import { labDown } from '../down';
import { type Lab, labExists, labHome } from '../lab';
import { printProgress } from '../progress';
import { labUp } from '../up';
import { ask, tally } from './ask';
import { packageFolder, Story } from './story';

const labName = 'demo';
const hosts = 60;
const domains = 4;
/** A server and a worker are up in 5 s; the rest is for two busy cores. */
const upLimitMs = 60_000;
const faulty = ['web030', 'web031', 'web037', 'web038', 'web044', 'web045', 'web051', 'web052'];
const installed = "rpm -q --qf '%{VERSION}-%{RELEASE}' unzip";

/** A patch from its source to 60 hosts, then a bad one that takes itself back; asserts by asking every host. */
async function main(): Promise<void> {
  await endOldDemo();
  if (process.argv.includes('--down')) return;
  const story = new Story();
  const lab = await bringUp(story);
  const web = lab.hosts.filter(({ role }) => role === 'web');
  const temporal = await startTidegate(lab, story);

  story.chapter('A patch, from its source');
  await must(story, lab, 'artifacts', 'import', join(lab.vendorPackages, 'unzip-6.0-28.x86_64.rpm'), '--yes');
  await must(story, lab, 'build', join(packageFolder(), 'examples/unzip/recipe.yaml'), '--yes');

  story.chapter(`Rolled out to ${hosts} hosts, in waves, under a cap for each domain`);
  writeFileSync(join(lab.home, 'plan.yaml'), planText('6.0-28.1', '{ stopAt: 6 }'));
  await must(story, lab, 'rollout', 'plan', 'plan.yaml');
  await story.type(lab, 'rollout', 'start', 'plan.yaml', '--yes', '--reason', 'CVE-2022-0529');
  const patched = await ask(lab, web, installed);
  story.assert(`every host says 6.0-28.1 over plain ssh (${tally(patched)})`, all(patched, '6.0-28.1'));
  const calls = await ask(lab, web, "sudo grep '^begin' /var/log/rpm-calls.log | grep -vc -e --test");
  story.assert(`rpm ran once on each, by the hosts' own log (${tally(calls)})`, all(calls, '1'));

  story.chapter('A bad release: its check fails where a fault is planted');
  await ask(
    lab,
    web.filter(({ name }) => faulty.includes(name)),
    'sudo touch /etc/tidegate-lab-fault',
  );
  await must(story, lab, 'build', join(packageFolder(), 'examples/unzip/recipe-bad.yaml'), '--yes');
  writeFileSync(join(lab.home, 'plan-bad.yaml'), planText('6.0-28.2', '{ stopAt: 4, whenSpent: rollback }'));
  await must(story, lab, 'rollout', 'plan', 'plan-bad.yaml');
  const bad = await story.type(lab, 'rollout', 'start', 'plan-bad.yaml', '--yes', '--reason', 'the demo');
  story.assert(`the bad rollout ends as one that is not done (exit code ${bad.code})`, bad.code !== 0);
  const back = await ask(lab, web, installed);
  story.assert(`every host is on the first release again (${tally(back)})`, all(back, '6.0-28.1'));
  const verified = await ask(lab, web, 'rpm -V unzip && echo as packaged');
  story.assert(`every file is as packaged (${tally(verified)})`, all(verified, 'as packaged'));

  summarise(story, lab, temporal);
  process.exitCode = story.findings.every(({ holds }) => holds) ? 0 : 1;
}

async function bringUp(story: Story): Promise<Lab> {
  story.chapter(`A lab: ${hosts} hosts in ${domains} domains, each with a real sshd, rpm and cron`);
  return labUp({
    name: labName,
    hosts,
    domains,
    onProgress: printProgress((line) => process.stdout.write(line)),
  });
}

/** Starts server and worker, which live on after the demo. @returns where Temporal is. */
async function startTidegate(
  lab: Lab,
  story: Story,
): Promise<{ address: string; uiUrl: string; namespace: string }> {
  story.chapter('A Temporal server and the secured worker');
  story.say(pc.cyan('$ tidegate up &'));
  const home = homeAt(lab.home);
  mkdirSync(home.state, { recursive: true, mode: 0o700 });
  const log = openSync(join(home.state, 'up.log'), 'a', 0o600);
  const up = spawn(
    process.execPath,
    [join(packageFolder(), 'dist/clients/cli.js'), 'up', '--home', lab.home],
    {
      stdio: ['ignore', log, log],
      detached: true,
    },
  );
  up.unref();
  const deadline = Date.now() + upLimitMs;
  while (!(existsSync(home.temporalAddressFile) && (await lockHolder(home.lockFile)))) {
    if (Date.now() > deadline || up.exitCode !== null)
      throw new Error(`tidegate up did not come up; see ${join(home.state, 'up.log')}`);
    await sleep(200);
  }
  const temporal = JSON.parse(readFileSync(home.temporalAddressFile, 'utf8'));
  story.say(`Temporal ${temporal.address}, its UI ${temporal.uiUrl}`);
  return temporal;
}

/** An earlier demo's worker and lab are ended first: the golden image stays, so this costs a few seconds. */
async function endOldDemo(): Promise<void> {
  if (!labExists(labName)) return;
  const holder = await lockHolder(homeAt(labHome(labName)).lockFile);
  if (holder) {
    process.kill(holder.pid, 'SIGTERM');
    for (let waited = 0; waited < 150 && (await lockHolder(homeAt(labHome(labName)).lockFile)); waited += 1)
      await sleep(100);
  }
  await labDown(labName);
}

function planText(version: string, budget: string): string {
  return `package: unzip
hosts: role=web
artifact: ${version}
waves: [1, 10%, 100%]
caps: { perDomain: 4, startsPerSecond: 20 }
budget: ${budget}
soak: 2s
checks:
  - unzip -v
  - test ! -e /etc/tidegate-lab-fault
`;
}

async function must(story: Story, lab: Lab, ...words: string[]): Promise<void> {
  const { code } = await story.type(lab, ...words);
  if (code !== 0) throw new Error(`tidegate ${words.join(' ')}: exit code ${code}`);
}

function summarise(story: Story, lab: Lab, temporal: { uiUrl: string; namespace: string }): void {
  const link = (id: string) =>
    `${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(id)}`;
  story.chapter('What happened');
  for (const { what, holds } of story.findings) story.say(`${holds ? pc.green('✓') : pc.red('✗')} ${what}`);
  story.say(`
${hosts} hosts, two builds, two rollouts, one rollback in ${story.seconds} s. It is all still running:
  the rollouts      ${link(rolloutWorkflowId(lab.name, 'unzip'))}
  every workflow    ${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows

Try next:  export TIDEGATE_HOME=${lab.home}
  ./tidegate rollout list      what the ledger knows
  ./tidegate rollout report    the report of the last one
  ./tidegate rollout events    every event, with who asked for it
  ./tidegate rollout start $TIDEGATE_HOME/plan-bad.yaml
                               the bad one again: press Ctrl-C, and it goes on
  npm run demo -- --down       ends the lab, the worker and the server`);
}

const all = (answers: ReadonlyMap<string, string>, wanted: string) =>
  [...answers.values()].every((answer) => answer === wanted);

main().catch((error: unknown) => {
  process.stderr.write(
    `${pc.red('The demo failed')}: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
