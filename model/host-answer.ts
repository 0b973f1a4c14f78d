import type { Installed } from './ledger';
import type { FoundPackages } from './whole';

/** A host's answers are what a stranger sent: parsed line by line, cut, and never believed beyond their form. */
const textLimit = 500;

/** What ops/stage.sh said. */
export interface StageAnswer {
  readonly refused?: { readonly code: string; readonly detail: string };
  readonly installed: readonly Installed[];
  readonly absent: readonly string[];
  /** What rpm complained of when it was asked what is there: then `absent` says nothing. */
  readonly unread?: string;
  readonly platform: string;
  /** The last operation on the host, or `none`. */
  readonly head: string;
  /** Of the newest worker that has begun something there; 0 when none has. */
  readonly epoch: number;
  /** Room on the filesystems that packages are installed on. */
  readonly free: readonly { readonly mount: string; readonly bytes: number }[];
  /** What `rpm -U --test` complained of. */
  readonly complaints: readonly string[];
  readonly rebootPending: boolean;
  /** The script ran to its end. */
  readonly complete: boolean;
}

export function parseStageAnswer(text: string): StageAnswer {
  const installed: Installed[] = [];
  const absent: string[] = [];
  const free: StageAnswer['free'][number][] = [];
  const complaints: string[] = [];
  let refused: StageAnswer['refused'];
  let unread: string | undefined;
  let platform = '';
  let head = '';
  let epoch = 0;
  let complete = false;
  let rebootPending = false;
  for (const [verb, rest] of linesOf(text)) {
    if (verb === 'refused') refused = codeAndDetail(rest);
    else if (verb === 'installed') installed.push(...installedPackage(rest));
    else if (verb === 'package') absent.push(...notInstalled(rest));
    else if (verb === 'error:') unread ??= rest;
    else if (verb === 'platform') platform = rest.replace(' ', '-');
    else if (verb === 'head') head = rest;
    else if (verb === 'epoch') epoch = Number(/^\d{1,15}$/.exec(rest)?.[0] ?? 0);
    else if (verb === 'test' && rest !== 'ok') complaints.push(rest);
    else if (verb === 'reboot') rebootPending = true;
    else if (verb === 'done') complete = true;
    else free.push(...filesystem(rest, free));
  }
  return {
    refused,
    installed,
    absent,
    unread,
    platform,
    head,
    epoch,
    free,
    complaints,
    rebootPending,
    complete,
  };
}

/** `NAME EPOCH VERSION RELEASE ARCH HEADER`; nothing when a part is missing. */
function installedPackage(rest: string): Installed[] {
  const [name, epoch, version, release, arch, headerDigest] = rest.split(' ');
  if (!(name && epoch && version && release && arch && headerDigest)) return [];
  return [{ name, epoch, version, release, arch, headerDigest }];
}

/** `package NAME is not installed`, as rpm says it. */
const notInstalled = (rest: string) => /^(\S+) is not installed$/.exec(rest)?.slice(1) ?? [];

/** A line of `df -Pk`, unless its mount point is known: one may hold several of the folders that were asked for. */
function filesystem(rest: string, known: StageAnswer['free']): StageAnswer['free'][number][] {
  const [, kib, mount] = /(\d+) +\d+% (\/.*)$/.exec(rest) ?? [];
  if (kib === undefined || mount === undefined || known.some((one) => one.mount === mount)) return [];
  return [{ mount, bytes: Number(kib) * 1024 }];
}

/** What ops/operation.sh said: where the operation is, and its result when it has one. */
export interface OperationAnswer {
  readonly state: 'refused' | 'unknown' | 'running' | 'lost' | 'done' | 'garbled';
  readonly refused?: { readonly code: string; readonly detail: string };
  readonly head?: string;
  /** `ok`, or the code of the first thing that failed. */
  readonly outcome?: string;
  readonly failed?: { readonly code: string; readonly detail: string };
  /** rpm was started: whether the host may be other than it was. */
  readonly touched: boolean;
  /** Host's clock, seconds: when rpm began and ended. */
  readonly beganAt?: string;
  readonly endedAt?: string;
  readonly restarts: readonly string[];
  readonly configs: readonly string[];
  /** What a failure left on the host, when rpm was started. */
  readonly left: FoundPackages;
  readonly log?: string;
}

export function parseOperationAnswer(text: string): OperationAnswer {
  const restarts: string[] = [];
  const configs: string[] = [];
  const left = { installed: [] as Installed[], differs: [] as string[] };
  let state: OperationAnswer['state'] = 'garbled';
  let refused: OperationAnswer['refused'];
  let failed: OperationAnswer['failed'];
  let head: string | undefined;
  let outcome: string | undefined;
  let beganAt: string | undefined;
  let endedAt: string | undefined;
  const logAt = text.startsWith('log\n') ? 0 : text.indexOf('\nlog\n');
  for (const [verb, rest] of linesOf(logAt < 0 ? text : text.slice(0, logAt))) {
    if (verb === 'refused') {
      state = 'refused';
      refused = codeAndDetail(rest);
    } else if (verb === 'state' && isState(rest)) state = rest;
    else if (verb === 'head') head = rest;
    else if (verb === 'outcome' && /^(ok|TG_[A-Z_]+)$/.test(rest)) outcome = rest;
    else if (verb === 'failed') failed = codeAndDetail(rest);
    else if (verb === 'began') beganAt ??= rest;
    else if (verb === 'ended') endedAt = rest;
    else if (verb === 'restart' && restarts.length < 50) restarts.push(rest);
    else if (verb === 'config' && configs.length < 50) configs.push(rest);
    else if (verb === 'left') {
      if (rest.startsWith('installed ')) left.installed.push(...installedPackage(rest.slice(10)));
      if (rest.startsWith('differs ')) left.differs.push(rest.slice(8));
    }
  }
  if (state === 'done' && outcome === undefined) state = 'garbled';
  const log = logAt < 0 ? undefined : text.slice(logAt + 5);
  return {
    state,
    refused,
    head,
    outcome,
    failed,
    touched: beganAt !== undefined,
    beganAt,
    endedAt,
    restarts,
    configs,
    left,
    log,
  };
}

const isState = (text: string): text is 'unknown' | 'running' | 'lost' | 'done' =>
  ['unknown', 'running', 'lost', 'done'].includes(text);

/** Reads `CODE DETAIL`, as our shell refuses. @returns TG_HOST_ANSWER for what is no code. */
export function codeAndDetail(rest: string): { code: string; detail: string } {
  const [code = '', ...detail] = printable(rest.slice(0, textLimit)).split(' ');
  return { code: /^TG_[A-Z_]+$/.test(code) ? code : 'TG_HOST_ANSWER', detail: detail.join(' ') };
}

function* linesOf(text: string): Generator<[verb: string, rest: string]> {
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    const rest = space < 0 ? '' : line.slice(space + 1, space + 1 + textLimit);
    yield [space < 0 ? line : line.slice(0, space), printable(rest)];
  }
}

/** Escape sequences and NULs of a host never reach a person's terminal. */
const printable = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
