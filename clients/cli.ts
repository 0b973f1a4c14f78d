#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { TidegateError } from '../model/errors';
import { helpGroups, nouns, verbs } from './commands/index';
import { exitCodeOf, namedError } from './failure';
import { outliveReader } from './output';
import { helpAsOption, program, type Run } from './program';
import type { ExitCode } from './verb';
import { colours } from './view/colours';
import { withHome } from './view/commands';
import { errorJson, errorText } from './view/error';

/** What commander throws after printing what was asked for: `--help`, `--version`. */
const printed = ['commander.helpDisplayed', 'commander.version'];

void main(process.argv);

/** Runs one command line; its exit code becomes the process's. */
async function main(argv: string[]): Promise<void> {
  let code: ExitCode = 0;
  let changes = false;
  let home: string | undefined;
  outliveReader(() => changes);
  const run: Run = {
    began: (verb, given) => {
      home = given;
      changes = verb.changes === true || verb.recorded === true;
    },
    ended: (exit) => {
      code = exit;
    },
  };
  try {
    await program({ nouns, verbs, groups: helpGroups, version: version() }, run).parseAsync(
      helpAsOption(argv.slice(2)),
      {
        from: 'user',
      },
    );
  } catch (error) {
    code = report(error, argv, home);
  }
  process.exitCode = code;
}

function report(thrown: unknown, argv: readonly string[], home: string | undefined): ExitCode {
  if (thrown instanceof CommanderError && printed.includes(thrown.code)) return 0;
  // A noun without a verb: commander has printed the help on stderr.
  if (thrown instanceof CommanderError && thrown.code === 'commander.help') return 2;
  const named = namedError(thrown);
  const error = new TidegateError(named.code, { ...named.facts, next: withHome(named.next, home) });
  const colour = process.stderr.isTTY && !process.env.NO_COLOR && !argv.includes('--no-color');
  const text = asksForJson(argv)
    ? errorJson(error)
    : errorText(
        error,
        process.stderr.isTTY ? (process.stderr.columns ?? 80) : Number.POSITIVE_INFINITY,
        colours(colour),
      );
  process.stderr.write(`${text}\n`);
  return exitCodeOf(error);
}

/** Also right when the command line could not be parsed. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      word === '-ojson' ||
      word === '--output=json' ||
      (word === 'json' && /^(-o|--output)$/.test(argv[index - 1] ?? '')),
  );
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
  return found;
}
