import { readFileSync } from 'node:fs';
import type { Rpm } from '../../model/artifact';
import { namesToAsk } from '../../model/obsoletes';
import { type PlanInput, planSchema } from '../../model/plan';
import { judge } from '../../model/preflight';
import { requestText } from '../../model/request';
import { readRpm } from '../../store/rpm/read';
import type { TestPackage } from './packages';
import type { Sandbox } from './sandbox';
import { TrustingSandbox } from './trusting-sandbox';

/** A host looked at and operated on by the shell that runs on hosts, as a rollout does. */
export class OperatedHost {
  readonly #files = new Map<string, Buffer>();
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
  async package(version: string, given: Partial<TestPackage> = {}): Promise<Rpm> {
    const preamble = ['Provides: /bin/sh'];
    const path = await this.trusting.package({ name: 'tgtest', version, preamble, ...given });
    const { rpm } = await readRpm(path);
    this.#files.set(rpm.sha256, readFileSync(path));
    return rpm;
  }

  /** What was on the host before Tidegate, and nothing of ours. */
  reset(before: Rpm): void {
    this.#operations = 0;
    this.#head = 'none';
    const done = this.sandbox.run(
      `rm -rf /var/lib/tidegate; rpm -e --noscripts tgtest 2>/dev/null
      cat >/var/tmp/before.rpm && rpm -U /var/tmp/before.rpm`,
      this.#files.get(before.sha256),
    );
    if (done.code !== 0) throw new Error(done.err);
  }

  /** Brings the package and looks, as a rollout does before it begins. */
  look(rpm: Rpm) {
    const answer = this.sandbox.stage(namesToAsk([rpm]), 'ASK', [this.#files.get(rpm.sha256)!]);
    const plan = planSchema.parse({ package: 'tgtest', hosts: 'all' });
    const verdict = judge(answer, {
      plan,
      rpms: [rpm],
      platform: 'debian12-x86_64',
      expectedHead: this.#head,
    });
    return { answer, verdict };
  }

  /** Begins the operation that brings the package, and waits for its end. */
  begin(rpm: Rpm, around: Partial<PlanInput> = {}) {
    this.#operations += 1;
    const answer = this.#operate('BEGIN', rpm, around);
    // As the ledger has it: what was refused never was.
    if (answer.state !== 'refused') {
      this.#before = this.#head;
      this.#head = this.#id();
    }
    return answer;
  }

  /** Asks what became of the last one. */
  attach(rpm: Rpm, around: Partial<PlanInput> = {}) {
    const answer = this.#operate('ATTACH', rpm, around);
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

  #operate(verb: 'BEGIN' | 'ATTACH', rpm: Rpm, around: Partial<PlanInput>) {
    const plan = planSchema.parse({ package: 'tgtest', hosts: 'all', ...around });
    const what = { install: [rpm], erase: [], oldPackage: true, replacePackages: true };
    const request = requestText(what, plan);
    const previous = this.#head === this.#id() ? this.#before : this.#head;
    return this.sandbox.operate(verb, this.#id(), request, { previous });
  }

  #id = () => `a${this.#operations}`;
}
