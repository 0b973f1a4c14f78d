import type { Noun } from '../../verb';

/** `tidegate log …`: what commands on hosts and builds have printed. */
export const logNoun: Noun = {
  name: 'log',
  summary: 'logs of builds and of operations on hosts, kept in the store',
  verbs: [
    {
      name: 'show',
      summary: 'print the log that an error or a report names',
      arguments: [{ name: '<digest>', summary: 'its digest, or the start of it' }],
      examples: [['tidegate log show 06433fd25160', 'the whole log of a build']],
      run: () => import('./show.js'),
    },
  ],
};
