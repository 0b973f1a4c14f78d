import type fc from 'fast-check';

/** One thing that reads what others wrote. */
export interface Target {
  readonly name: string;
  /** Its cases start programs (rpm, ssh-keygen …): one in this many of those asked for is run. */
  readonly oneIn?: number;
  /** What it is given: the same for one seed on every machine. */
  readonly input: fc.Arbitrary<Uint8Array>;
  /** @param folder of its own, to write what is read. */
  open(folder: string): Trial | Promise<Trial>;
}

/** Reads once. It may refuse what it is given, by an error of the catalogue; everything else is a finding. */
export type Trial = (input: Uint8Array) => unknown;

/** What was read is not what it can be. */
class Untrue extends Error {}

/** @throws Untrue */
export function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Untrue(what);
}
