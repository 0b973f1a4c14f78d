import type { Behaviour } from './simulated-hosts';

/** What is simulated: hosts `h0` … in domains `d0` …, each with a behaviour of its own, the same for one seed. */
export interface Simulation {
  readonly socket: string;
  readonly seed: number;
  readonly domains: number;
  /** How long an operation takes, in milliseconds, give or take a half; a look takes a quarter of it. */
  readonly lastsMs: number;
  /** Share of the operations that take `stallMs` instead. */
  readonly stalls: number;
  readonly stallMs: number;
  /** Behaviour → share of the hosts; the rest do well. */
  readonly rates: Readonly<Partial<Record<Behaviour, number>>>;
  /** Header digests of what hosts have before, and after. */
  readonly headers: { readonly before: string; readonly after: string };
}

/** A command for a host, or a question to the simulation itself. */
export type Asked =
  | { readonly id: number; readonly host: string; readonly command: string; readonly stdin: string }
  | { readonly id: number; readonly report: 'sums' | 'hosts' };

export type Said =
  | { readonly id: number; readonly stdout: string }
  | { readonly id: number; readonly ended: string }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }
  | { readonly id: number; readonly report: SimulationReport };

/** What has really happened on the hosts. */
export interface SimulationReport {
  /** Applies that began on any host. */
  readonly begun: number;
  /** Milliseconds since 1970. */
  readonly lastBegunAt: number;
  /** The most hosts with an operation at once, of any domain. */
  readonly peak: number;
  /** Of each host that was ever asked: its version, and how many applies began on it. Empty in `sums`. */
  readonly hosts: readonly (readonly [name: string, version: string, applies: number])[];
}
