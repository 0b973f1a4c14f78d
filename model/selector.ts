import { TidegateError } from './errors';
import type { Host } from './fleet';
import { globTest } from './glob';
import { nearest } from './near';
import { expand, fold } from './nodeset';
import { type Expression, parseSelector, type Selector, type Word } from './selector-syntax';

export { parseSelector, type Selector } from './selector-syntax';

interface SelectOptions {
  /**
   * What `@name` stands for: the names in a file, or the hosts of `ROLLOUT:failed`. undefined: it knows none of
   * that name, and the inventory's group is meant (label `group.<name>`).
   */
  readonly groups?: (name: string) => readonly string[] | undefined;
}

/**
 * @param selector parsed, or as text.
 * @returns the hosts it matches, in the order of `hosts`; never none.
 * @throws TG_SELECTOR_INVALID with the position; TG_HOST_NOT_FOUND for a name that no host has, also behind `!`
 * (a typing error must not roll out to what was to be left out); TG_SELECTOR_EMPTY for a glob, label or group that
 * no host of the fleet matches (not behind `!`), and when nothing is left.
 */
export function select(
  selector: Selector | string,
  hosts: readonly Host[],
  options: SelectOptions = {},
): Host[] {
  const { text, expression } = typeof selector === 'string' ? parseSelector(selector) : selector;
  const selection = new Selection(text, hosts, options);
  const mask = selection.mask(expression, true);
  const chosen = hosts.filter((_, index) => mask[index] === 1);
  if (chosen.length === 0)
    throw new TidegateError(
      'TG_SELECTOR_EMPTY',
      hosts.length === 0
        ? `${JSON.stringify(text)}: the fleet has no hosts yet`
        : `${JSON.stringify(text)} matches none of ${hosts.length} hosts, though each of its terms matches some`,
    );
  return chosen;
}

/** Words that are facts of a host beside its labels; a label of the same name gives way. */
const facts: Record<string, (host: Host) => string | undefined> = {
  name: (host) => host.name,
  domain: (host) => host.domain,
  platform: (host) => host.platform,
  owner: (host) => host.owner,
  address: (host) => host.address,
};

class Selection {
  readonly #text: string;
  readonly #hosts: readonly Host[];
  readonly #options: SelectOptions;
  #indexes: Map<string, number> | undefined;

  constructor(text: string, hosts: readonly Host[], options: SelectOptions) {
    this.#text = text;
    this.#hosts = hosts;
    this.#options = options;
  }

  /** @returns 1 for each host that matches. */
  mask(expression: Expression, mustMatch: boolean): Uint8Array {
    if (expression.kind === 'or') return this.#merge(expression.of, mustMatch, (a, b) => a | b);
    if (expression.kind === 'and') return this.#merge(expression.of, mustMatch, (a, b) => a & b);
    if (expression.kind === 'not') return this.mask(expression.of, false).map((bit) => 1 - bit);
    const mask = this.#ofWord(expression);
    if (mustMatch && this.#hosts.length > 0 && expression.kind !== 'all' && !mask.includes(1))
      throw this.#matchesNothing(expression);
    return mask;
  }

  #merge(
    parts: readonly Expression[],
    mustMatch: boolean,
    join: (a: number, b: number) => number,
  ): Uint8Array {
    const [first, ...others] = parts.map((part) => this.mask(part, mustMatch));
    const merged = first!;
    for (const other of others)
      for (let index = 0; index < merged.length; index++) merged[index] = join(merged[index]!, other[index]!);
    return merged;
  }

  #ofWord(word: Word): Uint8Array {
    switch (word.kind) {
      case 'all':
        return new Uint8Array(this.#hosts.length).fill(1);
      case 'name':
        return this.#named([word.name]);
      case 'names':
        return this.#named(word.names);
      case 'glob':
        return this.#where(({ name }) => name, globTest(word.glob));
      case 'label': {
        const read = factOrLabel(word.key);
        return this.#where(read, word.quoted ? (value) => value === word.value : valueTest(word.value));
      }
      case 'group': {
        const names = this.#options.groups?.(word.group);
        return names ? this.#named(names) : this.#where(factOrLabel(`group.${word.group}`), () => true);
      }
    }
  }

