/** Commands as Tidegate names them: the program, and behind it a noun or a verb in small letters. */
const command = /\btidegate (?=[a-z])(?![^\n]* --home )/g;

/**
 * @param home - the folder that was given with --home, as it was typed; undefined when none was
 * @returns the text with every command in it such that it can be typed as it stands: for the same home
 */
export function withHome(text: string, home: string | undefined): string {
  return home === undefined ? text : text.replace(command, () => `tidegate --home ${quoted(home)} `);
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
