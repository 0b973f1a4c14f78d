/** @returns `1 host`, `12 hosts`, `1 problem`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
