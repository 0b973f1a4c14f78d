import { TidegateError } from '../../model/errors';
import { ownOptions } from '../options';
import type { Invocation, Noun, Outcome, Verb } from '../verb';
import { nouns, verbs } from './index';

/** Prints the completion script of a shell: nouns, then verbs, then the options of the verb. */
export async function run({ arguments: [shell] }: Invocation): Promise<Outcome> {
  const words = completionWords(nouns, verbs);
  if (shell === 'bash') return { json: words, text: bash(words), verbatim: true };
  if (shell === 'zsh')
    return {
      json: words,
      text: `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`,
      verbatim: true,
    };
  throw new TidegateError('TG_USAGE', {
    detail: `no completion for '${shell}': bash and zsh are there`,
    next: 'tidegate completion bash',
  });
}

/** `''` → nouns and verbs, `rollout` → its verbs, `rollout start` → its options. */
type Words = Record<string, string[]>;

function completionWords(nouns: readonly Noun[], verbs: readonly Verb[]): Words {
  const words: Words = { '': [...verbs, ...nouns].map(({ name }) => name) };
  for (const verb of verbs) words[verb.name] = optionWords(verb);
  for (const noun of nouns) {
    words[noun.name] = [...noun.verbs.map(({ name }) => name), ...(noun.own ? optionWords(noun.own) : [])];
    for (const verb of noun.verbs) words[`${noun.name} ${verb.name}`] = optionWords(verb);
  }
  return words;
}

function optionWords(verb: Verb): string[] {
  const own = ownOptions(verb).map(({ flags }) => /--[a-z-]+/.exec(flags)?.[0] ?? '');
  return [...own, '--home', '--output', '--no-color', '--help'];
}

function bash(words: Words): string {
  const cases = Object.entries(words).map(([path, next]) => `    '${path}') words='${next.join(' ')}' ;;`);
  return `_tidegate() {
  local path='' word before='' words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$before" in --home | -o | --output) before=''; continue ;; esac
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
    before=$word
  done
  # Arguments after the verb do not change what can follow: try the whole path, then its first words.
  set -- $path
  case "$path" in
${cases.join('\n')}
    *) case "$1 $2" in
${cases.map((line) => `  ${line}`).join('\n')}
      *) case "$1" in
${cases.map((line) => `    ${line}`).join('\n')}
      esac ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _tidegate tidegate`;
}
