import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInventory } from '../../fleet/inventory/read';

/** Where the inventories of the test file that imports this are written. */
export const folder = mkdtempSync(join(tmpdir(), 'tidegate-inventory-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads an inventory of this name and text. @param mode - of a program. */
export async function read(name: string, text: string, mode = 0o644) {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return readInventory(path);
}
