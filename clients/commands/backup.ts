import { TidegateError } from '../../model/errors';
import { findHome } from '../../store/home';
import { backUp } from '../../workers/backup';
import type { Invocation, Outcome } from '../verb';

/** Packs the state of the home into one file, while neither worker nor server runs. */
export async function run({ options, arguments: [file = ''] }: Invocation): Promise<Outcome> {
  const home = findHome(options.home);
  const { sizeBytes, ...backup } = await backUp(home, file).catch((error: unknown) => {
    if (error instanceof TidegateError && error.code === 'TG_WORKER_RUNNING')
      throw new TidegateError('TG_WORKER_RUNNING', {
        detail: `${error.message}; a backup is of one moment, so it must rest`,
        next: 'stop it (operations on hosts go on), back up, and start it again',
      });
    throw error;
  });
  return {
    json: { file, sizeBytes, ...backup },
    text: [
      `${file}: Temporal's embedded database, store and ledger of ${backup.fleet}, ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`,
      'Not in it: keys, fleet.yaml, known_hosts. Keep them apart.',
    ].join('\n'),
  };
}
