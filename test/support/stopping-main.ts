import { setInterval } from 'node:timers';
import { endSoon, stopOnSignal } from '../../workers/signals';

/** A process in which something never ends. `hangs LIMIT` does not heed the request to stop; `lingers` does. */
const [how = '', withinMs = ''] = process.argv.slice(2);
setInterval(() => {}, 60_000);
const stop = stopOnSignal(() => process.stdout.write('asked\n'), Number(withinMs));
if (how === 'lingers')
  stop.addEventListener('abort', () => {
    process.exitCode = 3;
    endSoon();
  });
process.stdout.write('ready\n');
