import type { Connection } from './connection';
import type { Target } from './target';

/** How the rest of Tidegate reaches hosts: real ones through Pool, simulated ones through whatever takes its place. */
export interface Hosts {
  /**
   * Hands `work` a live connection to the host, which others may be using too; it stays open for the next user.
   * @throws TidegateError what connect() throws, or what `work` throws
   */
  use<T>(target: Target, work: (connection: Connection) => Promise<T>, options?: UseOptions): Promise<T>;
}

export interface UseOptions {
  /** How long to wait for the TCP connection to open. */
  readonly connectTimeoutMs?: number;
}
