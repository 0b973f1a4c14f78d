/**
 * @param glob - `*` is any text, `?` one character, everything else itself.
 * @returns a test for texts, in time that grows with both lengths only: an expression with many `.*` takes for ever
 * over a text that almost fits.
 */
export function globTest(glob: string): (text: string) => boolean {
  const pattern = [...glob];
  return (text) => matches(pattern, [...text]);
}

/** Goes back to the last `*` alone: what an earlier one could take instead, that one can take too. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let resumeAt = 0;
  for (let index = 0; index < text.length; ) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at++;
      resumeAt = index;
    } else if (sign === '?' || (sign !== undefined && sign === text[index])) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resumeAt;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
