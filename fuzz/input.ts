import fc from 'fast-check';
import { largeMutation, mostBytes, smallMutation } from './mutation';
import { nasty } from './nasty';

/**
 * Of texts: real samples that were changed, their words in any order, and (`yaml`) documents made of them.
 * @param options.hard made to take for ever, or all memory: rare, as each is large.
 */
export function texts(
  samples: readonly string[],
  options: { readonly yaml?: boolean; readonly hard?: readonly string[] } = {},
): fc.Arbitrary<Uint8Array> {
  const buffersOf = (all: readonly string[]) => all.map((sample) => Buffer.from(sample));
  const words = wordsOf(samples);
  const made = [{ weight: 2000, arbitrary: soup(words) }];
  if (options.yaml) made.push({ weight: 2000, arbitrary: documents(words) });
  if (options.hard) made.push({ weight: 4, arbitrary: mutated(buffersOf(options.hard)) });
  return fc.oneof({ weight: 8000, arbitrary: mutated(buffersOf(samples)) }, ...made);
}

/** Samples as they are, and with up to five changes. */
export function mutated(samples: readonly Buffer[]): fc.Arbitrary<Uint8Array> {
  const changes = fc.tuple(
    fc.array(smallMutation(samples), { maxLength: 4 }),
    fc.oneof({ weight: 199, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: largeMutation }),
  );
  return fc.tuple(fc.constantFrom(...samples), changes).map(([sample, [small, large]]) => {
    const all = large ? [...small, large] : small;
    return all.reduce((bytes, change) => change(bytes), sample).subarray(0, mostBytes);
  });
}

function soup(words: readonly string[]): fc.Arbitrary<Uint8Array> {
  const word = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...words) },
    { weight: 2, arbitrary: fc.constantFrom(...nasty) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  );
  return fc
    .tuple(fc.array(word, { maxLength: 40 }), fc.constantFrom('', ' ', '\n'))
    .map(([all, between]) => Buffer.from(all.join(between)));
}

type Node = string | readonly Node[] | readonly { readonly key: string; readonly value: Node }[];

/** YAML whose keys and values are any of the words. */
function documents(words: readonly string[]): fc.Arbitrary<Uint8Array> {
  const word = fc.constantFrom(...words, ...nasty.filter((text) => !text.includes('\n')));
  const { node } = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      word,
      fc.array(fc.record({ key: word, value: tie('node') }), { maxLength: 5 }),
      fc.array(tie('node'), { maxLength: 4 }),
    ),
  }));
  return fc
    .array(fc.record({ key: word, value: node }), { maxLength: 6 })
    .map((entries) => Buffer.from(block(entries, '')));
}

function block(node: Node, indent: string): string {
  if (typeof node === 'string') return ` ${node}\n`;
  if (node.length === 0) return ' {}\n';
  const below = `${indent}  `;
  const lines = node.map((child) => {
    if (typeof child === 'object' && 'key' in child)
      return `${indent}${child.key}:${block(child.value, below)}`;
    return `${indent}-${block(child, below)}`;
  });
  return `\n${lines.join('')}`;
}

/** What stands between the signs of the samples, with the sign behind it and without. */
function wordsOf(samples: readonly string[]): string[] {
  const words = samples.flatMap((sample) => [...sample.matchAll(/([\w.+~-]+)([^\w\s]?)/g)]);
  return [...new Set(words.flatMap(([whole, word = '']) => [whole, word]))].slice(0, 400);
}
