import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Home } from '../../../store/home';
import { embeddedAddress } from '../../../workers/temporal/address';
import { connectTemporal } from '../../../workers/temporal/connection';
import { startServer } from '../../../workers/temporal/server';
import { temporaryHome } from '../../support/temporal';

let home: Home;
let remove: () => void;
beforeEach(() => {
  ({ home, remove } = temporaryHome());
});
afterEach(() => remove());

test('A server starts with our namespace, ten years of retention and our search attributes', async () => {
  const server = await startServer(home);
  const { connection, namespace, uiUrl } = await connectTemporal(home);
  try {
    expect(namespace).toBe('tidegate');
    expect(uiUrl).toBe(server.uiUrl);
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(3650 * 24 * 60 * 60);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(customAttributes).toMatchObject({
      TidegateFleet: 2,
      TidegatePackage: 2,
      TidegatePhase: 2,
      TidegateFailedHosts: 3,
    });
    expect((await fetch(server.uiUrl)).status).toBe(200);
  } finally {
    await connection.close();
    await server.stop();
  }
  expect(existsSync(home.temporalAddressFile)).toBe(false);
});

test('A server that is killed keeps what it was told', async () => {
  const first = await startServer(home);
  await startWorkflow('kept');
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  const second = await startServer(home);
  try {
    expect(await workflowStatus('kept')).toBe('RUNNING');
  } finally {
    await second.stop();
  }
});

test('A server that a killed process left behind is ended before another uses its database', async () => {
  const left = await startServer(home);
  const next = await startServer(home);
  try {
    await left.ended;
    expect(await embeddedAddress(home)).toMatchObject({ pid: next.pid });
    await startWorkflow('served');
  } finally {
    await next.stop();
  }
});

test('A port that was asked for and is taken is named', async () => {
  const taken = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  try {
    await expect(startServer(home, { port })).rejects.toMatchObject({
      code: 'TG_TEMPORAL_START',
      message: expect.stringContaining(String(port)),
      next: expect.stringContaining('temporal.log'),
    });
  } finally {
    taken.close();
    await once(taken, 'close');
  }
});

async function startWorkflow(workflowId: string): Promise<void> {
  await withClient(async (client) => {
    await client.workflow.start('nobody', { workflowId, taskQueue: 'nobody', args: [] });
  });
}

async function workflowStatus(workflowId: string): Promise<string> {
  return withClient(async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);
}

async function withClient<T>(
  work: (client: Awaited<ReturnType<typeof connectTemporal>>['client']) => Promise<T>,
): Promise<T> {
  const { client, connection } = await connectTemporal(home);
  try {
    return await work(client);
  } finally {
    await connection.close();
  }
}
