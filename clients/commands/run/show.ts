import { TidegateError } from '../../../model/errors';
import { findHome } from '../../../store/home';
import { outputBytes, readRun } from '../../runs';
import type { ExitCode, Invocation } from '../../verb';
import { oneLine } from '../../view/printable';
import { resultJson } from '../../view/run/json';
import { showRun } from './show-run';

/** What a run came to, from the store; or one host's output, to the byte. */
export async function run(invocation: Invocation<{ diff?: boolean }>): Promise<ExitCode> {
  const { options, output, arguments: words } = invocation;
  const home = findHome(options.home);
  const known = await readRun(home, words[0]);
  const name = words[1];
  if (name === undefined) return showRun(home, known, invocation, { diff: options.diff === true });
  const result = known.record.results.get(known.list.indexOf(name));
  if (!result)
    throw new TidegateError('TG_HOST_NOT_FOUND', {
      detail: `${name} has no result in ${known.id}`,
      next: `tidegate run show ${known.id}`,
    });
  if (output.format === 'json') output.write(`${JSON.stringify(resultJson(result), null, 2)}\n`);
  else {
    process.stdout.write(await outputBytes(home, result.stdout));
    process.stderr.write(await outputBytes(home, result.stderr));
    if (result.outcome !== 'ok')
      output.note(
        oneLine(
          `${name}: ${result.outcome} ${result.code ?? result.signal ?? result.detail ?? ''}`,
        ).trimEnd(),
      );
  }
  return result.outcome === 'ok' ? 0 : 3;
}
