import { createServer } from 'node:net';

/** The ports that people expect of a Temporal server on their own machine, and its Web UI. */
const usualPorts = { port: 7233, uiPort: 8233 } as const;

export interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

/** Chooses the ports of a server: those given, else the usual ones when both are free, else any two free ones. */
export async function choosePorts(given: Partial<Ports>): Promise<Ports> {
  const usual = (await isFree(usualPorts.port)) && (await isFree(usualPorts.uiPort));
  const [free, freeForUi] = usual ? [usualPorts.port, usualPorts.uiPort] : await freePorts(2);
  return { port: given.port ?? free!, uiPort: given.uiPort ?? freeForUi! };
}

/** @returns ports of the loopback address that were all free at one moment, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const listening = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = listening.map(({ port }) => port);
  await Promise.all(listening.map(({ close }) => close()));
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  try {
    await (await listen(port)).close();
    return true;
  } catch {
    return false;
  }
}

function listen(port: number): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () => new Promise((closed) => server.close(() => closed())),
      });
    });
  });
}
