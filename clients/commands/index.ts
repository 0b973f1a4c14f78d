import type { Noun, Verb } from '../verb';
import { rolloutNoun } from './rollout/index';

/** Verbs without a noun, in the order in which a newcomer meets them. */
export const verbs: readonly Verb[] = [
  {
    name: 'completion',
    summary: 'print the completion script of bash or zsh',
    arguments: [{ name: '<shell>', summary: 'bash or zsh' }],
    examples: [['source <(tidegate completion bash)', 'completes in this shell']],
    run: () => import('./completion.js'),
  },
];

/** The nouns of the command line, in the order of `tidegate --help`. */
export const nouns: readonly Noun[] = [rolloutNoun];
