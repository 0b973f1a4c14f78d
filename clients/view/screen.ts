const hideCursor = '\u001b[?25l\u001b[?7l';
const showCursor = '\u001b[?25h\u001b[?7h';

/** A terminal that does not know its height, as some consoles. */
const usualRows = 24;

/** A part of the terminal that is drawn over and over: the last lines of what was written. */
export class Screen {
  #drawnLines = 0;

  constructor(private readonly stream: Pick<NodeJS.WriteStream, 'write' | 'rows'>) {}

  /** Replaces what was drawn before; what does not fit the height of the terminal is left out below the first line. */
  draw(text: string): void {
    const [first = '', ...rest] = text.split('\n');
    const most = Math.max(1, (this.stream.rows || usualRows) - 2);
    const lines = [first, ...rest.slice(-most)];
    this.stream.write(`${hideCursor}${this.#back()}${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }

  /** Draws for the last time, all of it, and gives the cursor back. */
  end(text: string): void {
    this.stream.write(`${this.#back()}${text}\n${showCursor}`);
  }

  #back(): string {
    return this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A\r\u001b[J`;
  }
}
