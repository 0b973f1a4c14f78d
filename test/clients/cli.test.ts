import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { nouns, verbs } from '../../clients/commands/index';
import { Ledger } from '../../store/ledger';
import { cli, TestHome } from './support/home';
import { BookBuilder, between, running } from './support/rollout';

let home: TestHome;
beforeEach(() => {
  home = new TestHome();
});
afterEach(() => home.remove());

const commandLines = [
  [],
  ...verbs.map(({ name }) => [name]),
  ...nouns.flatMap((noun) => [[noun.name], ...noun.verbs.map((verb) => [noun.name, verb.name])]),
];

describe('help', () => {
  test('loads neither Temporal nor zod nor ssh2 nor YAML', () => {
    const code = `process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')));
      process.argv = ['node', 'tidegate', 'rollout', 'start', '--help']; require(${JSON.stringify(cli)})`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
    expect(stdout).toContain('Usage: tidegate rollout start');
    expect(stderr).toContain('commander');
    expect(stderr).not.toMatch(/@temporalio|node_modules\/(zod|ssh2|yaml|js-yaml)/);
  });

  test('of every command fits 80 columns and shows examples', () => {
    for (const words of commandLines) {
      const { code, out } = home.run(...words, '--help');
      expect({ words, code }).toEqual({ words, code: 0 });
      for (const line of out.split('\n').filter((text) => !text.startsWith('  tidegate ')))
        expect([...line].length).toBeLessThanOrEqual(80);
      if (words.length > 0) expect(out).toContain('Examples:');
    }
  }, 60_000);

  test('is the same whether it is asked for before, between or behind', () => {
    const behind = home.run('rollout', 'start', '--help');
    expect(behind.code).toBe(0);
    expect(home.run('help', 'rollout', 'start')).toEqual(behind);
    expect(home.run('rollout', 'help', 'start')).toEqual(behind);
    expect(home.run('help', 'rollout')).toEqual(home.run('rollout', '--help'));
    expect(home.run('help')).toEqual(home.run('--help'));
  });

  test('every verb that is declared has code', () => {
    const code = `const { nouns, verbs } = require(${JSON.stringify(cli.replace('cli.js', 'commands/index.js'))});
      (async () => { for (const verb of [...verbs, ...nouns.flatMap((noun) => noun.own ? [noun.own, ...noun.verbs] : noun.verbs)])
        console.log(verb.name, typeof (await verb.run()).run); process.exit(); })()`;
    const { stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(line).toMatch(/^[a-z-]+ function$/);
  });
});

describe('a command line that cannot be understood', () => {
  test.each([
    [['rolout'], "TG_USAGE  unknown command 'rolout'\nnext: did you mean tidegate rollout?\n"],
    [['rollout', 'strat'], "TG_USAGE  unknown command 'strat'\nnext: did you mean tidegate rollout start?\n"],
    [
      ['status'],
      "TG_USAGE  unknown command 'status'\nnext: did you mean tidegate rollout status or tidegate lab status?\n",
    ],
    [['rollout', 'list', '--hoem', 'x'], "TG_USAGE  unknown option '--hoem'\nnext: did you mean --home?\n"],
    [
      ['rollout', 'start'],
      "TG_USAGE  missing required argument 'plan'\nnext: tidegate rollout start --help\n",
    ],
    [
      ['rollout', 'resume', 'r-1', '--stop-at', '0'],
      "TG_USAGE  --stop-at: '0' is not a whole number from 1\nnext: tidegate rollout resume --help\n",
    ],
  ])('%p is refused with exit code 2, on stderr alone', (words, err) => {
    expect(home.run(...words)).toEqual({ code: 2, out: '', err });
  });

  test('a noun alone prints its help on stderr', () => {
    const { code, out, err } = home.run('rollout');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: tidegate rollout <verb>');
  });
});

describe('errors', () => {
  test('as JSON are the last line of stderr', () => {
    const { code, out, err } = home.run('rollout', 'status', 'r-9', '-o', 'json');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err).error).toMatchObject({ code: 'TG_ROLLOUT_NOT_FOUND', detail: 'no rollout r-9' });
  });

  test.each(['p-', 'nofile.yaml'])('say that %s is no plan', (given) => {
    expect(home.run('rollout', 'start', given, '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining(`'${given}' is neither a file nor the start of a plan's ID`),
    });
  });

  test('say that no worker runs, with exit code 4', () => {
    expect(home.run('hosts', 'check')).toMatchObject({
      code: 4,
      err: `TG_WORKER_MISSING  no worker runs for ${home.home.folder}\nnext: in another terminal: tidegate up\n`,
    });
  });
});

describe('what can be typed next, when --home was given', () => {
  const folder = () => home.home.folder;
  const elsewhere = (...words: string[]) => home.runWith({ TIDEGATE_HOME: '' }, ...words);

  test('is for the same home: in an error, also as JSON', () => {
    const next = `in another terminal: tidegate --home ${folder()} up`;
    expect(elsewhere('hosts', 'check', '--home', folder()).err).toContain(`\nnext: ${next}\n`);
    const { err } = elsewhere('--home', folder(), 'hosts', 'check', '-o', 'json');
    expect(JSON.parse(err).error.next).toBe(next);
  });

  test('is for the same home: in a result', async () => {
    await home.keep(running());
    const { out } = elsewhere('rollout', 'status', '--home', folder());
    expect(out).toContain(`Next: tidegate --home ${folder()} rollout watch r-`);
    expect(out).toContain(`In another terminal: tidegate --home ${folder()} up\n`);
    expect(out.match(/tidegate (?!--home)/g)).toBeNull();
  });
});

describe('output', () => {
  test('has no colours in a pipe', async () => {
    await home.keep(running());
    for (const words of [
      ['rollout', 'status'],
      ['rollout', 'list'],
      ['rollout', 'nothing'],
    ]) {
      const { out, err } = home.run(...words);
      expect(out + err).not.toContain('\u001b');
    }
  });

  test('has colours on a terminal, unless NO_COLOR or --no-color', async () => {
    await home.keep(running());
    expect(home.onTerminal('tidegate rollout status')).toContain('\u001b[31mQUARANTINED');
    expect(home.onTerminal('NO_COLOR=1 tidegate rollout status')).not.toContain('\u001b');
    expect(home.onTerminal('tidegate rollout status --no-color')).not.toContain('\u001b');
  });

  test('of a reader that went away is nobody’s error', () => {
    const line = `(sleep 0.3; node ${cli} --help; echo $? >&2) | true; node ${cli} completion bash | head -n 1`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({
      stdout: '_tidegate() {\n',
      stderr: expect.stringMatching(/^(0\n)?$/),
    });
  });
});

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

describe('a rollout in the ledger', () => {
  test('is listed, shown, told and reported without Temporal and without the worker', async () => {
    await home.keep(running());
    expect(home.run('rollout', 'list').out).toMatch(/r-1a2b3c4d {2}unzip 6\.0-28\.1 {2}wave {3}/);
    expect(home.run('rollout', 'status').out).toContain('No worker runs: nothing more begins.');
    expect(home.run('rollout', 'events', '--host', 'web015').out.trim().split('\n')).toHaveLength(3);
    expect(home.run('rollout', 'events', '-o', 'json').out.split('\n')[0]).toMatch(/^\{"kind":"started"/);
    expect(home.run('rollout', 'report', 'r-1a', '--format', 'csv').out.split('\r\n')).toHaveLength(41);
    expect(home.run('rollout', 'report', '-o', 'json').out).toContain('"sentence"');
  });

  test.each(['r-', '', 'r'])('is not meant by %p, though it is the only one', async (empty) => {
    await home.keep(running());
    expect(home.run('rollout', 'abort', empty, '--yes')).toEqual({
      code: 2,
      out: '',
      err: `TG_ROLLOUT_NOT_FOUND  '${empty}' is not the start of a rollout's ID\nnext: tidegate rollout list\n`,
    });
  });

  test('says when nothing is told of a host', async () => {
    await home.keep(running());
    expect(home.run('rollout', 'events', '--host', 'nohost')).toEqual({
      code: 0,
      out: '',
      err: 'r-1a2b3c4d has no event of nohost\n',
    });
  });

  test.each(['pause', 'abort'])('that has ended takes no %s', async (verb) => {
    await home.keep(running().add({ kind: 'ended rollout', result: 'aborted' }));
    expect(home.run('rollout', verb, 'r-1', '--yes')).toMatchObject({
      code: 1,
      err: 'TG_ROLLOUT_ENDED  r-1a2b3c4d ended: aborted\nnext: tidegate rollout report r-1a2b3c4d\n',
    });
  });

  test('is watched in plain lines, over the absence of Temporal, until it ends; the exit code is its result', async () => {
    const book = new BookBuilder().phase('wave', 3);
    await home.keep(book);
    const watch = home.start('rollout', 'watch');
    let out = '';
    watch.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    let err = '';
    watch.stderr.on('data', (chunk: Buffer) => {
      err += chunk;
    });
    while (!err.includes('No worker runs')) await once(watch.stderr, 'data');
    const from = book.entries.length;
    await home.append(
      book
        .apply(...between(0, 39))
        .begin(39)
        .end('failed', [39], 'TG_CHECK_FAILED', 'exit 1')
        .end('rolled back', [7])
        .end('untouched', [8], 'already'),
      from,
    );
    const then = book.entries.length;
    await home.append(book.add({ kind: 'ended rollout', result: 'incomplete' }), then);
    const [code] = await once(watch, 'close');
    expect(code).toBe(3);
    expect(out).toMatch(/state {4}web040 {2}failed, TG_CHECK_FAILED, exit 1, counts as a failure\n/);
    expect(out).not.toContain('web039');
    expect(out).not.toMatch(/web00[89]/);
    expect(out).toMatch(/INCOMPLETE {2}40 = .*\nNext: tidegate rollout report/);
    expect(out + err).not.toContain('\u001b');
  });

  test('goes on when its watcher is interrupted, which says so', async () => {
    await home.keep(running());
    const watch = home.start('rollout', 'watch');
    let err = '';
    watch.stderr.on('data', (chunk: Buffer) => {
      err += chunk;
    });
    await once(watch.stdout, 'data');
    watch.kill('SIGINT');
    const [code] = await once(watch, 'close');
    expect(code).toBe(130);
    expect(err).toContain('It goes on without you.   Watch it again: tidegate rollout watch r-1a2b3c4d');
  });

  test('is drawn on a terminal', async () => {
    await home.keep(running().add({ kind: 'ended rollout', result: 'aborted' }));
    const drawn = home.onTerminal('tidegate rollout watch --no-color; echo code $?');
    expect(drawn).toContain('unzip 6.0-28.1 → prod  ABORTED');
    expect(drawn).toContain('\u001b[?25h');
    expect(drawn).toContain('code 3');
  });
});
