import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseOperationAnswer } from '../../model/host-answer';
import { type Check, planSchema } from '../../model/plan';
import { checkLines, requestText } from '../../model/request';
import { script } from '../../ops/script';
import { Sandbox } from '../support/sandbox';

let sandbox: Sandbox;
let server: ChildProcess;
let web: string;

/** In a process of its own: this one waits for the host. */
const serving = `
  require('node:http').createServer((request, response) => {
    if (request.url === '/hangs') return;
    response.statusCode = request.url === '/ill' ? 503 : 200;
    response.end('x'.repeat(1_000_000));
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

beforeAll(async () => {
  sandbox = await Sandbox.start();
  sandbox.run(
    `cat >/etc/init.d/tgtest; chmod +x /etc/init.d/tgtest`,
    `#!/bin/sh
    case $1 in
      status) test -e /run/up ;;
      restart) test ! -e /run/broken && date >/run/restarted ;;
    esac`,
  );
  server = spawn(process.execPath, ['-e', serving], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(server.stdout!, 'data');
  web = `127.0.0.1:${String(port).trim()}`;
});

afterAll(() => {
  sandbox.stop();
  server.kill();
});

describe('a check', () => {
  test.each<[string, () => Check]>([
    ['a command', () => ({ command: 'test -d / && echo well' })],
    ['a service, without systemd', () => ({ service: 'tgtest' })],
    ['a TCP port', () => ({ tcp: web })],
    ['a web page', () => ({ http: `http://${web}/`, status: 200 })],
    ['a web page that is meant to answer otherwise', () => ({ http: `http://${web}/ill`, status: 503 })],
    ['a command that leaves a process behind', () => ({ command: 'sleep 300 & echo started' })],
    ['a command that floods its output and ends', () => ({ command: 'head -c 30000000 /dev/zero' })],
  ])('passes: %s', (_, check) => {
    sandbox.run('touch /run/up');
    expect(operation({ checks: [check()] })).toMatchObject({ outcome: 'ok', failed: undefined });
  });

  test.each<[string, () => Check, string]>([
    ['a command', () => ({ command: 'echo ill >&2; exit 3' }), '(exit 3)'],
    ['a command that is not there', () => ({ command: 'tgtest-no-such-command' }), '(exit 127: a program'],
    ['a service, without systemd', () => ({ service: 'tgtest' }), 'service tgtest (exit 1)'],
    ['a service that is not there', () => ({ service: 'tgtest-none' }), 'service tgtest-none (exit'],
    ['a TCP port', () => ({ tcp: '127.0.0.1:1' }), 'tcp 127.0.0.1:1 (exit'],
    ['an IPv6 port', () => ({ tcp: '[::1]:1' }), 'tcp [::1]:1 (exit'],
    ['a host that holds shell', () => ({ tcp: '$(>/run/planted):1' }), 'tcp $('],
    [
      'a web page that answers otherwise',
      () => ({ http: `http://${web}/ill`, status: 200 }),
      '(answered 503, expected 200)',
    ],
    ['a web page that nobody serves', () => ({ http: 'http://127.0.0.1:1/', status: 200 }), '(exit 7)'],
    ['a command that hangs', () => ({ command: 'sleep 300' }), '(not done in 1 s)'],
    ['a web page that hangs', () => ({ http: `http://${web}/hangs`, status: 200 }), '(not done in 1 s)'],
    [
      'a command that hangs and does not want to die',
      () => ({ command: 'trap "" TERM; while :; do sleep 1; done' }),
      '(exit 137: killed, or not done in 1 s)',
    ],
    ['a command that kills what began it', () => ({ command: 'kill -9 $PPID; sleep 300' }), '(exit 137'],
    ['a command that floods its output for ever', () => ({ command: 'yes' }), '(not done in 1 s)'],
  ])('fails: %s', (_, check, why) => {
    sandbox.run('rm -f /run/up');
    const { outcome, failed } = operation({ checks: [check()] }, why.includes(' 1 s)') ? '1s' : '60s');
    expect([outcome, failed?.code]).toEqual(['TG_CHECK_FAILED', 'TG_CHECK_FAILED']);
    expect(failed?.detail).toContain(why);
    expect(sandbox.run('test -e /run/planted').code).toBe(1);
  });

  test('that hangs as a service script is ended too', () => {
    sandbox.run('printf "#!/bin/sh\nsleep 300\n" >/etc/init.d/tghangs; chmod +x /etc/init.d/tghangs');
    expect(operation({ checks: [{ service: 'tghangs' }] }, '1s').failed?.detail).toContain(
      '(not done in 1 s)',
    );
  });

  test('is asked no more once one has failed', () => {
    expect(operation({ checks: [{ command: 'false' }, { command: 'touch /run/asked' }] }).outcome).toBe(
      'TG_CHECK_FAILED',
    );
    expect(sandbox.run('test -e /run/asked').code).toBe(1);
  });

  test('answers the same while a wave soaks, and prints nothing but its verdict', () => {
    expect(soak({ command: 'yes | head -n 100000; exit 4' })).toMatch(
      /^failed TG_CHECK_FAILED command .* \(exit 4\)\nstate done\noutcome TG_CHECK_FAILED\n$/,
    );
    expect(soak({ command: 'echo failed TG_CHECK_FAILED but not by us' })).toBe('state done\noutcome ok\n');
    expect(parseOperationAnswer(soak({ http: `http://${web}/`, status: 200 }))).toMatchObject({
      outcome: 'ok',
    });
  });
});

