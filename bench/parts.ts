import { wavesOf } from '../model/waves';
import { ansibleTools } from './ansible';
import { naiveLoop } from './bare';
import type { Absent, Contender } from './contender';
import type { Bench } from './lab';
import { openSshTools } from './openssh-tools';
import { bareTool, naive, sameSteps, tidegateCommand, tidegateRollout } from './ours';
import { defaults, names, type Setting, same, waves } from './settings';
import { commandWork, pushWork, rolloutWork, type Work } from './work';

/** clush's own default. */
const commandsAtOnce = 64;
/** What 2 cores can use, and what Ansible is given. */
const rolloutsAtOnce = 50;
/** Of what is over in a moment. */
const shortRounds = 11;

/** One table of the benchmark. */
export interface Part {
  readonly title: string;
  readonly setting: string;
  /** Said under the table. */
  readonly remarks: readonly string[];
  /** Of its own, where what it measures is over in a moment. */
  readonly rounds?: number;
  contenders(bench: Bench): Promise<(Contender | Absent)[]>;
}

const pooled =
  'tidegate begins with no connection open, as the others; warm: again at once, over those that the worker keeps for 60 s.';
const asksForMore =
  'tidegate and the bare steps do more than the rest: signature, room and previous packages are looked at first, the transaction runs detached under an ID, and undo is recorded.';

/** What can be asked for with --only, in the order in which all are done. */
export const parts: Readonly<Record<string, Part>> = {
  true: commandPart(same(commandsAtOnce)),
  'true-defaults': commandPart(defaults),
  push: pushPart(same(commandsAtOnce)),
  'push-defaults': pushPart(defaults),
  rollout: rolloutPart(same(rolloutsAtOnce)),
  'rollout-defaults': rolloutPart(defaults),
  start: {
    title: 'the command line itself',
    setting: 'a worker runs; medians of eleven',
    remarks: [],
    rounds: shortRounds,
    contenders: commandLine,
  },
};

function commandPart(setting: Setting): Part {
  return {
    title: '`true` on every host',
    setting: setting.title,
    remarks: [pooled],
    contenders: async (bench) => everyTool(bench, setting, commandWork()),
  };
}

function pushPart(setting: Setting): Part {
  return {
    title: 'a file of 1 MiB to every host',
    setting: setting.title,
    remarks: [pooled, 'tidegate compares what arrived by its SHA-256 and renames it into place.'],
    contenders: async (bench) => everyTool(bench, setting, pushWork(bench)),
  };
}

function everyTool(bench: Bench, setting: Setting, work: Work): (Contender | Absent)[] {
  return [
    ...tidegateCommand(bench, setting, work),
    bareTool(bench, setting, work),
    ...openSshTools(bench, setting, work),
    ...ansibleTools(bench, setting, work, []),
  ];
}

function rolloutPart(setting: Setting): Part {
  const unbound = {
    caps: {
      perDomain: rolloutsAtOnce,
      perDomainMost: rolloutsAtOnce,
      total: rolloutsAtOnce,
      startsPerSecond: 10_000,
    },
    budget: { stopAt: '100%', firstWaveStopAt: 1_000 },
  };
  const limits =
    setting.name === 'same'
      ? `tidegate: stopAt 100 %, ${rolloutsAtOnce} hosts of a domain: budget and caps that do not bind.`
      : 'tidegate: a budget of 2 % and caps of 5 % of a domain (15 at most) and 5 starts a second, which bind: they are what a fleet is protected by.';
  return {
    title: `a package pushed, installed and verified on every host, in waves of ${waves.join(', ')}`,
    setting: setting.title,
    remarks: [limits, asksForMore, 'clush and the naive loop know no waves. The plan is made before.'],
    async contenders(bench) {
      const work = rolloutWork(bench);
      await everyHostHas(bench, work);
      const serial = wavesOf(waves, bench.web.length).map(({ from, to }) => to - from);
      return [
        setting.name === 'same'
          ? tidegateRollout(bench, work, names.tidegate, unbound)
          : tidegateRollout(bench, work, names.defaultLimits, {}),
        sameSteps(bench, setting, work),
        naive(bench, setting, work),
        ...openSshTools(bench, setting, work),
        ...ansibleTools(bench, setting, work, serial),
      ];
    },
  };
}

async function commandLine(bench: Bench): Promise<Contender[]> {
  const { tidegate } = bench;
  const work = rolloutWork(bench);
  await everyHostHas(bench, work);
  const rollout = tidegateRollout(bench, work, names.tidegate, {});
  await rollout.before?.(tidegate.account);
  await rollout.run(tidegate.account);
  const typed = (...words: string[]): Contender => ({
    name: `tidegate ${words.join(' ')}`,
    version: rollout.version,
    run: (account) => tidegate.command(account, ...words),
  });
  return [typed('--help'), typed('rollout', 'status')];
}

/** A rollout upgrades: some version is there before. */
async function everyHostHas({ lab }: Bench, work: Work): Promise<void> {
  const todo = await work.next();
  if (todo.what === 'rollout') await naiveLoop(lab, lab.hosts, todo.rpm, rolloutsAtOnce);
}
