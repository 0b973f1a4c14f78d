import { runProgram } from '../../../store/rpm/program';

test('a program that prints without end is ended, and has failed: what it was given is no good', async () => {
  const { code, stdout } = await runProgram('yes', []);
  expect(code).toBe(1);
  expect(stdout.length).toBeLessThanOrEqual(16 * 1024 * 1024);
});
