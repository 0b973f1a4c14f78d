import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wholeOf } from '../../model/whole';
import { OperatedHost } from '../support/operated-host';
import type { BuiltPackage } from '../support/trusting-sandbox';

let host: OperatedHost;
let old: BuiltPackage;
let fresh: BuiltPackage;

/** Files that need blocks and inodes of their own. */
const manyFiles = (text: string) =>
  Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`/opt/tgtest/${text}${i}`, text.repeat(500)]));

beforeAll(async () => {
  host = await OperatedHost.start();
  old = await host.package('1.0', { files: manyFiles('old') });
  fresh = await host.package('2.0', { files: manyFiles('fresh') });
});

afterAll(() => host.stop());

beforeEach(() => host.reset(old));

/** What a test that failed left. */
afterEach(() => {
  host.sandbox.run(`mount -o remount,rw /; umount -q -l ${places.join(' ')} /var/small`);
});

/** Where an operation writes → what is said when there is no room at the look, and at the begin. */
const named = {
  '/var/lib/tidegate': ['TG_HOST_FULL', 'TG_HOST_FULL'],
  '/var/lib/rpm': ['TG_PREFLIGHT_REFUSED', 'TG_TRANSACTION_FAILED'],
  '/opt/tgtest': ['TG_PREFLIGHT_REFUSED', 'TG_TRANSACTION_FAILED'],
} as const;
const places = Object.keys(named) as (keyof typeof named)[];
const asBefore = { file: '1.0', rpmdb: '1.0', verified: true };
const patched = { file: '2.0', rpmdb: '2.0', verified: true };

/** What the host says of an operation is what it has; when it was lost, that may be anything. */
function expectTruth({ state, outcome }: ReturnType<OperatedHost['attach']>): void {
  if (outcome === 'ok') expect(host.has()).toEqual(patched);
  else if (state === 'unknown') expect(host.has()).toEqual(asBefore);
  else expect([state, outcome]).toEqual(['lost', undefined]);
}

/** What an operation that failed says that it left is what is there: half-way is called that. */
function expectTold(
  { left }: ReturnType<OperatedHost['begin']>,
  { rpm }: BuiltPackage,
): ReturnType<typeof wholeOf> {
  const { file, rpmdb, verified } = host.has();
  const whole = verified && rpmdb === file ? file : undefined;
  const versions = { '1.0': 'before', [rpm.version]: 'patch' } as const;
  const told = wholeOf(left, { rpms: [rpm], before: { installed: [old.rpm], absent: [] } });
  expect([told, host.has()]).toEqual([whole && versions[whole], host.has()]);
  return told;
}

/** The next operation finds its way from there. */
function expectRepair(): void {
  host.look(fresh);
  expect(host.begin(fresh)).toMatchObject({ outcome: 'ok' });
  expect(host.has()).toEqual(patched);
}

describe.each(places.map((place) => [place, ...named[place]] as const))(
  '%s without room',
  (folder, atLook, atBegin) => {
    test.each(['blocks', 'inodes'] as const)('for %s is seen before anything is begun', (what) => {
      mountSmall(folder);
      fill(folder, what);
      expect(host.look(fresh)).toMatchObject({ verdict: 'untouched', code: atLook });
      expect(host.has()).toEqual(asBefore);
      unmount(folder);
      expectRepair();
    });

    test.each(['blocks', 'inodes'] as const)('for %s from then on leaves the host as it was', (what) => {
      mountSmall(folder);
      expect(host.look(fresh)).toMatchObject({ go: true });
      fill(folder, what);
      const answer = host.begin(fresh);
      expect(answer.refused?.code ?? answer.outcome).toBe(atBegin);
      expect(host.has()).toEqual(asBefore);
      unmount(folder);
      expectRepair();
    });
  },
);

