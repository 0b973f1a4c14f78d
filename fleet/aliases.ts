/** A fleet of 100,000 hosts has half as many values; ten lines of aliases of aliases say a billion. */
const mostValues = 2_000_000;
/** As deep as the parser lets collections be nested that are written out. */
const deepest = 100;

interface Size {
  /** With every alias written out. */
  readonly values: number;
  readonly depth: number;
}

/**
 * What is read of a YAML document goes through it as through a tree, however few lines its aliases took.
 * @returns why that must not be tried: an alias stands in itself, or aliases of aliases are too many or too deep.
 */
export function whyNoTree(document: unknown): string | undefined {
  const known = new Map<object, Size | 'open'>();
  const sizeOf = (value: unknown): Size | undefined => {
    if (typeof value !== 'object' || value === null) return { values: 1, depth: 0 };
    const size = known.get(value);
    if (size === 'open') return undefined;
    if (size) return size;
    known.set(value, 'open');
    let values = 1;
    let depth = 0;
    for (const child of Object.values(value)) {
      const below = sizeOf(child);
      if (!below) return undefined;
      values += below.values;
      depth = Math.max(depth, below.depth + 1);
    }
    known.set(value, { values, depth });
    return { values, depth };
  };
  const size = sizeOf(document);
  if (!size) return 'an alias (*name) stands in what it names';
  if (size.values <= mostValues && size.depth <= deepest) return undefined;
  return `with its aliases (*name) written out it has ${size.values} values, ${size.depth} deep; at most ${mostValues}, ${deepest} deep`;
}
