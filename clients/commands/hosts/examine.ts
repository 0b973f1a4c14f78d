import { examinedSchema } from '../../../model/examination';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import type { ExamineHostInput, ExamineHostResult } from '../../../workflows/contract/hosts';
import { fleetName, runProcedure } from '../../procedure';
import type { Invocation, Outcome } from '../../verb';
import { examinedLines, nextFor } from '../../view/examined';

/** What the ledger and the host itself say of one host, and what to do next; changes nothing. */
export async function run({ options, output, arguments: [host = ''] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const input: ExamineHostInput = { fleet: await fleetName(home), host };
  const { examined: digest } = await runProcedure<ExamineHostResult>(home, {
    workflow: 'examineHost',
    input,
    doing: `looking at ${host}`,
    output,
  });
  const examined = await new Files(home.files).getJson(digest, examinedSchema);
  const next = nextFor(examined);
  return {
    json: { ...examined, next },
    text: [
      ...examinedLines(examined, output),
      'Nothing changed.',
      ...next.map((line) => `Next: ${line}`),
    ].join('\n'),
  };
}
