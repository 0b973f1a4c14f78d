import { parseEndedBuild } from '../../model/build-answer';

const sha256 = 'ab'.repeat(32);
const ended = ['state done', 'code 0', 'log 1234', `rpm ${sha256} 6364 noarch/hello-1.0~rc1-1.noarch.rpm`];

test('a build that ended is read: exit code, log, packages', () => {
  expect(parseEndedBuild(ended)).toEqual({
    code: 0,
    logBytes: 1234,
    rpms: [
      {
        sha256,
        sizeBytes: 6364,
        path: 'noarch/hello-1.0~rc1-1.noarch.rpm',
        file: 'hello-1.0~rc1-1.noarch.rpm',
      },
    ],
  });
});

test.each([
  ['without its exit code', [ended[0]!, ended[2]!, ended[3]!]],
  ['with an exit code that is none', ['state done', 'code ', 'log 1']],
  ['without its log', ended.slice(0, 2)],
  ['that runs', ['state running', ...ended.slice(1)]],
  ['with a package that leads elsewhere', [...ended, `rpm ${sha256} 1 ../../../../etc/shadow`]],
  ['with a package below ..', [...ended, `rpm ${sha256} 1 noarch/../x.rpm`]],
  ['with a package that is an option', [...ended, `rpm ${sha256} 1 noarch/-x.rpm`]],
  ['with a package without a size', [...ended, `rpm ${sha256} x noarch/x.rpm`]],
])('a build %s has not ended as ours do', (_what, lines) => {
  expect(parseEndedBuild(lines)).toBeUndefined();
});
