import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { automationKey, knownHosts } from '../lab/home';
import type { Absent, Accounting, Contender } from './contender';
import { versionOf } from './install';
import type { Bench } from './lab';
import type { Setting } from './settings';
import type { Work } from './work';

/** clush, parallel-ssh and pdsh, which run OpenSSH's ssh and scp. */
export function openSshTools(bench: Bench, setting: Setting, work: Work): (Contender | Absent)[] {
  const config = openSshConfig(bench, setting);
  const addresses = bench.web.map(({ address }) => address);
  const hosts = join(bench.lab.folder, 'bench-hosts');
  writeFileSync(hosts, addresses.map((address) => `${address}\n`).join(''));
  const at = { list: addresses.join(','), hosts, config, fanout: setting.atOnce };
  return [clush(at, work), parallelSsh(at, work), pdsh(at, work)].flat();
}

/** What ssh is to know of the lab, as a configuration file of OpenSSH. @returns its path */
export function openSshConfig({ lab }: Bench, setting: Setting): string {
  const options = [
    ['IdentityFile', automationKey(lab)],
    ['IdentitiesOnly', 'yes'],
    ['UserKnownHostsFile', knownHosts(lab)],
    ['StrictHostKeyChecking', 'yes'],
    ['BatchMode', 'yes'],
    ['User', 'tidegate'],
    ['Port', String(lab.port)],
    ...(setting.keyExchange === undefined ? [] : [['KexAlgorithms', setting.keyExchange]]),
  ];
  const path = join(lab.folder, `bench-ssh-config-${setting.name}`);
  writeFileSync(path, options.map((words) => `${words.join(' ')}\n`).join(''));
  return path;
}

interface Where {
  /** Addresses with commas, and a file of them. */
  readonly list: string;
  readonly hosts: string;
  readonly config: string;
  readonly fanout: number | undefined;
}

function clush({ list, config, fanout }: Where, work: Work): Contender | Absent {
  const version = versionOf('clush');
  if (version === undefined) return { name: 'clush', absent: 'not installed: apt-get install clustershell' };
  const words = ['clush', ...(fanout ? ['-f', String(fanout)] : []), '-o', `-F ${config}`, '-S', '-w', list];
  const copy = (from: string, to: string) => [...words, '--copy', from, '--dest', to];
  const asRoot = (command: string) => [...words, `sudo ${command}`];
  return contender({ name: 'clush', version }, work, (todo) => {
    switch (todo.what) {
      case 'command':
        return [[...words, todo.command]];
      case 'push':
        return [copy(todo.file, todo.to)];
      case 'rollout':
        return [
          copy(todo.file, '/var/tmp/clush.rpm'),
          asRoot('rpm -U /var/tmp/clush.rpm'),
          asRoot(`rpm -V ${todo.package}`),
        ];
    }
  });
}

function parallelSsh({ hosts, config, fanout }: Where, work: Work): (Contender | Absent)[] {
  const name = 'parallel-ssh';
  if (work.what === 'rollout') return [];
  const version = versionOf(name);
  if (version === undefined) return [{ name, absent: 'not installed: apt-get install pssh' }];
  const words = [...(fanout ? ['-p', String(fanout)] : []), '-x', `-F ${config}`, '-h', hosts];
  return [
    contender({ name, version }, work, (todo) =>
      todo.what === 'push'
        ? [['parallel-scp', ...words, todo.file, todo.to]]
        : todo.what === 'command'
          ? [['parallel-ssh', ...words, todo.command]]
          : [],
    ),
  ];
}

function pdsh({ list, config, fanout }: Where, work: Work): (Contender | Absent)[] {
  const name = 'pdsh';
  if (work.what === 'rollout') return [];
  if (work.what === 'push') return [{ name, absent: 'pdcp must be installed on every host' }];
  const version = versionOf(name, '-V');
  if (version === undefined) return [{ name, absent: 'not installed: apt-get install pdsh' }];
  const environment = { PDSH_SSH_ARGS_APPEND: `-F ${config}` };
  const words = ['pdsh', '-S', '-R', 'ssh', ...(fanout ? ['-f', String(fanout)] : []), '-w', list];
  return [
    contender(
      { name, version },
      work,
      (todo) => (todo.what === 'command' ? [[...words, todo.command]] : []),
      environment,
    ),
  ];
}

/** Its commands one after the other, for whatever the work is made ready for in each round. */
export function contender(
  who: { readonly name: string; readonly version: string },
  work: Work,
  commandsFor: (todo: Awaited<ReturnType<Work['next']>>) => string[][],
  environment: Readonly<Record<string, string>> = {},
): Contender {
  let commands: string[][] = [];
  return {
    ...who,
    async before() {
      commands = commandsFor(await work.next());
    },
    async run(account: Accounting) {
      for (const words of commands) await account.command(words, environment);
    },
    after: () => work.check(),
  };
}
