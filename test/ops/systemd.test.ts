import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { initOf } from '../../lab/boot';
import { breakHost } from '../../lab/break';
import { labDown } from '../../lab/down';
import { inside } from '../../lab/inside';
import { hostOf, type Lab, type LabHost } from '../../lab/lab';
import { type OperationAnswer, parseOperationAnswer, parseStageAnswer } from '../../model/host-answer';
import { call } from '../../ops/call';
import { asRoot, rpmCalls, sharedLab } from '../support/lab';
import {
  type GivenOperation,
  operationText,
  operationWords,
  stageText,
  stageWords,
  transaction,
} from '../support/operation';
import { makeRpm, signInPlace, type TestPackage } from '../support/packages';
import { until } from '../support/rollouts';

const name = 'web001';
let lab: Lab;
let host: LabHost;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-systemd-'));
  lab = await sharedLab({ hosts: 1, domains: 1, full: 1 });
  host = hostOf(lab, name);
}, 600_000);
afterAll(async () => {
  await labDown(lab.name);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await onHost(
    'rm -rf /var/lib/tidegate /etc/hold /run/in-scriptlet; rpm -q tgtest >/dev/null && rpm -e tgtest || true',
  );
});

/** As root from the machine, whatever sshd and logins do. */
const onHost = (shell: string) => inside(lab, host, shell);
const scopes = async () => (await onHost("systemctl list-units --plain --no-legend 'tidegate-*'")).trim();

/** Shell that waits until a condition holds, and fails when it never does. */
const soon = (condition: string) =>
  `tries=0; until ${condition}; do [ $tries -lt 500 ]; tries=$((tries + 1)); sleep 0.02; done`;

/** Over a real login, as a worker does it. */
async function operate(verb: 'BEGIN' | 'ATTACH', id: string, request: string, given: GivenOperation = {}) {
  const text = operationText();
  const command = call('tidegate-operation', text, operationWords(verb, id, request, given));
  const stdin = Buffer.from(text + (verb === 'BEGIN' ? request : ''));
  return parseOperationAnswer((await asRoot(lab, name, command, stdin)).stdout);
}

/** Stages a package. @returns the request of its transaction. */
async function brought(version: string, given: Partial<TestPackage> = {}): Promise<string> {
  const rpm = await makeRpm(folder, { name: 'tgtest', version, ...given });
  const signer = { gnupgHome: join(lab.home, 'gnupg'), name: 'signing@lab.invalid' };
  const file = readFileSync(await signInPlace(rpm, signer));
  const answer = await stage(file);
  expect(answer).toMatchObject({ complete: true, complaints: [] });
  return transaction([file], ['-U', '--oldpackage']);
}

async function stage(file: Buffer) {
  const text = stageText();
  const command = call('tidegate-stage', text, stageWords(['tgtest'], 'KEEP', [file]));
  return parseStageAnswer(
    (await asRoot(lab, name, command, Buffer.concat([Buffer.from(text), file]))).stdout,
  );
}

/** A transaction that is in its scriptlet until it is released. */
const held = () =>
  brought('1.0', { post: ': >/run/in-scriptlet; while [ -e /etc/hold ]; do sleep 0.05; done' });
const inScriptlet = () => onHost(`${soon('[ -e /run/in-scriptlet ]')}; rm /run/in-scriptlet`);
const release = () => onHost('rm -f /etc/hold');

async function beginHeld(id: string): Promise<string> {
  const request = await held();
  await onHost(': >/etc/hold');
  expect(await operate('BEGIN', id, request, { wait: 0 })).toMatchObject({ state: 'running' });
  await inScriptlet();
  return request;
}

const done = { state: 'done', outcome: 'ok' };
const lastCall = async () => (await rpmCalls(lab, name)).at(-1);

