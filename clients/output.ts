import { type Colours, colours } from './view/colours';
import { withHome } from './view/commands';

/** What people meet when there is no terminal to ask, and the width that output is designed for. */
const designedWidth = 80;

/** In a log, a wait is worth a line this often. */
const progressLineMs = 15_000;

/** Where a verb writes: results on stdout, everything else on stderr. */
export interface Output {
  readonly format: 'text' | 'json';
  /** Columns of the terminal; Infinity in a pipe or a file, where nothing is cut. */
  readonly width: number;
  /** stdout is a terminal: a view may redraw itself. */
  readonly live: boolean;
  /** Colours for what goes to stdout. */
  readonly colours: Colours;
  /** Colours for what goes to stderr. */
  readonly noteColours: Colours;
  /** @returns the text with the commands in it as they are to be typed: with --home, when that was given. */
  typed(text: string): string;
  /** Writes a piece of a result to stdout as it is. */
  write(text: string): void;
  /** Takes the line that says what is going on off the screen. */
  clear(): void;
  /** Says on stderr what is going on: a new line each time. */
  note(line: string): void;
  /**
   * Says on stderr what is going on: replaces the line before on a terminal, is a line now and then elsewhere, and
   * is silent when the result is JSON.
   */
  progress(line: string): void;
}

interface OutputStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** @returns the way to write of one run; `colour: false` is --no-color (see https://no-color.org). */
export function openOutput(
  options: { format: 'text' | 'json'; colour: boolean; home?: string },
  { stdout, stderr }: OutputStreams = process,
): Output {
  let shown = false;
  let lastLineMs = performance.now();
  const clearProgress = (): void => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  const typed = (text: string): string => withHome(text, options.home);
  return {
    format: options.format,
    width: stdout.isTTY ? stdout.columns || designedWidth : Number.POSITIVE_INFINITY,
    live: stdout.isTTY === true && options.format === 'text' && process.env.TERM !== 'dumb',
    colours: colours(options.colour && options.format === 'text' && wantsColour(stdout)),
    noteColours: colours(options.colour && options.format === 'text' && wantsColour(stderr)),
    typed,
    clear: clearProgress,
    write(text) {
      clearProgress();
      stdout.write(text);
    },
    note(line) {
      clearProgress();
      stderr.write(`${typed(line)}\n`);
    },
    progress(line) {
      if (options.format === 'json') return;
      if (!stderr.isTTY) {
        if (performance.now() - lastLineMs < progressLineMs) return;
        lastLineMs = performance.now();
        stderr.write(`${line}\n`);
        return;
      }
      clearProgress();
      stderr.write(line.slice(0, (stderr.columns || designedWidth) - 1));
      shown = true;
    },
  };
}

/**
 * Keeps a reader that goes away (`| head`) from ending in a stack trace: a verb that only looks ends there,
 * one that changes something goes on without being read.
 */
export function outliveReader(changes: () => boolean, { stdout, stderr }: OutputStreams = process): void {
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!changes()) process.exit(0);
    });
}

function wantsColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}
