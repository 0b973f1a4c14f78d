import { runBatch } from '../../activities/rollout/batch';
import { TidegateError } from '../../model/errors';
import type { BatchResult } from '../../workflows/contract';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import { until } from '../support/rollouts';
import { SimulatedRollout } from '../support/simulated-rollout';

let rollout: SimulatedRollout;
afterEach(() => rollout.remove());

async function plan(behaviours: Behaviour[], given: { timeouts?: { operation: string } } = {}) {
  const behave = (name: string) => behaviours[Number(name.slice(1))]!;
  const size = { hosts: behaviours.length, domains: 1, perDomain: 1, total: 8, stopAt: 2 };
  rollout = await SimulatedRollout.plan({ ...size, ...given, behave });
  return rollout;
}

async function run(hosts: string, action: 'apply' | 'undo' = 'apply'): Promise<BatchResult> {
  const input = { ...rollout.reference, action, wave: 1, hosts, stopAt: action === 'apply' ? 2 : undefined };
  return runBatch(await rollout.work(), { ...input, handOver: false }, new AbortController().signal);
}

const never = () => new Promise<void>(() => undefined);

test('an operation past its deadline keeps its slot over a restart, until it really ends', async () => {
  const { simulated } = await plan(['hangs', 'well'], { timeouts: { operation: '1s' } });
  const first = rollout.list.findIndex(({ name }) => name === 'h0');
  await run(String(first));
  expect((await rollout.work()).record(first)).toMatchObject({ state: 'quarantined', failure: true });
  expect((await rollout.work()).secured.gate.holders()).toHaveLength(1);
  await rollout.die();
  expect((await rollout.work()).secured.gate.holders()).toHaveLength(1);
  const other = run(String(1 - first));
  expect(await Promise.race([other, new Promise((r) => setTimeout(r, 50, 'waits'))])).toBe('waits');
  simulated.end('h0');
  expect(await other).toMatchObject({ left: '', inProgress: '', stopped: 'no' });
  expect((await rollout.record()).host(first).state).toBe('quarantined');
  expect((await rollout.record()).inFlight()).toEqual([]);
  expect((await rollout.record()).host(1 - first).state).toBe('applied');
});

test('an undo past its deadline keeps its slot until it really ends, and its host is left alone', async () => {
  const { simulated } = await plan(['hangs back'], { timeouts: { operation: '1s' } });
  await run('0');
  const { gate } = (await rollout.work()).secured;
  expect((await rollout.work()).record(0)).toMatchObject({ state: 'quarantined', failure: true });
  expect(gate.holders()).toHaveLength(1);
  simulated.end('h0');
  await until(() => gate.holders().length === 0);
  expect((await rollout.record()).inFlight()).toEqual([]);
});

test('an undo whose begin never left a worker that died is begun anew, and the host goes back', async () => {
  const { simulated } = await plan(['fails']);
  let begins = 0;
  const died = new Promise<void>((resolve) => {
    simulated.before = (_, verb) => {
      if (verb !== 'BEGIN' || ++begins !== 2) return;
      resolve();
      return never();
    };
  });
  run('0').catch(() => undefined);
  await died;
  await rollout.die();
  await run('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back', failure: true });
  expect(simulated.hosts.get('h0')?.version).toBe('1-1');
});

test('a host that fails while the rollout is paused goes back all the same', async () => {
  const { simulated } = await plan(['fails']);
  const { secured } = await rollout.work();
  let begins = 0;
  simulated.before = (_, verb) => {
    if (verb === 'BEGIN' && ++begins === 1) void secured.gate.close('r-1');
  };
  await run('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back' });
});

test('a host to which no begin comes through counts as unreachable', async () => {
  const { simulated } = await plan(['well']);
  simulated.before = (_, verb) => {
    if (verb === 'BEGIN') throw new TidegateError('TG_CONNECTION_LOST', 'cut');
  };
  expect(await run('0')).toMatchObject({ unreachable: '0', left: '', failures: 0 });
});

test('what is wrong with us is said when the hosts in progress are through, and is no host’s failure', async () => {
  const { simulated } = await plan(['well', 'well']);
  simulated.before = (name, verb) => {
    if (name === 'h0' && verb === 'STAGE') throw new Error('a file of the store is not there');
  };
  await expect(run('0-1')).rejects.toThrow('a file of the store');
  const { record } = (await rollout.work()).book;
  expect(record.inFlight()).toEqual([]);
  expect(record.counts()).toMatchObject({ pending: 1, applied: 1 });
});
