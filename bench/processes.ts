import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux's process accounting (proc_pid_stat(5)); 100 on every machine that we run on. */
const ticksPerSecond = 100;
const pageBytes = 4096;
const sampleMs = 50;

/** CPU that living processes have used so far. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statOf(pid);
    return Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond;
}

/** Watches how much memory some processes have together with all that come from them. @returns MiB at the most */
export function peakMemory(roots: readonly number[]): { end(): number } {
  let mostPages = 0;
  const timer = setInterval(() => {
    mostPages = Math.max(mostPages, pagesOf(roots));
  }, sampleMs);
  return {
    end() {
      clearInterval(timer);
      return (mostPages * pageBytes) / 2 ** 20;
    },
  };
}

function pagesOf(roots: readonly number[]): number {
  const children = new Map<number, number[]>();
  const resident = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const fields = Number.isInteger(pid) ? statOf(pid) : undefined;
    if (!fields) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    resident.set(pid, Number(fields[21]));
  }
  const all = new Set<number>();
  const visit = (pid: number): void => {
    if (all.has(pid)) return;
    all.add(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  for (const root of roots) visit(root);
  return [...all].reduce((sum, pid) => sum + (resident.get(pid) ?? 0), 0);
}

/** What stands behind the name, which may hold spaces: state, parent … */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
