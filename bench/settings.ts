/** How the contenders are set. */
export interface Setting {
  readonly name: 'same' | 'defaults';
  readonly title: string;
  /** For all; each tool's own when absent. */
  readonly keyExchange?: string;
  /** Hosts at once, for all; each tool's own when absent. */
  readonly atOnce?: number;
}

/** What Ansible is measured with beside the others: the 50 forks, and no round trip that can be spared. */
export const ansibleForks = 50;

/** All with the same key exchange and the same number of hosts at once. */
export const same = (atOnce: number): Setting => ({
  name: 'same',
  title: `the same for all: curve25519-sha256, ${atOnce} hosts at once (Ansible: ${ansibleForks} forks, pipelining)`,
  keyExchange: 'curve25519-sha256',
  atOnce,
});

export const defaults: Setting = {
  name: 'defaults',
  title: "each tool's defaults (Ansible: 5 forks, no pipelining)",
};

/** Of every rollout here; those of the issue. */
export const waves = ['1%', '10%', '100%'];

/** Of the contenders that are ours. */
export const names = {
  tidegate: 'tidegate',
  warm: 'tidegate, warm',
  defaultLimits: 'tidegate, default budget and caps',
  bare: 'bare ssh2 loop',
  sameSteps: 'the same steps, bare',
  naive: 'naive loop',
} as const;
