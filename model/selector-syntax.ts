import { TidegateError } from './errors';
import { expand, mostNames } from './nodeset';

/** What one word of a selector stands for; `at` is where it begins in the text, counted from 0. */
export type Word =
  | { readonly kind: 'all' }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | { readonly kind: 'names'; readonly names: readonly string[]; readonly text: string; readonly at: number }
  | { readonly kind: 'glob'; readonly glob: string; readonly at: number }
  | {
      readonly kind: 'label';
      readonly key: string;
      /** As written: a glob, a node set or plain text; in quotes it is only what it says. */
      readonly value: string;
      readonly quoted: boolean;
      readonly at: number;
    }
  | { readonly kind: 'group'; readonly group: string; readonly at: number };

export type Expression =
  | Word
  | { readonly kind: 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression };

/** A selector that was understood; `text` is as the person wrote it. */
export interface Selector {
  readonly text: string;
  readonly expression: Expression;
}

/** Parentheses deeper than this are not written by people. */
const deepest = 100;

/**
 * Reads a selector: names, node sets (`web[001-100]`; brackets mean nothing else), globs (`*`, `?`),
 * `key=value` (a value may be a glob, a node set, or stand in quotes), `@group`, `all`; `,` or, `&` and, `!` not,
 * parentheses. `!` binds before `&`, `&` before `,`.
 * @throws TG_SELECTOR_INVALID with the position (counted from 1).
 */
export function parseSelector(text: string): Selector {
  const tokens = tokensOf(text);
  let index = 0;
  let named = 0;
  const invalid = (at: number, why: string) => invalidAt(text, at, why);
  const counted: Counted = (names, at) => {
    named += names.length;
    if (named > mostNames) throw invalid(at, `it would name more than ${mostNames} hosts`);
    return names;
  };
  const here = () => tokens[index]?.at ?? text.length;

  const chain = (kind: 'or' | 'and', sign: string, part: (depth: number) => Expression, depth: number) => {
    const of = [part(depth)];
    while (tokens[index]?.sign === sign) {
      index++;
      of.push(part(depth));
    }
    return of.length === 1 ? of[0]! : { kind, of };
  };
  const either = (depth: number): Expression => chain('or', ',', both, depth);
  const both = (depth: number): Expression => chain('and', '&', one, depth);
  const one = (depth: number): Expression => {
    const token = tokens[index];
    if (depth > deepest) throw invalid(here(), `more than ${deepest} levels of parentheses`);
    if (!token)
      throw invalid(text.length, 'a name, a node set, key=value, @group or ( is missing at the end');
    index++;
    if (token.sign === undefined) return wordOf(token.word, token.at, text, counted);
    if (token.sign === '!') return { kind: 'not', of: one(depth + 1) };
    if (token.sign !== '(') throw invalid(token.at, `something to select is missing before ${token.sign}`);
    const inner = either(depth + 1);
    if (tokens[index]?.sign !== ')') throw invalid(here(), `the ( at position ${token.at + 1} has no )`);
    index++;
    return inner;
  };

  if (tokens.length === 0) throw invalid(0, 'it is empty; write all for every host');
  const expression = either(0);
  const left = tokens[index];
  if (left?.sign === ')') throw invalid(left.at, 'this ) has no ( before it');
  if (left?.sign === '!') throw invalid(left.at, 'to leave hosts out, write & !key=value');
  if (left) throw invalid(left.at, 'between two terms stands , (or) or & (and)');
  return { text, expression };
}

/** @returns what stands behind each `@`, in the order written. */
export function groupsOf(expression: Expression): string[] {
  switch (expression.kind) {
    case 'group':
      return [expression.group];
    case 'not':
      return groupsOf(expression.of);
    case 'or':
    case 'and':
      return expression.of.flatMap(groupsOf);
    default:
      return [];
  }
}

interface Token {
  readonly at: number;
  readonly word: string;
  /** undefined: a word. */
  readonly sign: ',' | '&' | '!' | '(' | ')' | undefined;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s+|([,&!()])|((?:\[[^\]]*\]?|"[^"]*"?|'[^']*'?|[^\s,&!()["'])+)/g;
  for (const match of text.matchAll(pattern)) {
    const [, sign, word] = match;
    if (sign === ',' || sign === '&' || sign === '!' || sign === '(' || sign === ')')
      tokens.push({ at: match.index, word: sign, sign });
    else if (word !== undefined) tokens.push({ at: match.index, word, sign: undefined });
  }
  return tokens;
}

/** Takes the names of one node set; all of a selector together are not more than one may have. */
type Counted = (names: string[], at: number) => string[];

function wordOf(word: string, at: number, text: string, counted: Counted): Word {
  if (word === 'all' || word === '*') return { kind: 'all' };
  if (word.startsWith('@')) {
    if (word === '@') throw invalidAt(text, at, 'a group, file or ROLLOUT:failed is missing behind @');
    return { kind: 'group', group: unquoted(word.slice(1), at + 1, text), at };
  }
  const equals = word.indexOf('=');
  if (equals === 0) throw invalidAt(text, at, 'a label is missing before =');
  if (equals > 0) {
    const value = word.slice(equals + 1);
    const quoted = /["']/.test(value);
    if (!quoted) checkBrackets(value, at + equals + 1, text, counted);
    const said = quoted ? unquoted(value, at + equals + 1, text) : value;
    return { kind: 'label', key: word.slice(0, equals), value: said, quoted, at };
  }
  if (/["']/.test(word)) throw invalidAt(text, at, 'only the value of key=value stands in quotes');
  if (/[[\]]/.test(word))
    return { kind: 'names', names: checkBrackets(word, at, text, counted), text: word, at };
  return /[*?]/.test(word) ? { kind: 'glob', glob: word, at } : { kind: 'name', name: word, at };
}

/** @returns the names of a node set. A glob and brackets in one word would be a third language: refused. */
function checkBrackets(word: string, at: number, text: string, counted: Counted): string[] {
  if (!/[[\]]/.test(word)) return [];
  if (/[*?]/.test(word)) throw invalidAt(text, at, 'brackets and * or ? do not stand in one word');
  return counted(expand(word, { text, at }), at);
}

function unquoted(word: string, at: number, text: string): string {
  const quote = word[0];
  if (!/["']/.test(word)) return word;
  if ((quote !== '"' && quote !== "'") || word.length < 2 || word.indexOf(quote, 1) !== word.length - 1)
    throw invalidAt(text, at, 'a quote begins and ends a whole value: os="Debian 12"');
  return word.slice(1, -1);
}

function invalidAt(text: string, at: number, why: string): TidegateError {
  return new TidegateError('TG_SELECTOR_INVALID', `${JSON.stringify(text)}, position ${at + 1}: ${why}`);
}
