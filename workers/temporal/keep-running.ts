import { TidegateError } from '../../model/errors';
import type { Home } from '../../store/home';
import type { Ports } from './ports';
import { logFile, startServer } from './server';

/** A server that lived this long had come up; one that dies sooner, again and again, will not be mended by trying. */
const stableMs = 60_000;
const quickDeathsAllowed = 3;

/** A server that is started again, on the same ports, when it dies. */
interface KeptServer {
  readonly address: string;
  readonly uiUrl: string;
  /** Rejects when it dies too often; resolves after `stop`. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the server and keeps it running.
 * @param say - told when it died and when it is back
 * @throws as startServer
 */
export async function keepServerRunning(
  home: Home,
  ports: Ports,
  say: (line: string) => void,
): Promise<KeptServer> {
  let server = await startServer(home, ports);
  let stopping = false;
  const ended = (async () => {
    for (let quickDeaths = 0; ; ) {
      const startedAtMs = performance.now();
      await server.ended;
      if (stopping) return;
      quickDeaths = performance.now() - startedAtMs < stableMs ? quickDeaths + 1 : 1;
      if (quickDeaths > quickDeathsAllowed)
        throw new TidegateError('TG_TEMPORAL_START', {
          detail: `it died ${quickDeaths} times, each within ${stableMs / 1_000} s of its start`,
          next: `tail ${logFile(home)}`,
        });
      say('the Temporal server died: starting it again (nothing is lost; its log: state/temporal.log)');
      server = await startServer(home, ports);
      if (stopping) return server.stop();
      say(`the Temporal server is back at ${server.address}`);
    }
  })();
  return {
    address: server.address,
    uiUrl: server.uiUrl,
    ended,
    async stop() {
      stopping = true;
      await server.stop();
      await ended;
    },
  };
}
