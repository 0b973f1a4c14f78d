import { createInterface } from 'node:readline/promises';
import { TidegateError } from '../model/errors';

/**
 * Asks `question [y/N]` on stderr and reads the answer from the terminal.
 * @throws TG_CONFIRMATION_NEEDED without a terminal, TG_DECLINED on anything but yes.
 */
export async function askToGoOn(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new TidegateError('TG_CONFIRMATION_NEEDED', {
      detail: `${question} There is no terminal to ask on`,
      next: 'add --yes to the same command',
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new TidegateError('TG_DECLINED', 'answered no');
  } finally {
    terminal.close();
  }
}
