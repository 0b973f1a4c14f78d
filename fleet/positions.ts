import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml';

export type KeyPath = readonly (string | number)[];

interface Position {
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
}

interface DuplicateKey {
  readonly path: KeyPath;
  readonly offset: number;
  readonly firstOffset: number;
}

/**
 * Where each key and value of a YAML text stands. Made only to report errors: the events of a large file cost more
 * memory than its values.
 */
export class Positions {
  readonly duplicates: DuplicateKey[] = [];
  readonly #text: string;
  readonly #root: Node;

  /** @throws YAMLException when the text is not YAML. */
  constructor(text: string) {
    this.#text = text;
    const events = parseEvents(text, {});
    this.#root = new Walk(text, events, this.duplicates).value(undefined, []);
  }

  /** @returns the offset of a value, or of its key; of the nearest that is written, where it is not itself. */
  offsetOf(path: KeyPath, part: 'key' | 'value' = 'value'): number {
    let node = this.#root;
    for (const step of path) {
      const child = node.children.get(step);
      if (!child) return node.keyOffset ?? node.offset;
      node = child;
    }
    return part === 'key' ? (node.keyOffset ?? node.offset) : node.offset;
  }

  at(offset: number): Position {
    const before = this.#text.slice(0, offset);
    const lineStart = before.lastIndexOf('\n') + 1;
    return { line: before.split('\n').length, column: offset - lineStart + 1 };
  }
}

interface Node {
  readonly keyOffset: number | undefined;
  readonly offset: number;
  readonly children: Map<string | number, Node>;
}

class Walk {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #duplicates: DuplicateKey[];
  /** 0 is the document itself. */
  #next = 1;

  constructor(text: string, events: readonly Event[], duplicates: DuplicateKey[]) {
    this.#text = text;
    this.#events = events;
    this.#duplicates = duplicates;
  }

  value(keyOffset: number | undefined, path: KeyPath): Node {
    const event = this.#events[this.#next++];
    const children = new Map<string | number, Node>();
    const node = { keyOffset, offset: startOf(event) ?? keyOffset ?? 0, children };
    if (event?.type === EVENT_ID.MAPPING)
      while (!this.#closed()) {
        const keyEvent = this.#events[this.#next];
        const key = keyEvent?.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, keyEvent) : undefined;
        const start = this.value(undefined, path).offset;
        const keyPath = [...path, key ?? '?'];
        const first = key === undefined ? undefined : children.get(key);
        const child = this.value(start, keyPath);
        if (first) this.#duplicates.push({ path: keyPath, offset: start, firstOffset: first.keyOffset ?? 0 });
        else if (key !== undefined) children.set(key, child);
      }
    if (event?.type === EVENT_ID.SEQUENCE)
      for (let index = 0; !this.#closed(); index++)
        children.set(index, this.value(undefined, [...path, index]));
    return node;
  }

  #closed(): boolean {
    const event = this.#events[this.#next];
    if (event && event.type !== EVENT_ID.POP) return false;
    this.#next++;
    return true;
  }
}

function startOf(event: Event | undefined): number | undefined {
  if (event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE) return event.start;
  if (event?.type === EVENT_ID.SCALAR && event.valueStart >= 0) return event.valueStart;
  return event?.type === EVENT_ID.ALIAS ? event.anchorStart : undefined;
}
