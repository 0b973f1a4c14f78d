import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadDocument } from '../../fleet/document';
import { readHolds } from '../../fleet/holds';
import { loadFleet } from '../../fleet/load';
import { loadRecipe } from '../../fleet/recipe';
import type { Fleet } from '../../model/fleet';
import { planSchema } from '../../model/plan';
import { namedFiles } from '../../model/recipe';
import { texts } from '../input';
import * as samples from '../samples/documents';
import * as hard from '../samples/hard';
import { mustHold, type Target } from '../target';

const now = new Date('2026-03-02T10:00:00Z');

/** The YAML that people write: plans, recipes and their locks, fleets, and the holds that we write. */
export const documents: readonly Target[] = [
  {
    name: 'plan',
    input: texts(samples.plans, { yaml: true, hard: hard.document }),
    open: (folder) => async (input) => {
      const plan = await loadDocument(written(folder, 'plan.yaml', input), planSchema);
      mustHold(
        isDeepStrictEqual(JSON.parse(JSON.stringify(plan)), plan),
        'a plan is the same after the store',
      );
    },
  },
  {
    name: 'recipe',
    input: texts(samples.recipes, { yaml: true, hard: hard.document }),
    open: (folder) => async (input) => {
      for (const name of ['unzip.spec', 'fix.patch']) written(folder, name, Buffer.from('x'));
      const { recipe, files } = await loadRecipe(written(folder, 'recipe.yaml', input));
      for (const path of [...namedFiles(recipe).required, ...files.keys()])
        mustHold(!path.startsWith('/') && !path.split('/').includes('..'), `${path} is below the recipe`);
    },
  },
  {
    name: 'recipe-lock',
    input: texts(samples.locks, { yaml: true, hard: hard.document }),
    open: (folder) => async (input) => {
      written(folder, 'fix.patch', Buffer.from('x'));
      const recipe = written(folder, 'recipe.yaml', Buffer.from(samples.recipes[1]!));
      written(folder, 'recipe.lock', input);
      const { lock } = await loadRecipe(recipe);
      for (const name of Object.keys(lock?.sources ?? {}))
        mustHold(!/[/\0]/.test(name) && name !== '..', `${name} is a file's name`);
    },
  },
  {
    name: 'fleet',
    input: texts(samples.fleets, { yaml: true, hard: [...hard.document, ...hard.fleet] }),
    open: (folder) => async (input) => mustBeFleet(await loadFleet(written(folder, 'fleet.yaml', input))),
  },
  {
    name: 'holds',
    input: texts(samples.holds),
    open: (folder) => async (input) => {
      written(folder, 'holds.json', input);
      for (const { until } of await readHolds(folder, now))
        mustHold(
          until === undefined || Date.parse(until) > now.getTime(),
          `a hold until ${until} is in force`,
        );
    },
  },
];

/** What every part of the house trusts of a fleet. */
export function mustBeFleet({ hosts }: Fleet): void {
  let before = '';
  for (const { name, address, port, account, labels } of hosts) {
    mustHold(/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name), `${JSON.stringify(name)} is a name`);
    mustHold(before < name, `${before} stands before ${name}`);
    mustHold(Number.isInteger(port) && port > 0 && port < 65536, `${port} is a port`);
    for (const word of [address, account])
      mustHold(!/^-|[\s\0;|&$<>"'`\\]/.test(word), `${JSON.stringify(word)} is one word, and no option`);
    for (const key in labels) mustHold(typeof labels[key] === 'string', `label ${key} is text`);
    before = name;
  }
}

/** Writes what is read. @returns its path. */
export function written(folder: string, name: string, input: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, input);
  return path;
}
