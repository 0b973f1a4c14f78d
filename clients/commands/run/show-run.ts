import type { Home } from '../../../store/home';
import type { Output } from '../../output';
import { type KnownRun, outputBytes, shortRunId } from '../../runs';
import type { ExitCode, GlobalOptions } from '../../verb';
import { runText } from '../../view/run/groups';
import { resultJson, runJson } from '../../view/run/json';

/**
 * Writes what a run came to, in the format that was asked for.
 * @returns 0 when every host is ok, else 3
 */
export async function showRun(
  home: Home,
  known: KnownRun,
  { output, options }: { readonly output: Output; readonly options: GlobalOptions },
  given: { diff: boolean; troubles?: boolean },
): Promise<ExitCode> {
  const { record } = known;
  const id = shortRunId(known.id);
  if (options.output === 'jsonl')
    for (const result of record.results.values()) output.write(`${JSON.stringify(resultJson(result))}\n`);
  else if (options.output === 'json') output.write(`${JSON.stringify(runJson(known), null, 2)}\n`);
  else {
    const { width, colours } = output;
    const options = { id, width, colours, ...given };
    output.write(`${await runText(record, (kept) => outputBytes(home, kept), options)}\n`);
    output.note(`Again: tidegate run show ${id}`);
  }
  return record.ended && record.counts().ok === record.started?.hosts ? 0 : 3;
}
