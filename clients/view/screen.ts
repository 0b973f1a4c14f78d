const hideCursor = '\u001b[?25l\u001b[?7l';
const showCursor = '\u001b[?25h\u001b[?7h';

/** A part of the terminal that is drawn over and over: the last lines of what was written. */
export class Screen {
  #drawnLines = 0;

  constructor(private readonly stream: Pick<NodeJS.WriteStream, 'write' | 'rows'>) {}

  /** Replaces what was drawn before; what does not fit the height of the terminal is left out at the top. */
  draw(text: string): void {
    const most = Math.max(1, (this.stream.rows ?? 24) - 1);
    const lines = text.split('\n').slice(-most);
    this.stream.write(`${hideCursor}${this.#back()}${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }

  /** Leaves what was drawn last, and gives the cursor back. */
  end(): void {
    this.stream.write(showCursor);
  }

  #back(): string {
    return this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A\r\u001b[J`;
  }
}
