import { resolve } from 'node:path';
import { TidegateError } from '../../model/errors';
import type { Fleet } from '../../model/fleet';
import { runProgram } from './program';

/** The fleet's own key, found in the GnuPG home of the secured instance. */
export interface SigningKey {
  readonly gnupgHome: string;
  readonly fingerprint: string;
}

/** @throws TG_SIGNING_KEY_MISSING when fleet.yaml names none, or it is not there with its secret half. */
export async function findSigningKey(fleet: Fleet): Promise<SigningKey> {
  const { signing } = fleet.file;
  if (signing === undefined)
    throw new TidegateError('TG_SIGNING_KEY_MISSING', 'fleet.yaml has no signing: { gnupgHome, key }');
  const gnupgHome = resolve(fleet.folder, signing.gnupgHome);
  const words = ['--homedir', gnupgHome, '--batch', '--with-colons', '--list-secret-keys', '--', signing.key];
  const { code, stdout, stderr } = await runProgram('gpg', words);
  const fingerprint = /^fpr:{9}([0-9A-F]+):/m.exec(stdout)?.[1];
  if (code === 0 && fingerprint !== undefined) return { gnupgHome, fingerprint };
  throw new TidegateError('TG_SIGNING_KEY_MISSING', {
    detail: `${signing.key} in ${gnupgHome}: ${stderr.trim().split('\n').at(-1)}`,
    next: `gpg --homedir ${gnupgHome} --quick-generate-key '${signing.key}'`,
  });
}

/** @returns the public half, armored: what hosts and `artifacts verify` trust. */
export async function publicKey({ gnupgHome, fingerprint }: SigningKey): Promise<string> {
  const { code, stdout, stderr } = await runProgram('gpg', [
    ...['--homedir', gnupgHome, '--batch', '--armor', '--export', fingerprint],
  ]);
  if (code !== 0 || stdout === '') throw new TidegateError('TG_SIGNING_KEY_MISSING', stderr.trim());
  return stdout;
}
