/** @returns the text without control characters: what hosts and files say must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]+/gu, ' ');
}

/** @returns the same on one line. */
export function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, ' ');
}
