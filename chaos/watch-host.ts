import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostFolder, type Lab, type LabHost } from '../lab/lab';
import type { Steps } from './steps';
import { witnessLog } from './witness';

/** A step of a host lasts some milliseconds; thirteen hosts looked at this often take 3 % of a core. */
const lookEveryMs = 15;

/** Says what hosts are at, from their files as they lie on this machine: no host has to be asked. @returns what ends it */
export function watchHosts(lab: Lab, hosts: readonly LabHost[], steps: Steps): () => void {
  const watched = hosts.map((host) => new HostFiles(lab, host, steps));
  for (const files of watched) files.look(false);
  const timer = setInterval(() => {
    for (const files of watched) files.look(true);
  }, lookEveryMs);
  return () => clearInterval(timer);
}

class HostFiles {
  readonly #upper: string;
  #staged = new Set<string>();
  #operations = new Set<string>();
  readonly #results = new Set<string>();
  #logBytes = 0;

  constructor(
    lab: Lab,
    private readonly host: LabHost,
    private readonly steps: Steps,
  ) {
    this.#upper = join(hostFolder(lab, host), 'upper');
  }

  /** @param tell - whether what is new is said: what is there when the watch begins is not. */
  look(tell: boolean): void {
    const say: Steps['reached'] = (step) => tell && this.steps.reached(step, this.host.name);
    const staged = this.#list('var/lib/tidegate/stage').filter((name) => name.endsWith('.rpm'));
    if (staged.some((name) => !this.#staged.has(name))) say('host:staged');
    this.#staged = new Set(staged);
    const operations = this.#list('var/lib/tidegate/operations').filter((name) => !name.startsWith('.'));
    for (const name of operations) this.#operation(name, say);
    this.#operations = new Set(operations);
    this.#transactions(say);
  }

  #operation(name: string, say: Steps['reached']): void {
    const folder = join(this.#upper, 'var/lib/tidegate/operations', name);
    if (!this.#operations.has(name) && !existsSync(join(folder, 'void'))) say('host:operation');
    if (this.#results.has(name) || !existsSync(join(folder, 'result'))) return;
    this.#results.add(name);
    say('host:result');
  }

  #transactions(say: Steps['reached']): void {
    const path = join(this.#upper, witnessLog);
    const size = existsSync(path) ? statSync(path).size : 0;
    if (size > this.#logBytes) {
      const lines = readFileSync(path).subarray(this.#logBytes).toString().split('\n');
      for (const line of lines) {
        if (line.startsWith('begin') && !line.includes('--test')) say('host:rpm');
        if (line.startsWith('end')) say('host:rpm over');
      }
    }
    this.#logBytes = size;
  }

  #list(folder: string): string[] {
    try {
      return readdirSync(join(this.#upper, folder));
    } catch {
      return [];
    }
  }
}
