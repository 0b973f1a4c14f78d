import { differenceFrom, type Mandate, mandateText, readMandate, staleness } from '../../model/mandate';

const mandate: Mandate = {
  fleet: 'prod',
  verb: 'rollout start',
  target: 'r-412',
  plan: 'a'.repeat(64),
  nonce: '0123456789abcdef0123456789abcdef',
  time: '2026-03-02T22:00:00Z',
};
const at = (time: string) => Date.parse(`2026-03-02T${time}Z`);

test('has one text, and only that is read back', () => {
  const text = mandateText(mandate);
  expect(text.startsWith('{"fleet":"prod","nonce":"0123')).toBe(true);
  expect(readMandate(text)).toEqual(mandate);
  expect(readMandate(JSON.stringify(mandate))).toBeUndefined();
  expect(readMandate(text.replace('"verb"', '"verb":"x","verb"'))).toBeUndefined();
  expect(readMandate(text.replace('{', '{"also":1,'))).toBeUndefined();
  expect(readMandate('rollout start')).toBeUndefined();
});

test('says in what it differs from what was asked', () => {
  expect(differenceFrom(mandate, mandate)).toBeUndefined();
  expect(differenceFrom({ ...mandate, target: 'r-413' }, mandate)).toBe(
    'it was signed for target r-412, and asked is r-413',
  );
  expect(differenceFrom({ ...mandate, plan: undefined }, mandate)).toMatch(/asked is none$/);
});

test('is fresh for 15 minutes, and 2 minutes before it was signed by a clock that is ahead', () => {
  expect(staleness(mandate, at('21:58:00'))).toBeUndefined();
  expect(staleness(mandate, at('22:15:00'))).toBeUndefined();
  expect(staleness(mandate, at('22:15:01'))).toMatch(/more than 15 minutes ago/);
  expect(staleness(mandate, at('21:57:59'))).toMatch(/still to come/);
});
