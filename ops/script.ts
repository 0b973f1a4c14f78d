import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const scripts = new Map<string, string>();

/**
 * The POSIX shell that runs on hosts, without its comments (each byte is sent to every host).
 * @param name - a file of this folder, such as `stage.sh`.
 */
export function script(name: string): string {
  let text = scripts.get(name);
  if (text === undefined) {
    text = readFileSync(join(opsFolder(), name), 'utf8').replaceAll(/^\s*#.*\n/gm, '');
    scripts.set(name, text);
  }
  return text;
}

/** What every host is sent is put together once: a copy for each of them is most of what a worker would allocate. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** `ops/` of the package: compiled code runs from dist/ops, which holds no shell. */
function opsFolder(): string {
  const besideThis = __dirname;
  if (existsSync(join(besideThis, 'operation.sh'))) return besideThis;
  return join(dirname(dirname(besideThis)), 'ops');
}
