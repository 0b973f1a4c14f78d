import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cli, TestHome } from './support/home';

const accept = ['hostkeys', 'accept', 'web001', '--fingerprint', `SHA256:${'A'.repeat(43)}`, '--yes'];
/** What comes after a signature here: this home has no worker. */
const afterSigning = /TG_WORKER_MISSING/;

let home: TestHome;
let key: string;

beforeEach(() => {
  home = new TestHome();
  key = join(home.home.folder, 'anna');
});
afterEach(() => home.remove());

test('where the fleet asks for no mandate, no key is touched', () => {
  expect(home.run(...accept, '--sign-with', '/nowhere').err).toMatch(afterSigning);
});

describe('where the fleet has allowedSigners', () => {
  beforeEach(() => {
    const file = home.home.fleetFile;
    execFileSync('sh', ['-c', `sed -i 's/^{/{"allowedSigners":"allowed_signers",/' "$1"`, 'sh', file]);
    appendFileSync(join(home.home.folder, 'allowed_signers'), '');
  });

  test('no key is guessed: the error says what to type', () => {
    expect(home.run(...accept)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^TG_MANDATE_MISSING {2}hostkeys accept needs your signature.*\nnext: .*--sign-with KEYFILE/s,
      ),
    });
  });

  test('the option comes before the environment', () => {
    makeKey('');
    const signWith = (value: string) => ({ TIDEGATE_SIGN_WITH: value });
    expect(home.runWith(signWith(key), ...accept).err).toMatch(afterSigning);
    expect(home.runWith(signWith(''), ...accept).err).toMatch(/^TG_MANDATE_MISSING/);
    expect(home.runWith(signWith('/nowhere'), ...accept, '--sign-with', key).err).toMatch(afterSigning);
    expect(home.runWith(signWith(key), ...accept, '--sign-with', '/nowhere').err).toMatch(
      /^TG_MANDATE_MISSING {2}\/nowhere did not sign: /,
    );
  });

  test('ssh-keygen asks for the passphrase on the terminal', async () => {
    makeKey('correct horse');
    expect(await typed('correct horse')).toMatch(afterSigning);
    expect(await typed('wrong horse')).toMatch(/TG_MANDATE_MISSING.*anna did not sign: .*passphrase/s);
  });

  test('an agent signs for a public key', async () => {
    makeKey('');
    const socket = join(home.home.folder, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const _ of createInterface({ input: agent.stdout })) break;
    const environment = { SSH_AUTH_SOCK: socket, TIDEGATE_SIGN_WITH: `${key}.pub` };
    execFileSync('ssh-add', ['-q', key], { env: { ...process.env, ...environment } });
    execFileSync('rm', [key]);
    expect(home.runWith(environment, ...accept).err).toMatch(afterSigning);
    execFileSync('ssh-add', ['-q', '-D'], { env: { ...process.env, ...environment } });
    expect(home.runWith(environment, ...accept).err).toMatch(/^TG_MANDATE_MISSING/);
    const gone = once(agent, 'exit');
    agent.kill();
    await gone;
  });
});

function makeKey(passphrase: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', key]);
}

/** Runs the command on a terminal, types a line when it is asked for a passphrase. @returns what was on the screen. */
async function typed(line: string): Promise<string> {
  const words = [...accept, '--sign-with', key].map((word) => `'${word}'`).join(' ');
  const terminal = spawn('script', ['-qec', `node ${cli} ${words}`, '/dev/null'], {
    env: { ...process.env, TIDEGATE_HOME: home.home.folder, TERM: 'xterm', SHELL: '/bin/sh' },
  });
  let screen = '';
  let asked = false;
  terminal.stdout.on('data', (chunk: Buffer) => {
    screen += chunk;
    if (asked || !/passphrase.*: $/i.test(screen)) return;
    asked = true;
    terminal.stdin.write(`${line}\n`);
  });
  await once(terminal, 'close');
  return screen;
}
