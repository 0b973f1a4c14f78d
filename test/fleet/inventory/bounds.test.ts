import { read } from '../../support/written-inventory';

describe('what would fill the memory or take for ever is refused, or read at once', () => {
  test('groups in groups, 20,000 deep', async () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => `[g${index + 1}:children]\ng${index}\n`);
    const hosts = await read('hosts', `[g0]\nweb1\n${chain.join('')}`);
    expect(hosts.get('web1')).toMatchObject({ 'group.g0': 'yes', 'group.g20000': 'yes' });
  });

  test('a group in a circle below others', async () => {
    await expect(
      read(
        'hosts',
        '[top:children]\na\n[a:children]\nb\n[b:children]\nc\n[c:children]\nb\nlast\n[last]\nx\n',
      ),
    ).rejects.toThrow(/group b is its own child: b → c → b$/);
  });

  test('ranges that together name more than a million hosts', async () => {
    const lines = ['a[1-400]\n', 'b[1-999700]\n'];
    await expect(read('hosts', lines.join(''))).rejects.toMatchObject({
      code: 'TG_INVENTORY_INVALID',
      message: expect.stringContaining('more than 1000000 hosts'),
    });
  });

  test('variables of a group for each of its hosts', async () => {
    const variables = Array.from({ length: 1_000 }, (_, index) => `v${index}=x\n`);
    await expect(read('hosts', `[a]\na[1-40000]\n[a:vars]\n${variables.join('')}`)).rejects.toThrow(
      'more than 30000000 variables',
    );
  });

  test('names longer than any host has', async () => {
    for (const name of ['a'.repeat(300), `${'a'.repeat(300)}[1-9]`, `${'a'.repeat(300)}[1:9]`])
      await expect(read('hosts', `${name}\n`)).rejects.toThrow('at most 255 characters');
  });

  test('brackets, blank lines, and unknown groups by the hundred thousand', async () => {
    await expect(read('hosts', `x${'['.repeat(300_000)}]\n`)).rejects.toThrow('hosts:1  ');
    expect((await read('hosts', `web1\n${'\n'.repeat(400_000)}`)).size).toBe(1);
    const unknown = Array.from(
      { length: 20_000 },
      (_, index) => `[g${index}]\n[p:children]\nunknown-${index}\n`,
    );
    await expect(read('hosts', unknown.join(''))).rejects.toThrow('and 19980 more');
  });

  test('an unsafe value that is no text', async () => {
    const hostvars = { web1: { a: { __ansible_unsafe: { toString: 1 } }, b: { __ansible_unsafe: 'text' } } };
    const hosts = await read('hosts.json', JSON.stringify({ _meta: { hostvars } }));
    expect(hosts.get('web1')).toEqual({ b: 'text' });
  });

  test('children beyond what a call can be given', async () => {
    const children = Array.from({ length: 300_000 }, (_, index) => `g${index}`);
    const hosts = await read('hosts.json', JSON.stringify({ _meta: {}, a: { children, hosts: ['x'] } }));
    expect([...hosts.keys()]).toEqual(['x']);
  });
});
