import fc from 'fast-check';
import type { Host } from '../../model/fleet';
import { parseSelector, select } from '../../model/selector';
import { leastCpuMs } from '../support/cpu-time';

const fleet = [
  host('app1', { env: 'prod', app: 'web', os: 'Debian 12', 'group.apps': 'yes' }, 'rack1'),
  host('app2', { env: 'test', app: 'web', 'group.apps': 'yes' }, 'rack2'),
  host('db01', { env: 'prod', app: 'db', rack: 'r1' }, 'rack1'),
  host('db02', { env: 'prod', app: 'db', rack: 'r2' }, 'rack2'),
  host('db03', { env: 'dev', app: 'db', rack: 'r3' }, ''),
];

test.each([
  ['all', ['app1', 'app2', 'db01', 'db02', 'db03']],
  ['*', ['app1', 'app2', 'db01', 'db02', 'db03']],
  ['db01', ['db01']],
  ['db[01-02],app1', ['app1', 'db01', 'db02']],
  ['db*', ['db01', 'db02', 'db03']],
  ['app?', ['app1', 'app2']],
  ['env=prod', ['app1', 'db01', 'db02']],
  ['env=prod & app=db', ['db01', 'db02']],
  ['env=prod & !app=db', ['app1']],
  ['!env=prod', ['app2', 'db03']],
  ['app1,env=prod&app=db', ['app1', 'db01', 'db02']],
  ['(app1, env=prod) & app=db', ['db01', 'db02']],
  ['!(env=prod, env=test)', ['db03']],
  ['!!app1', ['app1']],
  ['domain=rack1', ['app1', 'db01']],
  ['domain=', ['db03']],
  ['name=db0?', ['db01', 'db02', 'db03']],
  ['address=10.0.0.*1', ['app1', 'db01']],
  ['platform=lab', ['app1', 'app2', 'db01', 'db02', 'db03']],
  ['owner=team-d*', ['db01', 'db02', 'db03']],
  ['rack=r[1-2]', ['db01', 'db02']],
  ['env=p*', ['app1', 'db01', 'db02']],
  ['os="Debian 12"', ['app1']],
  ["os='Debian 12'", ['app1']],
  ['@apps', ['app1', 'app2']],
  ['@apps & env=prod', ['app1']],
  ['@r-412:failed', ['db03']],
  ['all & !@r-412:failed', ['app1', 'app2', 'db01', 'db02']],
  ['all & !env=gone', ['app1', 'app2', 'db01', 'db02', 'db03']],
])('%s selects %j', (text, names) => {
  const groups = (name: string) => (name === 'r-412:failed' ? ['db03'] : undefined);
  expect(select(text, fleet, { groups }).map(({ name }) => name)).toEqual(names);
});

test.each([
  ['', 1, 'it is empty'],
  ['a b', 3, 'stands , (or) or & (and)'],
  ['a & (b', 7, 'the ( at position 5 has no )'],
  ['a)', 2, 'has no ( before it'],
  ['a,', 3, 'is missing at the end'],
  ['a,,b', 3, 'missing before ,'],
  ['&a', 1, 'missing before &'],
  ['env!=prod', 4, 'write & !key=value'],
  ['=prod', 1, 'a label is missing'],
  ['web[ab]', 5, 'in brackets stand numbers'],
  ['a & web[', 8, '"a & web[", position 8: this [ has no ] behind it'],
  ['rack=r[3', 7, '"rack=r[3", position 7: this [ has no ] behind it'],
  ['a,web[1-2]*', 3, 'do not stand in one word'],
  ['@', 1, 'is missing behind @'],
  ['os="Debian', 4, 'a quote begins and ends'],
  ['"web"', 1, 'only the value'],
  ['('.repeat(5000), 102, 'levels of parentheses'],
])('%s is refused at position %d: %s', (text, position, why) => {
  expect(() => parseSelector(text)).toThrow(
    expect.objectContaining({ code: 'TG_SELECTOR_INVALID', message: expect.stringContaining(why) }),
  );
  expect(() => parseSelector(text)).toThrow(`position ${position}:`);
});

