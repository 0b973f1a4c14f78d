import { exitCodeOf, namedError } from '../../../clients/failure';
import { errorJson, errorText } from '../../../clients/view/error';
import { TidegateError } from '../../../model/errors';

const many = Array.from({ length: 300 }, (_, index) => `web${index}a${index}b`);

test('an error shows its code, what was found, the hosts folded and what to type next', () => {
  const error = new TidegateError('TG_FILE_INVALID', {
    detail: 'plan.yaml:3: wavs: no such key',
    hosts: ['web001', 'web002', 'db1'],
    next: 'write waves\nor leave it out',
  });
  expect(errorText(error, 80)).toBe(`\
TG_FILE_INVALID  plan.yaml:3: wavs: no such key
  hosts: web[001-002],db1
next: write waves
      or leave it out`);
  expect(exitCodeOf(error)).toBe(2);
});

test('hosts are wrapped on a terminal, cut after a few lines, and whole in a pipe', () => {
  const error = new TidegateError('TG_INTERNAL', { detail: 'x', hosts: many });
  const lines = errorText(error, 80).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.length).toBeLessThan(12);
  expect(errorText(error, Number.POSITIVE_INFINITY)).toContain('web299a299b');
});

test('as JSON an error is one line with every host', () => {
  const text = errorJson(new TidegateError('TG_INTERNAL', { detail: 'a\nb', hosts: many }));
  expect(text).not.toContain('\n');
  expect(JSON.parse(text).error).toMatchObject({
    code: 'TG_INTERNAL',
    detail: 'a\nb',
    hosts: many,
    retryable: false,
  });
});

test('an error that crossed Temporal is found inside its wrappers, with its facts', () => {
  const inner = Object.assign(new Error('no key pinned'), {
    type: 'TG_FILE_MISSING',
    details: [{ hosts: ['web1'], next: 'tidegate doctor' }],
  });
  const wrapped = new Error('Workflow execution failed', {
    cause: new Error('Activity task failed', { cause: inner }),
  });
  const error = namedError(wrapped);
  expect(error.code).toBe('TG_FILE_MISSING');
  expect(error.facts).toEqual({ detail: 'no key pinned', hosts: ['web1'], next: 'tidegate doctor' });
});

test('what has no name becomes TG_INTERNAL, with exit code 1', () => {
  const error = namedError(new Error('surprise'));
  expect(error.code).toBe('TG_INTERNAL');
  expect(error.facts.detail).toContain('surprise');
  expect(exitCodeOf(error)).toBe(1);
});
