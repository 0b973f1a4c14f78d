import { once } from 'node:events';
import { TestHome } from '../support/home';
import { BookBuilder, between, running } from '../support/rollout';

let home: TestHome;
beforeEach(() => {
  home = new TestHome();
});
afterEach(() => home.remove());

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
