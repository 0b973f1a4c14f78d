import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TidegateError } from '../../model/errors';
import { runProgram } from './program';
import { type ReadRpm, readRpm } from './read';

/** The key that signed a package, as a person compares it. */
export interface TrustedKey {
  /** Whole fingerprint of the primary key, upper case. */
  readonly fingerprint: string;
  readonly owner: string;
}

/**
 * A keyring of rpm's own that holds the given keys and no other: rpm trusts the whole keyring of the machine
 * otherwise, whoever imported what into it.
 */
export class Keyring {
  private constructor(
    private readonly folder: string,
    private readonly keys: ReadonlyMap<string, TrustedKey>,
  ) {}

  /**
   * @param keyFiles - OpenPGP public keys, armored, one or more in each file.
   * @throws TG_FILE_MISSING, TG_FILE_INVALID naming the file that is not a public key.
   */
  static async open(keyFiles: readonly string[]): Promise<Keyring> {
    const folder = await mkdtemp(join(tmpdir(), 'tidegate-keyring-'));
    try {
      const keys = new Map<string, TrustedKey>();
      for (const file of keyFiles) {
        for (const [id, key] of await readKeys(file, folder)) keys.set(id, key);
        const { code, stderr } = await runProgram('rpmkeys', ['--dbpath', folder, '--import', file]);
        if (code !== 0)
          throw new TidegateError('TG_FILE_INVALID', `${file}: rpm cannot import it: ${lastLine(stderr)}`);
      }
      return new Keyring(folder, keys);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Opens a keyring, does `work` with it, and removes it. */
  static async use<T>(keyFiles: readonly string[], work: (keyring: Keyring) => Promise<T>): Promise<T> {
    const keyring = await Keyring.open(keyFiles);
    try {
      return await work(keyring);
    } finally {
      await keyring.close();
    }
  }

  /**
   * Requires of an RPM file what `%_pkgverify_level all` does: digests that match and a signature by a key of ours.
   * @throws TG_RPM_DAMAGED, TG_RPM_UNSIGNED, TG_RPM_FOREIGN_SIGNED.
   */
  async check(path: string, file = basename(path)): Promise<{ read: ReadRpm; key: TrustedKey }> {
    const read = await readRpm(path, file);
    if (read.keyId === undefined) throw new TidegateError('TG_RPM_UNSIGNED', `${file} has no signature`);
    const key = this.keys.get(read.keyId);
    if (key === undefined)
      throw new TidegateError(
        'TG_RPM_FOREIGN_SIGNED',
        `${file} is signed by key ${read.keyId}; trusted: ${this.names()}`,
      );
    const words = ['--dbpath', this.folder, '--define', '_pkgverify_level all', '-K', path];
    const { code, stdout, stderr } = await runProgram('rpmkeys', words);
    if (code !== 0)
      throw new TidegateError('TG_RPM_DAMAGED', `${file}: ${lastLine(stdout) || lastLine(stderr)}`);
    return { read, key };
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private names(): string {
    const names = [...new Set([...this.keys.values()].map((key) => `${key.owner} (${key.fingerprint})`))];
    return names.length > 0 ? names.join(', ') : 'no key at all';
  }
}

/** gpg's colon format (doc/DETAILS of GnuPG): `fpr` follows the `pub` or `sub` it is of; `uid` names the owner. */
async function readKeys(file: string, folder: string): Promise<Map<string, TrustedKey>> {
  const words = ['--homedir', folder, '--batch', '--no-autostart', '--with-colons', '--show-keys', file];
  const { code, stdout, stderr } = await runProgram('gpg', words);
  if (code !== 0 || !/^pub:/m.test(stdout))
    throw new TidegateError('TG_FILE_INVALID', `${file} is not an OpenPGP public key: ${lastLine(stderr)}`);
  const keys = new Map<string, TrustedKey>();
  for (const block of stdout.split(/^(?=pub:)/m).filter((text) => text.startsWith('pub:'))) {
    const fingerprints = [...block.matchAll(/^fpr:{9}([0-9A-F]+):/gm)].map((match) => match[1] ?? '');
    const owner = /^uid:(?:[^:]*:){8}([^:]*):/m.exec(block)?.[1] ?? '';
    for (const fingerprint of fingerprints)
      keys.set(fingerprint.slice(-16).toLowerCase(), { fingerprint: fingerprints[0] ?? fingerprint, owner });
  }
  return keys;
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
