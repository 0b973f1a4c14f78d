import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey, makeRpm, signInPlace, type TestKey, type TestPackage } from './packages';
import { Sandbox } from './sandbox';

/** A sandbox whose rpm trusts one key, and packages that are signed with it. */
export class TrustingSandbox {
  private constructor(
    readonly sandbox: Sandbox,
    /** Where packages are built. */
    readonly folder: string,
    private readonly signer: TestKey,
  ) {}

  static async start(): Promise<TrustingSandbox> {
    const signer = await makeKey('tests');
    const sandbox = await Sandbox.start();
    sandbox.trust(signer.publicFile);
    return new TrustingSandbox(sandbox, mkdtempSync(join(tmpdir(), 'tidegate-trusting-')), signer);
  }

  /** Builds and signs a package. @returns the path of the RPM. */
  async package(given: TestPackage): Promise<string> {
    return signInPlace(await makeRpm(this.folder, given), this.signer);
  }

  async stop(): Promise<void> {
    this.sandbox.stop();
    await this.signer.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