test.each(['/var/lib/rpm', '/opt/tgtest'])(
  '%s that fills up in the middle of the transaction: it is not called done, and is gone over',
  async (folder) => {
    const pre = `dd if=/dev/zero of=${folder}/filling bs=4k 2>/dev/null || true`;
    const filling = await host.package('2.0', {
      pre,
      release: `of${folder.length}`,
      files: manyFiles('fresh'),
    });
    mountSmall(folder);
    expect(host.look(filling)).toMatchObject({ go: true });
    const answer = host.begin(filling);
    expect(answer.outcome).toMatch(/^TG_(TRANSACTION|VERIFY)_FAILED$/);
    // rpm that could not write its database has put the new files under the old version's name, and removed the old ones.
    expect(expectTold(answer, filling)).toBe(folder === '/var/lib/rpm' ? undefined : 'before');
    host.sandbox.run(`rm ${folder}/filling`);
    expectRepair();
    unmount(folder);
  },
);

test('an operation that cannot write down all that came of it is lost, and is gone over', async () => {
  const pre = 'dd if=/dev/zero of=/var/lib/tidegate/filling bs=4k 2>/dev/null || true';
  const filling = await host.package('2.0', { pre, release: 'unsaid' });
  mountSmall('/var/lib/tidegate');
  expect(host.look(filling)).toMatchObject({ go: true });
  host.begin(filling);
  host.sandbox.run('rm /var/lib/tidegate/filling');
  expect(host.attach(filling)).toMatchObject({ state: 'lost' });
  expectRepair();
  unmount('/var/lib/tidegate');
});

test('a full /tmp is no matter to what does not need it, and seen by what does', () => {
  mountSmall('/tmp');
  fill('/tmp', 'inodes');
  expect(host.look(fresh)).toMatchObject({ go: true });
  expect(host.begin(fresh)).toMatchObject({ outcome: 'ok' });
  expect(host.has()).toEqual(patched);
  unmount('/tmp');
});

test('a root that is read-only refuses by name, before anything and in between', () => {
  host.sandbox.run('mount -o remount,ro /');
  expect(host.look(fresh)).toMatchObject({ verdict: 'untouched', code: 'TG_HOST_FULL' });
  host.sandbox.run('mount -o remount,rw /');
  expect(host.look(fresh)).toMatchObject({ go: true });
  host.sandbox.run('mount -o remount,ro /');
  expect(host.begin(fresh)).toMatchObject({ refused: { code: 'TG_HOST_FULL' } });
  host.sandbox.run('mount -o remount,rw /');
  expect(host.has()).toEqual(asBefore);
  expectRepair();
});

test('a root that has become read-only still says what came of an operation', () => {
  host.look(fresh);
  expect(host.begin(fresh)).toMatchObject({ outcome: 'ok' });
  host.sandbox.run('mount -o remount,ro /');
  expect(host.attach(fresh)).toMatchObject({ state: 'done', outcome: 'ok' });
});

test('a host without room for another process: nothing is claimed that is not so, at any number of them', () => {
  // cgroup v1 has a tree for each controller; v2 has one for all.
  const group = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find(existsSync)!;
  for (let most = 1; most <= 8; most += 1) {
    host.reset(old);
    expect(host.look(fresh)).toMatchObject({ go: true });
    const folder = join(group, `tidegate-test-${process.pid}-${most}`);
    mkdirSync(folder);
    host.sandbox.group = folder;
    writeFileSync(join(folder, 'pids.max'), String(most));
    host.begin(fresh);
    writeFileSync(join(folder, 'pids.max'), 'max');
    host.sandbox.group = undefined;
    expectTruth(host.attach(fresh));
    expectRepair();
    rmdirSync(folder);
  }
});

