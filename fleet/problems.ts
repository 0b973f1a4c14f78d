import { z } from 'zod';
import { nearest } from '../model/near';
import type { KeyPath } from './positions';

export interface Problem {
  readonly path: KeyPath;
  /** Whether the key itself is wrong, rather than its value. */
  readonly part: 'key' | 'value';
  readonly text: string;
}

/** What a schema found, as a person should read it: unknown keys one by one with the near ones, values as found. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  value: unknown,
): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, keyPath(issue.path), schema, value));
}

function problemsOfIssue(
  issue: z.core.$ZodIssue,
  path: KeyPath,
  schema: z.ZodType,
  value: unknown,
): Problem[] {
  const found = valueAt(value, path);
  const here = (text: string): Problem[] => [{ path, part: 'value', text }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, schema));
    case 'invalid_key':
      return [
        {
          path,
          part: 'key',
          text: `expected ${issue.issues.map(({ message }) => message).join(', ')} as a key`,
        },
      ];
    case 'invalid_union': {
      const branch = likeliestBranch(issue.errors);
      if (branch)
        return branch.flatMap((inner) =>
          problemsOfIssue(inner, [...path, ...keyPath(inner.path)], schema, value),
        );
      const kinds = issue.errors.flatMap((errors) => errors.flatMap(expectedKind));
      return here(`expected ${[...new Set(kinds)].join(' or ') || 'something else'}, found ${shown(found)}`);
    }
    case 'invalid_type':
      if (found === undefined) return here(`is missing; expected ${kindText(issue.expected)}`);
      return here(
        `expected ${kindText(issue.expected)}, found ${shown(found)}${quoteHint(issue.expected, found)}`,
      );
    case 'invalid_value':
      return here(
        `expected ${issue.values.map(String).join(' or ')}, found ${shown(found)}${near(issue, found)}`,
      );
    case 'too_small':
      return here(`expected at least ${amount(issue.minimum, issue.origin)}, found ${shown(found)}`);
    case 'too_big':
      return here(`expected at most ${amount(issue.maximum, issue.origin)}, found ${shown(found)}`);
    case 'custom':
      return here(/^(an?|the|one of) /.test(issue.message) ? expected(issue.message, found) : issue.message);
    default:
      return here(expected(issue.message.replace(/^Invalid (input: )?/, ''), found));
  }
}

function expected(what: string, found: unknown): string {
  return `expected ${what}, found ${shown(found)}`;
}

function unknownKey(key: string, path: KeyPath, schema: z.ZodType): Problem {
  const known = keysAt(schema, path);
  const meant = nearest(key, known, 1)[0];
  const hint = meant ? `; did you mean ${meant}?` : known.length > 0 ? `; there are ${known.join(', ')}` : '';
  return { path: [...path, key], part: 'key', text: `is not a key here${hint}` };
}

/** Of these at the root of a branch, the value is of another kind than the branch. */
const kindIssues = new Set(['invalid_type', 'invalid_value']);

/** @returns the branch that the person seems to have meant; undefined when the value's own kind fits none. */
function likeliestBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => kindIssues.has(issue.code) && issue.path.length === 0),
  );
  const weight = (issues: z.core.$ZodIssue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return fitting.sort((a, b) => weight(a) - weight(b))[0];
}

function expectedKind(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_type') return [kindText(issue.expected)];
  return issue.code === 'invalid_value' ? issue.values.map(String).filter((value) => value !== '') : [];
}

/** @returns the keys that the schema knows at `path`, through optional, default, union and record. */
function keysAt(schema: unknown, path: KeyPath): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodLazy) return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return keysAt(schema.in, path);
  if (schema instanceof z.ZodUnion)
    return [...new Set(schema.options.flatMap((option: unknown) => keysAt(option, path)))];
  const [step, ...rest] = path;
  if (schema instanceof z.ZodObject)
    return step === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[step], rest);
  if (step === undefined) return [];
  if (schema instanceof z.ZodRecord) return keysAt(schema.valueType, rest);
  return schema instanceof z.ZodArray ? keysAt(schema.element, rest) : [];
}

function valueAt(value: unknown, path: KeyPath): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Object.getOwnPropertyDescriptor(here, step)?.value;
  }
  return here;
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
  null: 'nothing',
};

function kindText(kind: string): string {
  return kinds[kind] ?? kind;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'keys and values';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** YAML reads 12 and true as a number and a boolean; labels and versions want text. */
function quoteHint(wanted: string, found: unknown): string {
  const isScalar = typeof found === 'number' || typeof found === 'boolean';
  return wanted === 'string' && isScalar ? `; write it in quotes: "${found}"` : '';
}

function near(issue: { readonly values: readonly unknown[] }, found: unknown): string {
  const meant = typeof found === 'string' ? nearest(found, issue.values.map(String), 1)[0] : undefined;
  return meant ? `; did you mean ${meant}?` : '';
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === 'string') return limit === 1 ? '1 character' : `${limit} characters`;
  if (origin === 'array' || origin === 'set') return limit === 1 ? '1 entry' : `${limit} entries`;
  return String(limit);
}

function keyPath(path: readonly PropertyKey[]): KeyPath {
  return path.map((step) => (typeof step === 'number' ? step : String(step)));
}
