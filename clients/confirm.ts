import { createInterface } from 'node:readline/promises';
import { TidegateError } from '../model/errors';

/**
 * Asks `question [y/N]` on stderr and reads the answer from the terminal.
 * @param elsewhere - aborted when the answer is no longer wanted.
 * @throws TG_CONFIRMATION_NEEDED without a terminal, TG_DECLINED on anything but yes.
 */
export async function askToGoOn(question: string, elsewhere?: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new TidegateError('TG_CONFIRMATION_NEEDED', {
      detail: `${question} There is no terminal to ask on`,
      next: 'add --yes to the same command',
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal
      .question(`${question} [y/N] `, { signal: elsewhere })
      .catch((error: Error) => {
        if (error.name === 'AbortError') process.stderr.write('\n');
        throw declined('Ctrl-C or Ctrl-D');
      });
    if (!/^y(es)?$/i.test(answer.trim())) throw declined(answer.trim() === '' ? 'Enter' : answer.trim());
  } finally {
    terminal.close();
  }
}

function declined(answer: string): TidegateError {
  return new TidegateError('TG_DECLINED', `the answer was ${answer}: nothing was changed`);
}
