import { base64Of, bytesOf } from './base64';

/**
 * A set of indexes kept as sorted ranges [from, to): what crosses Temporal instead of lists of hosts.
 * 100,000 hosts that moved in order are one range, `0-99999`. However they are scattered, their text is at most 17 KB:
 * Temporal takes 2 MB and warns above 256 KB, and a workflow's events hold many of these.
 */
export class Ranges {
  private constructor(private readonly pairs: readonly (readonly [from: number, to: number])[]) {}

  static readonly none = new Ranges([]);

  /** Any order, repeats allowed. */
  static of(indexes: Iterable<number>): Ranges {
    const sorted = [...indexes].sort((a, b) => a - b);
    return new Ranges(joined(sorted.map((index) => [index, index + 1] as const)));
  }

  /** Indexes from `from` up to but not including `to`. */
  static between(from: number, to: number): Ranges {
    return new Ranges(to > from ? [[from, to]] : []);
  }

  /** Reads what `toText` wrote. @throws RangeError for anything else. */
  static fromText(text: string): Ranges {
    if (text === '') return Ranges.none;
    if (text.startsWith(bitsFollow)) return fromBits(text.slice(bitsFollow.length));
    const pairs = text.split(',').map((part) => {
      const found = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (!found) throw new RangeError(`not ranges of indexes: ${part}`);
      return [Number(found[1]), Number(found[2] ?? found[1]) + 1] as const;
    });
    return new Ranges(joined(pairs.filter(([from, to]) => to > from).sort(([a], [b]) => a - b)));
  }

  get size(): number {
    return this.pairs.reduce((sum, [from, to]) => sum + to - from, 0);
  }

  has(index: number): boolean {
    let low = 0;
    let high = this.pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pairs[middle]![1] <= index) low = middle + 1;
      else high = middle;
    }
    return low < this.pairs.length && this.pairs[low]![0] <= index;
  }

  union(other: Ranges): Ranges {
    return new Ranges(joined([...this.pairs, ...other.pairs].sort(([a], [b]) => a - b)));
  }

  subtract(other: Ranges): Ranges {
    const left: [number, number][] = [];
    let next = 0;
    for (const [from, to] of this.pairs) {
      let start = from;
      while (next < other.pairs.length && other.pairs[next]![1] <= from) next += 1;
      // A cut may reach into the next pair too: it is looked at again there.
      for (let cut = next; cut < other.pairs.length && other.pairs[cut]![0] < to; cut += 1) {
        const [cutFrom, cutTo] = other.pairs[cut]!;
        if (cutFrom > start) left.push([start, cutFrom]);
        start = Math.max(start, cutTo);
      }
      if (start < to) left.push([start, to]);
    }
    return new Ranges(left);
  }

  intersect(other: Ranges): Ranges {
    return this.subtract(this.subtract(other));
  }

  /** The lowest `count` indexes. */
  first(count: number): Ranges {
    const taken: [number, number][] = [];
    let missing = count;
    for (const [from, to] of this.pairs) {
      if (missing <= 0) break;
      taken.push([from, Math.min(to, from + missing)]);
      missing -= to - from;
    }
    return new Ranges(taken);
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const [from, to] of this.pairs) for (let index = from; index < to; index += 1) yield index;
  }

  /** `0-35,40` as long as a person could read it; beyond, that or a bit an index, whichever is shorter. */
  toText(): string {
    const text = this.pairs
      .map(([from, to]) => (to - from === 1 ? `${from}` : `${from}-${to - 1}`))
      .join(',');
    if (text.length <= readableChars) return text;
    const bits = bitsFollow + toBits(this, this.pairs.at(-1)![1]);
    return bits.length < text.length ? bits : text;
  }
}

/** A line or two of Temporal's UI, where people meet these. */
const readableChars = 400;
/** No range begins like this. */
const bitsFollow = 'bits:';

/** Base64 of one bit an index, the lowest bit first. */
function toBits(indexes: Iterable<number>, end: number): string {
  const bytes = new Uint8Array(Math.ceil(end / 8));
  for (const index of indexes) bytes[index >> 3]! |= 1 << (index & 7);
  return base64Of(bytes);
}

function fromBits(text: string): Ranges {
  const indexes: number[] = [];
  bytesOf(text).forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) indexes.push(at * 8 + bit);
  });
  return Ranges.of(indexes);
}

/** Sorted pairs, with those that touch or overlap made one. */
function joined(pairs: Iterable<readonly [number, number]>): [number, number][] {
  const result: [number, number][] = [];
  for (const [from, to] of pairs) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
