import { wholeNumber } from '../../option-values';
import type { Noun, Verb, VerbOption } from '../../verb';
import { durationOption } from './options';

const selector = { name: '[selector]', summary: 'web[001-100], env=prod & app=web, @file, !ctl1 …' };

const hostOptions: readonly VerbOption[] = [
  { flags: '--file <file>', summary: 'hosts, one a line, and command: …, from a file' },
  { flags: '--sudo', summary: 'as root' },
  { flags: '--parallel <number>', summary: 'hosts at once (64)', parse: wholeNumber },
  {
    flags: '--per-domain <share>',
    summary: 'hosts of a domain at once, rollouts counted: 5, 10% (no cap)',
  },
  { flags: '--timeout <time>', summary: 'for one host (60s); it may go on there', parse: durationOption },
  { flags: '--deadline <time>', summary: 'for all hosts together', parse: durationOption },
];

const variables = (text: string, before: unknown): readonly string[] => [
  ...(Array.isArray(before) ? before : []),
  text,
];

/** `tidegate run …`: a command on hosts, at most once on each. */
export const runNoun: Noun = {
  name: 'run',
  summary: 'run a command on hosts',
  own: {
    name: 'run',
    summary: `run a command on hosts: at most once on each, whatever dies meanwhile

A host whose command was sent and that gave no answer (the connection or the
worker died) is UNKNOWN: it may have happened, and it is not sent again.
--retryable sends it again after a worker's death: at least once.
The words behind -- go to the account's shell, as ssh sends them. Nothing is
written on the host. Exit code 3 when any host is not ok.`,
    arguments: [selector, { name: '[command...]', summary: 'behind --' }],
    usage: '[options] SELECTOR -- COMMAND',
    options: [
      ...hostOptions,
      { flags: '--stdin <file>', summary: 'what the command reads; - for our own stdin' },
      { flags: '--env <name=value>', summary: 'for the command; again for more', parse: variables },
      { flags: '--retryable', summary: 'the command may happen twice on a host' },
      { flags: '--batch-then-ask <number>', summary: 'so many first, then ask', parse: wholeNumber },
      { flags: '--diff', summary: 'what differs from the commonest answer' },
      { flags: '--stream', summary: 'lines as they come, behind the name of the host' },
    ],
    jsonLines: true,
    recorded: true,
    signed: true,
    examples: [
      ["tidegate run 'env=prod' -- uname -r", 'identical answers once, with the hosts that gave them'],
      [
        'tidegate run web[001-100] --sudo --per-domain 5 -- systemctl restart nginx',
        'five of a domain at once',
      ],
      ['tidegate run all --batch-then-ask 3 --sudo -- ./fix.sh', 'three hosts, a look, and the others'],
    ],
    run: () => import('./run.js'),
  },
  verbs: [
    {
      name: 'show',
      summary: 'what hosts answered; with a host, its output as it is, to the byte',
      arguments: [
        { name: '[run]', summary: 'its ID or a start of it; the newest when left out' },
        { name: '[host]', summary: 'one host: its stdout to stdout, its stderr to stderr' },
      ],
      options: [{ flags: '--diff', summary: 'what differs from the commonest answer' }],
      jsonLines: true,
      examples: [
        ['tidegate run show', 'the newest run again'],
        ['tidegate run show run-4f0c2a web042 > core', 'the whole output of one host'],
      ],
      run: () => import('./show.js'),
    },
    {
      name: 'list',
      summary: 'list runs, pushes and pulls, the newest first',
      examples: [['tidegate run list', 'who did what, on how many hosts, and how it ended']],
      run: () => import('./list.js'),
    },
    {
      name: 'go-on',
      summary: 'let a run that waits after its first hosts go on with the others',
      arguments: [{ name: '[run]', summary: 'its ID or a start of it; the newest when left out' }],
      changes: true,
      signed: true,
      examples: [['tidegate run go-on run-4f0c2a', 'the other hosts follow']],
      run: () => import('./go-on.js'),
    },
    {
      name: 'stop',
      summary: 'send nothing more; what was sent goes to its end',
      arguments: [{ name: '[run]', summary: 'its ID or a start of it; the newest when left out' }],
      changes: true,
      examples: [['tidegate run stop run-4f0c2a', 'hosts that were not asked yet are NOT RUN']],
      run: () => import('./stop.js'),
    },
  ],
};

/** `tidegate push` and `tidegate pull`, which stand alone. */
export const copyVerbs: readonly Verb[] = [
  {
    name: 'push',
    summary: 'put a file or a folder on hosts, each file whole or not at all',
    arguments: [{ name: '<words...>', summary: 'SELECTOR LOCAL REMOTE; with --file only LOCAL REMOTE' }],
    options: [
      ...hostOptions,
      { flags: '--mode <octal>', summary: 'permission bits of files (those of the local file)' },
      { flags: '--owner <user:group>', summary: 'as chown takes it; needs --sudo' },
      { flags: '--dry-run', summary: 'say what would be pushed' },
    ],
    jsonLines: true,
    recorded: true,
    signed: true,
    examples: [
      ['tidegate push all --sudo ./resolv.conf /etc/resolv.conf', 'unchanged where it is the same already'],
      ['tidegate push web[001-100] ./site /srv/site', 'a folder with all that is in it'],
    ],
    run: () => import('./push.js'),
  },
  {
    name: 'pull',
    summary: 'bring a file or a folder from hosts, each into a folder of its own',
    arguments: [{ name: '<words...>', summary: 'SELECTOR REMOTE FOLDER; with --file only REMOTE FOLDER' }],
    options: hostOptions,
    jsonLines: true,
    recorded: true,
    signed: true,
    examples: [['tidegate pull all /etc/os-release ./collected', 'to ./collected/HOST/os-release']],
    run: () => import('./pull.js'),
  },
];
