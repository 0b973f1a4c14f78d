import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { TidegateError } from '../model/errors';
import {
  type AskedMandate,
  differenceFrom,
  type Mandate,
  mandateNamespace,
  mandateText,
  readMandate,
  type SignedMandate,
  staleness,
} from '../model/mandate';
import type { Ledger } from './ledger';
import { runProgram } from './rpm/program';

/** The ledger's book of mandates that were taken, each with its proof. */
const book = 'mandates';
const takenSchema = z.object({ nonce: z.string(), usedBy: z.string() });

/**
 * Signs a mandate with a person's SSH key. ssh-keygen asks for a passphrase at the terminal itself.
 * @param keyFile - a private key, or a public one whose private half an agent holds.
 * @throws TG_MANDATE_MISSING when the key cannot sign.
 */
export async function signMandate(mandate: Mandate, keyFile: string): Promise<SignedMandate> {
  const text = mandateText(mandate);
  const { code, stdout, stderr } = await runProgram(
    'ssh-keygen',
    ['-Y', 'sign', '-n', mandateNamespace, '-f', keyFile],
    { stdin: Buffer.from(text) },
  );
  if (code !== 0)
    throw new TidegateError('TG_MANDATE_MISSING', `${keyFile} did not sign: ${lastLine(stderr)}`);
  return { text, signature: stdout };
}

/** A mandate as it came, and what it is held to. */
export interface Presented {
  /** What came with the request. */
  readonly signed: SignedMandate | undefined;
  /** What the request would do, as the worker understands it. */
  readonly asked: AskedMandate;
  /** Path of the fleet's file (ssh-keygen(1), ALLOWED SIGNERS). */
  readonly allowedSigners: string;
  readonly now: Date;
}

/** Takes mandates, each once: for the one worker of a home (store/lock.ts). */
export class Mandates {
  /** nonce → what it was used by, and when that is on the disk. */
  readonly #taken = new Map<string, { usedBy: string; recorded: Promise<void> }>();

  private constructor(private readonly ledger: Ledger) {}

  /** Reads which mandates were taken before. */
  static async open(ledger: Ledger): Promise<Mandates> {
    const mandates = new Mandates(ledger);
    for await (const entry of ledger.read(book)) {
      const { nonce, usedBy } = takenSchema.parse(entry);
      mandates.#taken.set(nonce, { usedBy, recorded: Promise.resolve() });
    }
    return mandates;
  }

  /**
   * Takes the mandate of a request; that it was taken is on the disk when this resolves.
   * @param usedBy - ID, given by the server and not by the caller, of what it is used by (the workflow's run
   * ID, with the signal's): an activity that is tried again is let through by it, another use is not.
   * @returns the principal who signed.
   * @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED.
   */
  async take({ usedBy, ...presented }: Presented & { usedBy: string }): Promise<string> {
    const { nonce, principal, proof, stale } = await read(presented);
    const taken = this.#taken.get(nonce);
    if (taken !== undefined && taken.usedBy !== usedBy) throw refused('it was used before');
    if (taken !== undefined) {
      await taken.recorded;
      return principal;
    }
    if (stale !== undefined) throw refused(stale);
    await this.#record(nonce, usedBy, { at: presented.now.toISOString(), principal, ...proof });
    return principal;
  }

  /** Judges a mandate as `take` does, and leaves it for the use that it is meant for. */
  async look(presented: Presented): Promise<string> {
    const { nonce, principal, stale } = await read(presented);
    if (this.#taken.has(nonce)) throw refused('it was used before');
    if (stale !== undefined) throw refused(stale);
    return principal;
  }

  async #record(nonce: string, usedBy: string, proof: object): Promise<void> {
    const recorded = this.ledger.append(book, { nonce, usedBy, ...proof });
    this.#taken.set(nonce, { usedBy, recorded });
    try {
      await recorded;
    } catch (error) {
      this.#taken.delete(nonce);
      throw error;
    }
  }
}

/** @throws TG_MANDATE_MISSING, TG_MANDATE_REFUSED for what is no mandate, for another order, or by nobody who may. */
async function read({ signed, asked, allowedSigners, now }: Presented) {
  if (signed === undefined)
    throw new TidegateError('TG_MANDATE_MISSING', `${asked.verb} ${asked.target} came without a mandate`);
  const mandate = readMandate(signed.text);
  if (mandate === undefined) throw refused('it is not a mandate, or not written as one');
  const difference = differenceFrom(asked, mandate);
  if (difference !== undefined) throw refused(difference);
  const principal = await verify(signed, allowedSigners);
  return { nonce: mandate.nonce, principal, proof: signed, stale: staleness(mandate, now.getTime()) };
}

/** @returns the principal of allowed_signers whose key made the signature, for our namespace, valid now. */
async function verify(signed: SignedMandate, allowedSigners: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-mandate-'));
  try {
    const signature = join(folder, 'signature');
    await writeFile(signature, signed.signature, { mode: 0o600 });
    const files = ['-f', allowedSigners, '-s', signature];
    const found = await runProgram('ssh-keygen', ['-Y', 'find-principals', ...files]);
    const principal = found.stdout.split(/[\n,]/)[0];
    if (found.code !== 0 || !principal)
      throw refused(`its signature is by no key of ${allowedSigners} (${lastLine(found.stderr)})`);
    const { code, stdout, stderr } = await runProgram(
      'ssh-keygen',
      ['-Y', 'verify', '-n', mandateNamespace, '-I', principal, ...files],
      { stdin: Buffer.from(signed.text) },
    );
    if (code !== 0)
      throw refused(`the signature of ${principal} does not hold (${lastLine(stderr || stdout)})`);
    return principal;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function refused(why: string): TidegateError {
  return new TidegateError('TG_MANDATE_REFUSED', `the mandate is refused: ${why}`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'ssh-keygen does not say why';
}
