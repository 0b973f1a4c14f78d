import type { CommanderError } from 'commander';
import { catalogue, isErrorCode, TidegateError } from '../model/errors';
import { namedSystemError } from '../store/durable';
import type { ExitCode } from './verb';

/**
 * The one place that turns whatever was thrown into a named error. Errors that crossed Temporal come wrapped in
 * failures whose innermost named one carries the code as its `type` and the facts as its first detail.
 */
export function namedError(thrown: unknown): TidegateError {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const named = error instanceof TidegateError ? error : (fromFailure(error) ?? namedSystemError(error));
    if (named) return named;
  }
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new TidegateError('TG_INTERNAL', text, { cause: thrown });
}

/** @returns the exit code of an error, by the catalogue (DESIGN.md, The command line). */
export function exitCodeOf(error: TidegateError): ExitCode {
  const entry: { exit?: ExitCode } = catalogue[error.code];
  return entry.exit ?? 1;
}

/** What commander throws although nothing is wrong: help or the version was printed, or a noun stood alone. */
const notErrors = ['commander.helpDisplayed', 'commander.version', 'commander.help'];

/**
 * Commander's message is `error: what\n(Did you mean x?)`: the second line is what to type next.
 * @param path the command that was typed, such as `tidegate rollout start`
 * @param elsewhere gives the commands, whole, that have this word as their verb
 */
export function usageError(
  error: CommanderError,
  path: string,
  elsewhere: (word: string) => readonly string[] = () => [],
): CommanderError | TidegateError {
  if (notErrors.includes(error.code)) return error;
  const [first = '', second] = error.message.replace(/^error: /, '').split('\n');
  const meant = /^\(Did you mean (.*)\?\)$/.exec(second ?? '')?.[1];
  const word = /^unknown command '(.*)'$/.exec(first)?.[1];
  const whole = meant === undefined || meant.startsWith('-') ? meant : `${path} ${meant}`;
  const there = word === undefined ? [] : elsewhere(word);
  const likely = there.length > 0 ? there.join(' or ') : whole;
  const facts = {
    detail: first.replace(/\.$/, ''),
    next: likely === undefined ? `${path} --help` : `did you mean ${likely}?`,
  };
  return new TidegateError('TG_USAGE', facts, { cause: error });
}

/** Known by its shape, so that Temporal's packages are not loaded to render an error. */
function fromFailure(error: Error): TidegateError | undefined {
  const { type, details } = error as Error & { type?: unknown; details?: unknown };
  if (!isErrorCode(type)) return undefined;
  const facts: unknown = Array.isArray(details) ? details[0] : undefined;
  return new TidegateError(
    type,
    { detail: error.message, hosts: hostsOf(facts), next: nextOf(facts) },
    { cause: error },
  );
}

function hostsOf(facts: unknown): string[] | undefined {
  if (typeof facts !== 'object' || facts === null || !('hosts' in facts)) return undefined;
  return Array.isArray(facts.hosts) ? facts.hosts.map(String) : undefined;
}

function nextOf(facts: unknown): string | undefined {
  if (typeof facts !== 'object' || facts === null || !('next' in facts)) return undefined;
  return typeof facts.next === 'string' ? facts.next : undefined;
}
