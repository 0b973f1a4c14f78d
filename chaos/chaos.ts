import type { Turns } from '../model/turns';
import type { Recovery } from './recovery';
import type { Fault } from './schedule';
import type { Setting } from './setting';

/** What a fault is done to. */
export interface Chaos {
  readonly setting: Setting;
  readonly recovery: Recovery;
  /** The rollout that is disturbed. */
  readonly rollout: string;
  /** One thing at a time is done to the worker, and to the server. */
  readonly turns: Turns;
  /** Hosts that have a fault now. */
  readonly broken: Set<string>;
  /** A fault has happened. */
  count(): void;
  /** What was seen on the way and is no answer of the hosts: a refusal without a name, a second worker that served. */
  violate(what: string, host?: string): void;
}

/** A fault that cannot happen now: the host is broken already, the worker is not there. It is not counted. */
export class NotNow extends Error {}

/** What mends a fault; nothing when it is over at once. */
export type Mend = (() => Promise<void>) | undefined;

/** By the name of the kind: what makes a fault happen. */
export type Injections = Readonly<Record<string, (chaos: Chaos, fault: Fault) => Promise<Mend>>>;
