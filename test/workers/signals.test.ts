import { once } from 'node:events';
import { join } from 'node:path';
import { Lease } from '../../activities/lease';
import { linesOf, startTypeScript } from '../support/child';

/** Far beyond what the tests may take: a process that waits for it fails them. */
const neverMs = '3600000';

test('a process that was asked to stop and hangs ends when its time is up', async () => {
  expect(await endOf(['hangs', '200'], ['SIGTERM'])).toBe(130);
});

test('a second signal ends it at once', async () => {
  expect(await endOf(['hangs', neverMs], ['SIGTERM', 'SIGINT'])).toBe(130);
});

test('a command that has ended is waited for by nothing that still sleeps in its process', async () => {
  expect(await endOf(['lingers', neverMs], ['SIGINT'])).toBe(3);
});

test('nothing begins under a lease that has ended, whatever the server answers meanwhile', async () => {
  let answer = () => {};
  const lease = new Lease(
    () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      }),
    () => {},
  );
  expect(lease.fresh()).toBe(true);
  lease.end();
  answer();
  await new Promise(setImmediate);
  expect(lease.fresh()).toBe(false);
});

/** @returns the exit code, after a signal each time that the process has said a line. */
async function endOf(words: string[], signals: NodeJS.Signals[]): Promise<number> {
  const child = startTypeScript(join(__dirname, '../support/stopping-main.ts'), ...words);
  const exit = once(child, 'exit');
  const waiting = [...signals];
  for await (const _ of linesOf(child)) {
    const signal = waiting.shift();
    if (signal) child.kill(signal);
  }
  const [code] = await exit;
  return code;
}
