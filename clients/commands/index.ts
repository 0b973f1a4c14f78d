import { plainName, portNumber } from '../option-values';
import type { HelpGroups, Noun, Verb } from '../verb';
import { artifactsNoun } from './artifacts/index';
import { hostkeysNoun } from './hostkeys/index';
import { hostsNoun } from './hosts/index';
import { labNoun } from './lab/index';
import { logNoun } from './log/index';
import { rolloutNoun } from './rollout/index';
import { copyVerbs, runNoun } from './run/index';

/** Verbs without a noun, in the order in which a newcomer meets them. */
export const verbs: readonly Verb[] = [
  {
    name: 'init',
    summary: 'make the home of a fleet from an inventory, and check its hosts; changes nothing on them',
    options: [
      {
        flags: '--inventory <file>',
        summary: 'what lists the hosts: Ansible, known_hosts, a plain list, a program',
        required: true,
      },
      { flags: '--fleet <name>', summary: 'its name', default: 'prod', parse: plainName },
      {
        flags: '--account <name>',
        summary: 'account on the hosts, with a key and sudo',
        default: 'tidegate',
      },
      { flags: '--key <file>', summary: 'its private key, or agent; HOME/keys/automation when left out' },
      { flags: '--known-hosts <file>', summary: "host keys; OpenSSH's own files when left out" },
    ],
    examples: [
      ['tidegate init --inventory /etc/ansible/hosts --key ~/.ssh/patching', 'in ~/.tidegate'],
      [
        'tidegate init --home . --inventory hosts.txt --key agent',
        'in this folder, with the keys of ssh-agent',
      ],
    ],
    run: () => import('./init.js'),
  },
  {
    name: 'doctor',
    summary: 'say what is missing here, and the command that mends it',
    examples: [['tidegate doctor', 'programs, home, fleet, key, server, worker; exit code 1 when one lacks']],
    run: () => import('./doctor.js'),
  },
  {
    name: 'up',
    summary: 'run the Temporal server and the worker in this terminal',
    options: [
      { flags: '--port <port>', summary: "the server's port", parse: portNumber },
      { flags: '--ui-port <port>', summary: "the port of the server's Web UI", parse: portNumber },
    ],
    examples: [['tidegate up', 'until Ctrl-C; operations on hosts go to their end']],
    run: () => import('./up.js'),
  },
  {
    name: 'worker',
    summary: 'run the worker beside a Temporal server that is there',
    options: [
      { flags: '--standby', summary: 'while another worker runs: wait, and take over when it is gone' },
    ],
    examples: [
      ['TEMPORAL_ADDRESS=temporal:7233 tidegate worker', 'joins a cluster'],
      ['tidegate worker --standby', 'in a second terminal: takes over from one that dies'],
    ],
    run: () => import('./worker.js'),
  },
  {
    name: 'backup',
    summary: 'pack the state (embedded database, store, ledger; no keys) into one file, while no worker runs',
    arguments: [{ name: '<file>', summary: 'must not be there yet' }],
    examples: [['tidegate backup /backup/tidegate.tgz', 'stop `tidegate up` first; hosts go on']],
    run: () => import('./backup.js'),
  },
  {
    name: 'restore',
    summary: 'put the state back to a backup; every rollout comes up paused',
    arguments: [{ name: '<file>', summary: 'made by tidegate backup' }],
    changes: true,
    examples: [['tidegate restore /backup/tidegate.tgz', 'what was there is moved aside']],
    run: () => import('./restore.js'),
  },
  {
    name: 'build',
    summary: 'build a recipe, sign its packages and keep them',
    arguments: [{ name: '<recipe>', summary: 'recipe.yaml' }],
    options: [
      { flags: '--pin', summary: 'only fetch the sources, and write recipe.lock' },
      { flags: '--accept-drift', summary: 'although the packages of a control instance have changed' },
    ],
    changes: true,
    signed: true,
    examples: [
      ['tidegate build recipe.yaml --pin', 'writes the checksums of the sources to recipe.lock'],
      ['tidegate build recipe.yaml', 'builds on the control instance of each platform'],
    ],
    run: () => import('./build.js'),
  },
  ...copyVerbs,
  {
    name: 'release',
    summary: 'build a recipe and roll it out by a plan, in one record',
    arguments: [
      { name: '<recipe>', summary: 'recipe.yaml' },
      { name: '<plan>', summary: 'plan.yaml, for the same package' },
    ],
    options: [
      { flags: '--detach', summary: 'do not wait: it builds, plans, and then waits for you' },
      { flags: '--drop', summary: "end the package's release that has not come to its rollout" },
      { flags: '--accept-drift', summary: 'although the packages of a control instance have changed' },
    ],
    changes: true,
    signed: true,
    examples: [
      [
        'tidegate release recipe.yaml plan.yaml',
        'shows the plan after the build, and asks; or takes it up again',
      ],
      ['tidegate release recipe.yaml plan.yaml --yes --detach', 'goes all the way by itself'],
      ['tidegate release recipe.yaml plan.yaml --drop', 'nothing was changed on any host yet'],
    ],
    run: () => import('./release.js'),
  },
  {
    name: 'completion',
    summary: 'print the completion script of bash or zsh',
    arguments: [{ name: '<shell>', summary: 'bash or zsh' }],
    examples: [['source <(tidegate completion bash)', 'completes in this shell']],
    run: () => import('./completion.js'),
  },
];

/** The nouns of the command line, in the order of `tidegate --help`. */
export const nouns: readonly Noun[] = [
  hostsNoun,
  hostkeysNoun,
  artifactsNoun,
  rolloutNoun,
  runNoun,
  labNoun,
  logNoun,
];

/** How `tidegate --help` groups them. */
export const helpGroups: HelpGroups = [
  ['First steps:', ['lab', 'init', 'doctor', 'up', 'completion']],
  ['Hosts:', ['hosts', 'hostkeys', 'run', 'push', 'pull']],
  ['Releases:', ['artifacts', 'build', 'rollout', 'release', 'log']],
  ['The secured instance:', ['worker', 'backup', 'restore']],
];
