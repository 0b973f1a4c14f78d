import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { TidegateError } from '../../model/errors';
import { jsonLines } from './lines';
import type { Asked, Said, Simulation, SimulationReport } from './protocol';
import { type Behaviour, SimulatedHosts } from './simulated-hosts';

/** Hosts that live on when the worker that talks to them dies. Says `ready` when it can be asked. */
function main(given: Simulation): void {
  const random = seeded(given.seed);
  const lastsMs = () => (random() < given.stalls ? given.stallMs : given.lastsMs * (0.5 + random()));
  const hosts = new SimulatedHosts(
    (name) => `d${Number(name.slice(1)) % given.domains}`,
    (name) => behaviourOf(name, given),
    lastsMs,
    given.headers,
  );
  const server = createServer((socket) => answer(socket, hosts));
  server.listen(given.socket, () => process.stdout.write('ready\n'));
  // Whoever started us holds our stdin open: hosts of nobody are of no use.
  process.stdin.on('end', () => process.exit()).resume();
}

function answer(socket: Socket, hosts: SimulatedHosts): void {
  socket.on('error', () => undefined);
  const say = jsonLines<Asked, Said>(socket, async (asked) => {
    const { id } = asked;
    if ('report' in asked) return say({ id, report: reportOf(hosts, asked.report) });
    const { host, command, stdin } = asked;
    try {
      const target = { name: host, address: host, port: 22, account: '' };
      const { stdout } = await hosts.use(target, (connection) =>
        connection.exec(command, {
          stdin,
          timeoutMs: 0,
          onStdout: (chunk) => say({ id, stdout: chunk.toString() }),
        }),
      );
      say({ id, ended: stdout.toString() });
    } catch (error) {
      if (!(error instanceof TidegateError)) throw error;
      say({ id, error: { code: error.code, message: error.message } });
    }
  });
}

function reportOf(hosts: SimulatedHosts, wanted: 'sums' | 'hosts'): SimulationReport {
  const sums = {
    begun: hosts.begun.length,
    lastBegunAt: hosts.lastBegunAt,
    peak: Math.max(0, ...hosts.peaks.values()),
  };
  if (wanted === 'sums') return { ...sums, hosts: [] };
  const applies = new Map<string, number>();
  for (const name of hosts.begun) applies.set(name, (applies.get(name) ?? 0) + 1);
  return {
    ...sums,
    hosts: [...hosts.hosts].map(([name, { version }]) => [name, version, applies.get(name) ?? 0]),
  };
}

/** The same for each seed and name, whatever is asked in which order. */
function behaviourOf(name: string, { seed, rates }: Simulation): Behaviour {
  let at = createHash('sha1').update(`${seed} ${name}`).digest().readUInt32BE() / 2 ** 32;
  for (const [behaviour, share] of Object.entries(rates) as [Behaviour, number][]) {
    if (at < share) return behaviour;
    at -= share;
  }
  return 'well';
}

/** Numbers in [0, 1) from a linear congruential generator (Numerical Recipes): enough to vary how long things take. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

main(JSON.parse(process.argv[2]!) as Simulation);
