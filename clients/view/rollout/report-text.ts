import { provenanceLines } from '../artifact';
import { stamp } from '../clock';
import type { Colours } from '../colours';
import { foldHosts } from '../hosts';
import { sumsLine } from '../sums';
import { table } from '../table';
import { wrap } from '../wrap';
import { type Report, stillToDo } from './report';
import { troubleLines } from './troubles';
import { stateColour } from './watch';
import { nextCommands } from './words';

/** The report for a terminal: one sentence, the sums, what is still to do, who did what, the peaks, the way back. */
export function reportText(report: Report, width: number, colours: Colours): string {
  const { picture } = report;
  return [
    ...wrap(report.sentence.split(' '), { width }).map(stateColour(picture, colours)),
    '',
    ...sums(report, width),
    `versions: ${picture.from.join(', ')} → ${picture.version}`,
    '',
    ...section('Still to do', toDo(report, width, colours), colours),
    ...section('Who did what', [actorTable(report, width)], colours),
    ...(report.owners.length === 0 ? [] : section('Whose hosts', ownerLines(report, width), colours)),
    ...section('Most at once', [peakTable(report, width)], colours),
    ...section('What it was', origin(report), colours),
    `Next: ${nextCommands(picture)
      .filter((command) => !command.includes(' report '))
      .join('\n      ')}`,
  ].join('\n');
}

function sums({ picture }: Report, width: number): string[] {
  // A host may have been held before the plan was made, or after.
  const counts = new Map<string, number>();
  for (const { label, count } of [...picture.sums, ...picture.left])
    counts.set(label, (counts.get(label) ?? 0) + count);
  const both = [...counts].map(([label, count]) => ({ label, count }));
  const whole = sumsLine(picture.selected, both, ['applied', 'failed']);
  const [sum = '', ...parts] = whole.split(' + ');
  return wrap([`selected ${sum}`, ...parts.map((part) => `+ ${part}`)], { width, rest: '    ' });
}

function section(title: string, lines: readonly string[], colours: Colours): string[] {
  return [colours.strong(title), ...lines, ''];
}

function toDo(report: Report, width: number, colours: Colours): string[] {
  const lines = [
    ...troubleLines({ ...report.picture, troubles: stillToDo(report) }, width, colours),
    ...report.restarts.flatMap(({ what, hosts }) =>
      foldHosts(hosts, { width, label: `RESTART ${what} on ` }),
    ),
    ...report.configs.flatMap(({ what, hosts }) => foldHosts(hosts, { width, label: `MERGE ${what} on ` })),
  ];
  return lines.length === 0 ? ['nothing'] : lines;
}

function ownerLines({ owners }: Report, width: number): string[] {
  return owners.flatMap(({ owner, states }) => [
    owner,
    ...states.flatMap(({ state, hosts }) =>
      foldHosts(hosts, { width, indent: 2, label: `${hosts.length} ${state}: ` }),
    ),
  ]);
}

function origin({ artifact, plan }: Report): string[] {
  return [
    `artifact  ${artifact.digest}`,
    `signed by ${artifact.signedBy}${artifact.origin === 'imported' ? ', imported' : ''}`,
    ...provenanceLines(artifact.provenance),
    `plan      ${plan.digest}`,
    `from      ${plan.path}`,
  ];
}

function actorTable({ actors }: Report, width: number): string {
  return table(
    [{ title: 'when' }, { title: 'verb' }, { title: 'who' }, { title: 'why' }],
    actors.map(({ at, verb, name, proof, why }) => [stamp(at), verb, `${name} (${proof})`, why]),
    width,
  );
}

function peakTable({ peaks }: Report, width: number): string {
  return table(
    [{ title: 'domain' }, { title: 'peak', align: 'right' }, { title: 'cap', align: 'right' }],
    peaks.map(({ domain, peak, cap }) => [domain, String(peak), String(cap)]),
    width,
  );
}
