import { type Command, Option } from 'commander';
import { TidegateError } from '../model/errors';
import type { GlobalOptions, Verb, VerbOption } from './verb';

/** The heading of what holds everywhere. */
export const everywhere = 'Everywhere:';

const changingOptions: readonly VerbOption[] = [{ flags: '-y, --yes', summary: 'do not ask' }];
const recordedOptions: readonly VerbOption[] = [
  { flags: '--reason <text>', summary: 'why, for the record' },
  { flags: '--ticket <id>', summary: 'the ticket it belongs to, for the record' },
];
const signingOptions: readonly VerbOption[] = [
  { flags: '--sign-with <keyfile>', summary: 'SSH key that signs for you ($TIDEGATE_SIGN_WITH)' },
];
export const formats = ['text', 'json'];
/** jsonl: of verbs that have an answer for each host. */
export const allFormats = [...formats, 'jsonl'];
export const globalOptions = (choices = formats): readonly VerbOption[] => [
  { flags: '--home <folder>', summary: 'where fleet.yaml is ($TIDEGATE_HOME, ., ~/.tidegate)' },
  { flags: '-o, --output <format>', summary: 'how results are printed', choices },
  { flags: '--no-color', summary: 'no colours (also: NO_COLOR)' },
];

/** @returns the options of a verb but those that hold everywhere. */
export function ownOptions(verb: Verb): readonly VerbOption[] {
  return [
    ...(verb.options ?? []),
    ...(verb.changes ? changingOptions : []),
    ...(verb.changes || verb.recorded ? recordedOptions : []),
    ...(verb.signed ? signingOptions : []),
  ];
}

/** @param path - the words that a usage error points to the help of */
export function addOptions(command: Command, options: readonly VerbOption[], path = 'tidegate'): void {
  for (const { flags, summary, choices, default: value, parse, required } of options) {
    const option = new Option(flags, summary);
    if (choices) option.choices([...choices]);
    if (value !== undefined) option.default(value);
    if (parse)
      option.argParser((text: string, before: unknown) => {
        try {
          return parse(text, before);
        } catch (error) {
          return usageOf(path, error, `--${option.name()}`);
        }
      });
    if (required) option.makeOptionMandatory();
    command.addOption(option);
  }
}

type TypedOptions = GlobalOptions & {
  readonly color: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
  readonly ticket?: string;
  readonly signWith?: string;
  readonly [name: string]: unknown;
};

/** Global options stand before the noun or after the verb; the last place wins. */
export function optionsOf(command: Command): TypedOptions {
  const root = command.parent?.parent ?? command.parent ?? command;
  const before = root.opts<Partial<TypedOptions>>();
  const own = command.opts<Partial<TypedOptions>>();
  return {
    ...before,
    ...own,
    output: own.output ?? before.output ?? 'text',
    color: before.color !== false && own.color !== false,
  };
}

/** What a verb or an option could not understand leads to the help of that verb. */
export function usageOf(path: string, error: unknown, flags?: string): never {
  if (!(error instanceof TidegateError) || error.code !== 'TG_USAGE') throw error;
  const detail = flags === undefined ? error.message : `${flags}: ${error.message}`;
  throw new TidegateError(
    'TG_USAGE',
    { ...error.facts, detail, next: error.facts.next ?? `${path} --help` },
    { cause: error },
  );
}
