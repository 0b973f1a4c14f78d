import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pictureOf, readRollout } from '../../clients/rollouts';
import { readRun } from '../../clients/runs';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import { type Home, homeAt } from '../../store/home';
import { Ledger } from '../../store/ledger';
import { formatLine, parseLine } from '../../store/ledger/line';
import { firstStart, isRolloutBook } from '../../store/rollout-books';
import { historiesFolder } from './histories';

/** Larger files of the store are RPMs, logs and output. */
const largestJsonBytes = 64 * 1024;
const digest = /\b[0-9a-f]{64}\b/g;

/** What a home's books say, as its release read them. */
export interface SaidByBooks {
  readonly rollouts: Record<string, object>;
  readonly runs: Record<string, object>;
  readonly artifacts: readonly object[];
}

/** @returns the homes with books that a release wrote (docs/workflows.md), and what it read in them. */
export function savedBooks(release: string): { name: string; home: Home; said: SaidByBooks }[] {
  const folder = join(historiesFolder, release, 'books');
  return readdirSync(folder).map((name) => ({
    name,
    home: homeAt(join(folder, name)),
    said: JSON.parse(readFileSync(join(folder, name, 'said.json'), 'utf8')),
  }));
}

/**
 * Keeps the books of a test's home that have a shape of entry which no saved book has, with the plans and lists that
 * they name, as `saveHistories` keeps histories.
 */
export async function saveBooks(home: Home): Promise<void> {
  const release = process.env.TIDEGATE_SAVE_HISTORIES;
  if (!release) return;
  const all = join(historiesFolder, release, 'books');
  mkdirSync(all, { recursive: true });
  const saved = readdirSync(all).map((name) => homeAt(join(all, name)));
  const known = new Set(saved.flatMap(({ ledger }) => booksIn(ledger).flatMap(shapesOf)));
  const into = homeAt(join(all, basename(expect.getState().testPath ?? 'tests', '.test.ts')));
  if (existsSync(into.folder)) return;
  const wanted: string[] = [];
  for (const book of booksIn(home.ledger)) {
    const shapes = shapesOf(book);
    if (shapes.every((shape) => known.has(shape))) continue;
    for (const shape of shapes) known.add(shape);
    copyBook(book, join(into.ledger, basename(book)));
    wanted.push(...(readFileSync(book, 'utf8').match(digest) ?? []));
  }
  if (wanted.length === 0) return;
  copyJson(home, into, wanted);
  writeFileSync(join(into.folder, 'said.json'), `${JSON.stringify(await saidBy(into), null, 1)}\n`);
}

/** @returns what today's code reads in the books of a home, as JSON. */
export async function saidBy(home: Home): Promise<SaidByBooks> {
  const ledger = await Ledger.open(home.ledger);
  const rollouts: Record<string, object> = {};
  const runs: Record<string, object> = {};
  for (const book of await ledger.books()) {
    if (isRolloutBook(book) && (await firstStart(ledger, book)))
      rollouts[book] = pictureOf(await readRollout(home, book));
    if (book.startsWith('run-')) {
      const { record, request, list } = await readRun(home, book);
      runs[book] = { request, list, counts: record.counts(), ended: record.ended };
    }
  }
  const artifacts = await (await Artifacts.open(ledger, new Files(home.files))).list();
  return JSON.parse(JSON.stringify({ rollouts, runs, artifacts }));
}

const booksIn = (ledger: string) =>
  existsSync(ledger) ? readdirSync(ledger).map((name) => join(ledger, name)) : [];

/** @returns each kind of entry of a book, with the keys that it has. */
function shapesOf(book: string): string[] {
  const of = basename(book).replace(/^(r|run)-.*/, '$1');
  return readFileSync(book, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const entry = parseLine(Buffer.from(line)) ?? {};
      return [of, 'kind' in entry ? entry.kind : '', ...Object.keys(entry).sort()].join(' ');
    });
}

/** The JSON files of the store that are named, and those that they name. */
function copyJson(home: Home, into: Home, names: readonly string[]): void {
  const [from, to] = [new Files(home.files), new Files(into.files)];
  for (const name of new Set(names)) {
    const path = from.path(name);
    if (!existsSync(path) || existsSync(to.path(name))) continue;
    const bytes = readFileSync(path);
    const text = bytes.toString();
    if (bytes.length > largestJsonBytes || !/^[[{]/.test(text)) continue;
    copy(path, to.path(name));
    copyJson(home, into, text.match(digest) ?? []);
  }
}

/** Line by line, without where the checkout lies. */
function copyBook(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const lines = readFileSync(from, 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => JSON.stringify(parseLine(Buffer.from(line)) ?? {}));
  writeFileSync(
    to,
    Buffer.concat(entries.map((entry) => formatLine(JSON.parse(entry.replaceAll(process.cwd(), ''))))),
  );
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, readFileSync(from));
}
