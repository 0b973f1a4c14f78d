import { sha256 } from '../support/operation';
import { Sandbox } from '../support/sandbox';

/** Operations that keep all they have (ops/operation.sh). */
const whole = 20;
const counting = "before 'echo ran >>/var/tmp/ran'\n";
const keptOfOld = 'digest\nresult\nrunning\n';
const ofWhole = 'digest\nlog\nprevious\nrequest\nresult\nrunning\n';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(() => sandbox.stop());
beforeEach(() => {
  sandbox.run('rm -rf /var/lib/tidegate /var/tmp/ran /var/tmp/kept');
});

/** Begins operations from `a1` on, each after the one before, and ends at `a{last}`. */
function operateUpTo(last: number, from = 1): void {
  for (let number = from; number <= last; number += 1) {
    const previous = number === 1 ? 'none' : `a${number - 1}`;
    expect(sandbox.operate('BEGIN', `a${number}`, counting, { previous })).toMatchObject({ outcome: 'ok' });
  }
}

const filesOf = (id: string) => sandbox.run(`ls /var/lib/tidegate/operations/${id}`).out;
const staged = () => sandbox.run('ls /var/lib/tidegate/stage').out;
const runs = () => Number(sandbox.run('cat /var/tmp/ran 2>/dev/null | wc -l').out);

test('of an old operation only what a late question is answered with is kept, and it is answered', () => {
  sandbox.operate('BEGIN', 'a1', 'before false\n');
  operateUpTo(whole + 2, 2);
  expect([filesOf('a1'), filesOf('a2'), filesOf('a3')]).toEqual([keptOfOld, keptOfOld, ofWhole]);
  expect(filesOf(`a${whole + 2}`)).toBe(ofWhole);
  const before = runs();
  const failed = { state: 'done', outcome: 'TG_BEFORE_FAILED' };
  expect(sandbox.operate('BEGIN', 'a1', 'before false\n')).toMatchObject(failed);
  expect(sandbox.operate('ATTACH', 'a1', 'before false\n')).toMatchObject(failed);
  expect(sandbox.operate('BEGIN', 'a2', counting)).toMatchObject({ state: 'done', outcome: 'ok' });
  expect(sandbox.operate('BEGIN', 'a2', `${counting}${counting}`)).toMatchObject({
    refused: { code: 'TG_HOST_MOVED' },
  });
  expect(runs()).toBe(before);
});

test('one that was lost, or made void, is left as it is, however old', () => {
  const dies = 'mv() { command mv "$@"; case "$*" in */head) kill -KILL $$ ;; esac; }\n';
  sandbox.operate('ATTACH', 'never', counting);
  sandbox.operate('BEGIN', 'a1', counting, { first: dies });
  operateUpTo(whole + 3, 2);
  expect([filesOf('a1'), filesOf('a2'), filesOf('never')]).toEqual([
    'digest\nprevious\nrequest\nrunner\nrunning\n',
    keptOfOld,
    'void\n',
  ]);
  expect(sandbox.operate('BEGIN', 'a1', counting)).toMatchObject({ state: 'lost' });
  expect(sandbox.operate('BEGIN', 'never', counting)).toMatchObject({ state: 'unknown' });
});

test('a begin that is killed while it prunes leaves nothing behind for good, wherever it was', () => {
  operateUpTo(whole);
  // Some that were not pruned yet: those of a host that has been there for longer than we prune.
  sandbox.run(`cd /var/lib/tidegate/operations; for n in 1 2 3; do cp -a a1 b$n; done
    echo b1 >b2/previous; echo b2 >b3/previous; echo b3 >a1/previous; cp -a /var/lib/tidegate /var/tmp/kept`);
  const id = `a${whole + 1}`;
  const begin = (first = '') => sandbox.operate('BEGIN', id, counting, { previous: `a${whole}`, first });
  const all = ['b1', 'b2', 'b3', 'a1'];
  for (let removed = 0; removed <= all.length * 3; removed += 1) {
    sandbox.run('rm -rf /var/lib/tidegate; cp -a /var/tmp/kept /var/lib/tidegate');
    const dies = `rm() { shift; for file; do [ $((count += 1)) -le ${removed} ] || kill -KILL $$; command rm -f "$file"; done; kill -KILL $$; }\n`;
    expect(begin(dies)).toMatchObject({ state: 'garbled' });
    expect(filesOf('')).not.toContain(id);
    expect(begin()).toMatchObject({ state: 'done', outcome: 'ok' });
    expect(all.map(filesOf)).toEqual(all.map(() => keptOfOld));
    expect(filesOf('a2')).toBe(ofWhole);
  }
});

test('what a begin that died was making is gone with the next one', () => {
  sandbox.operate('BEGIN', 'a1', counting, { first: 'sync() { kill -KILL $$; }\n' });
  expect(sandbox.run('ls -A /var/lib/tidegate/operations').out).toBe('.new\n');
  expect(sandbox.operate('BEGIN', 'a2', counting)).toMatchObject({ outcome: 'ok' });
  expect(sandbox.run('ls -A /var/lib/tidegate/operations').out).toBe('a2\n');
});

test('staged packages of nobody go after a day; those of others, and those that are asked for, stay', () => {
  sandbox.stage(['tgtest'], 'KEEP', [Buffer.from('wanted')]);
  const wanted = `${sha256('wanted')}.rpm`;
  sandbox.run(`cd /var/lib/tidegate/stage; touch 1.part of-another.rpm; touch -d '25 hours ago' ${wanted} 2.part old.rpm
    touch -d '23 hours ago' of-today.rpm`);
  const request = `before 'test -e /var/lib/tidegate/stage/${wanted}'\n`;
  expect(sandbox.operate('BEGIN', 'a1', request)).toMatchObject({ outcome: 'ok' });
  expect(staged().split('\n').sort()).toEqual(
    ['', '1.part', wanted, 'of-another.rpm', 'of-today.rpm'].sort(),
  );
});
