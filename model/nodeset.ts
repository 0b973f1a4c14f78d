import { TidegateError } from './errors';

/** A node set that names more than this is a typing error: ten times the largest fleet we are made for. */
export const mostNames = 1_000_000;
/** Names of hosts are shorter (RFC 1035), and a million long ones are more than the memory. */
export const longestName = 255;
/** Longer numbers are not counted in (a double is exact to 15 digits): such names stay as they are. */
const mostDigits = 15;

/**
 * Folds names as ClusterShell's `nodeset -f` does: `web[001-180,185],app113`.
 * Zero padding is kept. A name with several numbers folds on the last one of its first label (`web001.dc2` on
 * `001`), an IPv4 address on its last. Sets stand in the order in which their first name came, numbers rise.
 * @param names any names; one given twice counts once.
 * @returns text for which `expand` gives the same names, '' for none.
 */
export function fold(names: Iterable<string>): string {
  const terms = new Map<string, Term>();
  for (const name of names) {
    const parts = split(name);
    const key = parts ? `${parts.before}[${parts.after}` : name;
    const term = terms.get(key);
    if (!term)
      terms.set(key, { before: parts?.before ?? name, after: parts?.after, numbers: [parts?.number] });
    else term.numbers.push(parts?.number);
  }
  const texts: string[] = [];
  for (const { before, after, numbers } of terms.values())
    texts.push(after === undefined ? before : `${before}${foldNumbers(numbers.map(String))}${after}`);
  return texts.join(',');
}

/**
 * @param text names and node sets with `,` or spaces between: `web[001-180,185],rack[1-2]-node[0-9/3]`.
 * @param whole - the text that it stands in and where, counted from 0: what cannot be read is told as of that one.
 * @returns every name once, in the order written; [] for ''.
 * @throws TG_SELECTOR_INVALID with the position of what cannot be read.
 */
export function expand(text: string, whole = { text, at: 0 }): string[] {
  const names = new Set<string>();
  for (const { word, at } of words(text)) {
    for (const name of expandWord(word, whole.text, whole.at + at)) names.add(name);
    if (names.size > mostNames) throw invalidAt(whole.text, whole.at + at, tooMany);
  }
  return [...names];
}

interface Term {
  readonly before: string;
  /** undefined: the name has no number to fold on. */
  readonly after: string | undefined;
  readonly numbers: (string | undefined)[];
}

function split(name: string): { before: string; number: string; after: string } | undefined {
  const dot = name.indexOf('.');
  const label = dot < 0 || /^[\d.]+$/.test(name) ? name : name.slice(0, dot);
  const inLabel = lastDigits(label) ?? lastDigits(name);
  if (!inLabel || inLabel.end - inLabel.start > mostDigits) return undefined;
  return {
    before: name.slice(0, inLabel.start),
    number: name.slice(inLabel.start, inLabel.end),
    after: name.slice(inLabel.end),
  };
}

function lastDigits(text: string): { start: number; end: number } | undefined {
  let end = text.length;
  while (end > 0 && !isDigit(text, end - 1)) end--;
  let start = end;
  while (start > 0 && isDigit(text, start - 1)) start--;
  return start === end ? undefined : { start, end };
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

/** `01`, `02`, `10` → `[01-02,10]`; a single one without brackets. */
function foldNumbers(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0]!;
  const widths = paddedWidths(texts);
  const byWidth = new Map<number, Set<number>>();
  for (const text of texts) {
    const width = text.length > 1 && text.startsWith('0') ? text.length : nearestBelow(widths, text.length);
    const values = byWidth.get(width);
    if (values) values.add(Number(text));
    else byWidth.set(width, new Set([Number(text)]));
  }
  const ranges = [...byWidth].sort(([a], [b]) => a - b).flatMap(([width, values]) => rangesOf(values, width));
  const only = ranges.length === 1 ? ranges[0]! : '-';
  return only.includes('-') ? `[${ranges.join(',')}]` : only;
}

