import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name: letters, digits, dots, dashes');

/** One server of the fleet, as the worker connects to it. */
export const hostSchema = z.object({
  name,
  address: z.string().min(1),
  port: z.number().int().min(1).max(65535),
  account: z.string().min(1),
  /** What its packages are built for, e.g. `debian12-x86_64`: one control instance each. */
  platform: z.string(),
  /** What its hosts share and can exhaust together; '' when the host has none (such hosts form one domain). */
  domain: z.string(),
  labels: z.record(z.string(), z.string()),
  owner: z.string().optional(),
  /** Name of the host of the fleet, or `account@address:port`, that connections go through. */
  jump: z.string().optional(),
});
export type Host = z.infer<typeof hostSchema>;

/** `fleet.yaml`, as a person writes it. Relative paths are relative to the file. */
export const fleetFileSchema = z.strictObject({
  fleet: name,
  /** A file (Ansible INI or YAML, plain list, known_hosts) or a program that prints Ansible's JSON. */
  inventory: z.string().optional(),
  /** Hosts written here instead: name → { address, port, account, labels, … }. */
  hosts: z
    .record(
      name,
      z
        .strictObject({
          address: z.string().optional(),
          port: z.number().int().min(1).max(65535).optional(),
          account: z.string().optional(),
          platform: z.string().optional(),
          owner: z.string().optional(),
          jump: z.string().optional(),
          labels: z.record(z.string(), z.string()).optional(),
        })
        .nullable(),
    )
    .optional(),
  /** The label that names what hosts share. */
  domain: z.string().default('domain'),
  /** platform → name of its control instance. */
  control: z.record(z.string(), name).default({}),
  /** Platform of hosts that do not name one, when there is more than one platform. */
  platform: z.string().optional(),
  account: z.string().default('tidegate'),
  port: z.number().int().min(1).max(65535).default(22),
  /** Private key file, or `agent`. */
  key: z.string().default('keys/automation'),
  /** OpenSSH known_hosts files; the first one is the one that `hostkeys accept` writes. */
  knownHosts: z.array(z.string()).min(1).default(['known_hosts']),
  jump: z.string().optional(),
  /** OpenPGP public keys (files) whose imported RPMs are accepted. */
  trustedKeys: z.array(z.string()).default([]),
  /** OpenPGP home and key with which built RPMs are signed, on this machine only. */
  signing: z.strictObject({ gnupgHome: z.string(), key: z.string() }).optional(),
  /** OpenSSH allowed_signers file; when given, starting and approving need a signed mandate. */
  allowedSigners: z.string().optional(),
});
export type FleetFile = z.infer<typeof fleetFileSchema>;

/** A host that must not be touched, until a moment or until a person lifts it. */
export const holdSchema = z.strictObject({
  host: name,
  until: z.iso.datetime().optional(),
  reason: z.string(),
  actor: z.string(),
  at: z.iso.datetime(),
});
export type Hold = z.infer<typeof holdSchema>;

/** The fleet as loaded: every default applied, hosts sorted by name, no two with one address and port. */
export interface Fleet {
  readonly name: string;
  readonly hosts: readonly Host[];
  readonly file: FleetFile;
  /** Folder that relative paths of the file start from. */
  readonly folder: string;
  /** SHA-256 (hex) over the canonical JSON of name, hosts and control: changes when the fleet changes. */
  readonly digest: string;
}
