import type { Lab, LabHost } from '../lab';

export interface FaultOptions {
  /** full-disk: the folder whose filesystem is full (`/var` when absent). */
  readonly path?: string;
  /** drop, stall: bytes that the host may send before it happens (none when absent). */
  readonly afterBytes?: number;
}

/** A way in which a host of the lab can misbehave. */
export interface Fault {
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** What of the options it takes. */
  readonly takes?: readonly (keyof FaultOptions)[];
  /** It lives in the host's processes or mounts, so a reboot mends it. */
  readonly endsWithBoot?: boolean;
  /** It is over when `break` returns: there is nothing to mend. */
  readonly momentary?: boolean;
  break(lab: Lab, host: LabHost, options: FaultOptions): Promise<void>;
  mend(lab: Lab, host: LabHost): Promise<void>;
}
