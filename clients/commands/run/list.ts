import { findHome } from '../../../store/home';
import { allRuns, type ListedRun, shortRunId } from '../../runs';
import type { Invocation, Outcome } from '../../verb';
import { stampMinute } from '../../view/clock';
import { sums } from '../../view/run/groups';
import { runSummaryJson } from '../../view/run/json';
import { whatOf } from '../../view/run/what';
import { table } from '../../view/table';

/** Runs, pushes and pulls, the newest first. */
export async function run({ options, output }: Invocation): Promise<Outcome> {
  const rows: string[][] = [];
  const json: object[] = [];
  for await (const known of allRuns(findHome(options.home))) {
    rows.push(rowOf(known));
    json.push(runSummaryJson(known));
  }
  if (rows.length === 0)
    return { json, text: 'Nothing was run yet.\nNext: tidegate run SELECTOR -- COMMAND' };
  const columns = [
    { title: 'run' },
    { title: 'when' },
    { title: 'by' },
    { title: 'state' },
    { title: 'what' },
  ];
  return { json, text: table(columns, rows, output.width) };
}

const rowOf = (known: ListedRun) => [
  shortRunId(known.id),
  known.record.started ? stampMinute(known.record.started.at) : '',
  known.record.started?.actor.name ?? '',
  stateOf(known),
  `${whatOf(known)}: ${sums(known.record)}`,
];

function stateOf({ record }: ListedRun): string {
  if (record.ended) return record.ended.result;
  return record.waiting ? 'waits for go-on' : 'running';
}