test('a package database that cannot be read is not taken for one without the package', () => {
  host.sandbox.run(
    `cp -a /var/lib/rpm /var/tmp/rpm
    dd if=/dev/urandom of=/var/lib/rpm/rpmdb.sqlite bs=4k count=20 conv=notrunc; rm -f /var/lib/rpm/*-wal`,
  );
  expect(host.look(fresh)).toMatchObject({
    verdict: 'untouched',
    code: 'TG_PREFLIGHT_REFUSED',
    detail: expect.stringContaining('file is not a database'),
  });
  expect(host.begin(fresh)).toMatchObject({ outcome: 'TG_TRANSACTION_FAILED' });
  host.sandbox.run('rm -rf /var/lib/rpm; mv /var/tmp/rpm /var/lib/rpm');
  expect(host.has()).toEqual(asBefore);
  expectRepair();
});

test('a wrong clock changes nothing', () => {
  host.sandbox.run(
    `mv /usr/bin/date /usr/bin/date.real
    printf '#!/bin/sh\\nexec /usr/bin/date.real -d 1999-12-31T23:59:59 "$@"\\n' >/usr/bin/date; chmod 755 /usr/bin/date`,
  );
  expect(host.look(fresh)).toMatchObject({ go: true });
  expect(host.begin(fresh)).toMatchObject({ outcome: 'ok', beganAt: expect.stringMatching(/^9466/) });
  expect(host.has()).toEqual(patched);
  host.sandbox.run('mv /usr/bin/date.real /usr/bin/date');
});

describe('a scriptlet', () => {
  test('that floods is done when it has ended, and its failure is not drowned', async () => {
    const post = (end: string) => `head -c 50000000 /dev/zero; echo; exit ${end}`;
    const [well, failing] = [
      await host.package('2.0', { post: post('0'), release: 'well' }),
      await host.package('2.0', { post: post('3'), release: 'failing' }),
    ];
    host.look(well);
    expect(host.begin(well)).toMatchObject({ outcome: 'ok' });
    host.look(failing);
    expect(host.begin(failing)).toMatchObject({
      outcome: 'TG_SCRIPTLET_FAILED',
      failed: { detail: expect.stringContaining('scriptlet failed, exit status 3') },
    });
    expect(Number(host.sandbox.run('du -sm /var/lib/tidegate | cut -f1').out)).toBeLessThan(3);
  });

  test.each([
    ['rpm', 'kill -9 $PPID', 'TG_TRANSACTION_FAILED'],
    ['what called rpm', 'kill -9 $(ps -o ppid= -p $PPID)', 'lost'],
    ['all there is', 'kill -9 -1', 'lost'],
  ])('that kills %s is not called done, and is gone over', async (whom, post, said) => {
    const killing = await host.package('3.0', { post, release: whom.replaceAll(' ', '') });
    host.look(killing);
    host.begin(killing);
    const answer = host.attach(killing);
    expect(answer.outcome ?? answer.state).toBe(said);
    if (answer.state === 'done') expectTold(answer, killing);
    expectRepair();
  });
});

/** Puts a small filesystem in the place of a folder, with all that is in it, and some room. */
function mountSmall(folder: string): void {
  host.sandbox.run(
    'mkdir -p /var/lib/tidegate/operations /var/lib/tidegate/stage; chmod -R 700 /var/lib/tidegate',
  );
  must(`mkdir -p /var/small
    mount -t tmpfs -o size=16m,nr_inodes=1000 tmpfs /var/small
    cp -a ${folder}/. /var/small/; chmod --reference=${folder} /var/small
    mount --bind /var/small ${folder}`);
}

function fill(folder: string, what: 'blocks' | 'inodes'): void {
  if (what === 'blocks') must(`dd if=/dev/zero of=${folder}/filling bs=4k 2>/dev/null || true`);
  else
    must(
      `mkdir ${folder}/filling; i=0; while echo >${folder}/filling/$i; do i=$((i+1)); done 2>/dev/null || true`,
    );
}

function unmount(folder: string): void {
  must(`umount ${folder} /var/small`);
}

function must(shell: string): void {
  const done = host.sandbox.run(`set -e\n${shell}`);
  if (done.code !== 0) throw new Error(`${shell}: ${done.err}`);
}
