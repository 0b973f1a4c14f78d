import fc from 'fast-check';
import { parseOperationAnswer, parseStageAnswer } from '../../model/host-answer';

describe('what a host answers', () => {
  test('is read line by line', () => {
    const answer = parseStageAnswer(
      `installed unzip 0 6.0 28 x86_64 abc
package zip is not installed
platform debian12 x86_64
head none
Filesystem     1024-blocks     Used Available Capacity Mounted on
overlay          263174212 12014380  83421980      13% /
overlay          263174212 12014380  83421980      13% /
tmpfs                 1024      100       924      10% /tmp
test ok
done
`,
    );
    expect(answer).toMatchObject({
      installed: [
        { name: 'unzip', epoch: '0', version: '6.0', release: '28', arch: 'x86_64', headerDigest: 'abc' },
      ],
      absent: ['zip'],
      platform: 'debian12-x86_64',
      head: 'none',
      free: [
        { mount: '/', bytes: 83_421_980 * 1024 },
        { mount: '/tmp', bytes: 924 * 1024 },
      ],
      complaints: [],
      complete: true,
    });
  });

  test('is never believed to be done without an outcome', () => {
    expect(parseOperationAnswer('state done\n').state).toBe('garbled');
    expect(parseOperationAnswer('state done\noutcome yes\n').state).toBe('garbled');
    expect(parseOperationAnswer('state done\noutcome ok\n')).toMatchObject({
      state: 'done',
      outcome: 'ok',
      touched: false,
    });
  });

  test('never carries control characters to a terminal', () => {
    expect(
      parseOperationAnswer(
        'state done\nfailed TG_CHECK_FAILED \u001b[31mred\u0000\noutcome TG_CHECK_FAILED\n',
      ).failed,
    ).toEqual({
      code: 'TG_CHECK_FAILED',
      detail: '?[31mred?',
    });
  });

  test('may be anything at all, and is no crash', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (text) => {
        parseStageAnswer(text);
        expect(['refused', 'unknown', 'running', 'lost', 'done', 'garbled']).toContain(
          parseOperationAnswer(text).state,
        );
      }),
    );
  });
});
