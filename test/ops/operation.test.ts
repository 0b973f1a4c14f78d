import { parseOperationAnswer } from '../../model/host-answer';
import { quote } from '../../ssh/quote';
import { operationText, operationWords, sha256 } from '../support/operation';
import { Sandbox } from '../support/sandbox';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.start();
});

afterAll(() => sandbox.stop());

beforeEach(() => {
  sandbox.run('rm -rf /var/lib/tidegate /var/tmp/published');
});

const counting = "before 'echo ran >>/var/tmp/ran'\n";
const runs = () => sandbox.run('cat /var/tmp/ran 2>/dev/null | wc -l; rm -f /var/tmp/ran').out.trim();

/** Comes before the script: something in between, when its directory has its name and nothing has been started yet. */
const slowToPublish = (then: string) =>
  `sync() { command sync "$@"; case "$*" in */operations) : >/var/tmp/published; ${then} ;; esac; }\n`;
const diesOncePublished = { first: slowToPublish('kill -KILL $$') };

test('an operation that is begun twice happens once', () => {
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(runs()).toBe('1');
});

test('attaching never begins, and what it did not find can never begin later', () => {
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'unknown', head: 'none' });
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'unknown' });
  expect(runs()).toBe('0');
});

test('attaching waits for a begin that is on its way in, and finds it', () => {
  const words = operationWords('BEGIN', 'a1', counting);
  sandbox.run(
    `cat >/var/tmp/operation
    (until [ -e /var/tmp/go ]; do sleep 0.05; done; printf '%s' ${quote(counting)}) 2>/dev/null |
      sh /var/tmp/operation "$@" >/dev/null 2>&1 &
    until [ -d /var/lib/tidegate/operations/.new ]; do sleep 0.05; done
    (until pgrep -x flock; do sleep 0.05; done; touch /var/tmp/go) >/dev/null 2>&1 &`,
    operationText(),
    words,
  );
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(runs()).toBe('1');
});

test('the same ID with another request, an older epoch or a moved chain is refused', () => {
  sandbox.operate('BEGIN', 'a1', counting, { epoch: 5 });
  expect(sandbox.operate('BEGIN', 'a1', `${counting}${counting}`)).toMatchObject({
    state: 'refused',
    refused: { code: 'TG_HOST_MOVED' },
  });
  expect(sandbox.operate('BEGIN', 'a2', counting, { epoch: 4, previous: 'a1' })).toMatchObject({
    refused: { code: 'TG_EPOCH_STALE' },
  });
  expect(sandbox.operate('BEGIN', 'a2', counting, { epoch: 5, previous: 'other' })).toMatchObject({
    refused: { code: 'TG_HOST_MOVED' },
  });
  expect(sandbox.operate('BEGIN', 'a2', counting, { epoch: 5, previous: 'a1' })).toMatchObject({
    state: 'done',
    outcome: 'ok',
  });
  expect(runs()).toBe('2');
});

test('an operation outlives the one who began it, and a second one waits its turn', () => {
  const slow = "before 'sleep 2'\n";
  expect(sandbox.operate('BEGIN', 'a1', slow, { wait: 1 })).toMatchObject({ state: 'running' });
  expect(sandbox.operate('BEGIN', 'a2', counting, { previous: 'a1' })).toMatchObject({
    refused: { code: 'TG_HOST_BUSY' },
  });
  expect(sandbox.operate('ATTACH', 'a1', slow)).toMatchObject({ state: 'done', outcome: 'ok' });
});

test('an operation whose processes died is lost, not done and not running', () => {
  const slow = "before 'sleep 30'\n";
  sandbox.operate('BEGIN', 'a1', slow, { wait: 1 });
  sandbox.run('pkill -KILL -f "operations/a1"; pkill -KILL -x sleep -n; true');
  expect(sandbox.operate('ATTACH', 'a1', slow, { wait: 5 })).toMatchObject({ state: 'lost' });
});

test('who attaches while a begin is still being published waits for it, and does not call it lost', () => {
  const words = [slowToPublish('sleep 2') + operationText(), operationText(), counting];
  const { out } = sandbox.run(
    `begin=$1 attach=$2 request=$3; shift 3
     printf %s "$request" | sh -c "$begin" begin "$@" BEGIN >/dev/null 2>&1 &
     until [ -e /var/tmp/published ]; do sleep 0.02; done
     sh -c "$attach" attach "$@" ATTACH`,
    '',
    [...words, 'a1', sha256(counting), 'none', '1', '20'],
  );
  expect(parseOperationAnswer(out)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(runs()).toBe('1');
});

test('a begin that dies once it is published is lost, and nothing of it runs later', () => {
  sandbox.operate('BEGIN', 'a1', counting, diesOncePublished);
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'lost' });
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'lost' });
  expect(runs()).toBe('0');
});

test('an operation whose lock a crash of the host took away is lost', () => {
  sandbox.operate('BEGIN', 'a1', counting, diesOncePublished);
  sandbox.run('rm /var/lib/tidegate/operations/a1/running');
  expect(sandbox.operate('ATTACH', 'a1', counting)).toMatchObject({ state: 'lost' });
});
