import { durationText } from '../../../model/duration';
import { expectedOperationMs, type PlannedHost, type PlanRecord, planId } from '../../../model/plan-record';
import { nextBegins } from '../../../model/window';
import { stamp } from '../clock';
import type { Colours } from '../colours';
import { foldHosts } from '../hosts';
import { counted, sumsLine } from '../sums';
import { table } from '../table';
import { wrap } from '../wrap';
import { versionBefore } from './picture';
import { type Problem, problemLines } from './problems';

/** What `rollout plan` shows (SCREENS.md): what changes, the waves and what limits them, the way back. */
export function planText(
  given: { plan: PlanRecord; digest: string; list: readonly PlannedHost[]; problems: readonly Problem[] },
  width: number,
  colours: Colours,
): string {
  const id = planId(given.digest);
  return [
    ...planLines(given, width, colours),
    `Nothing changed.   Next: tidegate rollout check ${id}   (asks every host)`,
    `                         tidegate rollout start ${id}`,
  ].join('\n');
}

/** The plan, without what may be typed next. */
export function planLines(
  given: { plan: PlanRecord; list: readonly PlannedHost[]; problems: readonly Problem[] },
  width: number,
  colours: Colours,
): string[] {
  const { plan, list, problems } = given;
  return [
    ...title(plan, askedOf(list, problems), width, colours),
    ...selection(plan, width),
    waveTable(plan, width),
    ...hostLines(plan, list, width),
    ...wrap(caps(plan), { width, first: 'caps: ', rest: '      ', glue: ', ' }),
    exposure(plan),
    ...windowLines(plan, width),
    ...undo(plan, width),
    ...plan.warnings.map((warning) => colours.warn(`WARNING ${warning}`)),
    ...problemLines(problems, width, colours),
  ];
}

/** What is on a host that could not be asked is not known. */
function askedOf(list: readonly PlannedHost[], problems: readonly Problem[]): PlannedHost[] {
  const unasked = new Set(problems.map(({ host }) => host));
  return list.filter(({ name }) => !unasked.has(name));
}

function title(plan: PlanRecord, list: readonly PlannedHost[], width: number, colours: Colours): string[] {
  const from = [...new Set(list.map(versionBefore))];
  const before = from.length > 2 ? `${from.length} versions` : from.join(' and ');
  const platforms = Object.entries(plan.platforms).map(([platform, hosts]) => `${platform} ${hosts}`);
  const what = colours.strong(`${plan.plan.package} ${before} → ${plan.artifact.version}`);
  return wrap([what, platforms.join(', '), `signed ${shortKey(plan.artifact.signedBy)}`], {
    width,
    rest: '  ',
    glue: '   ',
  });
}

/** `9F3A…C21D`, as much of a key's fingerprint as people compare. */
function shortKey(fingerprint: string): string {
  return fingerprint.length > 12 ? `${fingerprint.slice(0, 4)}…${fingerprint.slice(-4)}` : fingerprint;
}

function selection(plan: PlanRecord, width: number): string[] {
  const left = Object.entries(plan.untouched);
  const [sum = '', ...parts] = sumsLine(plan.selected, [
    { count: plan.hosts, label: 'to change' },
    ...left.map(([label, { count }]) => ({ count, label })),
  ]).split(' + ');
  return [
    ...wrap([`selected ${sum}`, ...parts.map((part) => `+ ${part}`)], { width, rest: '    ' }),
    ...left.flatMap(([reason, { hosts }]) =>
      wrap(hosts.split(/,(?![^[]*\])/), { width, first: `  ${reason}: `, rest: '    ', glue: ',' }),
    ),
  ];
}

function waveTable({ waves }: PlanRecord, width: number): string {
  return table(
    [
      { title: 'wave' },
      { title: 'hosts', align: 'right' },
      { title: 'at once', align: 'right' },
      { title: 'limited by' },
      { title: 'takes' },
      { title: 'soak' },
      { title: 'then' },
    ],
    waves.map((wave, index) => [
      `${index + 1} ${wave.size.endsWith('%') ? wave.size.padStart(5) : ''}`,
      String(wave.to - wave.from),
      String(wave.atOnce),
      wave.limitedBy,
      durationText(wave.expectedMs),
      wave.soakMs > 0 ? durationText(wave.soakMs) : '-',
      wave.gate ? 'approval' : '',
    ]),
    width,
  );
}

function hostLines({ waves }: PlanRecord, list: readonly PlannedHost[], width: number): string[] {
  return waves.flatMap(({ from, to }, index) =>
    foldHosts(
      list.slice(from, to).map(({ name }) => name),
      { width, label: `wave ${index + 1}: ` },
    ),
  );
}

function caps({ domains, plan }: PlanRecord): string[] {
  const each = Object.entries(domains).map(
    ([name, { hosts, cap }]) => `${name === '' ? 'no domain' : name} ${cap} of ${hosts}`,
  );
  return [...each, `${plan.caps.total} in all`, `${plan.caps.startsPerSecond} starts/s`];
}

function exposure({ stopAt, firstWaveStopAt, waves, plan }: PlanRecord): string {
  const wholeMs = waves.reduce((sum, { expectedMs, soakMs }) => sum + expectedMs + soakMs, 0);
  const then = { pause: 'pauses', rollback: 'rolls back', abort: 'aborts' }[plan.budget.whenSpent];
  return `budget: stops at failure ${stopAt} (wave 1: ${firstWaveStopAt}), then ${then}.   In all about ${durationText(wholeMs)}.`;
}

/** When it would begin, and whether all of it fits. */
function windowLines({ plan: { window }, plannedAt, waves }: PlanRecord, width: number): string[] {
  if (!window) return [];
  const nowMs = Date.parse(plannedAt);
  const { firstAt, lastAt, closesAt } = nextBegins(window, nowMs, expectedOperationMs);
  const wholeMs = waves.reduce((sum, { expectedMs, soakMs }) => sum + expectedMs + soakMs, 0);
  const fits = Math.max(nowMs, firstAt) + wholeMs <= lastAt;
  const at = (ms: number) => stamp(new Date(ms).toISOString());
  return wrap(
    [
      `${window.days} ${window.from}-${window.to} ${window.zone}`,
      firstAt > nowMs ? `opens ${at(firstAt)}` : 'open now',
      `closes ${at(closesAt)}`,
      fits ? 'all of it fits' : 'what does not fit goes on as it opens again',
    ],
    { width, first: 'window: ', rest: '        ', glue: ', ' },
  );
}

function undo({ undo: sets, plan, rehearsedOn = [] }: PlanRecord, width: number): string[] {
  if (plan.rollback === 'none') return ['undo: none, by the plan'];
  if (sets.length === 0) return ['undo: erases it again; nothing was there before'];
  return wrap(
    [
      ...sets.map(({ platform, from, hosts }) => `${from} (${platform}, ${counted(hosts, 'host')})`),
      ...(rehearsedOn.length === 0
        ? []
        : [`rehearsed on ${rehearsedOn.join(' and ')} before the first host`]),
    ],
    { width, first: 'undo: in the store: ', rest: '      ', glue: ', ' },
  );
}