test('an operation outlives the session and the sshd that it came by, in a scope of its own', async () => {
  const request = await beginHeld('a1');
  expect(await scopes()).toMatch(/^tidegate-a1\.scope +loaded +active +running/);
  expect(await onHost('systemd-cgls --no-pager -u tidegate-a1.scope')).toContain('rpm');
  // Its session has ended, and logind ended what was in it. So does who is killed with sshd.
  const waiting = operate('ATTACH', 'a1', request, { wait: 60 });
  await sleep(300);
  await onHost('pkill -KILL -x sshd; loginctl kill-user -s KILL tidegate || true');
  expect(await waiting).not.toMatchObject({ state: 'done' });
  await onHost('systemctl is-active -q ssh || systemctl start ssh');
  expect(await operate('ATTACH', 'a1', request, { wait: 0 })).toMatchObject({ state: 'running' });
  await release();
  expect(await operate('ATTACH', 'a1', request)).toMatchObject(done);
  expect(await lastCall()).toMatchObject({ code: 0 });
  expect(await scopes()).toBe('');
});

test('to stop its unit waits for its end and ends nobody', async () => {
  const request = await beginHeld('a1');
  const stopped = onHost('systemctl stop tidegate-a1.scope; echo stopped');
  await onHost(soon('systemctl list-jobs | grep -q tidegate-a1'));
  expect(await operate('ATTACH', 'a1', request, { wait: 0 })).toMatchObject({ state: 'running' });
  await release();
  expect(await stopped).toBe('stopped\n');
  expect(await operate('ATTACH', 'a1', request)).toMatchObject(done);
});

test('a reboot in good order waits for it', async () => {
  const request = await beginHeld('a1');
  const before = initOf(lab, host);
  await onHost('systemctl reboot');
  await onHost(soon('systemctl list-jobs | grep -q tidegate-a1'));
  await sleep(500);
  expect(initOf(lab, host)).toBe(before);
  await release();
  await until(async () => initOf(lab, host) !== before && (await asRoot(lab, name, 'true')).code === 0);
  expect(await operate('ATTACH', 'a1', request)).toMatchObject(done);
  expect(await lastCall()).toMatchObject({ code: 0 });
});

test('a reboot in the middle of its transaction loses it, once the host is back and never before', async () => {
  const request = await beginHeld('a1');
  await breakHost(lab, name, 'reboot');
  expect(await operate('ATTACH', 'a1', request)).toMatchObject({ state: 'lost' });
  expect((await lastCall())!.endedNs).toBeUndefined();
  await release();
  expect(await operate('BEGIN', 'a2', request, { previous: 'a1' })).toMatchObject({ state: 'done' });
});

test('systemd that refuses leaves the host untouched, and the operation says why', async () => {
  const request = await brought('1.0');
  await onHost('systemd-run --quiet --scope --unit=tidegate-a1 sleep 60 >/dev/null 2>&1 & sleep 0.2');
  const calls = (await rpmCalls(lab, name)).length;
  expect(await operate('BEGIN', 'a1', request)).toMatchObject({
    state: 'done',
    outcome: 'TG_UNIT_FAILED',
    failed: { detail: expect.stringContaining('tidegate-a1.scope') },
    touched: false,
  });
  expect(await rpmCalls(lab, name)).toHaveLength(calls);
  await onHost('systemctl stop tidegate-a1.scope');
});

test('while systemd hangs the operation is running, and it happens once when systemd answers', async () => {
  const request = await brought('1.0');
  const calls = (await rpmCalls(lab, name)).length;
  process.kill(initOf(lab, host)!, 'SIGSTOP');
  let acknowledged = false;
  const begun = operateInside('BEGIN', request, 0).then(() => {
    acknowledged = true;
  });
  try {
    await onHost(soon('[ -d /var/lib/tidegate/operations/a1 ]'));
    expect(await operateInside('ATTACH', request, 1)).toMatchObject({ state: 'running' });
    // It is not in its scope yet: a session that ended now would take it along.
    expect(acknowledged).toBe(false);
  } finally {
    process.kill(initOf(lab, host)!, 'SIGCONT');
  }
  await begun;
  expect(await operate('ATTACH', 'a1', request)).toMatchObject(done);
  expect(await rpmCalls(lab, name)).toHaveLength(calls + 1);
});

