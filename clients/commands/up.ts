import { findHome } from '../../store/home';
import { quietRuntime } from '../../workers/run';
import { endSoon, stopOnSignal } from '../../workers/signals';
import { up } from '../../workers/up';
import type { Invocation } from '../verb';

/** Runs the Temporal server and the secured worker in this terminal, until Ctrl-C. */
export async function run(invocation: Invocation<{ port?: number; uiPort?: number }>): Promise<undefined> {
  const { options, output } = invocation;
  const home = findHome(options.home);
  quietRuntime(output.note);
  const stop = stopOnSignal(output.note);
  await up(home, { port: options.port, uiPort: options.uiPort }, stop, {
    say: output.note,
    ready: ({ address, uiUrl }) => {
      const facts = { home: home.folder, address, uiUrl };
      if (output.format === 'json') output.write(`${JSON.stringify(facts)}\n`);
      else
        output.write(
          [
            `${output.colours.good('ready')}   Temporal ${address}, its UI ${uiUrl}`,
            output.typed('Next, in another terminal: tidegate hosts check'),
            '^C stops the worker, then the server; operations on hosts go to their end.\n',
          ].join('\n'),
        );
    },
  }).finally(endSoon);
}
