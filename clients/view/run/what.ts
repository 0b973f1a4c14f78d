import type { RunRequest } from '../../../model/run-request';
import { oneLine } from '../printable';

/** What a run does, in words: `'uname -r' on web[001-100]`. */
export function whatOf({ request: { task, selector } }: { readonly request: RunRequest }): string {
  switch (task.verb) {
    case 'run':
      return oneLine(`'${task.command}' on ${selector}`);
    case 'push':
      return oneLine(`push to ${task.to} on ${selector}`);
    case 'pull':
      return oneLine(`pull ${task.from} from ${selector}`);
  }
}
