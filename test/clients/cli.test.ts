import { spawnSync } from 'node:child_process';
import { nouns, verbs } from '../../clients/commands/index';
import { cli, TestHome } from './support/home';
import { running } from './support/rollout';

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
