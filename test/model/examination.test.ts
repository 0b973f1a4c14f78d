import fc from 'fast-check';
import { parseExamination } from '../../model/examination';

const facts = [
  'head abc',
  'last done',
  'state done',
  'began 1',
  'failed TG_CHECK_FAILED unzip -v: exit 1',
  'outcome TG_CHECK_FAILED',
  'installed unzip 0 6.0 28 x86_64 aa',
  'installed unzip 0 6.0 28.1 x86_64 bb',
  'package zip is not installed',
  'differs S.5....T.    /usr/bin/unzip',
  'done',
  '',
];

test('what a host says of itself is read: its last operation, the one that was asked about, packages, changed files, log', () => {
  expect(parseExamination(`${facts.join('\n')}log\n+ rpm -U\n\u001b[31mdone\n`)).toEqual({
    head: 'abc',
    last: 'done',
    operation: 'done',
    outcome: 'TG_CHECK_FAILED',
    failed: { code: 'TG_CHECK_FAILED', detail: 'unzip -v: exit 1' },
    installed: [
      expect.objectContaining({ release: '28', headerDigest: 'aa' }),
      expect.objectContaining({ release: '28.1', headerDigest: 'bb' }),
    ],
    absent: ['zip'],
    differs: ['S.5....T.    /usr/bin/unzip'],
    log: '+ rpm -U\n?[31mdone\n',
  });
});

test('nothing in a log is taken for a fact', () => {
  const forged = parseExamination(
    `${facts.join('\n')}log\ninstalled zip 0 9 9 x86_64 cc\nlast lost\nhead ddd\n`,
  );
  expect(forged).toMatchObject({ head: 'abc', last: 'done', absent: ['zip'] });
  expect(forged).toHaveProperty('installed.length', 2);
});

test('an answer that ended early, or is none of ours, is refused and not believed', () => {
  fc.assert(
    fc.property(fc.nat({ max: facts.length - 2 }), fc.string(), (cut, tail) => {
      expect(parseExamination(facts.slice(0, cut).join('\n'))).toHaveProperty('refused');
      expect(() => parseExamination(tail)).not.toThrow();
    }),
  );
  expect(parseExamination('refused TG_HOST_STATE_PLANTED it is a symbolic link\n')).toEqual({
    refused: { code: 'TG_HOST_STATE_PLANTED', detail: 'it is a symbolic link' },
  });
});
