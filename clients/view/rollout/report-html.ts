import { fold } from '../../../model/nodeset';
import type { Provenance } from '../../../model/provenance';
import { stamp } from '../clock';
import { type Report, stillToDo } from './report';

/** The report as one HTML page that needs nothing else: to mail, or to attach to a ticket. */
export function reportHtml(report: Report): string {
  const { picture } = report;
  const parts = [...picture.sums, ...picture.left].filter(({ count }) => count > 0);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${inert(`${picture.package} ${picture.version} on ${picture.fleet}`)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; } td, th { text-align: left; padding: .2em 1em .2em 0; vertical-align: top; }
th { border-bottom: 1px solid #999; } .number { text-align: right; } code { font-size: 90%; word-break: break-all; }
</style>
<h1>${inert(report.sentence)}</h1>
<h2>${picture.selected} hosts selected</h2>
${rows(
  ['state', 'hosts'],
  parts.map(({ label, count }) => [label, String(count)]),
)}
<h2>Still to do</h2>
${rows(['what', 'hosts', 'why'], toDo(report))}
<h2>Who did what</h2>
${rows(
  ['when', 'verb', 'who', 'why'],
  report.actors.map(({ at, verb, name, proof, why }) => [stamp(at), verb, `${name} (${proof})`, why]),
)}
${ownersOf(report)}<h2>Most at once</h2>
${rows(
  ['domain', 'peak', 'cap'],
  report.peaks.map(({ domain, peak, cap }) => [domain, String(peak), String(cap)]),
)}
<h2>What it was</h2>
${rows(
  ['', ''],
  [
    ...originOf(report),
    ['plan', `${report.plan.digest} (${report.plan.path})`],
    ['rollout', picture.rollout],
  ],
)}
<h2>Hosts</h2>
${rows(
  ['host', 'domain', 'from', 'state', 'why'],
  report.hosts.map(({ host, domain, from, state, code, detail }) => [
    host,
    domain,
    from,
    state,
    [code, detail].filter(Boolean).join(': '),
  ]),
)}
</html>`;
}

function ownersOf({ owners }: Report): string {
  if (owners.length === 0) return '';
  const lines = owners.flatMap(({ owner, states }) =>
    states.map(({ state, hosts }) => [owner, String(hosts.length), state, fold(hosts)]),
  );
  return `<h2>Whose hosts</h2>
${rows(['owner', '', 'state', 'hosts'], lines)}
`;
}

function originOf({ artifact }: Report): string[][] {
  const { provenance, rpms } = artifact;
  return [
    ['artifact', artifact.digest],
    ...rpms.map(({ platform, nevra, sha256 }) => ['package', `${nevra} for ${platform}: ${sha256}`]),
    ['signed by', `${artifact.signedBy}${artifact.origin === 'imported' ? ', imported' : ''}`],
    ...(provenance === undefined ? [] : provenanceRows(provenance)),
  ];
}

function provenanceRows({ fixes, recipe, spec, sources, patches, builds }: Provenance): string[][] {
  return [
    ['fixes', fixes.join(', ')],
    ['recipe', recipe],
    ['spec', spec],
    ...Object.entries(sources).map(([name, { sha256 }]) => ['source', `${name}: ${sha256}`]),
    ...patches.map(({ name, sha256 }) => ['patch', `${name}: ${sha256}`]),
    ...builds.map(({ control, platform, log }) => ['built on', `${control} for ${platform}, log ${log}`]),
  ];
}

function toDo(report: Report): string[][] {
  const rows = [
    ...stillToDo(report).map(({ kind, hosts, code, detail }) => [
      kind,
      fold(hosts),
      [code, detail].filter(Boolean).join(': '),
    ]),
    ...report.restarts.map(({ what, hosts }) => ['restart', fold(hosts), what]),
    ...report.configs.map(({ what, hosts }) => ['merge', fold(hosts), what]),
  ];
  return rows.length === 0 ? [['nothing', '', '']] : rows;
}

function rows(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = (tag: string, texts: readonly string[]) =>
    texts.map((text) => `<${tag}>${inert(text)}</${tag}>`).join('');
  return `<table><tr>${cells('th', titles)}</tr>
${lines.map((line) => `<tr>${cells('td', line)}</tr>`).join('\n')}
</table>`;
}

function inert(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
