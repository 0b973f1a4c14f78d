import { z } from 'zod';
import { Files } from '../../../store/files';
import { findHome } from '../../../store/home';
import type { CheckHostsInput, CheckHostsResult } from '../../../workflows/contract/hosts';
import { fleetName, runProcedure } from '../../procedure';
import type { Invocation, Outcome } from '../../verb';
import { problemLines } from '../../view/rollout/problems';
import { counted } from '../../view/sums';

const findingsSchema = z.array(
  z.object({ host: z.string(), code: z.string(), detail: z.string(), level: z.enum(['problem', 'remark']) }),
);

/** Asks each host, read-only, what would make work on it fail later; exit code 3 when some have problems. */
export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  const [selector = 'all'] = invocation.arguments;
  const input: CheckHostsInput = { fleet: await fleetName(home), selector };
  const { hosts, findings: digest } = await runProcedure<CheckHostsResult>(home, {
    workflow: 'checkHosts',
    input,
    doing: `asking the hosts of '${selector}'`,
    output,
  });
  const findings = await new Files(home.files).getJson(digest, findingsSchema);
  const problems = findings.filter(({ level }) => level === 'problem');
  const remarks = findings.filter(({ level }) => level === 'remark');
  const ill = new Set(problems.map(({ host }) => host)).size;
  const { good, bad } = output.colours;
  const lines = [
    ill === 0
      ? good(`${hosts === 1 ? 'the host is' : `all ${hosts} hosts are`} in order`)
      : bad(`${ill} of ${counted(hosts, 'host')} ${ill === 1 ? 'has' : 'have'} problems`),
    ...problemLines(problems, output.width, output.colours),
    ...problemLines(remarks, output.width, { ...output.colours, bad: output.colours.warn }),
    'Nothing changed.',
  ];
  return { json: { hosts, withProblems: ill, findings }, text: lines.join('\n'), exit: ill === 0 ? 0 : 3 };
}
