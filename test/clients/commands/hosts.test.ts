import { statSync } from 'node:fs';
import { Ledger } from '../../../store/ledger';
import { TestHome } from '../support/home';

let home: TestHome;
beforeEach(() => {
  home = new TestHome();
});
afterEach(() => home.remove());

describe('hosts', () => {
  test('are listed, selected, folded, and as JSON', () => {
    expect(home.run('hosts', 'list', 'web[001-002]').out).toBe(`\
host    address    platform         domain
web001  192.0.2.1  debian12-x86_64  lpar1
web002  192.0.2.2  debian12-x86_64  lpar2
2 hosts
`);
    const { out } = home.run('hosts', 'list', 'app=db', '--fold');
    expect(out).toContain('lpar1   debian12-x86_64     10  web[021,023,025,027,029,031,033,035,037,039]');
    expect(JSON.parse(home.run('hosts', 'list', '-o', 'json').out)).toHaveLength(40);
  });

  test('that are held stay listed as held until they are let go', () => {
    const hold = ['hosts', 'hold', 'web[004-005]', '--reason', 'disk', '--until', '7d'];
    expect(home.run(...hold)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('TG_CONFIRMATION_NEEDED'),
    });
    expect(home.run(...hold, '--yes')).toMatchObject({ code: 0, err: '' });
    expect(home.run('hosts', 'list', 'web004').out).toMatch(
      /until \d{4}-\d\d-\d\d \d\d:\d\d disk \(\S+@\S+\)/,
    );
    const lift = ['hosts', 'unhold', 'web004', '--reason', 'disk is new', '--ticket', 'CHG7', '-y'];
    expect(home.run(...lift)).toMatchObject({ code: 0, out: 'no longer held: web004\n' });
    expect(home.run('hosts', 'list', 'web[004-005]', '-o', 'json').out.match(/"hold"/g)).toHaveLength(1);
    expect(home.run('hosts', 'unhold', 'web004', '-y')).toMatchObject({
      code: 2,
      err: expect.stringContaining('TG_HOLD_MISSING'),
    });
  });

  test('who held them and who let them go, and why, is in the ledger', async () => {
    home.run('hosts', 'hold', 'web[004-005]', '--reason', 'disk', '--until', '2036-01-01T00:00Z', '--yes');
    home.run('hosts', 'unhold', 'web004', '--reason', 'disk is new', '--ticket', 'CHG7', '--yes');
    expect(home.run('hosts', 'unhold', 'web004', '--yes').code).toBe(2);
    const entries: object[] = [];
    for await (const entry of (await Ledger.open(home.home.ledger)).read('holds')) entries.push(entry);
    const name = expect.stringMatching(/^\S+@\S+$/);
    expect(entries).toEqual([
      expect.objectContaining({
        kind: 'held',
        hosts: ['web004', 'web005'],
        until: '2036-01-01T00:00:00.000Z',
        actor: { name, proof: 'claimed', reason: 'disk' },
      }),
      expect.objectContaining({
        kind: 'lifted',
        hosts: ['web004'],
        actor: { name, proof: 'claimed', reason: 'disk is new', ticket: 'CHG7' },
      }),
    ]);
    expect(statSync(home.home.state).mode & 0o777).toBe(0o700);
  });

  test('are held only after a yes on the terminal', () => {
    const hold = 'tidegate hosts hold web004 --reason disk; echo code $?';
    expect(home.onTerminal(hold, 'n\n')).toMatch(/Hold 1 host\? \[y\/N\][\s\S]*TG_DECLINED[\s\S]*code 1/);
    expect(home.onTerminal(hold, 'y\n')).toMatch(/held: web004[\s\S]*code 0/);
  });

  test('are not held without a reason', () => {
    expect(home.run('hosts', 'hold', 'web004', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason'),
    });
  });
});
