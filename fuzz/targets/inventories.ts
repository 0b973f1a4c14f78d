import { chmodSync } from 'node:fs';
import { loadFleet } from '../../fleet/load';
import { texts } from '../input';
import * as hard from '../samples/hard';
import * as samples from '../samples/inventories';
import type { Target } from '../target';
import { mustBeFleet, written } from './documents';

/** Every format of inventory, each under a name that tells it, and one that only its content tells. */
export const inventories: readonly Target[] = [
  inventory('ini', 'hosts', samples.ini, { hard: hard.inventory }),
  inventory('yaml', 'hosts.yaml', samples.yaml, { yaml: true, hard: hard.inventoryYaml }),
  inventory('json', 'hosts.json', samples.json, { hard: hard.inventoryJson }),
  inventory('list', 'hosts', samples.lists, { hard: hard.inventory }),
  inventory('known-hosts', 'known_hosts', samples.knownHosts, { hard: hard.knownHosts }),
  inventory(
    'any',
    'hosts',
    [samples.ini, samples.yaml, samples.json, samples.lists, samples.knownHosts].flat(),
  ),
  {
    name: 'inventory-program',
    oneIn: 50,
    input: texts(samples.json),
    open: (folder) => async (input) => {
      written(folder, 'printed', input);
      const program = written(folder, 'program', Buffer.from('#!/bin/sh\nexec cat printed\n'));
      chmodSync(program, 0o755);
      mustBeFleet(await loadFleet(fleetOf(folder, 'program')));
    },
  },
];

function inventory(
  format: string,
  name: string,
  lines: readonly string[],
  options: Parameters<typeof texts>[1] = {},
): Target {
  return {
    name: `inventory-${format}`,
    input: texts(lines, options),
    open: (folder) => {
      const fleet = fleetOf(folder, name);
      return async (input) => {
        written(folder, name, input);
        mustBeFleet(await loadFleet(fleet));
      };
    },
  };
}

function fleetOf(folder: string, name: string): string {
  return written(folder, 'fleet.yaml', Buffer.from(`fleet: prod\ninventory: ${name}\n`));
}
