import { TidegateError } from '../../model/errors';
import { namedSystemError } from '../../store/durable';

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
    const named = error instanceof TidegateError ? error : namedSystemError(error);
    if (!named) throw error;
    return { thing, state: 'missing', found: `${named.code}: ${named.message}`, mend: named.next };
  }
}
