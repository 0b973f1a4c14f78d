import { namesToAsk } from '../../model/obsoletes';
import { planSchema } from '../../model/plan';
import { judge } from '../../model/preflight';
import { requestText } from '../../model/request';
import type { TestPackage } from './packages';
import type { Sandbox } from './sandbox';
import { type BuiltPackage, TrustingSandbox } from './trusting-sandbox';

const plan = planSchema.parse({ package: 'tgtest', hosts: 'all' });

/** A host looked at and operated on by the shell that runs on hosts, as a rollout does. */
export class OperatedHost {
  #operations = 0;
  /** The last operation on the host, and the one before it. */
  #head = 'none';
  #before = 'none';

  private constructor(private readonly trusting: TrustingSandbox) {}

  static async start(): Promise<OperatedHost> {
    return new OperatedHost(await TrustingSandbox.start());
  }

  get sandbox(): Sandbox {
    return this.trusting.sandbox;
  }

  /** A signed `tgtest`. The host's rpmdb knows of no shell for its scriptlets. */
  package(version: string, given: Partial<TestPackage> = {}): Promise<BuiltPackage> {
    const preamble = ['Provides: /bin/sh'];
    return this.trusting.package({ name: 'tgtest', version, preamble, ...given });
  }

  /** What was on the host before Tidegate, and nothing of ours. */
  reset(before: BuiltPackage): void {
    this.#operations = 0;
    this.#head = 'none';
    const done = this.sandbox.run(
      `rm -rf /var/lib/tidegate; rpm -e --noscripts tgtest 2>/dev/null
      cat >/var/tmp/before.rpm && rpm -U /var/tmp/before.rpm`,
      before.file,
    );
    if (done.code !== 0) throw new Error(done.err);
  }

  /** Brings the package and looks, as a rollout does before it begins. */
  look({ rpm, file }: BuiltPackage) {
    const answer = this.sandbox.stage(namesToAsk([rpm]), 'ASK', [file]);
    const expected = { plan, rpms: [rpm], platform: 'debian12-x86_64', expectedHead: this.#head };
    return judge(answer, expected);
  }

  /** Begins the operation that brings the package, and waits for its end. */
  begin(brought: BuiltPackage) {
    this.#operations += 1;
    const answer = this.#operate('BEGIN', brought);
    // As the ledger has it: what was refused never was.
    if (answer.state !== 'refused') {
      this.#before = this.#head;
      this.#head = this.#id();
    }
    return answer;
  }

  /** Asks what became of the last one. */
  attach(brought: BuiltPackage) {
    const answer = this.#operate('ATTACH', brought);
    if (answer.state === 'unknown') this.#head = this.#before;
    return answer;
  }

  /** What the host has, by its own files and its own rpmdb. */
  has(): { file: string; rpmdb: string; verified: boolean } {
    return {
      file: this.sandbox.run('cat /opt/tgtest/version 2>/dev/null').out.trim(),
      rpmdb: this.sandbox.run("rpm -q --qf '%{VERSION} ' tgtest").out.trim(),
      verified: this.sandbox.run('rpm -V tgtest').out === '',
    };
  }

  async stop(): Promise<void> {
    await this.trusting.stop();
  }

  #operate(verb: 'BEGIN' | 'ATTACH', { rpm }: BuiltPackage) {
    const what = { install: [rpm], erase: [], oldPackage: true, replacePackages: true };
    const request = requestText(what, plan);
    const previous = this.#head === this.#id() ? this.#before : this.#head;
    return this.sandbox.operate(verb, this.#id(), request, { previous });
  }

  #id = () => `a${this.#operations}`;
}
