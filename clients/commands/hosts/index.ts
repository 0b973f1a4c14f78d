import { futureTime } from '../../option-values';
import type { Noun } from '../../verb';

const selector = {
  name: '[selector]',
  summary: 'web[001-100], env=prod & app=web, @file, !ctl1 …; all when left out',
};

/** `tidegate hosts …`: the fleet, and what its hosts say. */
export const hostsNoun: Noun = {
  name: 'hosts',
  summary: 'look at the hosts of the fleet, and hold some back',
  verbs: [
    {
      name: 'list',
      summary: 'list hosts as fleet.yaml and the inventory have them',
      arguments: [selector],
      options: [{ flags: '--fold', summary: 'a line a domain and platform, names as node sets' }],
      examples: [
        ['tidegate hosts list --fold', 'the whole fleet on a few lines'],
        ["tidegate hosts list 'env=prod & app=web' -o json", 'for programs'],
      ],
      run: () => import('./list.js'),
    },
    {
      name: 'check',
      summary: 'ask each host what would make work on it fail later; changes nothing',
      arguments: [selector],
      examples: [
        ['tidegate hosts check', 'login, sudo, rpm, space, clock … of every host; exit code 3 for problems'],
        ['tidegate hosts check web[001-010]', 'ten hosts'],
      ],
      run: () => import('./check.js'),
    },
    {
      name: 'examine',
      summary: 'what ledger and host say of a quarantined host, and what to do; changes nothing',
      arguments: [{ name: '<host>', summary: 'its name' }],
      examples: [['tidegate hosts examine web004', 'its operation, its packages, rpm -V, its slot']],
      run: () => import('./examine.js'),
    },
    {
      name: 'clear',
      summary: 'lift the quarantine of a host: its state becomes what it has, and retry takes it up',
      arguments: [{ name: '<host>', summary: 'its name' }],
      changes: true,
      signed: true,
      examples: [
        [
          'tidegate hosts clear web004 --reason "hung scriptlet ended by hand"',
          'refused while an operation runs',
        ],
      ],
      run: () => import('./clear.js'),
    },
    {
      name: 'hold',
      summary: 'keep hosts out of every rollout',
      arguments: [{ name: '<selector>', summary: 'the hosts' }],
      options: [{ flags: '--until <time>', summary: '7d, 12h, or 2026-03-14T22:00Z', parse: futureTime }],
      changes: true,
      examples: [['tidegate hosts hold web004 --until 7d --reason "disk is being replaced"', 'for a week']],
      run: () => import('./hold.js'),
    },
    {
      name: 'unhold',
      summary: 'let held hosts take part again',
      arguments: [{ name: '<hosts>', summary: 'a node set, or all' }],
      changes: true,
      examples: [['tidegate hosts unhold web004', 'takes part in the next rollout']],
      run: () => import('./unhold.js'),
    },
  ],
};
