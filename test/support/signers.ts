import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mandate, SignedMandate } from '../../model/mandate';
import type { Order } from '../../model/orders';
import { signMandate } from '../../store/mandate';

/** People with SSH keys, some of them in the allowed_signers file of a home. */
export class Signers {
  readonly #folder: string;

  constructor(
    private readonly home: string,
    private readonly fleet: string,
  ) {
    this.#folder = join(home, 'people');
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Of a person's key. */
  file(person: string): string {
    return join(this.#folder, person);
  }

  /** Makes a person's key. @returns its file. */
  key(person: string): string {
    const file = this.file(person);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', file]);
    return file;
  }

  /** Makes a person's key and allows it. @returns its file. */
  allow(person: string): string {
    const file = this.key(person);
    appendFileSync(
      join(this.home, 'allowed_signers'),
      `${person}@example.org namespaces="tidegate" ${readFileSync(`${file}.pub`, 'utf8')}`,
    );
    return file;
  }

  /** Signs an order as `--sign-with` does. */
  async sign(order: Order, person: string, change: Partial<Mandate> = {}): Promise<SignedMandate> {
    const mandate = {
      ...order,
      fleet: this.fleet,
      nonce: randomBytes(16).toString('hex'),
      time: new Date().toISOString(),
      ...change,
    };
    return signMandate(mandate, this.file(person));
  }
}
