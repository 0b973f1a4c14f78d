import { Command, Help, Option } from 'commander';
import { TidegateError } from '../model/errors';
import { whoActs } from './actor';
import { askToGoOn } from './confirm';
import { usageError } from './failure';
import {
  addOptions,
  allFormats,
  everywhere,
  formats,
  globalOptions,
  optionsOf,
  ownOptions,
  usageOf,
} from './options';
import { openOutput } from './output';
import type { ExitCode, HelpGroups, Invocation, Noun, Verb } from './verb';

/** What the caller learns while a command line is carried out. */
export interface Run {
  /** @param home - what was given with --home */
  began(verb: Verb, home: string | undefined): void;
  ended(code: ExitCode): void;
}

/**
 * The command line as commander runs it. Nothing of a verb is loaded until it is run.
 * @param run is told which verb begins, and how it ended
 */
export function program(
  {
    nouns,
    verbs,
    groups,
    version,
  }: { nouns: readonly Noun[]; verbs: readonly Verb[]; groups: HelpGroups; version: string },
  run: Run,
): Command {
  const root = named(
    new Command('tidegate'),
    'tidegate',
    'Carries one patch from its source to every host of a fleet.',
  )
    .usage('<noun> <verb> [options]')
    .addHelpText('after', '\nHelp for each: tidegate <noun> --help, tidegate <noun> <verb> --help')
    .optionsGroup(everywhere)
    .version(version, '-V, --version', 'print the version')
    .exitOverride((error) => {
      throw usageError(error, 'tidegate', (word) => commandsWith(nouns, word));
    });
  addOptions(root, globalOptions(allFormats));
  const commands = new Map([
    ...nouns.map((noun) => [noun.name, nounCommand(noun, run)] as const),
    ...verbs.map((verb) => [verb.name, verbCommand(verb, 'tidegate', run)] as const),
  ]);
  for (const [heading, names] of groups)
    for (const name of names) {
      const command = commands.get(name);
      if (command) root.addCommand(command.helpGroup(heading));
    }
  return root.addHelpCommand(
    new Command('help [noun] [verb]')
      .description('the same as --help behind them')
      .helpGroup(groups[0]?.[0] ?? everywhere),
  );
}

/** `status` is a verb of several nouns. */
function commandsWith(nouns: readonly Noun[], verb: string): string[] {
  return nouns
    .filter(({ verbs }) => verbs.some(({ name }) => name === verb))
    .map(({ name }) => `tidegate ${name} ${verb}`);
}

/** @returns `help rollout start` and `rollout help start` as `rollout start --help`. */
export function helpAsOption(words: readonly string[]): string[] {
  const place = words.slice(0, 2).indexOf('help');
  return place < 0 ? [...words] : [...words.filter((_, index) => index !== place), '--help'];
}

function nounCommand(noun: Noun, run: Run): Command {
  const command = noun.own
    ? verbCommand(noun.own, 'tidegate', run)
    : named(new Command(noun.name), `tidegate ${noun.name}`, noun.summary)
        .usage('<verb> [options]')
        .addHelpText('after', examplesOf(noun.verbs.flatMap(({ examples }) => examples.slice(0, 1))));
  for (const verb of noun.verbs) command.addCommand(verbCommand(verb, `tidegate ${noun.name}`, run));
  return command;
}

/** Errors are thrown to the one place that renders them, and help of every command looks the same. */
function named(command: Command, path: string, summary: string): Command {
  return command
    .description(summary)
    .summary(summary.split('\n')[0] ?? '')
    .exitOverride((error) => {
      throw usageError(error, path);
    })
    .configureOutput({ outputError: () => {} })
    .configureHelp({ subcommandTerm: termOf, formatHelp: everywhereLast })
    .addHelpOption(new Option('-h, --help', 'print this').helpGroup(everywhere))
    .helpCommand(false);
}

/** What holds everywhere stands below what is there to choose from. */
function everywhereLast(command: Command, helper: Help): string {
  const sections = Help.prototype.formatHelp.call(helper, command, helper).trimEnd().split('\n\n');
  const last = sections.filter((section) => section.startsWith(everywhere));
  return [...sections.filter((section) => !last.includes(section)), ...last, ''].join('\n\n').slice(0, -1);
}

/** `start <plan>`: that a verb has options, and a noun verbs, goes without saying. */
function termOf(command: Command): string {
  if (command.commands.length > 0) return command.name();
  const names = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...names].join(' ');
}

function verbCommand(verb: Verb, parent: string, run: Run): Command {
  const path = `${parent} ${verb.name}`;
  const command = named(new Command(verb.name), path, verb.summary).allowExcessArguments(false);
  for (const { name, summary } of verb.arguments ?? []) command.argument(name, summary);
  if (verb.usage) command.usage(verb.usage);
  addOptions(command, ownOptions(verb), path);
  command.optionsGroup(everywhere);
  addOptions(command, globalOptions(verb.jsonLines ? allFormats : formats));
  command.addHelpText('after', examplesOf(verb.examples));
  return command.action(async () => {
    run.began(verb, optionsOf(command).home);
    run.ended(await runVerb(verb, command).catch((error: unknown) => usageOf(path, error)));
  });
}

function examplesOf(examples: Verb['examples']): string {
  return `\nExamples:\n${examples.map(([line, does]) => `  ${line}\n      ${does}`).join('\n')}`;
}

async function runVerb(verb: Verb, command: Command): Promise<ExitCode> {
  const options = optionsOf(command);
  if (options.output === 'jsonl' && !verb.jsonLines)
    throw new TidegateError('TG_USAGE', { detail: `${verb.name} prints no JSON lines`, next: '-o json' });
  const format = options.output === 'text' ? 'text' : 'json';
  const output = openOutput({ format, colour: options.color, home: options.home });
  const { run } = await verb.run();
  const invocation: Invocation = {
    arguments: command.args,
    options,
    output,
    actor: whoActs({ reason: options.reason, ticket: options.ticket }),
    // Set to nothing is not set, as for NO_COLOR.
    signWith: options.signWith ?? (process.env.TIDEGATE_SIGN_WITH || undefined),
    confirm: async (question) => {
      if (!options.yes) await askToGoOn(question);
    },
  };
  // Else an error would stand behind the line that says what is going on.
  const outcome = await run(invocation).finally(output.clear);
  if (outcome === undefined) return 0;
  if (typeof outcome === 'number') return outcome;
  const text = outcome.verbatim ? outcome.text : output.typed(outcome.text);
  output.write(`${output.format === 'json' ? JSON.stringify(outcome.json, null, 2) : text}\n`);
  return outcome.exit ?? 0;
}
