/**
 * Quotes words for a POSIX shell (XCU 2.2.2: nothing is special between single quotes), joined by spaces. An account
 * whose login shell is csh takes them too, but for a line break: csh looks for its history between quotes.
 * @throws RangeError for a NUL byte, which no command line can carry.
 */
export function quote(...words: string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('a word of a command line cannot hold a NUL byte');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll(/['!]/g, "'\\$&'")}'`;
}
