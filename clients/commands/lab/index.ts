import { wholeNumber } from '../../option-values';
import type { Noun, VerbOption } from '../../verb';
import { labName } from './lab-name';

const name: VerbOption = {
  flags: '--name <name>',
  summary: `which lab (${labName({})} when left out)`,
};
const hosts = { name: '[hosts]', summary: "names of the lab's hosts: web[001-004],ctl1" };

/** `tidegate lab …`: a fleet of real hosts on this machine, to try things on. */
export const labNoun: Noun = {
  name: 'lab',
  summary: 'a real fleet on this machine, to try things on and to break',
  verbs: [
    {
      name: 'up',
      summary: 'make a lab: hosts with sshd, rpm and cron, and the home of their fleet',
      options: [
        name,
        {
          flags: '--hosts <number>',
          summary: 'hosts, the control instance not counted (12)',
          parse: wholeNumber,
        },
        {
          flags: '--domains <number>',
          summary: 'contention domains that they are in (3)',
          parse: wholeNumber,
        },
        {
          flags: '--full <number>',
          summary: 'how many of them have systemd as PID 1 and can reboot (0)',
          parse: wholeNumber,
        },
      ],
      changes: true,
      examples: [
        ['tidegate lab up --hosts 60 --domains 4', 'about 2 s; the first time a minute more'],
        ['tidegate lab up --name second', 'several labs stand side by side'],
        ['tidegate lab up --hosts 12 --full 2', 'two of the twelve have systemd'],
      ],
      run: () => import('./up.js'),
    },
    {
      name: 'status',
      summary: 'which hosts are up, which are broken, and how their domains do',
      options: [name],
      examples: [['tidegate lab status', 'the lab, its hosts and faults']],
      run: () => import('./status.js'),
    },
    {
      name: 'break',
      summary: 'make hosts of the lab misbehave',
      arguments: [hosts, { name: '[fault]', summary: 'what they do; with neither: every fault in a line' }],
      options: [
        name,
        { flags: '--path <folder>', summary: 'full-disk: whose filesystem is full (/var)' },
        {
          flags: '--after-bytes <number>',
          summary: 'drop, stall: what the host may send before it (0)',
          parse: wholeNumber,
        },
      ],
      changes: true,
      examples: [
        ['tidegate lab break web[003-004] planted', 'checks that look for /etc/tidegate-lab-fault fail'],
        ['tidegate lab break web002 full-disk --path /usr', 'no room where packages go'],
        ['tidegate lab break', 'every fault, in a line each'],
      ],
      run: () => import('./break.js'),
    },
    {
      name: 'mend',
      summary: 'take faults away again',
      arguments: [{ ...hosts, summary: 'names; every host when left out' }],
      options: [name, { flags: '--fault <fault>', summary: 'only this one' }],
      changes: true,
      examples: [['tidegate lab mend', 'the whole lab is as new']],
      run: () => import('./mend.js'),
    },
    {
      name: 'down',
      summary: 'take a lab down, its home included: nothing of it is left',
      options: [name],
      changes: true,
      examples: [['tidegate lab down --yes', 'processes, mounts, cgroups and files']],
      run: () => import('./down.js'),
    },
  ],
};
