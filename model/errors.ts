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

  // What a person at the command line is told
  TG_CONFIRMATION_NEEDED: entry('this changes something and nobody confirmed it', 'add --yes', { exit: 2 }),
  TG_DECLINED: entry('the question was not answered with yes; nothing was changed', 'nothing', {}),

  TG_INTERNAL: entry('Tidegate itself failed', 'report this with the text above'),

  // Plans and rollouts
  TG_WAVES_INVALID: entry('the waves of a plan do not add up', 'end them with 100%', { exit: 2 }),
  TG_PLAN_STALE: entry(
    'the plan or the fleet has changed since it was planned',
    'tidegate rollout plan PLAN',
  ),
  TG_PLAN_NOT_FOUND: entry('no plan has this ID', 'tidegate rollout plan PLAN', { exit: 2 }),
  TG_ROLLOUT_RUNNING: entry('a rollout of this package is under way in this fleet', 'tidegate rollout list'),
  TG_ROLLOUT_NOT_FOUND: entry('no rollout has this ID', 'tidegate rollout list', { exit: 2 }),
  TG_ROLLOUT_ENDED: entry('the rollout has ended', 'tidegate rollout report ROLLOUT'),
  TG_NOTHING_TO_DO: entry('no host would change', 'tidegate hosts list SELECTOR'),
  TG_UNDO_MISSING: entry(
    'an RPM that undo would go back to is not in the store',
    'tidegate artifacts import FILE',
  ),
  TG_ARTIFACT_NOT_FOUND: entry('the store holds no such artifact', 'tidegate artifacts list', { exit: 2 }),
  TG_DOWNGRADE: entry('the artifact is older than what hosts have', 'say downgrade: true in the plan'),
  TG_REHEARSAL_FAILED: entry(
    'the undo, or the patch itself, failed on the control instance',
    'tidegate rollout events ROLLOUT',
  ),

  // What a host answers
  TG_HOST_FULL: entry('a filesystem of the host has no room', 'free space on the host, then retry'),
  TG_HOST_STATE_PLANTED: entry('/var/lib/tidegate on the host is not root’s alone', 'look at it on the host'),
  TG_HOST_BUSY: entry('another operation is in progress on the host', 'wait for it, then retry'),
  TG_HOST_MOVED: entry(
    'the host’s last operation is not the one that the ledger knows',
    'tidegate hosts examine HOST',
  ),
  TG_HOST_ANSWER: entry('the host answered what our shell does not print', 'tidegate hosts examine HOST'),
  TG_EPOCH_STALE: entry('a newer worker has been on the host', 'end the older worker'),
  TG_STAGE_DAMAGED: entry('a file arrived damaged', 'retry', { retryable: true }),
  TG_PREFLIGHT_REFUSED: entry(
    'rpm would refuse the transaction on this host',
    'mend what rpm names, then retry',
  ),
  TG_RPM_LOCKED: entry('another program held rpm’s lock past the limit', 'end it, then retry'),
  TG_TRANSACTION_FAILED: entry('rpm failed', 'tidegate rollout events ROLLOUT'),
  TG_SCRIPTLET_FAILED: entry('a scriptlet of the package failed', 'tidegate rollout events ROLLOUT'),
  TG_VERIFY_FAILED: entry('the host does not have what was installed', 'tidegate hosts examine HOST'),
  TG_CHECK_FAILED: entry('a check of the plan failed', 'tidegate rollout events ROLLOUT'),
  TG_BEFORE_FAILED: entry('a `before` command of the plan failed', 'tidegate rollout events ROLLOUT'),
  TG_AFTER_FAILED: entry('an `after` command of the plan failed', 'tidegate rollout events ROLLOUT'),
  TG_RESTART_FAILED: entry('a unit could not be restarted', 'tidegate rollout events ROLLOUT'),
  TG_OPERATION_LOST: entry('the operation died half-way on the host', 'tidegate hosts examine HOST'),
  TG_OPERATION_OVERDUE: entry('the operation runs past its deadline', 'tidegate hosts examine HOST'),
  TG_UNDO_FAILED: entry('the undo failed on this host', 'tidegate hosts examine HOST'),
  TG_SOAK_FAILED: entry('a check failed while the wave soaked', 'tidegate rollout events ROLLOUT'),

  // The fleet and the selection of its hosts
  TG_INVENTORY_INVALID: entry('an inventory cannot be understood', 'mend the line that is named', {
    exit: 2,
  }),
  TG_INVENTORY_FAILED: entry(
    'the program that prints the inventory failed',
    'run it with --list by hand until it prints JSON and ends with 0',
    { exit: 2 },
  ),
  TG_FLEET_INVALID: entry('the fleet contradicts itself', 'mend fleet.yaml or the inventory, as named', {
    exit: 2,
  }),
  TG_FLEET_DUPLICATE: entry(
    'two names stand for one server',
    'keep one of the names, or mend the address or port of the other',
    { exit: 2 },
  ),
  TG_CONTROL_MISSING: entry(
    'a control instance is not a host of the fleet',
    'add it to the inventory, or mend control: in fleet.yaml',
    { exit: 2 },
  ),
  TG_HOST_NOT_FOUND: entry('a host that was named is not in the fleet', 'tidegate hosts list', { exit: 2 }),
  TG_SELECTOR_INVALID: entry('a selector cannot be understood', 'mend it at the position that is named', {
    exit: 2,
  }),
  TG_SELECTOR_EMPTY: entry('a selector matches no host', 'tidegate hosts list', { exit: 2 }),
  TG_HOLD_MISSING: entry('a host is not held', 'tidegate hosts list', { exit: 2 }),
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
