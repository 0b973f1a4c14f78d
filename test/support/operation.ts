import { createHash } from 'node:crypto';
import { script } from '../../ops/script';
import { quote } from '../../ssh/quote';

/** What is said of an operation besides its request; defaults are those of a first one that is waited for. */
export interface GivenOperation {
  readonly previous?: string;
  readonly epoch?: number;
  /** Seconds. */
  readonly wait?: number;
}

/** ops/stage.sh as a worker sends it, with what it reads before. */
export function stageText(): string {
  return script('home.sh') + script('stage.sh');
}

/** The words of a call of it. @param names - of the packages to tell about. */
export function stageWords(
  names: readonly string[],
  mode: 'ASK' | 'KEEP' | 'TRY',
  files: readonly Buffer[],
): string[] {
  return [names.join(' '), mode, ...files.map((file) => `${sha256(file)}:${file.length}`)];
}

/** The line of a request that runs rpm on staged packages. @param words - of the request's verb, and of rpm. */
export function transaction(files: readonly Buffer[], words: readonly string[], limitSeconds = 5): string {
  const paths = files.map((file) => `/var/lib/tidegate/stage/${sha256(file)}.rpm`);
  return `transaction ${quote(String(limitSeconds), ...words, ...paths)}\n`;
}

/** ops/operation.sh as a worker sends it, with what it reads before. */
export function operationText(): string {
  return `${script('home.sh')}tg_runner=${quote(script('checks.sh') + script('packages.sh') + script('runner.sh'))}\n${script('operation.sh')}`;
}

/** The words of a call of it. */
export function operationWords(
  verb: 'BEGIN' | 'ATTACH',
  id: string,
  request: string,
  { previous = 'none', epoch = 1, wait = 20 }: GivenOperation = {},
): string[] {
  return [id, sha256(request), previous, String(epoch), String(wait), verb];
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
