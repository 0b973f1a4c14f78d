import type { Result } from './campaign';
import type { Finding } from './shrink';

/** What is shown of an input; `--seed` and `--at` make all of it again. */
const shownBytes = 400;

/** @returns a line of the table: reader, cases, how many were read and not refused, seconds, findings. */
export function resultLine({ name, cases, read, seconds, findings }: Result): string {
  const share = cases === 0 ? 0 : Math.round((100 * read) / cases);
  return [
    name.padEnd(24),
    String(cases).padStart(8),
    `${String(share).padStart(3)} % read`,
    `${seconds.toFixed(1).padStart(7)} s`,
    findings.length === 0 ? 'nothing found' : `${findings.length} FOUND`,
  ].join('  ');
}

/** @returns what was found, the least that shows it, and how to run it again. */
export function findingText(name: string, { seed, at, why, input }: Finding): string {
  return [
    `  ${why.replaceAll('\n', '\n  ')}`,
    `  input, ${input.length} bytes: ${shown(input)}`,
    `  again: npm run fuzz -- --only ${name} --seed ${seed} --at ${at}\n`,
  ].join('\n');
}

/** Text as JSON has it, when it is text; else as latin1. */
function shown(input: Uint8Array): string {
  const bytes = Buffer.from(input);
  const text = bytes.toString('utf8');
  const whole = JSON.stringify(Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1'));
  return whole.length > shownBytes ? `${whole.slice(0, shownBytes)}… (cut)` : whole;
}
