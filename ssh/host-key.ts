import { createHash } from 'node:crypto';

/** Key types that ssh2 can verify, with the signature algorithms for each; SHA-1 `ssh-rsa` signatures are left out. */
const signatureAlgorithms = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

export type HostKeyAlgorithm = (typeof signatureAlgorithms)[keyof typeof signatureAlgorithms][number];

/**
 * @returns the host-key algorithms to offer: those of the pinned key types first, so that a host with several
 * keys shows the one we know (as OpenSSH's `order_hostkeyalgs`), then the rest, so that a replaced key can be named.
 */
export function hostKeyAlgorithms(pinnedTypes: ReadonlySet<string>): HostKeyAlgorithm[] {
  const types = Object.entries(signatureAlgorithms);
  const known = types.filter(([type]) => pinnedTypes.has(type));
  const others = types.filter(([type]) => !pinnedTypes.has(type));
  return [...known, ...others].flatMap(([, algorithms]) => algorithms);
}

/** @returns `SHA256:…` of a public key blob, as `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** @returns the type that a public key blob names in its first field (RFC 4253, 6.6); '' when it has none. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && 4 + length <= key.length ? key.toString('latin1', 4, 4 + length) : '';
}

/** @returns `ED25519`, `ECDSA`, `RSA` …: the type as `ssh-keygen -l` prints it. */
export function keyTypeText(type: string): string {
  const plain = type.replace(/@openssh\.com$/, '').replace(/^sk-/, '');
  const family = plain.startsWith('ecdsa-') ? 'ECDSA' : plain.replace(/^ssh-/, '').toUpperCase();
  return type.startsWith('sk-') ? `${family}-SK` : family === 'DSS' ? 'DSA' : family;
}