describe('the log of an operation', () => {
  test('holds what a failed check printed, and the start of a flood only', () => {
    operation({ checks: [{ command: 'echo the disk is on fire; false' }] });
    expect(log()).toContain('the disk is on fire');
    expect(operation({ before: ['head -c 300000000 /dev/zero'] }).outcome).toBe('ok');
    expect(Number(sandbox.run('stat -c %s /var/tmp/operation/log').out)).toBeLessThan(300_000);
  });
});

describe('before, after and restart', () => {
  test('run in their order around the transaction', () => {
    const answer = operation({
      before: ['echo before >>/run/order'],
      after: ['cat /run/restarted >/dev/null && echo after >>/run/order'],
      restart: ['tgtest'],
    });
    expect(answer).toMatchObject({ outcome: 'ok' });
    expect(sandbox.run('cat /run/order').out).toBe('before\nafter\n');
  });

  test.each([
    [{ before: ['exit 5'] }, 'TG_BEFORE_FAILED', 'exit 5: exit 5'],
    [{ after: ['exit 6'] }, 'TG_AFTER_FAILED', 'exit 6: exit 6'],
    [{ restart: ['tgtest'] }, 'TG_RESTART_FAILED', 'exit 1: tgtest'],
    [{ restart: ['tgtest-none'] }, 'TG_RESTART_FAILED', 'tgtest-none'],
  ])('%j that fails ends the operation with its own name', (around, code, detail) => {
    sandbox.run('touch /run/broken');
    const answer = operation({ ...around, checks: [{ command: 'touch /run/asked' }] });
    sandbox.run('rm /run/broken');
    expect(answer).toMatchObject({
      outcome: code,
      failed: { code, detail: expect.stringContaining(detail) },
    });
    expect(sandbox.run('test -e /run/asked').code).toBe(1);
  });

  test('a command that kills what began it leaves an operation without a result: lost, not done', () => {
    operation({ before: ['kill -9 $PPID'] });
    expect(sandbox.run('ls /var/tmp/operation').out).not.toMatch(/^result$/m);
  });
});

const tools = () => script('checks.sh');

/** Runs an operation's runner on the host, without a transaction. @returns what it wrote as its result. */
function operation(around: Around, checkLimit = '60s') {
  const request = requestText(
    { install: [], erase: [], oldPackage: false, replacePackages: false },
    planOf(around, checkLimit),
  );
  const folder = '/var/tmp/operation';
  sandbox.run(`rm -rf ${folder}; mkdir ${folder}; cat >${folder}/request`, request);
  sandbox.run(tools() + script('runner.sh'), '', [folder]);
  return parseOperationAnswer(`state done\n${sandbox.run(`cat ${folder}/result`).out}`);
}

const log = () => sandbox.run('cat /var/tmp/operation/log').out;

/** Asks a check as a soak does. @returns all that it prints. */
function soak(check: Check): string {
  const lines = checkLines(planOf({ checks: [check] })).join('\n');
  const { out, err } = sandbox.run(
    `${tools()}${lines}\nprintf 'state done\\noutcome %s\\n' "\${tg_failed:-ok}"\n`,
  );
  return out + err;
}

type Around = { before?: string[]; after?: string[]; restart?: string[]; checks?: Check[] };

function planOf(around: Around, check = '60s') {
  return planSchema.parse({ package: 'tgtest', hosts: 'all', timeouts: { check }, ...around });
}
