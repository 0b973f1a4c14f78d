/**
 * The one catalogue of named errors. A code is stable once released: scripts match on it.
 * `what` says what happened, `next` what to type, `retryable` whether Temporal may try again by itself.
 * docs/errors.md is checked against this table (test/model/errors.test.ts).
 */
interface CatalogueEntry {
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
  TG_FILE_CLOSED: entry(
    'this account may not use a file, or its file system is read-only',
    'ls -ld PATH ; then as its owner',
    { exit: 2 },
  ),
  TG_USAGE: entry('the command line cannot be understood', 'tidegate help', { exit: 2 }),

  // What a person at the command line is told
  TG_CONFIRMATION_NEEDED: entry('this changes something and nobody confirmed it', 'add --yes', { exit: 2 }),
  TG_DECLINED: entry('the question was not answered with yes', 'the same command, and y'),

  // Building, signing and importing packages
  TG_RECIPE_INVALID: entry('a recipe asks for what cannot be done', 'mend recipe.yaml', { exit: 2 }),
  TG_SOURCE_UNPINNED: entry(
    'a source has no checksum to be held to',
    'tidegate build --pin RECIPE, read recipe.lock, and commit it',
    { exit: 2 },
  ),
  TG_SOURCE_UNAVAILABLE: entry('a source cannot be fetched', 'check its name and place, then the same again'),
  TG_CHECKSUM_MISMATCH: entry(
    'a source is not the one that was pinned',
    'find out why it changed; when the change is meant: tidegate build --pin RECIPE',
  ),
  TG_PATCH_FAILED: entry('a patch does not apply', 'mend the patch for this version of the source'),
  TG_BUILD_FAILED: entry(
    'the build failed on the control instance',
    'read its log: tidegate log show DIGEST',
  ),
  TG_BUILD_EMPTY: entry('the build made no package', 'give the spec a %files section'),
  TG_BUILD_LOST: entry('the build ended without a result', 'the same again', { retryable: true }),
  TG_BUILD_OVERDUE: entry(
    'the build did not end in time, and was stopped',
    'read its log: tidegate log show DIGEST',
  ),
  TG_CONTROL_UNFIT: entry(
    'the control instance lacks what a build needs',
    'install rpm-build, tar and util-linux on it',
  ),
  TG_CONTROL_DRIFTED: entry(
    'the packages of the control instance are not those of the build before',
    'put it back to the golden image, or: tidegate build RECIPE --accept-drift --reason WHY',
  ),
  TG_PLATFORM_WRONG: entry(
    'a package is not for the platform it was given for',
    'give the package of the right architecture, or --platform',
  ),
  TG_PROGRAM_MISSING: entry('a program of this machine is needed and is not there', 'tidegate doctor'),
  TG_RPM_DAMAGED: entry('a file is not a whole RPM', 'fetch it again'),
  TG_RPM_UNSIGNED: entry(
    'a package has no signature',
    "take the vendor's signed file, or build it: tidegate build",
  ),
  TG_RPM_FOREIGN_SIGNED: entry(
    'a package is signed with a key that this fleet does not trust',
    "when the key is the vendor's: add its file to trustedKeys in fleet.yaml",
  ),
  TG_RPM_NOT_NEWER: entry('what was built would not replace what is there', 'raise release in recipe.yaml'),
  TG_SIGNING_KEY_MISSING: entry(
    'the key that packages are signed with is not there',
    'gpg --homedir GNUPGHOME --quick-generate-key NAME, and name it in fleet.yaml: signing',
  ),
  TG_INTERNAL: entry('Tidegate itself failed', 'report this with the text above'),

  // The lab
  TG_LAB_APT: entry("the machine's apt configuration does not offer its own release", 'see sources.list(5)'),
  TG_LAB_NEEDS: entry('the lab needs something this machine lacks', 'tidegate doctor'),
  TG_LAB_IMAGE: entry('the golden image could not be made', 'look at the log, then the same command again'),
  TG_LAB_EXISTS: entry('a lab of this name is there already', 'tidegate lab status', { exit: 2 }),
  TG_LAB_MISSING: entry('there is no lab of this name', 'tidegate lab up', { exit: 2 }),
  TG_LAB_BOOT: entry('hosts of the lab did not come up', 'tidegate lab down'),
  TG_LAB_HOST: entry("the host is not the lab's", 'tidegate lab status', { exit: 2 }),
  TG_LAB_FAULT: entry('the host of the lab cannot be broken so', 'tidegate lab break --help', { exit: 2 }),

