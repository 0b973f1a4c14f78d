/**
 * Processor time that `work` takes, in milliseconds: the least of `runs`. Unlike wall time it does not depend on
 * what else the machine is doing.
 */
export async function leastCpuMs(work: () => unknown, runs = 5): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
