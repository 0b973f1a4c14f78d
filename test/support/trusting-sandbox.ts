import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rpm } from '../../model/artifact';
import { readRpm } from '../../store/rpm/read';
import { makeKey, makeRpm, signInPlace, type TestKey, type TestPackage } from './packages';
import { Sandbox } from './sandbox';

/** A package, and the bytes of its file. */
export interface BuiltPackage {
  readonly rpm: Rpm;
  readonly file: Buffer;
}

/** A sandbox whose rpm trusts one key, and packages that are signed with it. */
export class TrustingSandbox {
  private constructor(
    readonly sandbox: Sandbox,
    private readonly folder: string,
    private readonly signer: TestKey,
  ) {}

  static async start(): Promise<TrustingSandbox> {
    const signer = await makeKey('tests');
    const sandbox = await Sandbox.start();
    sandbox.trust(signer.publicFile);
    return new TrustingSandbox(sandbox, mkdtempSync(join(tmpdir(), 'tidegate-trusting-')), signer);
  }

  /** A package that it trusts. */
  async package(given: TestPackage): Promise<BuiltPackage> {
    return read(await signInPlace(await makeRpm(this.folder, given), this.signer));
  }

  async unsigned(given: TestPackage): Promise<BuiltPackage> {
    return read(await makeRpm(this.folder, given));
  }

  /** No package is installed, and nothing of Tidegate's is there. */
  clear(): void {
    this.sandbox.run('rm -rf /var/lib/tidegate; rpm -e --nodeps $(rpm -qa | grep -v gpg-pubkey)');
  }

  /** What was on the host before Tidegate. */
  install(...built: readonly BuiltPackage[]): void {
    for (const { file } of built)
      this.sandbox.run('cat >/var/tmp/before.rpm && rpm -U --nodeps /var/tmp/before.rpm', file);
  }

  /** What is installed, as `NAME-VERSION-RELEASE`; rpm keeps its keys among it, which are none. */
  installed(): string[] {
    const list = "rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n' | grep -v gpg-pubkey | sort";
    return this.sandbox.run(list).out.split('\n').filter(Boolean);
  }

  async stop(): Promise<void> {
    this.sandbox.stop();
    await this.signer.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function read(path: string): Promise<BuiltPackage> {
  return { rpm: (await readRpm(path)).rpm, file: readFileSync(path) };
}