test.each([
  ['db1', 'TG_HOST_NOT_FOUND', 'no host is named db1; did you mean db01'],
  ['all & !db1', 'TG_HOST_NOT_FOUND', 'no host is named db1'],
  ['db[01-05]', 'TG_HOST_NOT_FOUND', 'no hosts are named db[04-05]'],
  ['@r-1:failed', 'TG_HOST_NOT_FOUND', 'no host is named gone'],
  ['db01,web*', 'TG_SELECTOR_EMPTY', 'position 6: no name matches web*'],
  ['env=prdo', 'TG_SELECTOR_EMPTY', 'no host has env=prdo; env is prod, dev, test'],
  ['db01,evn=prod', 'TG_SELECTOR_EMPTY', 'no host has a label evn; there are env,'],
  ['@app', 'TG_SELECTOR_EMPTY', 'there is no group or file @app; groups are @apps'],
  ['app1 & app=db', 'TG_SELECTOR_EMPTY', 'matches none of 5 hosts'],
  ['constructor=1', 'TG_SELECTOR_EMPTY', 'no host has a label constructor'],
])('%s is %s: %s', (text, code, why) => {
  const groups = (name: string) => (name === 'r-1:failed' ? ['gone'] : undefined);
  expect(() => select(text, fleet, { groups })).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(why) }),
  );
});

test('the node sets of one selector together name a million hosts at most', () => {
  const sets = Array.from({ length: 40 }, (_, index) => `set${index}-[1-90000]`);
  for (const sign of [',', '&'])
    expect(() => parseSelector(sets.join(sign))).toThrow(
      /position 167: it would name more than 1000000 hosts/,
    );
  expect(() => parseSelector(sets.map((set) => `rack=${set}`).join(','))).toThrow('more than 1000000 hosts');
});

test('an empty fleet says so', () => {
  expect(() => select('env=prod', [])).toThrow('the fleet has no hosts yet');
});

test('not, and, or mean what they mean for sets, however they are nested', () => {
  const numbers = Array.from({ length: 12 }, (_, i) => host(`h${i}`, { bit: String(i % 3) }, ''));
  interface Tree {
    text: string;
    matches: (name: string, bit: string) => boolean;
  }
  const leaf = fc.oneof(
    fc.nat(11).map((i): Tree => ({ text: `h${i}`, matches: (name) => name === `h${i}` })),
    fc.nat(2).map((i): Tree => ({ text: `bit=${i}`, matches: (_, bit) => bit === String(i) })),
    fc.constant<Tree>({ text: 'h1?', matches: (name) => name === 'h10' || name === 'h11' }),
  );
  const tree = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      tie('tree').map((t) => ({
        text: `!(${t.text})`,
        matches: (name: string, bit: string) => !t.matches(name, bit),
      })),
      fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({
        text: `(${a.text}) & (${b.text})`,
        matches: (name: string, bit: string) => a.matches(name, bit) && b.matches(name, bit),
      })),
      fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({
        text: `(${a.text} , ${b.text})`,
        matches: (name: string, bit: string) => a.matches(name, bit) || b.matches(name, bit),
      })),
    ),
  })).tree;
  fc.assert(
    fc.property(tree, ({ text, matches }) => {
      const expected = numbers.filter(({ name, labels }) => matches(name, labels.bit!));
      if (expected.length === 0) expect(() => select(text, numbers)).toThrow('matches none');
      else expect(select(text, numbers)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('any text is either understood or refused by name', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab1,&!()[]=@*?-"\' ') }), (text) => {
      try {
        parseSelector(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'TG_SELECTOR_INVALID' });
      }
    }),
    { numRuns: 2000 },
  );
});

test('selecting among ten times the hosts takes ten times as long, and not a hundred', async () => {
  const hosts = Array.from({ length: 100_000 }, (_, i) =>
    host(
      `web${String(i).padStart(6, '0')}`,
      { env: i % 2 ? 'prod' : 'test', rack: `r${i % 500}` },
      `d${i % 40}`,
    ),
  );
  const text = '(env=prod & rack=r[1-99], web0001*) & !web[000100-000199], domain=d7';
  expect(select(text, hosts).length).toBeGreaterThan(10_000);
  const few = hosts.slice(0, 10_000);
  const tenTimesFew = await leastCpuMs(() => {
    for (let time = 0; time < 10; time++) select(text, few);
  });
  expect((await leastCpuMs(() => select(text, hosts))) / tenTimesFew).toBeLessThan(4);
});

function host(name: string, labels: Record<string, string>, domain: string): Host {
  const owner = name.startsWith('db') ? 'team-db' : undefined;
  const address = `10.0.0.${name.slice(-2)}`;
  return { name, address, port: 22, account: 'tidegate', platform: 'lab', domain, labels, owner };
}
