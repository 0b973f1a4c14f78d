import { CORE_SCHEMA, load, mergeTag, type Schema, YAMLException } from 'js-yaml';
import type { z } from 'zod';
import { TidegateError } from '../model/errors';
import { whyNoTree } from './aliases';
import { type KeyPath, Positions } from './positions';
import { problemsOf } from './problems';
import { readText } from './read-text';

/** A file with more mistakes than this has one mistake many times. */
const mostProblems = 20;
/** YAML 1.2 (`yes` is text), and `<<: *defaults`, which people use. */
const yamlTags = CORE_SCHEMA.withTags(mergeTag);

/**
 * Reads a YAML file that a person wrote, fast: js-yaml, 100,000 hosts in 0.8 s; positions are looked up only to
 * report.
 * @returns what the schema makes of it, with its defaults.
 * @throws TG_FILE_MISSING; TG_FILE_INVALID with file:line:column, the key, what was expected and what was found,
 * for all problems of the file at once, in their order. Duplicate keys are problems.
 */
export async function loadDocument<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parseDocument(await readText(path), path, schema);
}

/** @see loadDocument; for text that is at hand. `path` is what the messages call it, `tags` how scalars are read. */
export function parseDocument<T>(
  text: string,
  path: string,
  schema: z.ZodType<T>,
  tags: Schema = yamlTags,
): T {
  const value = parseYaml(text, path, tags);
  const why = text.includes('*') ? whyNoTree(value) : undefined;
  if (why !== undefined) throw new TidegateError('TG_FILE_INVALID', `${path}:1:1  ${why}`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const positions = new Positions(text);
  const places = problemsOf(parsed.error.issues, schema, value).map((problem) => ({
    offset: positions.offsetOf(problem.path, problem.part),
    text: `${keyText(problem.path)}${problem.text}`,
  }));
  throw invalid(path, positions, places);
}

function parseYaml(text: string, path: string, tags: Schema): unknown {
  if (text.trim() === '') throw new TidegateError('TG_FILE_INVALID', `${path}:1:1  the file is empty`);
  try {
    return load(text, { schema: tags, maxTotalMergeKeys: -1 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    if (error.reason === 'duplicated mapping key') throw duplicates(text, path, error);
    const { line, column } = error.mark ?? { line: 0, column: 0 };
    throw new TidegateError('TG_FILE_INVALID', `${path}:${line + 1}:${column + 1}  ${error.reason}`);
  }
}

function duplicates(text: string, path: string, cause: YAMLException): TidegateError {
  const positions = new Positions(text);
  const places = positions.duplicates.map(({ path: key, offset, firstOffset }) => ({
    offset,
    text: `${keyText(key)}is written twice; first in line ${positions.at(firstOffset).line}`,
  }));
  if (places.length > 0) return invalid(path, positions, places);
  const { line, column } = cause.mark ?? { line: 0, column: 0 };
  return new TidegateError('TG_FILE_INVALID', `${path}:${line + 1}:${column + 1}  ${cause.reason}`);
}

interface Place {
  readonly offset: number;
  readonly text: string;
}

function invalid(path: string, positions: Positions, places: readonly Place[]): TidegateError {
  const inOrder = [...places].sort((a, b) => a.offset - b.offset);
  const lines = inOrder.slice(0, mostProblems).map(({ offset, text }) => {
    const { line, column } = positions.at(offset);
    return `${path}:${line}:${column}  ${text}`;
  });
  if (inOrder.length > mostProblems) lines.push(`and ${inOrder.length - mostProblems} more`);
  return new TidegateError('TG_FILE_INVALID', lines.join('\n'));
}

/** `waves[0]: `, '' for the document itself. */
function keyText(path: KeyPath): string {
  let text = '';
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${step}`;
  return text === '' ? '' : `${text}: `;
}
