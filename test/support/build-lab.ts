import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { namedError } from '../../clients/failure';
import { loadRecipe } from '../../fleet/recipe';
import { packRecipe } from '../../fleet/recipe-pack';
import { labDown } from '../../lab/down';
import type { Lab } from '../../lab/lab';
import type { Rpm } from '../../model/artifact';
import type { TidegateError } from '../../model/errors';
import type { recipeSchema } from '../../model/recipe';
import { Artifacts } from '../../store/artifacts';
import { Files } from '../../store/files';
import { type Home, homeAt } from '../../store/home';
import { Ledger } from '../../store/ledger';
import { fileDigest } from '../../store/rpm/read';
import { connectTemporal, type TemporalClient } from '../../workers/temporal/connection';
import { type Server, startServer } from '../../workers/temporal/server';
import type { BuildInput, BuildResult } from '../../workflows/contract/build';
import { taskQueue } from '../../workflows/contract/server';
import { saveBooks } from './books';
import { kill, linesOf, startTypeScript } from './child';
import { saveHistories } from './histories';
import { sharedLab } from './lab';

const actor = { name: 'tests', proof: 'claimed' as const };

/** A lab with a control instance, a Temporal server and the secured worker in a process of its own. */
export class BuildLab {
  #worker: ChildProcess | undefined;

  private constructor(
    readonly lab: Lab,
    readonly home: Home,
    /** For recipes. */
    readonly folder: string,
    private readonly server: Server,
    readonly temporal: TemporalClient,
  ) {}

  static async start(size = { hosts: 1, domains: 1 }): Promise<BuildLab> {
    const lab = await sharedLab(size);
    const home = homeAt(lab.home);
    mkdirSync(home.state, { recursive: true });
    const server = await startServer(home);
    const all = new BuildLab(
      lab,
      home,
      mkdtempSync(join(tmpdir(), 'tg-recipes-')),
      server,
      await connectTemporal(home),
    );
    await all.work();
    return all;
  }

  async stop(): Promise<void> {
    await this.killWorker();
    await saveHistories(this.temporal.client);
    await saveBooks(this.home);
    await this.temporal.connection.close();
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
    await labDown(this.lab.name);
  }

  async work(): Promise<void> {
    this.#worker = startTypeScript(join(__dirname, 'worker-main.ts'), this.home.folder);
    for await (const line of linesOf(this.#worker)) if (line === 'ready') break;
  }

  async killWorker(): Promise<void> {
    if (this.#worker) await kill(this.#worker);
  }

  get files(): Files {
    return new Files(this.home.files);
  }

  async artifacts(): Promise<Artifacts> {
    return Artifacts.open(await Ledger.open(this.home.ledger), this.files);
  }

  /** Writes a recipe of the package `probe`, whose source is a tarball with the one file `text`, pinned. */
  async recipe(
    change: Partial<z.input<typeof recipeSchema>>,
    beside: Record<string, string> = {},
  ): Promise<string> {
    const folder = mkdtempSync(join(this.folder, 'recipe-'));
    const tree = join(folder, 'tree/probe-1.0');
    mkdirSync(tree, { recursive: true });
    writeFileSync(join(tree, 'text'), 'one\ntwo\nthree\n');
    const tarball = join(folder, 'probe-1.0.tar');
    execFileSync('tar', [
      '-c',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '-f',
      tarball,
      '-C',
      dirname(tree),
      'probe-1.0',
    ]);
    const recipe: z.input<typeof recipeSchema> = {
      package: 'probe',
      version: '1.0',
      release: '1',
      source: { file: 'probe-1.0.tar', sha256: await fileDigest(tarball) },
      install: 'install -D -m 644 text %{buildroot}/opt/probe',
      files: ['/opt/probe'],
      date: '2026-01-01T00:00:00Z',
      ...change,
    };
    for (const [name, text] of Object.entries(beside)) writeFileSync(join(folder, name), text);
    const path = join(folder, 'recipe.yaml');
    writeFileSync(path, JSON.stringify(recipe));
    return path;
  }

  /** The file that an artifact made by `recipe` installs. */
  async probe(digest: string): Promise<string> {
    const { sha256 } = await this.rpm(digest);
    const script = 'rpm2archive - <"$1" | tar -xzO ./opt/probe';
    return execFileSync('sh', ['-c', script, 'sh', this.files.path(sha256)], { stdio: 'pipe' }).toString();
  }

  /** The one RPM of an artifact for the lab's platform. */
  async rpm(digest: string): Promise<Rpm> {
    const { artifact } = await (await this.artifacts()).byDigest(digest);
    const [rpm] = artifact.platforms[this.lab.platform] ?? [];
    if (rpm === undefined) throw new Error(`no package in ${digest}`);
    return rpm;
  }

  /** Starts the workflow of a recipe. @returns its result, or the named error that it ended with. */
  async build(path: string, given: Partial<BuildInput> = {}): Promise<BuildResult> {
    const loaded = await loadRecipe(path);
    const input: BuildInput = {
      fleet: this.lab.name,
      package: loaded.recipe.package,
      recipe: await packRecipe(this.files, loaded),
      actor,
      ...given,
    };
    return this.run('build', input);
  }

  async run<T>(workflow: string, input: object): Promise<T> {
    try {
      return await this.temporal.client.workflow.execute(workflow, {
        args: [input],
        taskQueue: taskQueue(this.lab.name),
        workflowId: `${workflow}/${randomBytes(6).toString('hex')}`,
      });
    } catch (error) {
      throw namedError(error) satisfies TidegateError;
    }
  }
}
