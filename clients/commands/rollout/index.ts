import { wholeNumber } from '../../option-values';
import type { Noun } from '../../verb';

const rollout = { name: '[rollout]', summary: 'its ID or the start of it; the newest when left out' };
const named = { name: '<rollout>', summary: 'its ID or the start of it' };
const detach = { flags: '--detach', summary: 'do not watch it' };

/** `tidegate rollout …`: a plan, checked, carried out, watched, stopped and taken back. */
export const rolloutNoun: Noun = {
  name: 'rollout',
  summary: 'carry one artifact to the hosts of a plan, in waves',
  verbs: [
    {
      name: 'plan',
      summary: 'ask the hosts, freeze the waves and print them; changes nothing',
      arguments: [{ name: '<file>', summary: 'plan.yaml' }],
      options: [{ flags: '--explain', summary: 'print the plan with every default written out' }],
      examples: [
        ['tidegate rollout plan plan.yaml', 'prints waves, hosts, caps, time and the way back'],
        ['tidegate rollout plan plan.yaml --explain', 'shows what the defaults are'],
      ],
      run: () => import('./plan.js'),
    },
    {
      name: 'check',
      summary: 'run the whole preflight on all hosts of a plan; changes nothing',
      arguments: [{ name: '<plan>', summary: 'p-1a2b3c4d, or the plan file' }],
      examples: [['tidegate rollout check p-1a2b3c4d', 'exit code 3 when some hosts are not ready']],
      run: () => import('./check.js'),
    },
    {
      name: 'start',
      summary: 'carry a plan out, and watch it',
      arguments: [{ name: '<plan>', summary: 'p-1a2b3c4d, or the plan file' }],
      options: [detach],
      changes: true,
      signed: true,
      examples: [
        ['tidegate rollout start p-1a2b3c4d --ticket CHG48812', 'asks with counts, starts, and watches'],
        ['tidegate rollout start p-1a2b3c4d --yes --detach', 'for scripts: returns when it is under way'],
      ],
      run: () => import('./start.js'),
    },
    {
      name: 'list',
      summary: 'list the rollouts that the ledger knows',
      options: [{ flags: '--last <number>', summary: 'how many (20)', parse: wholeNumber }],
      examples: [['tidegate rollout list', 'the newest first']],
      run: () => import('./list.js'),
    },
    {
      name: 'status',
      summary: 'say where a rollout is, and what needs you',
      arguments: [rollout],
      examples: [['tidegate rollout status r-1a2b3c4d', 'works without Temporal and without the worker']],
      run: () => import('./status.js'),
    },
    {
      name: 'watch',
      summary: 'watch a rollout until it ends; Ctrl-C leaves it running',
      arguments: [rollout],
      examples: [
        ['tidegate rollout watch', 'watches the newest'],
        ['tidegate rollout watch r-1a2b3c4d -o json', 'an event a line'],
      ],
      run: () => import('./watch.js'),
    },
    {
      name: 'events',
      summary: 'print every event of a rollout with its actor',
      arguments: [rollout],
      options: [
        { flags: '--host <hosts>', summary: 'only those of these hosts (a node set)' },
        { flags: '-f, --follow', summary: 'go on with new ones as they come' },
      ],
      examples: [
        ['tidegate rollout events r-1a2b3c4d --host web[001-003]', 'what happened on three hosts'],
        ['tidegate rollout events -o json | jq .kind', 'one JSON object a line'],
      ],
      run: () => import('./events.js'),
    },
    {
      name: 'pause',
      summary: 'begin nothing more; what is in progress goes to its end',
      arguments: [named],
      changes: true,
      examples: [
        [
          'tidegate rollout pause r-1a2b3c4d --reason "load on lpar1"',
          'returns when nothing begins any more',
        ],
      ],
      run: () => import('./pause.js'),
    },
    {
      name: 'resume',
      summary: 'let a paused rollout go on',
      arguments: [named],
      options: [
        {
          flags: '--stop-at <failures>',
          summary: 'new limit of failures, in all, after a spent budget',
          parse: wholeNumber,
        },
      ],
      changes: true,
      signed: true,
      examples: [
        ['tidegate rollout resume r-1a2b3c4d', 'goes on under the same budget'],
        [
          'tidegate rollout resume r-1a2b3c4d --stop-at 20 --reason "known fault"',
          'goes on after the budget was spent',
        ],
      ],
      run: () => import('./resume.js'),
    },
    {
      name: 'approve',
      summary: 'open the gate after a wave',
      arguments: [named],
      options: [{ flags: '--wave <number>', summary: 'the wave whose gate is meant', parse: wholeNumber }],
      changes: true,
      signed: true,
      examples: [
        ['tidegate rollout approve r-1a2b3c4d --wave 1 --reason "looks well"', 'the next wave begins'],
      ],
      run: () => import('./approve.js'),
    },
    {
      name: 'abort',
      summary: 'end a rollout, or its catching up, where it is; undoes nothing',
      arguments: [named],
      changes: true,
      examples: [['tidegate rollout abort r-1a2b3c4d --reason "wrong package"', 'in-flight hosts finish']],
      run: () => import('./abort.js'),
    },
    {
      name: 'rollback',
      summary: 'take back what a rollout changed, also after its end',
      arguments: [named],
      options: [detach],
      changes: true,
      signed: true,
      examples: [
        ['tidegate rollout rollback r-1a2b3c4d --reason "app breaks"', 'failed hosts first; caps hold'],
      ],
      run: () => import('./rollback.js'),
    },
    {
      name: 'retry',
      summary: 'try again what failed, was refused, is owed or was never reached',
      arguments: [named],
      options: [{ flags: '--hosts <selector>', summary: 'only these of them' }, detach],
      changes: true,
      signed: true,
      examples: [
        ['tidegate rollout retry r-1a2b3c4d --hosts zlx[044,102]', 'two hosts that are back'],
        ['tidegate rollout retry r-1a2b3c4d --hosts @r-1a2b3c4d:owed', 'those that were never reached'],
      ],
      run: () => import('./retry.js'),
    },
    {
      name: 'report',
      summary: 'print what a rollout did and what is still to do',
      arguments: [rollout],
      options: [
        { flags: '--format <format>', summary: 'as text, csv or html', choices: ['text', 'csv', 'html'] },
      ],
      examples: [
        ['tidegate rollout report r-1a2b3c4d', 'the sums, who did what, what is left'],
        ['tidegate rollout report r-1a2b3c4d --format html > report.html', 'to attach to a ticket'],
      ],
      run: () => import('./report.js'),
    },
  ],
};
