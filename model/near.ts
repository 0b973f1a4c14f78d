/** Nobody types a longer word nearly right, and comparing takes time by the square of the length. */
const longestWord = 64;

/**
 * The words a person may have meant, for "did you mean".
 * @returns at most `most` of `candidates`, nearest first: those within a third of the word's length in edits
 * (insert, delete, replace, swap of neighbours), or that begin with it.
 */
export function nearest(word: string, candidates: Iterable<string>, most = 3): string[] {
  if (word.length > longestWord) return [];
  const limit = Math.max(1, Math.floor(word.length / 3));
  const found: { candidate: string; edits: number }[] = [];
  for (const candidate of candidates) {
    const edits =
      word.length > 2 && candidate.startsWith(word) ? limit : editsBetween(word, candidate, limit);
    if (edits <= limit) found.push({ candidate, edits });
  }
  found.sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1));
  return found.slice(0, most).map(({ candidate }) => candidate);
}

/** Optimal string alignment distance, given up as soon as it is sure to be over `limit`. */
function editsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        edits = Math.min(edits, before[column - 2]! + 1);
      current.push(edits);
    }
    if (Math.min(...current) > limit) return limit + 1;
    [before, above] = [above, current];
  }
  return above[b.length]!;
}
