import { z } from 'zod';
import type { ErrorCode } from '../model/errors';
import { TidegateError } from '../model/errors';
import type { Ledger } from './ledger';

const datedSchema = z.object({ at: z.string() });

/** @returns the names of the books that start so: a rollout's `r-`, a run's `run-`. */
export async function booksOf(ledger: Ledger, start: string): Promise<string[]> {
  return (await ledger.books()).filter((book) => book.startsWith(start));
}

/** Shows each entry of a book, oldest first, and keeps none. @returns where they end. */
export async function eachEntryOf(
  ledger: Ledger,
  book: string,
  see: (entry: unknown) => void,
): Promise<number> {
  let end = 0;
  for await (const lines of ledger.readStretches(book))
    for (const { entry, endByte } of lines) {
      see(entry);
      end = endByte;
    }
  return end;
}

/** @returns the books, the one that began last first. Of each only the first entry is read. */
export async function booksByAge(ledger: Ledger, books: readonly string[]): Promise<string[]> {
  const begun: { book: string; at: string }[] = [];
  for (const book of books) {
    const first = await ledger.first(book);
    begun.push({ book, at: first ? datedSchema.parse(first).at : '' });
  }
  return begun.sort((a, b) => b.at.localeCompare(a.at)).map(({ book }) => book);
}

/**
 * @param start - of a name, that no other has. `r-` is none: a script types it whose variable is empty, and does not
 * mean the only rollout that there is.
 * @param notFound - the error's code, and what is looked for: `run`.
 */
export function bookThatStarts(
  books: readonly string[],
  start: string,
  notFound: { code: ErrorCode; what: string },
): string {
  const found = books.filter((book) => book.startsWith(start));
  if (!/^[a-z]+-./.test(start))
    throw new TidegateError(notFound.code, `'${start}' is not the start of a ${notFound.what}'s ID`);
  if (found.length === 1) return found[0]!;
  throw new TidegateError(
    notFound.code,
    found.length === 0
      ? `no ${notFound.what} ${start}`
      : `${start} can be ${found.slice(0, 5).join(' or ')}${found.length > 5 ? ' …' : ''}`,
  );
}
