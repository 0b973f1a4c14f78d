import { createTwoFilesPatch } from 'diff';
import { groupResults, type RunGroup, saidOf } from '../../../model/run-groups';
import type { KeptOutput } from '../../../model/run-ledger';
import type { AnsweredRun, RunRecord } from '../../../model/run-record';
import type { Colours } from '../colours';
import { foldHosts } from '../hosts';
import { oneLine } from '../printable';
import { counted, sumsLine } from '../sums';
import { cut } from '../wrap';

/** More of one output than this is not read on a screen; `run show` gives the whole of it. */
const shownBytes = 64 * 1024;

/** Comparing takes time with the square of what differs, and nobody reads so much of it. */
const mostEdits = 2000;

/** Gives what a host printed. */
type ReadOutput = (output: KeptOutput | undefined) => Promise<Buffer>;

interface ShowOptions {
  readonly id: string;
  readonly width: number;
  readonly colours: Colours;
  /** Show what differs from the commonest answer instead of each answer. */
  readonly diff: boolean;
  /** Say nothing of the hosts that are ok: their output is elsewhere. */
  readonly troubles?: boolean;
}

/** Columns that a heading has beside its hosts. */
const headingMargin = 16;

/** Draws what hosts answered: identical answers once, with the hosts that gave them, and the sums of all. */
export async function runText(record: AnsweredRun, read: ReadOutput, options: ShowOptions): Promise<string> {
  const all = groupResults(record.results.values());
  const groups = options.troubles ? all.filter(({ outcome }) => outcome !== 'ok') : all;
  const common = options.diff ? groups.filter(({ outcome }) => outcome === 'ok')[0] : undefined;
  const commonText = common && (await textOf(common, read)).text;
  const parts: string[] = [];
  for (const group of groups) {
    const heading = headingOf(group, options);
    // Only what ran has an answer to compare.
    if (common === undefined || group === common || group.result.stdout === undefined)
      parts.push([heading, ...(await body(group, read, options))].join('\n'));
    else parts.push([heading, ...patch(commonText ?? '', (await textOf(group, read)).text)].join('\n'));
  }
  return [...parts, sums(record)].join('\n');
}

/** `200 = 181 ok + 1 exit 3 + 18 unreachable`. @throws RangeError when they do not add up to the hosts selected */
export function sums(record: RunRecord): string {
  const counts = record.counts();
  const hosts = record.started?.hosts ?? 0;
  const parts = Object.entries(counts).map(([label, count]) => ({ label, count }));
  const pending = { label: 'pending', count: hosts - record.outcomes.size };
  return sumsLine(hosts, [...parts, pending], ['ok']);
}

/** `── web[001-180]  180 hosts`, or `── FAILED exit 3  web042`. */
function headingOf({ outcome, why, hosts }: RunGroup, { width, colours }: ShowOptions): string {
  const [first = '', ...rest] = foldHosts(hosts, { width: width - headingMargin });
  const count = hosts.length === 1 ? '' : `  ${counted(hosts.length, 'host')}`;
  const named = `${[first, ...rest].join('\n')}${count}`;
  if (outcome === 'ok') return colours.strong(`── ${named}`);
  const label = `── ${[outcome.toUpperCase(), oneLine(why)].filter(Boolean).join(' ')}`;
  return Number.isFinite(width) && label.length + named.length + 2 > width
    ? `${colours.bad(cut(label, width))}\n   ${colours.strong(named)}`
    : `${colours.bad(label)}  ${colours.strong(named)}`;
}

async function body(group: RunGroup, read: ReadOutput, { id }: ShowOptions): Promise<string[]> {
  const { text, cutAt, binary } = await textOf(group, read);
  const lines = text === '' ? [] : [text.replace(/\n$/, '')];
  const host = group.hosts[0];
  if (binary) lines.push(`(not text: tidegate run show ${id} ${host} gives it as it is)`);
  if (group.result.stdout?.cut || group.result.stderr?.cut)
    lines.push(`(${cutAt} bytes in all; only the start was kept: tidegate run show ${id} ${host})`);
  else if (cutAt !== undefined)
    lines.push(`(${cutAt} bytes in all; the whole: tidegate run show ${id} ${host})`);
  return lines;
}

async function textOf(
  { result, outcome }: RunGroup,
  read: ReadOutput,
): Promise<{ text: string; cutAt?: number; binary: boolean }> {
  if (outcome === 'ok' && result.stdout === undefined) return { text: result.detail ?? '', binary: false };
  const said = saidOf(result);
  if (said !== undefined) return { text: oneLine(said), binary: false };
  const [out, err] = [await read(result.stdout), await read(result.stderr)];
  const all = Buffer.concat([endOfLine(out, err), err]);
  const shown = all.subarray(0, shownBytes).toString('utf8');
  const bytes = (result.stdout?.bytes ?? 0) + (result.stderr?.bytes ?? 0);
  const binary = shown.includes('\u0000') || shown.slice(0, -4).includes('\ufffd');
  // Tabs and line breaks are text; what else steers a terminal is not shown.
  const text = binary ? '' : shown.replace(/[^\P{C}\n\t]+/gu, ' ');
  return {
    text,
    binary,
    cutAt: bytes > shownBytes || result.stdout?.cut || result.stderr?.cut ? bytes : undefined,
  };
}

/** stderr begins on a line of its own. */
function endOfLine(out: Buffer, err: Buffer): Buffer {
  return out.length > 0 && err.length > 0 && out.at(-1) !== 0x0a
    ? Buffer.concat([out, Buffer.from('\n')])
    : out;
}

/** Without the file names, which are all the same. */
function patch(common: string, text: string): string[] {
  if (text === common) return ['(the same output)'];
  const found = createTwoFilesPatch('', '', common, text, '', '', { context: 1, maxEditLength: mostEdits });
  if (found === undefined) return [`(differs in more than ${mostEdits} lines)`];
  return found
    .split('\n')
    .slice(4)
    .filter((line) => line !== '');
}
