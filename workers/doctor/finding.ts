import { TidegateError } from '../../model/errors';

/** What the doctor says of one thing. */
export interface Finding {
  readonly thing: string;
  /** `remark`: it works, and something is worth knowing. */
  readonly state: 'good' | 'missing' | 'remark';
  readonly found: string;
  /** The command that mends it, or what to do. */
  readonly mend?: string;
}

/** Looks at one thing; what goes wrong by name is its finding. */
export async function examine(thing: string, look: () => Promise<Omit<Finding, 'thing'>>): Promise<Finding> {
  try {
    return { thing, ...(await look()) };
  } catch (error) {
    if (!(error instanceof TidegateError)) throw error;
    return { thing, state: 'missing', found: `${error.code}: ${error.message}`, mend: error.next };
  }
}
