import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes an ed25519 key pair with ssh-keygen (6 ms). ssh2's own generator writes about one key in 300 that OpenSSH
 * cannot load (tried: 1 of 400, "error in libcrypto").
 * @param file - the private key; the public one is beside it. @returns the public key's line.
 */
export async function makeKey(file: string, comment: string): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  return (await readFile(`${file}.pub`, 'utf8')).trim();
}
