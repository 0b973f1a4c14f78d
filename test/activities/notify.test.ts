import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Book } from '../../activities/rollout/book';
import { type Notice, notify } from '../../activities/rollout/notify';
import { Ledger } from '../../store/ledger';

const notice: Notice = {
  fleet: 'prod',
  rollout: 'r-1',
  package: 'unzip',
  version: '6.0-28.1',
  event: 'gate',
  detail: 'wave 1 waits for approval',
};

let folder: string;
let ledger: Ledger;
let server: Server;
const posted: unknown[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-notify-'));
  ledger = await Ledger.open(join(folder, 'ledger'));
  server = createServer((request, response) => {
    if (request.url === '/hangs') return;
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      posted.push([request.method, request.headers['content-type'], JSON.parse(text)]);
      if (request.url === '/floods') {
        response.on('error', () => undefined);
        const flood = () => {
          while (response.write('x'.repeat(65536)));
          response.once('drain', flood);
        };
        flood();
      } else response.writeHead(request.url === '/ill' ? 503 : 204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

const address = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

test('a webhook is posted what happened, as JSON', async () => {
  expect(await notes({ webhook: address('/') })).toEqual(['notified (gate): wave 1 waits for approval']);
  expect(posted).toEqual([['POST', 'application/json', notice]]);
});

test('a command finds what happened in its environment, and nothing of the worker’s own', async () => {
  const file = join(folder, 'told');
  process.env.TIDEGATE_TEST_SECRET = 'secret';
  await notes({ command: `env >${file}` });
  delete process.env.TIDEGATE_TEST_SECRET;
  const told = readFileSync(file, 'utf8');
  expect(told).toContain('TIDEGATE_EVENT=gate\n');
  expect(told).toContain('TIDEGATE_DETAIL=wave 1 waits for approval\n');
  expect(told).toContain('TIDEGATE_FLEET=prod\n');
  expect(told).not.toContain('secret');
});

test.each([
  ['a command that fails', { command: 'exit 3' }, 'exit 3'],
  ['a command that is not there', { command: 'tgtest-no-such-command' }, 'exit 127'],
  ['a command that kills itself', { command: 'kill -9 $$' }, 'ended by SIGKILL'],
  ['a command that hangs', { command: 'sleep 1000' }, 'no end after 0.5 s'],
  [
    'a command that does not want to die',
    { command: 'trap "" TERM; while :; do sleep 1; done' },
    'no end after 0.5 s',
  ],
])('%s is noted, and over soon', async (_, how, why) => {
  expect(await notes(how)).toEqual([`notify (gate) failed: ${why}`]);
});

test.each([
  ['answers with an error', '/ill', 'HTTP 503'],
  ['hangs', '/hangs', 'no end after 0.5 s'],
])('a webhook that %s is noted, without its address', async (_, path, why) => {
  expect(await notes({ webhook: address(path) })).toEqual([`notify (gate) failed: ${why}`]);
});

test('a webhook that nobody serves is noted, and one that answers without end is not listened to', async () => {
  const gone = createTcpServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  expect(await notes({ webhook: `http://127.0.0.1:${port}/secret` })).toEqual([
    'notify (gate) failed: ECONNREFUSED',
  ]);
  expect(await notes({ webhook: address('/floods') })).toEqual([
    'notified (gate): wave 1 waits for approval',
  ]);
});

let books = 0;

/** @returns what the ledger notes of a notification that is given half a second. */
async function notes(how: Parameters<typeof notify>[1]): Promise<string[]> {
  books += 1;
  const book = await Book.open(ledger, `r-${books}`);
  await notify(book, how, notice, 500);
  const found: string[] = [];
  for await (const entry of ledger.read(`r-${books}`)) found.push((entry as { detail: string }).detail);
  return found;
}
