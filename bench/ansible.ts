import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Absent, Contender } from './contender';
import { inEnvironment, mitogenFolder, pythonPackageVersion, versionOf } from './install';
import type { Bench } from './lab';
import { contender, openSshConfig } from './openssh-tools';
import { ansibleForks, type Setting } from './settings';
import type { Work } from './work';

/** Ansible as its makers ship it, and with mitogen's way of reaching hosts. */
export function ansibleTools(
  bench: Bench,
  setting: Setting,
  work: Work,
  waves: readonly number[],
): (Contender | Absent)[] {
  const plugins = mitogenFolder();
  return [
    ansible({ name: 'ansible-core', package: 'ansible-core' }, bench, setting, work, waves, []),
    plugins === undefined
      ? { name: 'mitogen for Ansible', absent: 'not installed: PyPI could not be reached' }
      : ansible({ name: 'mitogen for Ansible', package: 'mitogen' }, bench, setting, work, waves, [
          `strategy_plugins = ${join(plugins, 'plugins/strategy')}`,
          'strategy = mitogen_linear',
        ]),
  ];
}

function ansible(
  who: { readonly name: string; readonly package: string },
  bench: Bench,
  setting: Setting,
  work: Work,
  waves: readonly number[],
  plugins: readonly string[],
): Contender | Absent {
  const { name } = who;
  const version = pythonPackageVersion(who.package);
  if (version === undefined || versionOf(inEnvironment('ansible')) === undefined)
    return { name, absent: 'not installed: PyPI could not be reached' };
  const folder = join(bench.lab.folder, `bench-${who.package}-${setting.name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ansible.cfg'), configuration(bench, setting, folder, plugins));
  writeFileSync(
    join(folder, 'hosts'),
    bench.web.map((host) => `${host.name} ansible_host=${host.address}\n`).join(''),
  );
  const environment = { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), ANSIBLE_HOME: folder };
  return contender(
    { name, version },
    work,
    (todo) => {
      const adHoc = [inEnvironment('ansible'), 'all', '-m'];
      switch (todo.what) {
        case 'command':
          return [[...adHoc, 'command', '-a', todo.command]];
        case 'push':
          return [[...adHoc, 'copy', '-a', `src=${todo.file} dest=${todo.to}`]];
        case 'rollout': {
          const path = join(folder, 'playbook.yml');
          writeFileSync(path, playbook(todo.file, todo.package, waves));
          return [[inEnvironment('ansible-playbook'), path]];
        }
      }
    },
    environment,
  );
}

function configuration(bench: Bench, setting: Setting, folder: string, plugins: readonly string[]): string {
  const tuned = setting.name === 'same';
  return `[defaults]
inventory = ${join(folder, 'hosts')}
local_tmp = ${join(folder, 'tmp')}
${tuned ? `forks = ${ansibleForks}\ninterpreter_python = /usr/bin/python3` : 'interpreter_python = auto_silent'}
${plugins.join('\n')}
[ssh_connection]
ssh_common_args = -F ${openSshConfig(bench, setting)}
ssh_args = -C -o ControlMaster=auto -o ControlPersist=60s
control_path_dir = ${join(folder, 'cp')}
${tuned ? 'pipelining = True' : ''}
`;
}

/** Push, install, verify, in waves as the rollout's. */
function playbook(file: string, name: string, waves: readonly number[]): string {
  return JSON.stringify([
    {
      hosts: 'all',
      serial: waves,
      gather_facts: false,
      become: true,
      any_errors_fatal: true,
      tasks: [
        { copy: { src: file, dest: '/var/tmp/ansible.rpm' } },
        { command: 'rpm -U /var/tmp/ansible.rpm' },
        { command: `rpm -V ${name}` },
      ],
    },
  ]);
}
