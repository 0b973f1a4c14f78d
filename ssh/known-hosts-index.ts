import {
  type DamagedLine,
  hashedName,
  hashMatches,
  type KnownHostsLine,
  parseLine,
  patternsMatch,
} from './known-hosts-line';

/**
 * The lines of one known_hosts file, found by name: plain names in a Map, so that 100,000 lines cost a lookup
 * nothing; patterns by trying each; hashed names by one HMAC per line, computed when first asked and remembered.
 */
export class KnownHostsIndex {
  readonly damaged: DamagedLine[] = [];
  readonly #byName = new Map<string, KnownHostsLine[]>();
  readonly #patterned: KnownHostsLine[] = [];
  readonly #hashed: { salt: Buffer; hash: Buffer; line: KnownHostsLine }[] = [];
  readonly #hashedFound = new Map<string, KnownHostsLine[]>();
  #byKey: Map<string, KnownHostsLine[]> | undefined;

  constructor(text: string, file: string) {
    let number = 0;
    for (const lineText of text.split('\n')) {
      number += 1;
      const line = parseLine(lineText, file, number);
      if (line === undefined) continue;
      if ('problem' in line) this.damaged.push(line);
      else this.#add(line);
    }
  }

  /** @returns every line, whatever its marker, that means `form` (see lookupForm), in the order of the file. */
  async linesFor(form: string): Promise<KnownHostsLine[]> {
    const plain = this.#byName.get(form) ?? [];
    const patterned = this.#patterned.filter((line) => patternsMatch(line.names, form));
    const hashed = this.#hashed.length === 0 ? [] : await this.#hashedLinesFor(form);
    return [...plain, ...patterned, ...hashed].sort((a, b) => a.line - b.line);
  }

  /** @returns every line, whatever its marker, that carries this public key (base64). */
  linesWithKey(key: string): readonly KnownHostsLine[] {
    this.#byKey ??= indexByKey([
      ...new Set([...this.#byName.values()].flat()),
      ...this.#patterned,
      ...this.#hashed.map(({ line }) => line),
    ]);
    return this.#byKey.get(key) ?? [];
  }

  #add(line: KnownHostsLine): void {
    const hashed = line.names.startsWith('|') ? hashedName(line.names) : undefined;
    if (hashed !== undefined) this.#hashed.push({ ...hashed, line });
    else if (/[*?!]/.test(line.names)) this.#patterned.push(line);
    else for (const name of new Set(line.names.toLowerCase().split(','))) append(this.#byName, name, line);
  }

  async #hashedLinesFor(form: string): Promise<KnownHostsLine[]> {
    const known = this.#hashedFound.get(form);
    if (known !== undefined) return known;
    const found: KnownHostsLine[] = [];
    for (let at = 0; at < this.#hashed.length; at += HASHES_A_TURN) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      for (const hashed of this.#hashed.slice(at, at + HASHES_A_TURN))
        if (hashMatches(hashed, form)) found.push(hashed.line);
    }
    this.#hashedFound.set(form, found);
    return found;
  }
}

/** About 10 ms of HMACs; then the event loop gets a turn, or heartbeats would stall on large hashed files. */
const HASHES_A_TURN = 2_000;

function indexByKey(lines: readonly KnownHostsLine[]): Map<string, KnownHostsLine[]> {
  const byKey = new Map<string, KnownHostsLine[]>();
  for (const line of lines) append(byKey, line.key, line);
  return byKey;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
