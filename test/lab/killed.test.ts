import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { labProcesses, labsWithCgroups } from '../../lab/cgroups';
import { labDown } from '../../lab/down';
import { golden } from '../../lab/golden';
import { labExists, labFolder } from '../../lab/lab';
import { labUp } from '../../lab/up';
import { kill, linesOf, startTypeScript } from '../support/child';

const name = `test-${process.pid}-killed`;
const hosts = 12;
const full = 2;

beforeAll(async () => void (await golden(undefined, { full: true })), 600_000);
afterEach(async () => {
  if (labExists(name) || labsWithCgroups().includes(name)) await labDown(name);
});

/** Starts a lab in another process and kills that process some time after it said `line`. */
async function killAfter(line: string, delayMs: number): Promise<void> {
  const child = startTypeScript(
    join(__dirname, '..', 'support', 'lab-main.ts'),
    name,
    String(hosts),
    String(full),
  );
  for await (const said of linesOf(child)) {
    if (said !== line) continue;
    await sleep(delayMs);
    break;
  }
  await kill(child);
}

/** Command lines of processes that know the lab's folder, or that run in its cgroups. */
function remains(): string[] {
  const known = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .map((pid) => readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((line) => line.includes(labFolder(name)));
  const mounts = readIfThere('/proc/mounts')
    .split('\n')
    .filter((line) => line.includes(labFolder(name)));
  return [
    ...known,
    ...mounts,
    ...labProcesses(name).map(String),
    ...labsWithCgroups().filter((lab) => lab === name),
  ];
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

test.each([
  ['begins keys', 0],
  ['begins keys', 150],
  ['begins boot', 0],
  ['begins boot', 20],
  ['begins boot', 80],
  ['up', 0],
])('down leaves nothing of a lab whose maker was killed at «%s» + %i ms', async (line, delayMs) => {
  await killAfter(line, delayMs);
  expect(existsSync(labFolder(name))).toBe(true);
  await labDown(name);
  expect(existsSync(labFolder(name))).toBe(false);
  // A starter that was not yet in a cgroup ends by itself: it finds none to join.
  for (let tries = 0; tries < 50 && remains().length > 0; tries += 1) await sleep(20);
  expect(remains()).toEqual([]);
});

test('after a killed lab is down, the same name comes up again', async () => {
  await killAfter('begins boot', 30);
  await labDown(name);
  const lab = await labUp({ name, hosts: 2, domains: 2 });
  expect(lab.hosts).toHaveLength(3);
});