  #where(read: (host: Host) => string | undefined, test: (value: string) => boolean): Uint8Array {
    const mask = new Uint8Array(this.#hosts.length);
    const known = new Map<string, boolean>();
    this.#hosts.forEach((host, index) => {
      const value = read(host);
      if (value === undefined) return;
      let matches = known.get(value);
      if (matches === undefined) {
        matches = test(value);
        known.set(value, matches);
      }
      if (matches) mask[index] = 1;
    });
    return mask;
  }

  #named(names: readonly string[]): Uint8Array {
    this.#indexes ??= new Map(this.#hosts.map(({ name }, index) => [name, index]));
    const mask = new Uint8Array(this.#hosts.length);
    const missing: string[] = [];
    for (const name of names) {
      const index = this.#indexes.get(name);
      if (index === undefined) missing.push(name);
      else mask[index] = 1;
    }
    if (missing.length > 0) throw hostsNotFound(missing, this.#hosts, this.#text);
    return mask;
  }

  #matchesNothing(word: Exclude<Word, { kind: 'all' }>): TidegateError {
    const why =
      word.kind === 'label'
        ? this.#whyNoLabel(word.key, word.value)
        : word.kind === 'group'
          ? this.#whyNoGroup(word.group)
          : `no name matches ${word.kind === 'glob' ? word.glob : 'it'}`;
    return new TidegateError(
      'TG_SELECTOR_EMPTY',
      `${JSON.stringify(this.#text)}, position ${word.at + 1}: ${why}`,
    );
  }

  #whyNoLabel(key: string, value: string): string {
    const values = [...new Set(this.#hosts.map(factOrLabel(key)).filter((known) => known !== undefined))];
    if (values.length > 0) return `no host has ${key}=${value}; ${key} is ${list(values, value)}`;
    const keys = [
      ...new Set([...Object.keys(facts), ...this.#hosts.flatMap(({ labels }) => Object.keys(labels))]),
    ];
    return `no host has a label ${key}; there are ${list(keys, key)}`;
  }

  #whyNoGroup(group: string): string {
    if (this.#options.groups?.(group)) return `@${group} stands for no host`;
    const labels = new Set(this.#hosts.flatMap((host) => Object.keys(host.labels)));
    const groups = [...labels].filter((key) => key.startsWith('group.')).map((key) => `@${key.slice(6)}`);
    return groups.length > 0
      ? `there is no group or file @${group}; groups are ${list(groups, `@${group}`)}`
      : `there is no file @${group}, and the inventory has no groups`;
  }
}

/** @returns the error for names that no host of the fleet has, with the names that may have been meant. */
export function hostsNotFound(
  missing: readonly string[],
  hosts: readonly Host[],
  selector?: string,
): TidegateError {
  const names = hosts.map(({ name }) => name);
  const near = missing.length === 1 ? nearest(missing[0]!, names) : [];
  const what =
    missing.length === 1 ? `no host is named ${missing[0]}` : `no hosts are named ${fold(missing)}`;
  const meant = near.length > 0 ? `; did you mean ${near.join(', ')}?` : '';
  return new TidegateError('TG_HOST_NOT_FOUND', {
    detail: `${selector === undefined ? '' : `${JSON.stringify(selector)}: `}${what}${meant}`,
    hosts: missing,
  });
}

function factOrLabel(key: string): (host: Host) => string | undefined {
  return Object.hasOwn(facts, key)
    ? facts[key]!
    : ({ labels }) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
}

function valueTest(value: string): (value: string) => boolean {
  if (!value.includes('[')) return globTest(value);
  const values = new Set(expand(value));
  return (candidate) => values.has(candidate);
}

/** Near ones first, then the others, a screen line of them at most. */
function list(values: readonly string[], wanted: string): string {
  const most = 8;
  const near = nearest(wanted, values);
  const shown = [...near, ...values.filter((value) => !near.includes(value)).sort()].slice(0, most);
  const more = values.length - shown.length;
  return shown.map((value) => value || '""').join(', ') + (more > 0 ? ` and ${more} more` : '');
}
