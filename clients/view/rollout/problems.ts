import { catalogue, isErrorCode } from '../../../model/errors';
import type { Colours } from '../colours';
import { foldHosts } from '../hosts';
import { oneLine } from '../printable';
import { cut, wrap } from '../wrap';

/** A host that is not ready, and why. */
export interface Problem {
  readonly host: string;
  readonly code: string;
  readonly detail: string;
}

/** @returns hosts folded by what is wrong with them, the commonest first, each with one host's detail. */
export function problemLines(problems: readonly Problem[], width: number, colours: Colours): string[] {
  const byCode = new Map<string, Problem[]>();
  for (const problem of problems) {
    const same = byCode.get(problem.code);
    if (same) same.push(problem);
    else byCode.set(problem.code, [problem]);
  }
  return [...byCode]
    .sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([code, same]) => [
      `${colours.bad(code)}  ${same.length}`,
      ...foldHosts(
        same.map(({ host }) => host),
        { width, indent: 2 },
      ),
      ...firstLine(same[0]?.detail ?? '').map((line) => cut(`  ${line}`, width)),
      ...mendLines(code, same[0]?.host ?? '', width),
    ]);
}

/** What the catalogue says to type, for the first of the hosts. */
function mendLines(code: string, host: string, width: number): string[] {
  if (!isErrorCode(code)) return [];
  const words = catalogue[code].next.replace(/\bHOST\b/g, host).split(' ');
  return wrap(words, { width, first: '  → ', rest: '    ' });
}

function firstLine(detail: string): string[] {
  const [line = ''] = detail.split('\n');
  return line === '' ? [] : [oneLine(line)];
}
