import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../lab/demo/ask';
import type { LabHost } from '../lab/lab';
import { wavesOf } from '../model/waves';
import { type BareWork, bareProcess } from './bare-process';
import type { Accounting, Contender } from './contender';
import type { Bench } from './lab';
import { names, type Setting, waves } from './settings';
import type { Todo, Work } from './work';

const version = (file: string): string => JSON.parse(readFileSync(file, 'utf8')).version;
const tidegateVersion = version(join(__dirname, '../../package.json'));
const ssh2Version = version(require.resolve('ssh2/package.json'));

/** `tidegate run` and `tidegate push`: first with no connection open, then with those that the first has left. */
export function tidegateCommand({ tidegate }: Bench, setting: Setting, work: Work): Contender[] {
  const atOnce = setting.atOnce === undefined ? [] : ['--parallel', String(setting.atOnce)];
  let todo: Todo;
  const typed = (account: Accounting) => {
    if (todo.what === 'push')
      return tidegate.command(account, 'push', ...atOnce, 'role=web', todo.file, todo.to);
    const command = todo.what === 'command' ? todo.command : '';
    return tidegate.command(account, 'run', ...atOnce, 'role=web', '--', command);
  };
  const cold: Contender = {
    name: names.tidegate,
    version: tidegateVersion,
    account: tidegate.account,
    async before() {
      todo = await work.next();
      await tidegate.freshWorker();
    },
    run: typed,
    after: () => work.check(),
  };
  const warm: Contender = {
    ...cold,
    name: names.warm,
    async before() {
      todo = await work.next();
    },
  };
  return [cold, warm];
}

/** The limit of what ssh2 can do here: one connection a host, nothing checked and nothing remembered. */
export function bareTool({ lab, web }: Bench, setting: Setting, work: Work): Contender {
  const given = { lab, atOnce: setting.atOnce ?? 64, hosts: [...web] };
  return inProcess(names.bare, work, (todo) => {
    if (todo.what === 'push') return { ...given, what: 'push', file: todo.file, to: todo.to };
    return { ...given, what: 'command', command: 'true' };
  });
}

/** *The same remote steps, account, sudo, waves and window*, without anything that remembers. */
export function sameSteps(bench: Bench, setting: Setting, work: Work): Contender {
  const { lab, web } = bench;
  const inWaves = wavesOf(waves, web.length).map(({ from, to }): LabHost[] => web.slice(from, to));
  const loop = inProcess(names.sameSteps, work, (todo) => {
    if (todo.what !== 'rollout') throw new Error('the same steps are those of a rollout');
    return { lab, atOnce: setting.atOnce ?? 50, what: 'same steps', waves: inWaves, rpm: todo.rpm };
  });
  return {
    ...loop,
    // The bare loop's operations are not the ledger's: the hosts' chains are put back for the next round.
    async before(account) {
      await loop.before?.(account);
      await ask(lab, web, 'sudo sh -c "cd /var/lib/tidegate; ! test -e head || cp head head.kept"');
    },
    async after() {
      await ask(
        lab,
        web,
        'sudo sh -c "cd /var/lib/tidegate; rm -f head epoch; ! test -e head.kept || mv head.kept head"',
      );
      await loop.after?.();
    },
  };
}

/** Root, push, `rpm -U`, `rpm -V`: what a first script would do. */
export function naive({ lab, web }: Bench, setting: Setting, work: Work): Contender {
  return inProcess(names.naive, work, (todo) => {
    if (todo.what !== 'rollout') throw new Error('the naive loop is one of rollouts');
    return { lab, atOnce: setting.atOnce ?? 50, what: 'naive', hosts: [...web], rpm: todo.rpm };
  });
}

/** A rollout by a worker without open connections; its plan is made before. */
export function tidegateRollout(
  { tidegate }: Bench,
  work: Work,
  name: string,
  plan: Readonly<Record<string, unknown>>,
): Contender {
  let carryOut: () => Promise<void> = async () => undefined;
  return {
    name,
    version: tidegateVersion,
    account: tidegate.account,
    async before() {
      const todo = await work.next();
      if (todo.what !== 'rollout') throw new Error('a rollout is asked for');
      await tidegate.freshWorker();
      carryOut = await tidegate.plan(todo.rpm, { hosts: 'role=web', waves, soak: 0, ...plan });
      await tidegate.freshWorker();
    },
    run: () => carryOut(),
    after: () => work.check(),
  };
}

function inProcess(name: string, work: Work, workFor: (todo: Todo) => BareWork): Contender {
  let begin: () => Promise<void> = async () => undefined;
  return {
    name,
    version: ssh2Version,
    async before(account) {
      begin = await bareProcess(account, workFor(await work.next()));
    },
    run: () => begin(),
    after: () => work.check(),
  };
}
