import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cli, TestHome } from './support/home';

let home: TestHome;
beforeAll(() => {
  home = new TestHome();
});
afterAll(() => home.remove());

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
  ['Enter', '\r'],
  ['no', 'no\r'],
])('%s at a question is a no: by name, on a line of its own, and nothing is changed', async (_, keys) => {
  const shown = await answer(keys);
  expect(shown).toMatch(/Hold 1 host\? \[y\/N\][\s\S]*\nTG_DECLINED .*nothing was changed\r\n/);
  expect(shown).not.toMatch(/TG_INTERNAL|node:/);
  expect(shown).toContain('code 1');
  expect(home.run('hosts', 'list', 'web004').out).not.toContain('disk');
});

/** Presses the keys when the question is there. @returns what the terminal showed */
async function answer(keys: string): Promise<string> {
  const line = `${process.execPath} ${cli} hosts hold web004 --reason disk --no-color; echo code $?`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh', TIDEGATE_HOME: home.home.folder },
  });
  let shown = '';
  let answered = false;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk;
    if (answered || !shown.includes('[y/N]')) return;
    answered = true;
    child.stdin.write(keys);
  });
  await once(child, 'close');
  return shown;
}
