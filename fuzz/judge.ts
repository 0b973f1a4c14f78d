import { isErrorCode, TidegateError } from '../model/errors';

/** Longer messages are of no use to a person, and travel through histories and ledgers. */
const longestMessage = 20 * 1024;

/** @returns why what was thrown is no refusal of the catalogue; undefined when it is one. */
export function whyNotNamed(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return `threw ${String(thrown)}`;
  if (!(thrown instanceof TidegateError))
    return (thrown.stack ?? String(thrown)).split('\n').slice(0, 4).join('\n');
  if (!isErrorCode(thrown.code) || thrown.code === 'TG_INTERNAL') return `${thrown.code}: ${thrown.message}`;
  if (thrown.message.length > longestMessage)
    return `${thrown.code}: its message has ${thrown.message.length} characters`;
  return undefined;
}
