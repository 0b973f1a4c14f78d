import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { kill } from './child';

/** The command line as it is shipped: `npm test` builds it first. */
const cli = join(__dirname, '../../dist/clients/cli.js');

export interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Of all command lines of a test file: one that a failed test leaves behind would go on beside the next test. */
const running = new Set<ChildProcess>();
afterEach(async () => void (await Promise.all([...running].map(kill))));

/** The command line in one home, as a process of its own each time. What runs at the end of a test is killed. */
export class CommandLine {
  constructor(private readonly folder: string) {}

  /** Runs a command line to its end, in a pipe. */
  async run(...words: string[]): Promise<Answer> {
    const child = this.start(...words);
    const said = { out: '', err: '' };
    child.stdout?.on('data', (chunk: Buffer) => {
      said.out += chunk;
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      said.err += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, ...said };
  }

  /** Starts a command line and leaves it running. */
  start(...words: string[]): ChildProcess {
    return ended(
      spawn(process.execPath, [cli, ...words], {
        cwd: this.folder,
        env: { ...process.env, TIDEGATE_HOME: this.folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** Runs it on a terminal, where a person answers each question as it comes. @returns what the terminal showed. */
  async onTerminal(answers: readonly string[], ...words: string[]): Promise<string> {
    const line = [process.execPath, cli, ...words].join(' ');
    const terminal = ended(
      spawn('script', ['-qec', line, '/dev/null'], {
        cwd: this.folder,
        env: { ...process.env, TIDEGATE_HOME: this.folder, TERM: 'dumb', NO_COLOR: '1' },
      }),
    );
    let shown = '';
    let asked = 0;
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk;
      for (const questions = shown.split('[y/N]').length - 1; asked < questions; asked += 1)
        terminal.stdin.write(`${answers[asked]}\n`);
    });
    await once(terminal, 'close');
    return shown.replaceAll('\r\n', '\n');
  }
}

/** @returns the child, which is ended with the test. */
function ended<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}
