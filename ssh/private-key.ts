import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type AnyAuthMethod, OpenSSHAgent, type ParsedKey, utils } from 'ssh2';
import { TidegateError } from '../model/errors';
import { fingerprint } from './host-key';

/** The automation account's private key, or the agent that holds it. Prints as nothing but its description. */
export class PrivateKey {
  readonly #method: (account: string) => AnyAuthMethod;

  constructor(
    /** `ED25519 SHA256:… (path)` or `agent (socket)`: for messages. */
    readonly description: string,
    method: (account: string) => AnyAuthMethod,
  ) {
    this.#method = method;
  }

  /** @returns the one way to log in that is tried: no password, no `none`. */
  authMethod(account: string): AnyAuthMethod {
    return this.#method(account);
  }
}

/**
 * Reads an unencrypted private key file once; its permissions are those of the very file that is read.
 * @throws TidegateError TG_FILE_MISSING, TG_KEY_FILE_OPEN when group or others have any right to it, or another
 * account than ours or root owns it (ssh(1) refuses such keys too), TG_KEY_UNUSABLE
 */
export async function loadPrivateKey(file: string): Promise<PrivateKey> {
  const key = parse(await readGuarded(file), file);
  const description = `${key.type} ${fingerprint(key.getPublicSSH())} (${file})`;
  return new PrivateKey(description, (username) => ({ type: 'publickey', username, key }));
}

/**
 * Uses the agent at `socket`, by default $SSH_AUTH_SOCK. An agent's every key is tried in turn: sshd ends the
 * connection after MaxAuthTries (6), so let it hold the automation key alone.
 * @throws TidegateError TG_KEY_UNUSABLE when no agent answers or it holds no key
 */
export async function agentKey(socket = process.env.SSH_AUTH_SOCK): Promise<PrivateKey> {
  if (socket === undefined || socket === '') throw unusable('key: agent, but SSH_AUTH_SOCK is not set');
  const agent = new OpenSSHAgent(socket);
  const count = await new Promise<number>((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error) reject(unusable(`no agent answers at ${socket}: ${error.message}`, error));
      else resolve(keys?.length ?? 0);
    });
  });
  if (count === 0) throw unusable(`the agent at ${socket} holds no key`);
  return new PrivateKey(`agent (${socket})`, (username) => ({ type: 'agent', username, agent }));
}

async function readGuarded(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY).catch((error: Error) => {
    throw new TidegateError(
      'TG_FILE_MISSING',
      {
        detail: `private key ${file}: ${error.message}`,
        next: `ssh-keygen -t ed25519 -N '' -f ${file}   (then its .pub on every host), or mend key: in fleet.yaml`,
      },
      { cause: error },
    );
  });
  try {
    const { mode, uid } = await handle.stat();
    if ((mode & RIGHTS_OF_OTHERS) !== 0)
      throw new TidegateError('TG_KEY_FILE_OPEN', {
        detail: `private key ${file} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: others can use it; expected 0600`,
        next: `chmod 600 ${file}`,
      });
    if (uid !== 0 && uid !== process.getuid?.())
      throw new TidegateError('TG_KEY_FILE_OPEN', {
        detail: `private key ${file} belongs to UID ${uid}, neither root nor the account of this process`,
        next: `chown root ${file}`,
      });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const RIGHTS_OF_OTHERS = 0o077;

function parse(text: Buffer, file: string): ParsedKey {
  const parsed = utils.parseKey(text);
  if (parsed instanceof Error)
    throw unusable(
      /encrypted|passphrase/i.test(parsed.message)
        ? `private key ${file} is encrypted: add it to an agent (ssh-add ${file}) and say key: agent`
        : `private key ${file}: ${parsed.message}`,
      parsed,
    );
  if (!parsed.isPrivateKey()) throw unusable(`${file} holds a public key, not a private one`);
  return parsed;
}

function unusable(detail: string, cause?: unknown): TidegateError {
  return new TidegateError('TG_KEY_UNUSABLE', detail, { cause });
}
