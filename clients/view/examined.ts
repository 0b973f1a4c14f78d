import { nevra } from '../../model/artifact';
import type { Examination, Examined } from '../../model/examination';
import type { Chapter } from '../../model/host-story';
import type { Output } from '../output';
import { stamp } from './clock';
import { oneLine, printable } from './printable';
import { shortId } from './rollout/words';

/** Rollouts that are over with a host tell little; the last few are enough. */
const chaptersShown = 5;
const differencesShown = 10;
const logLinesShown = 15;

/** What is known of a host, for a person: first the ledger's word, then the host's own. */
export function examinedLines(examined: Examined, { colours }: Pick<Output, 'colours'>): string[] {
  const { host, chapters, slots, found, notAsked } = examined;
  const ill = chapters.filter(isQuarantined);
  const others = chapters.filter((chapter) => !isQuarantined(chapter)).slice(0, chaptersShown);
  return [
    ill.length > 0
      ? colours.bad(`${host} is quarantined: nothing touches it before a person has looked`)
      : `${host} is not quarantined`,
    ...ill.flatMap(chapterLines),
    ...others.flatMap((chapter) => chapterLines(chapter).slice(0, 1)),
    ...(chapters.length === 0 ? ['the ledger tells of no rollout on it'] : []),
    `slot      ${slots.length > 0 ? `held by ${slots.map(shortId).join(', ')}` : 'free'}`,
    ...(notAsked ? [oneLine(`host      not asked: ${notAsked.code}  ${notAsked.detail}`)] : []),
    ...(found ? foundLines(found, chapters.length > 0) : []),
  ];
}

/** @returns what to type next, the first thing first. */
export function nextFor({ host, chapters, found, notAsked }: Examined): string[] {
  const ill = chapters.find(isQuarantined);
  const again = `tidegate hosts examine ${host}`;
  if (!ill)
    return chapters
      .slice(0, 1)
      .map((last) => `tidegate rollout events ${shortId(last.rollout)} --host ${host}`);
  const log = ill.operation?.log === undefined ? [] : [`tidegate log show ${ill.operation.log.slice(0, 12)}`];
  if (notAsked?.code === 'TG_HOST_NOT_FOUND')
    return [`tidegate rollout events ${shortId(ill.rollout)} --host ${host}`];
  if (notAsked) return [`tidegate hosts check ${host}`, again];
  const running = found && runningOn(found, ill);
  if (running !== undefined)
    return [`on the host, who keeps it: fuser -v /var/lib/tidegate/operations/${running}/running`, again];
  return [
    ...log,
    `tidegate hosts clear ${host} --reason …`,
    `tidegate rollout retry ${shortId(ill.rollout)}${ill.index < 0 ? '' : ` --hosts ${host}`} --reason …`,
  ];
}

const isQuarantined = ({ state }: Chapter) => state === 'quarantined';

function chapterLines({
  rollout,
  package: name,
  version,
  state,
  code,
  detail,
  at,
  wave,
  operation,
}: Chapter): string[] {
  const why = [code, detail].filter(Boolean).join('  ');
  const inWave = wave > 0 ? `, wave ${wave}` : '';
  const lines = [`rollout   ${shortId(rollout)}  ${name} ${version}: ${state} since ${stamp(at)}${inWave}`];
  if (why !== '') lines.push(oneLine(`why       ${why}`));
  if (!operation) return lines;
  const { action, id, attempt, begunAt, outcome, endedAt } = operation;
  const end = outcome === undefined ? 'the ledger has no end of it' : `${outcome} at ${stamp(endedAt ?? at)}`;
  return [...lines, `operation ${action} ${id}, attempt ${attempt}, begun ${stamp(begunAt)}; ${end}`];
}

/** @param asked - whether it was asked about an operation and packages: of a host without a rollout there are none. */
function foundLines(found: Examination, asked: boolean): string[] {
  const { head, last, operation, outcome, failed, installed, absent, differs, log } = found;
  const said = [outcome, failed?.detail].filter(Boolean).join('  ');
  const duplicates = namesTwice(found);
  if (!asked)
    return [oneLine(`on host   the last operation of ours is ${head}${head === 'none' ? '' : ` (${last})`}`)];
  const lines = [
    `on host   that operation is ${stateWords[operation]}${said === '' ? '' : `: ${said}`}`,
    `          the last one there is ${head}${head === 'none' ? '' : ` (${last})`}`,
    `packages  ${installed.map(nevra).join(', ') || 'none'}${absent.length > 0 ? `; not installed: ${absent.join(', ')}` : ''}`,
    ...(duplicates.length > 0 ? [`          SEVERAL VERSIONS of ${duplicates.join(', ')}: half-way`] : []),
    `rpm -V    ${differs.length === 0 ? 'finds nothing changed' : ''}${differs[0] ?? ''}`,
    ...differs.slice(1, differencesShown).map((line) => `          ${line}`),
    ...(differs.length > differencesShown ? [`          and ${differs.length - differencesShown} more`] : []),
  ].map(oneLine);
  const ending = log?.trimEnd().split('\n').slice(-logLinesShown) ?? [];
  return [
    ...lines,
    ...(ending.length > 0 ? ['its log ends:', ...ending.map((line) => printable(`  ${line}`))] : []),
  ];
}

const stateWords = {
  running: 'STILL RUNNING',
  lost: 'lost: it died half-way',
  done: 'done',
  unknown: 'not on the host',
} as const;

function namesTwice({ installed }: Examination): string[] {
  const twice = installed.filter(
    ({ name, arch }, at) => installed.findIndex((other) => other.name === name && other.arch === arch) < at,
  );
  return [...new Set(twice.map(({ name }) => name))];
}

function runningOn({ head, last, operation }: Examination, chapter: Chapter): string | undefined {
  if (operation === 'running') return chapter.operation?.id;
  return last === 'running' ? head : undefined;
}