  // Plans and rollouts
  TG_WAVES_INVALID: entry('the waves of a plan do not add up', 'end them with 100%', { exit: 2 }),
  TG_PLAN_STALE: entry(
    'the plan or the fleet has changed since it was planned',
    'tidegate rollout plan PLAN',
  ),
  TG_PLAN_NOT_FOUND: entry('no plan has this ID', 'tidegate rollout plan PLAN', { exit: 2 }),
  TG_ROLLOUT_RUNNING: entry('a rollout of this package is under way in this fleet', 'tidegate rollout list'),
  TG_ROLLOUT_NOT_STARTED: entry(
    'the rollout of a release has not begun',
    'tidegate release RECIPE PLAN   (takes it up where it is)',
  ),
  TG_RELEASE_RUNNING: entry(
    'another release of this package is under way in this fleet',
    'tidegate rollout list',
  ),
  TG_RELEASE_MISMATCH: entry(
    'recipe and plan of a release are not about the same package',
    'mend package: or artifact: in the plan',
    { exit: 2 },
  ),
  TG_ROLLOUT_NOT_FOUND: entry('no rollout has this ID', 'tidegate rollout list', { exit: 2 }),
  TG_ROLLOUT_ENDED: entry('the rollout has ended', 'tidegate rollout report ROLLOUT'),
  TG_APPROVAL_NOT_AWAITED: entry(
    'the rollout does not wait for this approval',
    'tidegate rollout status ROLLOUT',
  ),
  TG_BUDGET_SPENT: entry(
    'no failure is left of the budget, so that it would stop again at once',
    'tidegate rollout resume ROLLOUT --stop-at FAILURES',
  ),
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

  // Commands on hosts, and files to and from them
  TG_RUN_NOT_FOUND: entry('no run has this ID', 'tidegate run list', { exit: 2 }),
  TG_RUN_INTERRUPTED: entry('a run was interrupted', 'nothing: it goes on when a worker is there', {
    retryable: true,
  }),
  TG_RUN_NOT_WAITING: entry('the run does not wait for a person', 'tidegate run show RUN'),
  TG_RUN_ENDED: entry('the run has ended', 'tidegate run show RUN'),
  TG_PULL_FAILED: entry('what a host sent cannot be unpacked here', 'tidegate run show RUN HOST'),

  // What a host answers
  TG_HOST_FULL: entry('a filesystem of the host has no room', 'free space on the host, then retry'),
  TG_HOST_STATE_PLANTED: entry(
    '/var/lib/tidegate on the host is not root’s alone',
    'look at it on the host, then: tidegate hosts clear HOST --reason WHY',
  ),
  TG_HOST_BUSY: entry('another operation is in progress on the host', 'wait for it, then retry'),
  TG_HOST_MOVED: entry(
    'the host’s last operation is not the one that the ledger knows',
    'tidegate hosts examine HOST',
  ),
  TG_HOST_ANSWER: entry('the host answered what our shell does not print', 'tidegate hosts examine HOST'),
  TG_EPOCH_STALE: entry(
    'a newer worker has been on the host: this one is superseded, and ends',
    'tidegate worker, on the instance and the home that are in use now',
    { retryable: true },
  ),
  TG_STAGE_DAMAGED: entry('a file arrived damaged', 'retry', { retryable: true }),
  TG_PREFLIGHT_REFUSED: entry(
    'rpm would refuse the transaction on this host',
    'mend what rpm names, then retry',
  ),
  TG_RPM_LOCKED: entry('another program held rpm’s lock past the limit', 'end it, then retry'),
  TG_TRANSACTION_FAILED: entry('rpm failed', 'tidegate rollout events ROLLOUT'),
  TG_SCRIPTLET_FAILED: entry('a scriptlet of the package failed', 'tidegate rollout events ROLLOUT'),
  TG_VERIFY_FAILED: entry('the host does not have what was installed', 'tidegate rollout events --host HOST'),
  TG_CHECK_FAILED: entry('a check of the plan failed', 'tidegate rollout events ROLLOUT'),
  TG_BEFORE_FAILED: entry('a `before` command of the plan failed', 'tidegate rollout events ROLLOUT'),
  TG_AFTER_FAILED: entry('an `after` command of the plan failed', 'tidegate rollout events ROLLOUT'),
  TG_RESTART_FAILED: entry('a unit could not be restarted', 'tidegate rollout events ROLLOUT'),
  TG_UNIT_FAILED: entry(
    'systemd would not run the operation on this host',
    'mend what systemd names on the host, then retry',
  ),
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
  TG_HOST_QUARANTINED: entry(
    'nothing begins on a quarantined host until a person has cleared it',
    'tidegate hosts examine HOST, then tidegate hosts clear HOST --reason',
  ),
  TG_HOST_NOT_QUARANTINED: entry('the host is not quarantined', 'tidegate hosts examine HOST', { exit: 2 }),
  TG_SELECTOR_INVALID: entry('a selector cannot be understood', 'mend it at the position that is named', {
    exit: 2,
  }),
  TG_SELECTOR_EMPTY: entry('a selector matches no host', 'tidegate hosts list', { exit: 2 }),
  TG_WINDOW_INVALID: entry('a maintenance window cannot be understood', 'mend window: in the plan', {
    exit: 2,
  }),
  TG_HOLD_MISSING: entry('a host is not held', 'tidegate hosts list', { exit: 2 }),

