import type { Installed } from './ledger';

/** A host's answers are what a stranger sent: parsed line by line, cut, and never believed beyond their form. */
const textLimit = 500;

/** What ops/stage.sh said. */
export interface StageAnswer {
  readonly refused?: { readonly code: string; readonly detail: string };
  readonly installed: readonly Installed[];
  readonly absent: readonly string[];
  readonly platform: string;
  /** The last operation on the host, or `none`. */
  readonly head: string;
  /** Filesystems without room for the transaction. */
  readonly full: readonly string[];
  /** What `rpm -U --test` complained of. */
  readonly complaints: readonly string[];
  readonly rebootPending: boolean;
  /** The script ran to its end. */
  readonly complete: boolean;
}

export function parseStageAnswer(text: string): StageAnswer {
  const installed: Installed[] = [];
  const absent: string[] = [];
  const full: string[] = [];
  const complaints: string[] = [];
  let refused: StageAnswer['refused'];
  let platform = '';
  let head = '';
  let complete = false;
  let rebootPending = false;
  for (const [verb, rest] of linesOf(text)) {
    if (verb === 'refused') refused = codeAndDetail(rest);
    else if (verb === 'installed') {
      const [name, epoch, version, release, arch, headerDigest] = rest.split(' ');
      if (name && epoch && version && release && arch && headerDigest)
        installed.push({ name, epoch, version, release, arch, headerDigest });
    } else if (verb === 'absent') absent.push(rest);
    else if (verb === 'platform') platform = rest.replace(' ', '-');
    else if (verb === 'head') head = rest;
    else if (verb === 'space') full.push(rest.split(' ')[0]!);
    else if (verb === 'test' && rest !== 'ok') complaints.push(rest);
    else if (verb === 'reboot') rebootPending = true;
    else if (verb === 'done') complete = true;
  }
  return { refused, installed, absent, platform, head, full, complaints, rebootPending, complete };
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
  readonly log?: string;
}

export function parseOperationAnswer(text: string): OperationAnswer {
  const restarts: string[] = [];
  const configs: string[] = [];
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
    log,
  };
}

const isState = (text: string): text is 'unknown' | 'running' | 'lost' | 'done' =>
  ['unknown', 'running', 'lost', 'done'].includes(text);

function codeAndDetail(rest: string): { code: string; detail: string } {
  const [code = '', ...detail] = rest.split(' ');
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
