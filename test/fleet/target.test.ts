import { bastionOf, hostNamed, targetOf } from '../../fleet/target';
import type { Host } from '../../model/fleet';

const hosts: Host[] = [
  host('a', 'ops@gate:2200'),
  host('b', 'a'),
  host('c', 'b'),
  host('d'),
  host('e', 'f'),
  host('f', 'e'),
  host('g', 'nowhere'),
];

test('a host is reached through its jump hosts, each with its own account and port', () => {
  expect(targetOf(hosts[2]!, { hosts })).toEqual({
    ...plain('c'),
    jump: {
      ...plain('b'),
      jump: {
        ...plain('a'),
        jump: { name: 'ops@gate:2200', account: 'ops', address: 'gate', port: 2200 },
      },
    },
  });
  expect(targetOf(hosts[3]!, { hosts })).toEqual(plain('d'));
});

test('a circle and a jump that leads nowhere are refused', () => {
  expect(() => targetOf(hosts[4]!, { hosts })).toThrow('e → f → e: a jump host is reached through itself');
  expect(() => targetOf(hosts[6]!, { hosts })).toThrow('g: jump nowhere is neither a host');
});

test('more than ten jump hosts in a row are refused, and not followed', () => {
  const chain = Array.from({ length: 12 }, (_, index) =>
    host(`h${String(index).padStart(2, '0')}`, `h${String(index + 1).padStart(2, '0')}`),
  );
  const hosts = [...chain, host('h12')];
  expect(() => targetOf(hosts[1]!, { hosts })).toThrow('h10 → h11: more than 10 jump hosts in a row');
  expect(targetOf(hosts[2]!, { hosts }).name).toBe('h02');
});

test.each([
  ['ops@gate', { account: 'ops', address: 'gate', port: 22 }],
  ['ops@10.0.0.1:2200', { account: 'ops', address: '10.0.0.1', port: 2200 }],
  ['ops@[fd00::1]:2200', { account: 'ops', address: 'fd00::1', port: 2200 }],
  ['ops@[fd00::1]', { account: 'ops', address: 'fd00::1', port: 22 }],
])('%s is a jump host of its own', (text, expected) => {
  expect(bastionOf(text)).toEqual({ name: text, ...expected });
});

test.each([
  'gate',
  'ops@',
  '@gate',
  'ops@gate:',
  'ops@gate:x',
  'ops@fd00::1',
  'a b@gate',
  'ops@gate:0',
  'ops@gate:70000',
  '-x@gate',
  'ops@-x',
])('%s is none', (text) => {
  expect(bastionOf(text)).toBeUndefined();
});

test('a host is found by its name', () => {
  for (const each of hosts) expect(hostNamed(hosts, each.name)).toBe(each);
  for (const name of ['', 'A', 'bb', 'z']) expect(hostNamed(hosts, name)).toBeUndefined();
  expect(hostNamed([], 'a')).toBeUndefined();
});

function plain(name: string) {
  return { name, address: `${name}.example.com`, port: 22, account: 'tidegate' };
}

function host(name: string, jump?: string): Host {
  return { ...plain(name), platform: '', domain: '', labels: {}, ...(jump === undefined ? {} : { jump }) };
}
