import { codeAndDetail } from './host-answer';

/** What ops/push.sh said of the files that it was to put in place. */
interface PushAnswer {
  readonly refused?: { readonly code: string; readonly detail: string };
  /** Numbers of the entries whose content the host lacks, in their order. */
  readonly wanted: readonly number[];
  /** How many only had another mode or owner. */
  readonly modes: number;
  /** Entries that it went through, said at its end; undefined when it did not come to its end. */
  readonly entries?: number;
}

/** A host's answer is what a stranger sent: lines of another form mean nothing. */
export function parsePushAnswer(text: string): PushAnswer {
  const wanted: number[] = [];
  let modes = 0;
  let entries: number | undefined;
  let refused: PushAnswer['refused'];
  for (const line of text.split('\n')) {
    const [, verb, rest = ''] = /^(want|mode|done|refused)(?: (.*))?$/.exec(line) ?? [];
    if (verb === 'want' && /^\d{1,6}$/.test(rest)) wanted.push(Number(rest));
    else if (verb === 'mode') modes += 1;
    else if (verb === 'done' && /^\d{1,6}$/.test(rest)) entries = Number(rest);
    else if (verb === 'refused') refused = codeAndDetail(rest);
  }
  return { refused, wanted, modes, entries };
}
