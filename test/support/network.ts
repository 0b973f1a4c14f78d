import { createServer, type Server } from 'node:net';

/** Labs take blocks from the lower end (lab/addresses.ts), and pass by one where somebody listens. */
const firstNetwork = 250;
const lastNetwork = 150;

/**
 * Takes addresses that no other test of this machine has, nor had in this run: a listener holds them while this
 * process lives.
 * @returns the second number: 127.n.0.0/16
 */
export async function takeNetwork(): Promise<number> {
  for (let network = firstNetwork; network >= lastNetwork; network -= 1) {
    if (await listens(createServer().unref(), `127.${network}.255.254`)) return network;
  }
  throw new Error('all networks of tests are taken');
}

function listens(server: Server, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(1, address, () => resolve(true));
  });
}
