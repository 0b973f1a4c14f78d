import type { CipherAlgorithm, KexAlgorithm, MacAlgorithm } from 'ssh2';

/** curve25519 first; the NIST curves for hosts in FIPS mode, which lack it. No group exchange, nothing with SHA-1. */
export const keyExchanges: KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
];

/** AES-GCM first: one pass, and the processor helps. CTR for FIPS hosts that turn GCM off. No CBC,
 * and no ChaCha20: sshd without strict key exchange is open to Terrapin (CVE-2023-48795) with it. */
export const ciphers: CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
];

/** Only used with CTR. Encrypt-then-MAC first; no SHA-1. */
export const messageDigests: MacAlgorithm[] = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
];