  // The store and the secured instance
  TG_HOME_EXISTS: entry('a home is there already', 'tidegate doctor', { exit: 2 }),
  TG_HOME_MISSING: entry('this is not the home of a fleet', 'tidegate init', { exit: 2 }),
  TG_STORE_MISSING: entry('the store does not have this file', 'tidegate artifacts list'),
  TG_STORE_DAMAGED: entry(
    'a file of the store is not what was put there',
    'move the file that is named away, then make or import it again',
  ),
  TG_STORE_FULL: entry('the disk of the store is full', 'df -h ; free some space, then try again', {
    retryable: true,
  }),
  TG_LEDGER_DAMAGED: entry(
    'a line of the ledger is not what was written',
    'restore the file that is named from a backup, or keep it and look at the line',
  ),
  TG_LEDGER_CUT: entry(
    'the end of the ledger was cut while it was read, after a crash or a full disk',
    'run the command again',
    { retryable: true },
  ),
  TG_LEDGER_CONTENDED: entry(
    'another process wrote to the ledger beside the one that may',
    'end the other process, then start the worker again',
  ),
  TG_BACKUP_FAILED: entry(
    'the state could not be packed',
    'mend what tar names, then the same command again',
  ),
  TG_BACKUP_INVALID: entry(
    'a file is no backup of this fleet, or is damaged',
    'name another file that tidegate backup made: nothing was changed',
  ),
  TG_RESTORE_CUT_SHORT: entry(
    'the state is half restored, so no worker starts on it',
    'tidegate restore FILE, the same one: it goes on where it was cut short',
  ),
  TG_WORKER_RUNNING: entry('another worker holds the state of this home', 'stop that worker first'),
  TG_WORKFLOW_STUCK: entry(
    'a workflow cannot go on with the release that runs now',
    'end the worker, and run the release that ran before: it goes on where it was, and hosts wait',
  ),
  TG_MANDATE_MISSING: entry(
    'this fleet has allowed_signers, and the request carries no signed mandate',
    'the same again with --sign-with KEYFILE (or TIDEGATE_SIGN_WITH), the SSH key that signs for you',
  ),
  TG_MANDATE_REFUSED: entry(
    'the mandate does not authorise this request',
    'run the command again, so that a new mandate is signed',
  ),

