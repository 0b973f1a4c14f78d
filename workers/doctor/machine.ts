import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { namedServer } from '../temporal/connection';
import { findTemporal } from '../temporal/find';
import { examine, type Finding } from './finding';

/** package.json, engines: what the Temporal SDK and the tests run on. */
const nodeNeeded = { major: 20, minor: 10 } as const;
/** A program that does not say its version by then hangs. */
const answerLimitMs = 10_000;

const execute = promisify(execFile);
const run = (program: string, words: string[]) =>
  execute(program, words, { timeout: answerLimitMs, env: process.env });

/** What the secured instance itself needs, each with what mends it. */
export async function examineMachine(): Promise<Finding[]> {
  return Promise.all([
    examine('node', async () => nodeFinding()),
    examine('temporal', temporalFinding),
    programFinding('flock', ['--version'], 'holds the state for the one worker'),
    programFinding('ssh-keygen', ['-Q', 'sig'], 'signs and checks mandates'),
    programFinding('rpm', ['--version'], 'reads and checks packages'),
    programFinding('rpmsign', ['--version'], 'signs what is built'),
    programFinding('gpg', ['--version'], 'holds the signing key'),
  ]);
}

function nodeFinding(): Omit<Finding, 'thing'> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > nodeNeeded.major || (major === nodeNeeded.major && minor >= nodeNeeded.minor);
  return enough
    ? { state: 'good', found: process.version }
    : {
        state: 'missing',
        found: `${process.version} is too old`,
        mend: `install Node ${nodeNeeded.major}.${nodeNeeded.minor} or later`,
      };
}

async function temporalFinding(): Promise<Omit<Finding, 'thing'>> {
  const elsewhere = namedServer();
  if (elsewhere)
    return {
      state: 'good',
      found: `not needed: Temporal is at ${elsewhere.options.address ?? 'its default'}`,
    };
  const program = await findTemporal();
  const { stdout } = await run(program, ['--version']);
  return { state: 'good', found: `${firstLine(stdout)} (${program})` };
}

function programFinding(program: string, words: string[], does: string): Promise<Finding> {
  return examine(program, async () => {
    try {
      const { stdout } = await run(program, words);
      return { state: 'good', found: program === 'ssh-keygen' ? 'there' : firstLine(stdout) };
    } catch (error) {
      // A program that is there and does not like the question is there.
      if (!isMissing(error)) return { state: 'good', found: 'there' };
      return { state: 'missing', found: `not on PATH: it ${does}`, mend: 'sh lab/setup.sh' };
    }
  });
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
