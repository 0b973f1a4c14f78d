import { accessSync, constants } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rpm } from '../../model/artifact';
import { TidegateError } from '../../model/errors';
import type { Files } from '../../store/files';
import { Keyring } from '../../store/rpm/keyring';
import { runProgram } from '../../store/rpm/program';
import { readRpm } from '../../store/rpm/read';
import { publicKey, type SigningKey } from '../../store/rpm/signing-key';

/**
 * Signs RPMs of the store with the fleet's key, checks that each is now accepted under that key alone and that its
 * header is the one that was built, and puts them into the store. The key stays in its GnuPG home.
 */
export async function signRpms(
  files: Files,
  key: SigningKey,
  unsigned: readonly { readonly file: string; readonly sha256: string }[],
): Promise<Rpm[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-sign-'));
  try {
    const publicFile = join(folder, 'public.asc');
    await writeFile(publicFile, await publicKey(key));
    return await Keyring.use([publicFile], async (keyring) => {
      const signed: Rpm[] = [];
      for (const { file, sha256 } of unsigned) {
        const path = join(folder, file);
        await copyFile(files.path(sha256), path);
        await addSignature(path, key);
        const { read } = await keyring.check(path, file);
        const before = await readRpm(files.path(sha256), file);
        if (before.rpm.headerDigest !== read.rpm.headerDigest)
          throw new TidegateError('TG_INTERNAL', `${file}: signing changed its header`);
        signed.push({ ...read.rpm, sha256: (await files.putFile(path)).digest });
      }
      return signed;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Debian's rpm names a gpg that is not there; a signature that is there already is replaced. */
async function addSignature(path: string, { gnupgHome, fingerprint }: SigningKey): Promise<void> {
  const macros = [
    `__gpg ${gpgPath()}`,
    `_gpg_path ${gnupgHome}`,
    `_gpg_name ${fingerprint}`,
    '_gpg_digest_algo sha256',
  ];
  const defines = macros.flatMap((macro) => ['--define', macro]);
  const { code, stdout, stderr } = await runProgram('rpmsign', [...defines, '--addsign', path]);
  if (code === 0) return;
  const said = `${stdout}${stderr}`.trim().split('\n').slice(-2).join(' ');
  throw new TidegateError('TG_SIGNING_KEY_MISSING', `rpmsign with ${fingerprint}: ${said}`);
}

function gpgPath(): string {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const path = join(folder, 'gpg');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder of PATH may have it.
    }
  }
  throw new TidegateError('TG_PROGRAM_MISSING', 'gpg is not on PATH of the secured instance');
}
