/** @returns the lab that is meant when nobody says which. */
export function labName(options: { readonly name?: string }): string {
  return options.name ?? 'lab';
}

/** @returns what a command about the same lab needs: nothing, or ` --name …`. */
export function sameLab(options: { readonly name?: string }): string {
  return options.name === undefined ? '' : ` --name ${options.name}`;
}
