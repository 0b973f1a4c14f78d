import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../store/home';
import { lockHolder } from '../../store/lock';
import { quietRuntime } from '../../workers/run';
import { embeddedAddress } from '../../workers/temporal/address';
import { connectTemporal } from '../../workers/temporal/connection';
import { freePorts } from '../../workers/temporal/ports';
import { type Started, up } from '../../workers/up';
import { temporaryHome } from '../support/temporal';

quietRuntime(() => {});

let home: Home;
let remove: () => void;
beforeEach(() => {
  ({ home, remove } = temporaryHome());
  mkdirSync(home.keys, { mode: 0o700 });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home.keys, 'automation')]);
  writeFileSync(join(home.folder, 'known_hosts'), '');
  writeFileSync(home.fleetFile, 'fleet: upped\nplatform: p1\nhosts:\n  web1: { address: 127.0.0.1 }\n');
});
afterEach(() => {
  delete process.env.TEMPORAL_ADDRESS;
  remove();
});

test('Server and worker come up together, a killed server comes back where it was, and both stop', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const heard = listener(lines);
  const [port, uiPort] = await freePorts(2);
  const running = up(home, { port, uiPort }, stop.signal, heard);
  const { address, uiUrl } = await Promise.race([heard.started, running.then(() => neverReady())]);
  expect([address, uiUrl]).toEqual([`127.0.0.1:${port}`, `http://127.0.0.1:${uiPort}`]);
  expect(await lockHolder(home.lockFile)).toMatchObject({ pid: process.pid });

  const { pid } = (await embeddedAddress(home))!;
  process.kill(pid, 'SIGKILL');
  await heard.until(/is back/);
  expect(await embeddedAddress(home)).toMatchObject({ address });
  expect((await embeddedAddress(home))?.pid).not.toBe(pid);
  await (await connectTemporal(home)).connection.close();

  stop.abort();
  await running;
  expect(existsSync(home.temporalAddressFile)).toBe(false);
  expect(await lockHolder(home.lockFile)).toBeUndefined();
});

test('A worker that cannot start takes its server down with it', async () => {
  execFileSync('chmod', ['644', join(home.keys, 'automation')]);
  const refused = up(home, portsOf(await freePorts(2)), new AbortController().signal, listener([]));
  await expect(refused).rejects.toMatchObject({ code: 'TG_KEY_FILE_OPEN' });
  expect(existsSync(home.temporalAddressFile)).toBe(false);
  expect(await lockHolder(home.lockFile)).toBeUndefined();
});

test('No server is started when the environment names one', async () => {
  process.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
  await expect(up(home, {}, new AbortController().signal, listener([]))).rejects.toMatchObject({
    code: 'TG_TEMPORAL_ELSEWHERE',
    next: 'tidegate worker',
  });
});

function portsOf([port, uiPort]: number[]) {
  return { port, uiPort };
}

function neverReady(): never {
  throw new Error('up ended before it was ready');
}

/** Hears what `up` says, and waits for a line. */
function listener(lines: string[]) {
  let wake = () => {};
  let ready!: (started: Started) => void;
  const started = new Promise<Started>((resolve) => {
    ready = resolve;
  });
  return {
    started,
    ready,
    say(line: string) {
      lines.push(line);
      wake();
    },
    async until(wanted: RegExp) {
      while (!lines.some((line) => wanted.test(line)))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}
