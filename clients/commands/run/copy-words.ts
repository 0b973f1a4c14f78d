import { TidegateError } from '../../../model/errors';
import type { Invocation } from '../../verb';
import { type RunOptions, readJobFile } from './options';

/** @returns selector and the two paths of a push or pull; the hosts come from --file when it is given. */
export async function copyWords(
  { arguments: words, options: { file } }: Invocation<RunOptions>,
  verb: 'push' | 'pull',
): Promise<[selector: string, from: string, to: string]> {
  const paths = verb === 'push' ? 'LOCAL REMOTE' : 'REMOTE FOLDER';
  const wanted = file === undefined ? 3 : 2;
  const [first = '', second = '', third = ''] = words;
  if (words.length !== wanted)
    throw new TidegateError('TG_USAGE', {
      detail: `${words.length} of ${wanted} words are there`,
      next: `tidegate ${verb} ${file === undefined ? 'SELECTOR' : `--file ${file}`} ${paths}`,
    });
  return file === undefined ? [first, second, third] : [(await readJobFile(file)).selector, first, second];
}