  // Connections to hosts (ssh/)
  TG_HOST_UNREACHABLE: entry(
    'no SSH session with the host could be made',
    'mend what stops it, then: tidegate hosts check HOST',
    { retryable: true },
  ),
  TG_HOST_KEY_CHANGED: entry(
    'the host key is not the pinned one',
    'compare on its console, then: tidegate hostkeys accept HOST --fingerprint SHA256:…',
  ),
  TG_HOST_KEY_UNKNOWN: entry(
    'no key is pinned for the host',
    'compare on its console, then: tidegate hostkeys accept HOST --fingerprint SHA256:…',
  ),
  TG_HOST_KEY_REVOKED: entry(
    'the host offered a key that is revoked',
    'make new host keys on its console, then: tidegate hostkeys accept HOST --fingerprint SHA256:…',
  ),
  TG_SSH_ALGORITHMS: entry(
    'the host speaks none of the SSH algorithms that Tidegate accepts',
    'update or configure its sshd: curve25519 or ecdh-nistp, AES-GCM or AES-CTR, SHA-2',
  ),
  TG_AUTH_REFUSED: entry(
    'the host refused the key for the account',
    'add its public key to the account on the host, then: tidegate hosts check HOST',
  ),
  TG_KEY_FILE_OPEN: entry('others than its owner can read the private key file', 'chmod 600 FILE'),
  TG_KEY_UNUSABLE: entry(
    'the private key cannot be used',
    'ssh-keygen -y -f FILE, or ssh-add -l for an agent',
  ),
  TG_CONNECTION_LOST: entry(
    'the connection ended in the middle of a command',
    'tidegate rollout events --host HOST',
    {
      retryable: true,
    },
  ),
  TG_EXEC_TIMEOUT: entry('a command on the host did not end in time', 'tidegate rollout events --host HOST'),
  TG_PUSH_FAILED: entry('a file could not be put on the host', 'mend what the host says, then retry'),

  // What `hosts check` finds that would make work on a host fail later
  TG_ACCOUNT_WRONG: entry(
    'the login ends in another account than the fleet says',
    'mend account in fleet.yaml, or the host',
  ),
  TG_SUDO_REFUSED: entry(
    'sudo asks the automation account for a password, or refuses it',
    'on the host, with visudo: ACCOUNT ALL=(root) NOPASSWD: ALL',
  ),
  TG_HOST_LACKS: entry('a program that Tidegate needs is not on the host', 'install it on the host'),
  TG_RPMDB_DAMAGED: entry('the package database of the host cannot be read', 'on the host: rpm --rebuilddb'),
  TG_HOST_NEARLY_FULL: entry('a file system of the host has little room', 'make room on the host'),
  TG_CLOCK_SKEWED: entry('the clock of the host is wrong', 'mend time synchronisation on the host'),
  TG_STATE_READ_ONLY: entry(
    'the state directory of the host cannot be written',
    'on the host: findmnt --target /var/lib',
  ),
  TG_HOST_KEY_OTHER: entry(
    'the host offers another key than the fingerprint that was given',
    'read it again on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  ),

  // Temporal and the worker
  TG_TEMPORAL_MISSING: entry('the temporal program is not on this machine', 'sh lab/setup.sh', { exit: 4 }),
  TG_TEMPORAL_START: entry('the Temporal server did not start', 'look at state/temporal.log', { exit: 4 }),
  TG_TEMPORAL_ELSEWHERE: entry(
    'the environment or the Temporal profile names another server',
    'tidegate worker, or unset TEMPORAL_ADDRESS',
    { exit: 2 },
  ),
  TG_NAMESPACE_NOT_READY: entry(
    'the Temporal namespace lacks what Tidegate needs, and it may not be changed from here',
    'have its administrator add the search attributes',
    { exit: 4 },
  ),
  TG_TEMPORAL_UNREACHABLE: entry('Temporal cannot be reached', 'tidegate up', { exit: 4 }),
  TG_WORKER_MISSING: entry(
    'no worker runs for this home',
    'tidegate up, or beside a Temporal server of your own: tidegate worker',
    { exit: 4 },
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

interface ErrorFacts {
  /** One sentence: which thing, what was found, what was expected. */
  readonly detail: string;
  /** The hosts it concerns, by name. */
  readonly hosts?: readonly string[];
  /** What to type next, when more exact than the catalogue's. */
  readonly next?: string;
}

/** A detail quotes what somebody else wrote, and goes to terminals, histories and the ledger. */
const longestDetail = 16 * 1024;

/** An error with a name from the catalogue. Everything that Tidegate throws on purpose is one of these. */
export class TidegateError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: ErrorFacts | string, options?: { cause?: unknown }) {
    const given = { ...(typeof facts === 'string' ? { detail: facts } : facts) };
    if (given.detail.length > longestDetail)
      given.detail = `${given.detail.slice(0, longestDetail)} … (${given.detail.length} characters)`;
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
