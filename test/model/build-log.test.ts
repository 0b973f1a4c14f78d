import { lastLines, readBuildLog } from '../../model/build-log';

const prep = (lines: string) =>
  `Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.x\n+ cd /w/BUILD\n+ /usr/lib/rpm/rpmuncompress -x /w/SOURCES/unzip_6.0.orig.tar.gz\n${lines}
error: Bad exit status from /var/tmp/rpm-tmp.x (%prep)

RPM build errors:
    Bad exit status from /var/tmp/rpm-tmp.x (%prep)
`;
// As rpm 4.18 traces a pipe: the two commands' lines may come as one.
const applying = (name: string) =>
  `+ + /usr/lib/rpm/rpmuncompress /w/SOURCES/${name}\n/usr/bin/patch -p1 -s --fuzz=0 --no-backup-if-mismatch -f`;

test('a patch that does not fit is named with the file it does not fit', () => {
  const log = prep(
    `${applying('good.patch')}\n${applying('bad.patch')}\n2 out of 7 hunks FAILED -- saving rejects to file process.c.rej`,
  );
  expect(readBuildLog(log)).toEqual({
    kind: 'patch',
    patch: 'bad.patch',
    file: 'process.c',
    why: '2 out of 7 hunks FAILED',
  });
});

test.each(['\n+ /usr/bin/patch -p1', '/usr/bin/patch -p1\n', '+ /usr/bin/patch -p1\n'])(
  'the name of a patch is read however the two ends of the pipe trace: %j',
  (words) => {
    const log = prep(`+ /usr/bin/cat /w/SOURCES/bad.patch${words}\n1 out of 1 hunk FAILED`);
    expect(readBuildLog(log)).toMatchObject({ kind: 'patch', patch: 'bad.patch' });
  },
);

test('a patch for a file that is not there, and one that is no patch, are named', () => {
  const absent = prep(
    `${applying('bad.patch')}\n|--- a/nofile.c\n|+++ b/nofile.c\nNo file to patch.  Skipping patch.\n1 out of 1 hunk ignored`,
  );
  expect(readBuildLog(absent)).toMatchObject({ patch: 'bad.patch', file: 'nofile.c', why: 'no such file' });
  const garbage = prep(
    `${applying('bad.patch')}\n/usr/bin/patch: **** Only garbage was found in the patch input.`,
  );
  expect(readBuildLog(garbage)).toMatchObject({
    patch: 'bad.patch',
    why: 'Only garbage was found in the patch input.',
  });
});

test('%prep may fail without a patch', () => {
  expect(readBuildLog(prep('tar: Unexpected EOF'))).toEqual({ kind: 'other', step: '%prep' });
});

test('what is missing to build is listed', () => {
  const log =
    'error: Failed build dependencies:\n\tgnat is needed by probe-1\n\tbison >= 3 is needed by probe-1\n';
  expect(readBuildLog(log)).toEqual({ kind: 'dependencies', missing: ['gnat', 'bison >= 3'] });
});

test("the last lines are those before rpm's own summary", () => {
  expect(lastLines('a\nb\n\nc\n\nRPM build errors:\n    x\n', 2)).toEqual(['b', 'c']);
});

test('blank lines by the hundred thousand are no missing dependencies, and are read at once', () => {
  const log = `error: Failed build dependencies:\n${'\n'.repeat(400_000)}\tmake is needed by x\n`;
  expect(readBuildLog(log)).toEqual({ kind: 'dependencies', missing: ['make'] });
});

test('a patch without a name is none', () => {
  const log = 'Patch #1 ( ):\n1 out of 1 hunk FAILED\nerror: Bad exit status from /x (%prep)\n';
  expect(readBuildLog(log)).toEqual({ kind: 'other', step: '%prep' });
});