test('what a command leaves running neither holds the operation nor makes a reboot wait', async () => {
  const request = "before 'setsid sleep 300 >/dev/null 2>&1 </dev/null &'\n";
  expect(await operate('BEGIN', 'a1', request)).toMatchObject(done);
  expect(await scopes()).toMatch(/^tidegate-a1-left\.scope +loaded +active +running/);
  expect(await onHost('systemctl show -P KillSignal -P SendSIGKILL tidegate-a1-left.scope')).toBe(
    '15\nyes\n',
  );
  await onHost('systemctl stop tidegate-a1-left.scope');
  expect(await scopes()).toBe('');
});

describe('units of the host', () => {
  const unit = (line: string) =>
    onHost(
      `printf '[Service]\\n%s\\n' '${line}' >/run/systemd/system/tgtest.service; systemctl daemon-reload`,
    );
  const invocation = () => onHost('systemctl show -P InvocationID tgtest');
  afterEach(() => onHost('systemctl stop tgtest || true; systemctl reset-failed tgtest || true'));

  test('are restarted and checked', async () => {
    await unit('ExecStart=/bin/sleep infinity');
    await onHost('systemctl start tgtest');
    const before = await invocation();
    expect(await operate('BEGIN', 'a1', "restart 'tgtest'\ncheck '5' 'service' 'tgtest'\n")).toMatchObject(
      done,
    );
    expect(await invocation()).not.toBe(before);
    // It is a unit of systemd's, and none of its processes is in the operation's scope.
    expect(await scopes()).toBe('');
  });

  test('that cannot be restarted, or are not active, fail the operation', async () => {
    await unit('Type=exec\\nExecStart=/nonesuch');
    expect(await operate('BEGIN', 'a1', "restart 'tgtest'\n")).toMatchObject({
      outcome: 'TG_RESTART_FAILED',
    });
    const check = "check '5' 'service' 'tgtest'\n";
    expect(await operate('BEGIN', 'a2', check, { previous: 'a1' })).toMatchObject({
      outcome: 'TG_CHECK_FAILED',
      failed: { detail: 'service tgtest (exit 3)' },
    });
  });

  test('that still use what the transaction replaced are reported', async () => {
    const given = { program: '/opt/tgtest/daemon' };
    expect(await operate('BEGIN', 'a1', await brought('1.0', given))).toMatchObject({
      ...done,
      restarts: [],
    });
    await unit('ExecStart=/opt/tgtest/daemon infinity');
    await onHost('systemctl start tgtest');
    expect(await operate('BEGIN', 'a2', await brought('1.1', given), { previous: 'a1' })).toMatchObject({
      ...done,
      restarts: ['daemon'],
    });
  });

  test('that a pending reboot is for: the host says so until it has rebooted', async () => {
    await onHost('touch /run/reboot-required');
    const file = readFileSync(await makeRpm(folder, { name: 'tgtest', version: '1.0' }));
    expect(await stage(file)).toMatchObject({ rebootPending: true });
    await breakHost(lab, name, 'reboot');
    expect(await stage(file)).toMatchObject({ rebootPending: false });
  });
});

/** From within, where nobody can log in. */
async function operateInside(
  verb: 'BEGIN' | 'ATTACH',
  request: string,
  wait: number,
): Promise<OperationAnswer> {
  const given = verb === 'BEGIN' ? request : '';
  const words = operationWords(verb, 'a1', request, { wait });
  const shell = 'script=$1 given=$2; shift 2; printf %s "$given" | sh -c "$script" operation "$@"';
  return parseOperationAnswer(await inside(lab, host, shell, operationText(), given, ...words));
}
