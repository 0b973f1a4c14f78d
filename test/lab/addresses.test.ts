import { once } from 'node:events';
import { createServer } from 'node:net';
import { addressOf, listeners, pickAddresses } from '../../lab/addresses';

test('sees who listens on this machine', async () => {
  const server = createServer().listen(0, '127.39.1.2');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  expect(listeners()).toContainEqual({ address: '127.39.1.2', port });
  server.close();
});

test('a new lab takes a block that no lab has and where nobody listens', () => {
  const open = [{ address: '127.41.0.9', port: 80 }];
  expect(pickAddresses(new Set([40]), open)).toEqual({ block: 42, port: 22 });
});

test('a lab leaves port 22 to a sshd of the machine that listens on every address', () => {
  expect(pickAddresses(new Set(), [{ address: '0.0.0.0', port: 22 }])).toEqual({ block: 40, port: 2222 });
});

test('each of 10,000 hosts has an address of its own, none of them a network or broadcast one', () => {
  const addresses = Array.from({ length: 10_000 }, (_, index) => addressOf(40, index));
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(addresses.every((address) => /^127\.40\.\d+\.(?!0$|255$)\d+$/.test(address))).toBe(true);
});
