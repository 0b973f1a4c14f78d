/**
 * The one catalogue of named errors. A code is stable once released: scripts match on it.
 * `what` says what happened, `next` what to type, `retryable` whether Temporal may try again by itself.
 * docs/errors.md is checked against this table (test/model/errors.test.ts).
 */
export interface CatalogueEntry {
  readonly what: string;
  readonly next: string;
  readonly retryable: boolean;
  /** CLI exit code; 1 when absent (DESIGN.md: 2 usage, 3 hosts not done, 4 Temporal or worker unreachable). */
  readonly exit?: 1 | 2 | 3 | 4;
}

const entry = (
  what: string,
  next: string,
  options: { retryable?: boolean; exit?: CatalogueEntry['exit'] } = {},
): CatalogueEntry => ({ what, next, retryable: options.retryable ?? false, exit: options.exit });

export const catalogue = {
  // Files that people write
  TG_FILE_MISSING: entry('a file that was named does not exist', 'check the path', { exit: 2 }),
  TG_FILE_INVALID: entry('a file does not say what its schema expects', 'mend the line that is named', {
    exit: 2,
  }),
  TG_USAGE: entry('the command line cannot be understood', 'tidegate help', { exit: 2 }),
  TG_INTERNAL: entry('Tidegate itself failed', 'report this with the text above'),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export interface ErrorFacts {
  /** One sentence: which thing, what was found, what was expected. */
  readonly detail: string;
  /** The hosts it concerns, by name. */
  readonly hosts?: readonly string[];
  /** What to type next, when more exact than the catalogue's. */
  readonly next?: string;
}

/** An error with a name from the catalogue. Everything that Tidegate throws on purpose is one of these. */
export class TidegateError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: ErrorFacts | string, options?: { cause?: unknown }) {
    const given = typeof facts === 'string' ? { detail: facts } : facts;
    super(given.detail, options);
    this.name = 'TidegateError';
    this.code = code;
    this.facts = given;
  }

  get next(): string {
    return this.facts.next ?? catalogue[this.code].next;
  }

  get retryable(): boolean {
    return catalogue[this.code].retryable;
  }
}

/** @returns whether `value` is a code of the catalogue (for errors that crossed a process boundary as text). */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(catalogue, value);
}
