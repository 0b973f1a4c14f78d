import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const checkout = join(__dirname, '../..');

/** Everything that a worker is made of. */
const rooms = ['activities', 'fleet', 'model', 'ops', 'ssh', 'store', 'test/support', 'workers', 'workflows'];

/** Another release of Tidegate, in a folder of its own: this one with changed sources. */
export interface Release {
  /** What starts its worker (test/support/worker-main.ts). */
  readonly workerMain: string;
  remove(): void;
}

/** @param edits - file → what is replaced in it, and by what; each must be there. */
export function changedRelease(
  edits: Readonly<Record<string, readonly (readonly [old: string, by: string])[]>>,
): Release {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-release-'));
  for (const room of rooms) cpSync(join(checkout, room), join(folder, room), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(checkout, file), join(folder, file));
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, changes] of Object.entries(edits)) {
    let text = readFileSync(join(folder, file), 'utf8');
    for (const [old, by] of changes) {
      if (!text.includes(old)) throw new Error(`${file} has no ${JSON.stringify(old)} to change`);
      text = text.replace(old, by);
    }
    writeFileSync(join(folder, file), text);
  }
  return {
    workerMain: join(folder, 'test/support/worker-main.ts'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