function paddedWidths(texts: readonly string[]): number[] {
  const widths = new Set<number>();
  for (const text of texts) if (text.length > 1 && text.startsWith('0')) widths.add(text.length);
  return [...widths].sort((a, b) => a - b);
}

/** A number without leading zeros continues the widest padded ones that it is as long as: 099, 100. */
function nearestBelow(widths: readonly number[], length: number): number {
  let best = 0;
  for (const width of widths) if (width <= length) best = width;
  return best;
}

function rangesOf(values: ReadonlySet<number>, width: number): string[] {
  const sorted = Float64Array.from(values).sort();
  const ranges: string[] = [];
  for (let index = 0; index < sorted.length; ) {
    let last = index;
    while (last + 1 < sorted.length && sorted[last + 1] === sorted[last]! + 1) last++;
    const from = String(sorted[index]).padStart(width, '0');
    ranges.push(last === index ? from : `${from}-${String(sorted[last]).padStart(width, '0')}`);
    index = last + 1;
  }
  return ranges;
}

function* words(text: string): Iterable<{ word: string; at: number }> {
  const pattern = /(?:\[[^\]]*\]?|[^\s,[])+/g;
  for (const match of text.matchAll(pattern)) yield { word: match[0], at: match.index };
}

function expandWord(word: string, text: string, at: number): string[] {
  const invalid = (offset: number, why: string) => invalidAt(text, at + offset, why);
  let names = [''];
  let index = 0;
  while (index < word.length) {
    const open = word.indexOf('[', index);
    const plain = word.slice(index, open < 0 ? word.length : open);
    if (plain.includes(']')) throw invalid(index + plain.indexOf(']'), 'this ] has no [ before it');
    if (names[0]!.length + plain.length > longestName)
      throw invalid(index, `a name has at most ${longestName} characters`);
    let endings = [plain];
    index += plain.length;
    if (open >= 0) {
      const close = word.indexOf(']', open);
      if (close < 0) throw invalid(open, 'this [ has no ] behind it');
      endings = numbersOf(word.slice(open + 1, close), open + 1, names.length, invalid).map((n) => plain + n);
      index = close + 1;
    }
    names = names.flatMap((name) => endings.map((ending) => name + ending));
  }
  return names;
}

const tooMany = `it would name more than ${mostNames} hosts`;

function invalidAt(text: string, at: number, why: string): TidegateError {
  return new TidegateError('TG_SELECTOR_INVALID', `${JSON.stringify(text)}, position ${at + 1}: ${why}`);
}

type Invalid = (offset: number, why: string) => TidegateError;

function numbersOf(list: string, offset: number, times: number, invalid: Invalid): string[] {
  const numbers: string[] = [];
  let at = offset;
  for (const piece of list.split(',')) {
    const match = /^\s*(\d+)(?:-(\d+)(?:\/(\d+))?)?\s*$/.exec(piece);
    if (!match)
      throw invalid(
        at,
        `in brackets stand numbers and ranges, as [001-100,105], not ${JSON.stringify(piece)}`,
      );
    const [, from = '', to = from, stepText = '1'] = match;
    if (Math.max(from.length, to.length, stepText.length) > mostDigits)
      throw invalid(at, `a number in brackets has at most ${mostDigits} digits`);
    const step = Number(stepText);
    if (Number(to) < Number(from)) throw invalid(at, `${from}-${to} runs backwards`);
    if (step < 1) throw invalid(at, 'a step is at least 1');
    if (
      to.length !== from.length &&
      (to.startsWith('0') || (from.startsWith('0') && to.length < from.length))
    )
      throw invalid(at, `${from} and ${to} are not padded alike`);
    if ((numbers.length + (Number(to) - Number(from)) / step) * times > mostNames) throw invalid(at, tooMany);
    const width = from.startsWith('0') ? from.length : 0;
    for (let value = Number(from); value <= Number(to); value += step)
      numbers.push(String(value).padStart(width, '0'));
    at += piece.length + 1;
  }
  return numbers;
}
