/** @returns the lab that is meant when nobody says which. */
export function labName(options: { readonly name?: string }): string {
  return options.name ?? 'lab';
}
