import { TidegateError } from '../../model/errors';

/** A file with more mistakes than this has one mistake many times, or is of another format. */
const mostProblems = 20;

/**
 * Reads a text line by line, without blank lines and comments (`#` or `;` at their start).
 * @param read takes a line and its number; what it throws is the line's problem.
 * @throws TG_INVENTORY_INVALID with file:line for every line that could not be read.
 */
export function readLines(text: string, path: string, read: (line: string, number: number) => void): void {
  const problems: string[] = [];
  text.split(/\r?\n/).forEach((whole, index) => {
    const line = whole.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    try {
      read(line, index + 1);
    } catch (error) {
      problems.push(`${path}:${index + 1}  ${problemOf(error)}`);
    }
  });
  throwProblems(problems, String);
}

/**
 * @returns what is wrong with one place of a file, by what was thrown there
 * @throws TG_INVENTORY_INVALID, when it was thrown: with the whole file wrong, no other place is gone on with
 */
export function problemOf(error: unknown): string {
  if (error instanceof TidegateError && error.code === 'TG_INVENTORY_INVALID') throw error;
  return error instanceof Error ? error.message : String(error);
}

/** @throws TG_INVENTORY_INVALID when there are any: with the text of each that is shown. */
export function throwProblems<T>(problems: readonly T[], textOf: (problem: T) => string): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, mostProblems).map(textOf);
  if (problems.length > mostProblems) shown.push(`and ${problems.length - mostProblems} more`);
  throw new TidegateError('TG_INVENTORY_INVALID', shown.join('\n'));
}

/**
 * Splits a line as Python's shlex does for Ansible: white space between words, quotes around some of it, a
 * backslash before a character, and a comment from `#` at the start of a word.
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+|["'\\]/g;
  for (const [word] of line.matchAll(pattern)) {
    if (word.startsWith('#')) break;
    if (word === '"' || word === "'" || word === '\\') throw new Error(`this ${word} is not closed`);
    words.push(
      word.replaceAll(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped, double, single) =>
        String(escaped ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? single ?? ''),
      ),
    );
  }
  return words;
}

/** @returns `key=value` words as a record. */
export function assignments(words: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw new Error(`expected key=value, found ${JSON.stringify(word)}`);
    variables[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return variables;
}
