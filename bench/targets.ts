import { medianOf, type Table } from './results';
import { names } from './settings';

/** What was to be reached, and what was. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: '×' | 'ms';
  readonly met: boolean;
}

/** @returns the targets that the kept parts have the figures for (issue: performance, measured in one run on one machine) */
export function targetsOf(tables: ReadonlyMap<string, Table>): Target[] {
  const [commands, rollouts, start] = ['true', 'rollout', 'start'].map((part) => tables.get(part));
  const wall = (table: Table | undefined, name: string) => medianOf(table, name, 'wallSeconds');
  const cpu = (table: Table | undefined, name: string) => medianOf(table, name, 'cpuSeconds');
  const ours = wall(rollouts, names.tidegate);
  const run = wall(commands, names.tidegate);
  return [
    atMost('`tidegate run` / clush, wall', ratio(run, wall(commands, 'clush')), 1),
    atMost('`tidegate run` / bare ssh2 loop, wall', ratio(run, wall(commands, names.bare)), 1.5),
    atMost('`tidegate run` / clush, CPU', ratio(cpu(commands, names.tidegate), cpu(commands, 'clush')), 0.5),
    atMost('rollout / the same steps, bare', ratio(ours, wall(rollouts, names.sameSteps)), 1.3),
    atMost('rollout / naive loop', ratio(ours, wall(rollouts, names.naive)), 2),
    atLeast("clush's three commands / rollout", ratio(wall(rollouts, 'clush'), ours), 1.3),
    atLeast("Ansible's playbook / rollout", ratio(wall(rollouts, 'ansible-core'), ours), 7),
    atMost('`tidegate rollout status`', milliseconds(wall(start, 'tidegate rollout status')), 400, 'ms'),
    atMost('`tidegate --help`', milliseconds(wall(start, 'tidegate --help')), 150, 'ms'),
  ].filter((target) => target !== undefined);
}

function atMost(what: string, value: number | undefined, limit: number, unit: Target['unit'] = '×') {
  return value === undefined ? undefined : { what: `${what} ≤`, value, limit, unit, met: value <= limit };
}

function atLeast(what: string, value: number | undefined, limit: number): Target | undefined {
  return value === undefined
    ? undefined
    : { what: `${what} ≥`, value, limit, unit: '×', met: value >= limit };
}

const ratio = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a / b;
const milliseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1_000);
