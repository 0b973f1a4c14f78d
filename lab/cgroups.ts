import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TidegateError } from '../model/errors';

/** Length of the periods over which a domain's CPU quota is counted; the kernel's own default. */
const quotaPeriodUs = 100_000;

/**
 * Every process of a lab is in one of its cgroups from its first instruction on: that is how `down` finds them
 * all, whatever was written down. The first tree has the CPU quota; where cgroups are v1, a v2 tree beside them
 * has `cpu.pressure`.
 */
export function cgroupFolders(lab: string, group: string): string[] {
  return trees().map((tree) => join(tree, labGroup(lab), group));
}

/** Makes the lab's cgroups, without a quota as yet. @throws TG_LAB_NEEDS when this machine has none for us */
export async function makeCgroups(lab: string, groups: readonly string[]): Promise<void> {
  try {
    for (const tree of trees()) {
      await mkdir(join(tree, labGroup(lab)), { recursive: true });
      if (isUnified(tree) && trees()[0] === tree) await delegateCpu(tree, lab);
      for (const group of groups) await mkdir(join(tree, labGroup(lab), group), { recursive: true });
    }
  } catch (cause) {
    throw new TidegateError('TG_LAB_NEEDS', `cgroups cannot be made: ${String(cause)}`, { cause });
  }
}

/** @throws TG_LAB_NEEDS when a full host could not have a tree of its own to put its units in */
export function checkUnified(): void {
  if (trees().some(isUnified)) return;
  throw new TidegateError('TG_LAB_NEEDS', {
    detail: 'a full host needs a cgroup v2 tree, and none is mounted',
    next: 'mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified',
  });
}

/** Lets the processes of `group` have at most `cpus` CPUs together. */
export async function setQuota(lab: string, group: string, cpus: number): Promise<void> {
  const quotaUs = Math.round(cpus * quotaPeriodUs);
  const [folder] = cgroupFolders(lab, group);
  if (existsSync(join(folder!, 'cpu.max'))) {
    await writeFile(join(folder!, 'cpu.max'), `${quotaUs} ${quotaPeriodUs}`);
  } else {
    await writeFile(join(folder!, 'cpu.cfs_quota_us'), String(quotaUs));
  }
}

/** @returns the kernel's account of how much the domain's processes wait for CPU, where it keeps one. */
export function readPressure(lab: string, group: string): string | undefined {
  const path = cgroupFolders(lab, group)
    .map((folder) => join(folder, 'cpu.pressure'))
    .find(existsSync);
  return path && readFileSync(path, 'utf8');
}

/** @returns the processes of the lab, by the machine's PIDs. */
export function labProcesses(lab: string): number[] {
  const found = trees().flatMap((tree) => processesUnder(join(tree, labGroup(lab))));
  return [...new Set(found)];
}

/**
 * @returns whether `pid` is a living process of this lab: not a stranger that got a dead one's number, and not
 * a zombie, whose namespaces are gone and whom the machine's init may leave for seconds
 */
export function isLabProcess(lab: string, pid: number): boolean {
  try {
    // proc(5): the state follows the command in parentheses, which may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat.slice(stat.lastIndexOf(')')).startsWith(') Z')) return false;
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${labGroup(lab)}/`);
  } catch {
    return false;
  }
}

/** Removes the lab's cgroups. @returns false when one still holds a process */
export async function removeCgroups(lab: string): Promise<boolean> {
  const folders = trees()
    .map((tree) => join(tree, labGroup(lab)))
    .filter(existsSync);
  try {
    for (const group of folders.flatMap(groupsUnder)) await rmdir(group);
    return true;
  } catch (error) {
    if (isCode(error, 'EBUSY') || isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** @returns names of the labs that have cgroups, also those whose folder is gone. */
export function labsWithCgroups(): string[] {
  const names = trees().flatMap((tree) => readdirSync(tree));
  const prefix = labGroup('');
  return [
    ...new Set(names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))),
  ];
}

function labGroup(lab: string): string {
  return `tidegate-lab-${lab}`;
}

/** @returns where cgroups are mounted: the tree that has quotas first. */
function trees(): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const cpu = mounts.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes('cpu'));
  const unified = mounts.find(([, , type]) => type === 'cgroup2');
  return [cpu?.[1], unified?.[1]].filter((path) => path !== undefined);
}

function isUnified(tree: string): boolean {
  return existsSync(join(tree, 'cgroup.controllers'));
}

async function delegateCpu(tree: string, lab: string): Promise<void> {
  await writeFile(join(tree, 'cgroup.subtree_control'), '+cpu');
  await writeFile(join(tree, labGroup(lab), 'cgroup.subtree_control'), '+cpu');
}

function processesUnder(folder: string): number[] {
  return groupsUnder(folder).flatMap((group) =>
    ifThere(() => readFileSync(join(group, 'cgroup.procs'), 'utf8'), '')
      .split('\n')
      .filter(Boolean)
      .map(Number),
  );
}

/** @returns a cgroup and all below it, deepest first. */
function groupsUnder(folder: string): string[] {
  const entries = ifThere(() => readdirSync(folder, { withFileTypes: true }), undefined);
  if (entries === undefined) return [];
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  return [...below.flatMap(groupsUnder), folder];
}

/** The systemd of a full host makes and removes its cgroups while we look. */
function ifThere<T, E>(read: () => T, otherwise: E): T | E {
  try {
    return read();
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENODEV')) return otherwise;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
