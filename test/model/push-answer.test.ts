import { parsePushAnswer } from '../../model/push-answer';

test('what a host wants, and how many entries it went through, is read', () => {
  expect(parsePushAnswer('want 0\nwant 17\nwant x\nmode 3\ndone 18\n')).toEqual({
    refused: undefined,
    wanted: [0, 17],
    modes: 1,
    entries: 18,
  });
});

test('a refusal is by a code of ours, and steers no terminal', () => {
  expect(parsePushAnswer('refused TG_HOST_FULL no \u001b[2Jroom').refused).toEqual({
    code: 'TG_HOST_FULL',
    detail: 'no ?[2Jroom',
  });
  expect(parsePushAnswer('refused \u001b[2J x').refused).toEqual({ code: 'TG_HOST_ANSWER', detail: 'x' });
});
