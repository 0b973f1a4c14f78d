/** What JSON may look like, in the notation of docs/json.md. */
type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'any' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'object'; readonly keys: ReadonlyMap<string, Key>; readonly others?: Shape };
interface Key {
  readonly shape: Shape;
  readonly optional: boolean;
}

/** The shape that stands under a heading of the page. */
export interface Described {
  readonly shape: Shape;
  /** JSON Lines: one value a line. */
  readonly lines: boolean;
}

/** Every shape of a page: by heading for what commands print, by name for the parts. */
export class Shapes {
  readonly #described = new Map<string, Described>();

  constructor(page: string) {
    for (const [, block = ''] of page.matchAll(/^```shapes\n([\s\S]*?)^```$/gm))
      for (const paragraph of block.trim().split(/\n\n+/)) {
        const [headings = '', ...text] = paragraph.split('\n');
        const [, body = '', lines] = /^([\s\S]*?)( {3}one a line)?$/.exec(text.join('\n')) ?? [];
        const described = { shape: parse(body), lines: lines !== undefined };
        for (const heading of headings.split(', tidegate '))
          this.#described.set(
            heading.startsWith('tidegate ') || headings === heading ? heading : `tidegate ${heading}`,
            described,
          );
      }
  }

  /** @returns the headings that begin with `tidegate`. */
  get commands(): string[] {
    return [...this.#described.keys()].filter((heading) => heading.startsWith('tidegate '));
  }

  described(heading: string): Described {
    const described = this.#described.get(heading);
    if (!described) throw new Error(`docs/json.md has no shape of: ${heading}`);
    return described;
  }

  /** @returns where the value is not as described: keys that lack, that are strange, or of another type. */
  misfits(shape: Shape, value: unknown, at = ''): string[] {
    switch (shape.kind) {
      case 'any':
        return [];
      case 'named':
        return this.misfits(this.described(shape.name).shape, value, at);
      case 'list':
        if (!Array.isArray(value)) return [`${at} is no list`];
        return value.flatMap((each) => this.misfits(shape.of, each, `${at}[]`));
      case 'object':
        return this.#objectMisfits(shape, value, at);
      default:
        return typeof value === shape.kind ? [] : [`${at} is no ${shape.kind}: ${JSON.stringify(value)}`];
    }
  }

  #objectMisfits(shape: Extract<Shape, { kind: 'object' }>, value: unknown, at: string): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
    const lacking = [...shape.keys].filter(([key, { optional }]) => !optional && !Object.hasOwn(value, key));
    const found = Object.entries(value).flatMap(([key, each]) => {
      const known = shape.keys.get(key)?.shape ?? shape.others;
      return known ? this.misfits(known, each, `${at}.${key}`) : [`${at}.${key} is not on the page`];
    });
    return [...lacking.map(([key]) => `${at}.${key} lacks`), ...found];
  }
}

function parse(text: string): Shape {
  const words = text.match(/[A-Za-z0-9]+|[{}[\]:,?]/g) ?? [];
  const take = (): string => {
    const word = words.shift();
    if (word === undefined) throw new Error(`the shape ends in the middle: ${text}`);
    return word;
  };
  const shape = (): Shape => {
    const word = take();
    if (word === '[') {
      const of = shape();
      take();
      return { kind: 'list', of };
    }
    if (word === '{') return object();
    if (word === 'string' || word === 'number' || word === 'boolean' || word === 'any') return { kind: word };
    return { kind: 'named', name: word };
  };
  const object = (): Shape => {
    const keys = new Map<string, Key>();
    let others: Shape | undefined;
    for (let word = take(); word !== '}'; word = take()) {
      if (word === ',') continue;
      const optional = words[0] === '?' && take() === '?';
      const own = words[0] === ':' && take() === ':' ? shape() : ({ kind: 'string' } as const);
      if (/^[A-Z]+$/.test(word)) others = own;
      else keys.set(word, { shape: own, optional });
    }
    return { kind: 'object', keys, others };
  };
  return shape();
}
