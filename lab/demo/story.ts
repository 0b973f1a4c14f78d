import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pc from 'picocolors';
import type { Lab } from '../lab';

/** The launcher beside package.json: the demo types what a person would. */
const launcher = join(packageFolder(), 'tidegate');

/** One thing that the demo found to be so, or not. */
export interface Finding {
  readonly what: string;
  readonly holds: boolean;
}

/** What the demo tells: chapters, the command lines that it types, and what it found by asking the hosts. */
export class Story {
  readonly findings: Finding[] = [];
  readonly #begunMs = performance.now();

  chapter(title: string): void {
    const seconds = Math.round((performance.now() - this.#begunMs) / 1000);
    process.stdout.write(`\n${pc.bold(`${title}`)} ${pc.dim(`(after ${seconds} s)`)}\n`);
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Types a command line in the lab's home and shows what it prints. @returns its exit code and its output. */
  async type(lab: Lab, ...words: string[]): Promise<{ code: number | null; output: string }> {
    process.stdout.write(`${pc.cyan(`$ tidegate ${words.map(shown).join(' ')}`)}\n`);
    const child = spawn(launcher, words, {
      cwd: lab.home,
      env: { ...process.env, TIDEGATE_HOME: lab.home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  /** Remembers whether something is as it must be; the demo fails at its end when one is not. */
  assert(what: string, holds: boolean): void {
    this.findings.push({ what, holds });
    process.stdout.write(`${holds ? pc.green('✓') : pc.red('✗')} ${what}\n`);
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#begunMs) / 1000);
  }
}

const shown = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

/** The folder of package.json, from dist/lab/demo. */
export function packageFolder(): string {
  return join(__dirname, '..', '..', '..');
}
