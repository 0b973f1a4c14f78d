import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RolloutEntry } from '../../model/ledger';
import type { RolloutRecord } from '../../model/record';
import { Ledger } from '../../store/ledger';
import { readRolloutBook, readRolloutEntries, rolloutsByAge } from '../../store/rollout-books';
import { BuildLab } from './build-lab';
import { CommandLine } from './command-line';
import { asRoot } from './lab';

type RecipeChange = Parameters<BuildLab['recipe']>[0];

const hosts = ['web001', 'web002'];

/** A lab of two hosts on which `probe` is released: a new release of the package each time that files are asked for. */
export class ReleaseLab {
  #release = 1;

  private constructor(
    readonly lab: BuildLab,
    readonly tidegate: CommandLine,
  ) {}

  static async start(): Promise<ReleaseLab> {
    const lab = await BuildLab.start({ hosts: hosts.length, domains: 1 });
    return new ReleaseLab(lab, new CommandLine(lab.home.folder));
  }

  /** The fleet's name. */
  get fleet(): string {
    return this.lab.lab.name;
  }

  /** The version of the last recipe. */
  get version(): string {
    return `1.0-${this.#release}`;
  }

  /** What each host has once that is released. */
  get released(): string[] {
    return hosts.map(() => this.version);
  }

  /** Writes a recipe of a new release of `probe`, and a plan for it on the web hosts. */
  async files(plan: object = {}, change: RecipeChange = {}): Promise<{ recipe: string; plan: string }> {
    this.#release += 1;
    const path = join(this.lab.folder, `plan-${this.#release}.yaml`);
    const limits = { waves: ['100%'], soak: 0, absent: 'install', caps: { startsPerSecond: 100 } };
    writeFileSync(path, JSON.stringify({ package: 'probe', hosts: 'role=web', ...limits, ...plan }));
    return { recipe: await this.recipe(this.#release, change), plan: path };
  }

  recipe(release: number, change: RecipeChange = {}): Promise<string> {
    return this.lab.recipe({ release: String(release), fixes: ['CVE-1'], ...change });
  }

  /** What each host says that it has, over plain OpenSSH. */
  async installed(): Promise<string[]> {
    const asked = await Promise.all(
      hosts.map((host) => asRoot(this.lab.lab, host, "rpm -q --qf '%{VERSION}-%{RELEASE}' probe")),
    );
    return asked.map(({ stdout }) => stdout.trim());
  }

  /** The ID of the newest release. */
  async newest(): Promise<string> {
    const [id = ''] = await rolloutsByAge(await Ledger.open(this.lab.home.ledger));
    return id;
  }

  async book(id: string): Promise<{ entries: RolloutEntry[]; record: RolloutRecord }> {
    const ledger = await Ledger.open(this.lab.home.ledger);
    const { record } = await readRolloutBook(ledger, id);
    return { entries: await readRolloutEntries(ledger, id), record };
  }

  stop(): Promise<void> {
    return this.lab.stop();
  }
}
