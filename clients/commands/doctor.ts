import { chooseHomeFolder, homeAt } from '../../store/home';
import type { Finding } from '../../workers/doctor/finding';
import { examineHome } from '../../workers/doctor/home';
import { examineMachine } from '../../workers/doctor/machine';
import type { Invocation, Outcome } from '../verb';
import type { Colours } from '../view/colours';
import { counted } from '../view/sums';

/** Says what is missing on this machine and in the home, each with what mends it; exit code 1 when something is. */
export async function run({ options, output }: Invocation): Promise<Outcome> {
  const home = homeAt(chooseHomeFolder(options.home));
  const findings = [...(await examineMachine()), ...(await examineHome(home))];
  const missing = findings.filter(({ state }) => state === 'missing').length;
  const { good, bad } = output.colours;
  const sentence =
    missing === 0
      ? good('everything needed is there')
      : bad(`${counted(missing, 'thing')} to mend, top to bottom`);
  return {
    json: { missing, findings },
    text: [...findings.flatMap((finding) => lines(finding, output.colours)), sentence].join('\n'),
    exit: missing === 0 ? 0 : 1,
  };
}

/** The widest thing is `known_hosts`. */
const thingWidth = 13;

function lines({ thing, state, found, mend }: Finding, colours: Colours): string[] {
  const marks = { good: colours.good('✓'), missing: colours.bad('✗'), remark: colours.warn('!') };
  const first = `${marks[state]} ${thing.padEnd(thingWidth)}${found}`;
  return mend === undefined ? [first] : [first, `  ${''.padEnd(thingWidth)}→ ${mend}`];
}
