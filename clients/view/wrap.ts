/**
 * Sets pieces into lines no wider than `width`; a piece that is wider itself gets a line of its own, uncut.
 * @param glue what stands between two pieces; at the end of a line without its trailing space
 */
export function wrap(
  pieces: readonly string[],
  {
    width,
    first = '',
    rest = '',
    glue = ' ',
  }: { width: number; first?: string; rest?: string; glue?: string },
): string[] {
  if (!Number.isFinite(width)) return [first + pieces.join(glue)];
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const piece of pieces) {
    const added = empty ? piece : glue + piece;
    if (!empty && visibleWidth(line + added + glue.trimEnd()) > width) {
      lines.push((line + glue).trimEnd());
      line = rest + piece;
    } else line += added;
    empty = false;
  }
  return [...lines, line];
}

/** @returns columns a text takes: colour codes take none. */
export function visibleWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
  return [...text.replace(/\u001b\[[0-9;]*m/g, '')].length;
}

/** @returns the text, cut with an ellipsis when it is wider than `width`; for texts without colours. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
