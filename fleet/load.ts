import { dirname, resolve } from 'node:path';
import { TidegateError } from '../model/errors';
import { type Fleet, type FleetFile, fleetFileSchema } from '../model/fleet';
import { loadDocument } from './document';
import { type Entry, entriesOfFile, entryOf } from './entry';
import { readInventory } from './inventory/read';
import { makeFleet } from './make';

/** fleet.yaml, and the folder that relative paths in it start from. */
export type ReadFleetFile = Pick<Fleet, 'file' | 'folder'>;

/**
 * Reads fleet.yaml and the inventory it names: hosts with every default applied, sorted by name. A fleet without
 * hosts is a fleet.
 * @param fleetFile path of fleet.yaml; relative paths in it start from its folder.
 * @throws TG_FILE_MISSING, TG_FILE_INVALID (with file:line:column); TG_INVENTORY_INVALID, TG_INVENTORY_FAILED;
 * TG_FLEET_INVALID, TG_FLEET_DUPLICATE, TG_CONTROL_MISSING for a fleet that contradicts itself.
 */
export async function loadFleet(fleetFile: string): Promise<Fleet> {
  return withHosts(await readFleetFile(fleetFile), fleetFile);
}

/** The hosts of a fleet.yaml that has been read. @throws as `loadFleet`. */
export async function withHosts({ file, folder }: ReadFleetFile, fleetFile: string): Promise<Fleet> {
  const { entries, source } = await entriesOf(file, folder, fleetFile);
  return makeFleet(file, entries, folder, source);
}

/**
 * Reads fleet.yaml alone: the inventory, which may be a slow program, is left where it is.
 * @throws TG_FILE_MISSING, TG_FILE_INVALID.
 */
export async function readFleetFile(fleetFile: string): Promise<ReadFleetFile> {
  return {
    file: await loadDocument(fleetFile, fleetFileSchema),
    folder: dirname(resolve(fleetFile)),
  };
}

/** @returns where the inventory is that a fleet.yaml names; undefined when its hosts are in the file itself. */
export function inventoryPath({ file, folder }: ReadFleetFile): string | undefined {
  return file.inventory === undefined ? undefined : resolve(folder, file.inventory);
}

async function entriesOf(
  file: FleetFile,
  folder: string,
  fleetFile: string,
): Promise<{ entries: Entry[]; source: string }> {
  if (file.hosts && file.inventory !== undefined)
    throw new TidegateError('TG_FLEET_INVALID', {
      detail: `${fleetFile} has both hosts: and inventory:; a host would have two truths`,
      next: 'keep one of the two',
    });
  if (file.inventory === undefined) return { entries: entriesOfFile(file.hosts ?? {}), source: fleetFile };
  const source = inventoryPath({ file, folder })!;
  const entries: Entry[] = [];
  for (const [name, variables] of await readInventory(source)) entries.push(entryOf(name, variables));
  return { entries, source };
}
