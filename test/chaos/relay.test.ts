import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Relay } from '../../chaos/relay';
import { Steps } from '../../chaos/steps';

/** Long enough for bytes to arrive that nobody keeps back. */
const whileMs = 200;

let server: Server;
let relay: Relay;
let said: string[];
/** What the host behind the relay got, and what its client got: it answers in capitals. */
let sent: string;
let answered: string;

beforeEach(async () => {
  [sent, answered, said] = ['', '', []];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      sent += chunk;
      socket.write(chunk.toString().toUpperCase());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const steps = new Steps();
  steps.hear(({ step, host }) => said.push(`${step} ${host}`));
  const host = { name: 'web1', address: '127.0.0.1', port, domain: '', role: 'web', full: false } as const;
  relay = await Relay.start(host, steps, 0);
});

afterEach(() => {
  relay.stop();
  server.close();
});

async function open(): Promise<Socket> {
  const client = connect(relay.port, '127.0.0.1');
  client.on('data', (chunk) => {
    answered += chunk;
  });
  client.on('error', () => undefined);
  await once(client, 'connect');
  return client;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}

test('it passes bytes both ways, and says so', async () => {
  const client = await open();
  client.write('one');
  await until(() => answered === 'ONE');
  expect(said).toEqual(['relay:connected web1', 'relay:sent web1', 'relay:answered web1']);
  client.end();
});

test('what is held on its way to the host arrives when it is let go, although its sender is dead', async () => {
  const client = await open();
  client.write('one');
  await until(() => answered === 'ONE');
  const letGo = relay.hold('to the host');
  client.write('two');
  await until(() => said.filter((step) => step.startsWith('relay:sent')).length === 2);
  client.resetAndDestroy();
  await sleep(whileMs);
  expect(sent).toBe('one');
  letGo();
  await until(() => sent === 'onetwo');
});

test('what is held on its way from the host does not arrive; a connection that is opened later is free', async () => {
  const client = await open();
  client.write('one');
  await until(() => answered === 'ONE');
  relay.hold('from the host');
  client.write('two');
  await until(() => sent === 'onetwo');
  await sleep(whileMs);
  expect(answered).toBe('ONE');
  const other = await open();
  other.write('three');
  await until(() => answered === 'ONETHREE');
  client.destroy();
  other.destroy();
});

test('cut resets every connection at both ends', async () => {
  const client = await open();
  await until(() => said.length === 1);
  expect(relay.cut()).toBe(1);
  await until(() => client.closed && relay.cut() === 0);
});

test('in silence connections open and nothing arrives; afterwards it does', async () => {
  relay.manner = 'silent';
  const client = await open();
  client.write('one');
  await sleep(whileMs);
  expect(sent).toBe('');
  relay.manner = 'open';
  await until(() => answered === 'ONE');
  client.destroy();
});

test('a slow link takes its time and loses nothing', async () => {
  relay.manner = 'slow';
  const client = await open();
  const bytes = 'x'.repeat(3_000);
  client.write(bytes);
  await sleep(whileMs / 2);
  expect(sent.length).toBeLessThan(bytes.length);
  await until(() => answered === bytes.toUpperCase());
  client.destroy();
});

test.each(['refused', 'reset'] as const)('%s: who connects is hung up on', async (manner) => {
  relay.manner = manner;
  const client = await open();
  await until(() => client.closed);
  expect(answered).toBe('');
});
