import { stat } from 'node:fs/promises';
import type { Fleet } from '../model/fleet';
import { isProgram } from './inventory/read';
import { inventoryPath, type ReadFleetFile, readFleetFile, withHosts } from './load';

/** What the fleet is needed for: a plan and a wave look anew, a step of one host does not. */
export type FleetUse = 'plan' | 'wave' | 'step';

/**
 * The fleet as the worker knows it. Files are read again when they have changed; an inventory program runs for each
 * plan and each wave, never for a step. A fleet that somebody has just broken is no fault of a host: work goes on
 * with the last good one, and only plans are refused.
 */
export class FleetSource {
  #last: Fleet | undefined;
  /** Of the files as they were when they were last read, well or not. */
  #stamp = '';
  #good = false;
  #reading: Promise<Fleet> | undefined;
  #file: { readonly stamp: string; readonly reading: Promise<ReadFleetFile> } | undefined;

  /** @param say - told why the fleet cannot be read, once for each state of its files. */
  constructor(
    private readonly fleetFile: string,
    private readonly say: (line: string) => void,
  ) {}

  /** @throws what `loadFleet` throws: for a plan, and as long as there has been no good fleet. */
  async read(use: FleetUse = 'step'): Promise<Fleet> {
    const last = this.#last;
    if (last && (await this.#isCurrent(last, use))) return last;
    // All who find at one moment that it is to be read wait for one reading.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (error) {
      if (use === 'plan' || !last) throw error;
      return last;
    }
  }

  /**
   * fleet.yaml without its inventory, as it is now. With 100,000 hosts in it a reading stops everything else for
   * seconds, so there is one for each state of the file.
   * @throws what `readFleetFile` throws.
   */
  async file(): Promise<ReadFleetFile> {
    const stamp = await stampOf(this.fleetFile);
    const known = this.#file;
    if (known?.stamp === stamp) return known.reading;
    const reading = readFleetFile(this.fleetFile);
    const file = { stamp, reading };
    this.#file = file;
    reading.catch(() => {
      if (this.#file === file) this.#file = undefined;
    });
    return reading;
  }

  async #isCurrent(last: Fleet, use: FleetUse): Promise<boolean> {
    const inventory = inventoryPath(last);
    if ((await stampOf(this.fleetFile)) + (await stampOf(inventory)) !== this.#stamp) return false;
    if (use === 'step') return true;
    return this.#good && !(inventory !== undefined && (await isProgram(inventory)));
  }

  async #read(): Promise<Fleet> {
    // Stamps are taken first: what changes while it is read is seen at the next look.
    const before = this.#last && inventoryPath(this.#last);
    const file = await stampOf(this.fleetFile);
    const asBefore = file + (await stampOf(before));
    this.#stamp = asBefore;
    this.#good = false;
    try {
      const read = await this.file();
      const inventory = inventoryPath(read);
      if (inventory !== before) this.#stamp = file + (await stampOf(inventory));
      this.#last = await withHosts(read, this.fleetFile);
      this.#good = true;
      return this.#last;
    } catch (error) {
      // Until there is a good one again, its inventory is where the last good one said.
      if (this.#last) {
        this.#stamp = asBefore;
        this.say(`the fleet cannot be read; work goes on with it as it was before: ${String(error)}`);
      }
      throw error;
    }
  }
}

/** Inode, length and times tell a file that was written, or replaced, from the one that was read. */
async function stampOf(path: string | undefined): Promise<string> {
  const found = path === undefined ? undefined : await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}\n` : 'absent\n';
}
