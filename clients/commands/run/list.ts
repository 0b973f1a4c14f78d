import { findHome } from '../../../store/home';
import { allRuns, type KnownRun, shortRunId } from '../../runs';
import type { Invocation, Outcome } from '../../verb';
import { oneLine } from '../../view/printable';
import { sums } from '../../view/run/groups';
import { runJson } from '../../view/run/json';
import { table } from '../../view/table';

/** Runs, pushes and pulls, the newest first. */
export async function run({ options, output }: Invocation): Promise<Outcome> {
  const runs = await allRuns(findHome(options.home));
  if (runs.length === 0)
    return { json: [], text: 'Nothing was run yet.\nNext: tidegate run SELECTOR -- COMMAND' };
  const columns = [
    { title: 'run' },
    { title: 'when' },
    { title: 'by' },
    { title: 'state' },
    { title: 'what' },
  ];
  const rows = runs.map((known) => [
    shortRunId(known.id),
    (known.record.started?.at ?? '').slice(0, 16).replace('T', ' '),
    known.record.started?.actor.name ?? '',
    stateOf(known),
    oneLine(`${whatOf(known)}: ${sums(known.record)}`),
  ]);
  return { json: runs.map(runJson), text: table(columns, rows, output.width) };
}

function stateOf({ record }: KnownRun): string {
  if (record.ended) return record.ended.result;
  return record.waiting ? 'waits for go-on' : 'running';
}

function whatOf({ request: { task, selector } }: KnownRun): string {
  switch (task.verb) {
    case 'run':
      return `'${task.command}' on ${selector}`;
    case 'push':
      return `push to ${task.to} on ${selector}`;
    case 'pull':
      return `pull ${task.from} from ${selector}`;
  }
}
