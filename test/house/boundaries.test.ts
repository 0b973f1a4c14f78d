import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** One import that each room must not make, and one that it may: biome.json holds the arrows of the house. */
const arrows: readonly (readonly [room: string, forbidden: string, allowed: string])[] = [
  ['model', '../store/files', './plan'],
  ['model/deep', '../../ssh/pool', '../plan'],
  ['model', 'node:fs', 'zod'],
  ['workflows', '../store/files', '../model/plan'],
  ['workflows', 'node:crypto', '@temporalio/workflow'],
  ['ssh', '../store/files', '../model/errors'],
  ['store', '../fleet/load', '../model/errors'],
  ['fleet', '../activities/rollout/open', '../store/files'],
  ['ops', '../activities/rollout/open', '../ssh/pool'],
  ['activities/rollout', '../../workers/run', '../../ssh/pool'],
  ['activities/rollout', '../../lab/up', '../../store/files'],
  ['workers', '../clients/output', '../activities/rollout/open'],
  ['workers', '../chaos/relay', '../store/lock'],
  ['clients/commands', '../../ssh/pool', '../../fleet/load'],
  ['clients', '../activities/rollout/open', '../workflows/contract/rollout'],
  ['clients', '../workflows/rollout', '../workflows/contract/rollout'],
  ['activities/rollout', '../../workflows/rollout', '../../workflows/contract/rollout'],
  ['lab', '../activities/rollout/open', '../ssh/pool'],
];

let house: string;
let refused: string;
beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'tidegate-house-'));
  for (const file of ['biome.json', '.gitignore']) copyFileSync(join(root, file), join(house, file));
  for (const [index, [room, forbidden, allowed]] of arrows.entries()) {
    mkdirSync(join(house, room), { recursive: true });
    writeFileSync(join(house, room, `forbidden${index}.ts`), importing(forbidden));
    writeFileSync(join(house, room, `allowed${index}.ts`), importing(allowed));
  }
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/biome'),
    ['lint', '--reporter=github', '--max-diagnostics=none', '.'],
    { cwd: house, encoding: 'utf8' },
  );
  refused = stdout
    .split('\n')
    .filter((line) => /noRestrictedImports|noNodejsModules/.test(line))
    .join('\n');
});
afterAll(() => rmSync(house, { recursive: true, force: true }));

test.each(arrows.map(([room, forbidden, allowed], index) => [room, forbidden, allowed, index] as const))(
  '%s/ may not import %s, and may import %s',
  (room, _forbidden, _allowed, index) => {
    expect(refused).toContain(`${room}/forbidden${index}.ts`);
    expect(refused).not.toContain(`${room}/allowed${index}.ts`);
  },
);

function importing(imported: string): string {
  return `import { thing } from '${imported}';\n\nexport const used = thing;\n`;
}
