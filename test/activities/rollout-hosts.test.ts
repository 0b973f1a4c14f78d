import type { NewEntry } from '../../activities/rollout/book';
import { retry } from '../../activities/rollout/retry';
import { watchSoak } from '../../activities/rollout/soak';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import { TidegateError } from '../../model/errors';
import { Ranges } from '../../model/ranges';
import { until } from '../support/rollouts';
import { SimulatedRollout } from '../support/simulated-rollout';

let rollout: SimulatedRollout;
afterEach(() => rollout.remove());

async function plan(...given: Parameters<typeof SimulatedRollout.of>) {
  rollout = await SimulatedRollout.of(...given);
  return rollout;
}

const never = () => new Promise<void>(() => undefined);

test('an operation past its deadline keeps its slot over a restart, until it really ends', async () => {
  const { simulated } = await plan(['hangs', 'well'], { timeouts: { operation: '1s' } });
  const first = rollout.list.findIndex(({ name }) => name === 'h0');
  await rollout.batch(String(first));
  expect((await rollout.work()).record(first)).toMatchObject({ state: 'quarantined', failure: true });
  expect((await rollout.work()).secured.gate.holders()).toHaveLength(1);
  await rollout.die();
  expect((await rollout.work()).secured.gate.holders()).toHaveLength(1);
  const other = rollout.batch(String(1 - first));
  const { book } = await rollout.work();
  // It has asked for its slot, and says whom it waits for; or it is through.
  await Promise.race([other, until(() => book.record.waitsFor.length > 0)]);
  expect(book.record.waitsFor).toMatchObject([{ hosts: 'h0', overdue: true, waiting: 1 }]);
  expect(simulated.begun).toEqual(['h0']);
  simulated.end('h0');
  expect(await other).toMatchObject({ left: '', inProgress: '', stopped: 'no' });
  expect((await rollout.record()).host(first).state).toBe('quarantined');
  expect((await rollout.record()).inFlight()).toEqual([]);
  expect((await rollout.record()).host(1 - first).state).toBe('applied');
});

test('an undo past its deadline keeps its slot until it really ends, and its host is left alone', async () => {
  const { simulated } = await plan(['hangs back'], { timeouts: { operation: '1s' } });
  await rollout.batch('0');
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
  rollout.batch('0').catch(() => undefined);
  await died;
  await rollout.die();
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back', failure: true });
  expect(simulated.hosts.get('h0')?.version).toBe('1-1');
});

test('a host out of reach in a rollback stays as it is, is reported so, and goes back when it is there', async () => {
  const behaviours: Behaviour[] = ['well'];
  const { simulated } = await plan(behaviours);
  await rollout.batch('0');
  behaviours[0] = 'unreachable';
  expect(await rollout.batch('0', 'undo')).toMatchObject({ unreachable: '0', left: '', stopped: 'no' });
  expect((await rollout.record()).host(0).state).toBe('applied');
  expect((await rollout.work()).secured.gate.holders()).toEqual([]);
  behaviours[0] = 'well';
  expect(await rollout.batch('0', 'undo')).toMatchObject({ unreachable: '', left: '' });
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back', failure: false });
  expect(simulated.hosts.get('h0')?.version).toBe('1-1');
});

test('a host that fails while the rollout is paused goes back all the same', async () => {
  const { simulated } = await plan(['fails']);
  const { secured } = await rollout.work();
  let begins = 0;
  simulated.before = (_, verb) => {
    if (verb === 'BEGIN' && ++begins === 1) void secured.gate.close('r-1');
  };
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back' });
});

test('a host to which no begin comes through counts as unreachable', async () => {
  const { simulated } = await plan(['well']);
  simulated.before = (_, verb) => {
    if (verb === 'BEGIN') throw new TidegateError('TG_CONNECTION_LOST', 'cut');
  };
  expect(await rollout.batch('0')).toMatchObject({ unreachable: '0', left: '', failures: 0 });
});

test('what goes wrong in us at one host fails that host, and the others go on', async () => {
  const { simulated } = await plan(['well', 'well']);
  simulated.before = (name, verb) => {
    if (name === 'h0' && verb === 'STAGE') throw new Error('a file of the store is not there');
  };
  expect(await rollout.batch('0-1')).toMatchObject({ left: '', inProgress: '', failures: 1 });
  const record = await rollout.record();
  expect(record.counts()).toMatchObject({ failed: 1, applied: 1 });
  const index = rollout.list.findIndex(({ name }) => name === 'h0');
  expect(record.host(index)).toMatchObject({
    code: 'TG_INTERNAL',
    detail: 'a file of the store is not there',
  });
});

test('what goes wrong in us at every host stops at the budget', async () => {
  const { simulated } = await plan(['well', 'well', 'well', 'well']);
  simulated.before = () => {
    throw new Error('no file of the store is there');
  };
  expect(await rollout.batch('0-3')).toMatchObject({ failures: 2, stopped: 'budget' });
  expect((await rollout.record()).counts()).toMatchObject({ failed: 2, pending: 2 });
});

test.each<[string, Behaviour, string, (entry: NewEntry) => boolean]>([
  ['the end of an operation', 'well', 'applied', (entry) => entry.kind === 'ended'],
  [
    'the begin of an undo',
    'fails',
    'rolled back',
    (entry) => entry.kind === 'begun' && entry.action === 'undo',
  ],
])(
  'a ledger that has no room for %s fails no host, which goes on once it has',
  async (_, behaviour, state, isIt) => {
    const { simulated } = await plan([behaviour]);
    const { book } = await rollout.work();
    const append = book.append.bind(book);
    book.append = async (...entries) => {
      if (!entries.some(isIt)) return append(...entries);
      book.append = append;
      throw new TidegateError('TG_STORE_FULL', 'no space left');
    };
    await expect(rollout.batch('0')).rejects.toMatchObject({ code: 'TG_STORE_FULL' });
    await rollout.batch('0');
    expect((await rollout.record()).host(0).state).toBe(state);
    expect(simulated.begun).toEqual(['h0']);
  },
);

test('a worker that is superseded fails no host: it is told to end, and what it began is taken up by the next', async () => {
  const { simulated } = await plan(['well']);
  simulated.epoch = 2;
  await expect(rollout.batch('0')).rejects.toThrow('epoch 2');
  expect(rollout.superseded).toEqual([expect.stringMatching(/^\S+: a worker of epoch 2 has been here$/)]);
  expect((await rollout.work()).record(0)).toMatchObject({ state: 'pending', failure: false });
  await rollout.die();
  simulated.epoch = 0;
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'applied' });
});

test('a begin that is acknowledged in pieces is acknowledged', async () => {
  const { simulated } = await plan(['hangs']);
  const { gate } = (await rollout.work()).secured;
  const running = rollout.batch('0');
  while (!simulated.begun.length) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setImmediate(resolve));
  expect(gate.holders()).toMatchObject([{ host: 'h0', sent: false }]);
  simulated.end('h0');
  await running;
});

test.each(['STAGE', 'ATTACH'] as const)(
  'a host whose answer to %s comes too late is asked again, and has not failed',
  async (late) => {
    const { simulated } = await plan(['cut']);
    let asked = 0;
    simulated.before = (_, verb) => {
      if (verb === late && ++asked === 1) throw new TidegateError('TG_EXEC_TIMEOUT', 'no answer within 60 s');
    };
    const first = await rollout.batch('0');
    expect(first).toMatchObject({ failures: 0, unreachable: late === 'STAGE' ? '0' : '' });
    if (late === 'STAGE') await rollout.batch('0');
    expect((await rollout.record()).host(0)).toMatchObject({ state: 'applied' });
    expect(simulated.begun).toEqual(['h0']);
  },
);

test('a host whose rpm turns the patch down is left as it was, spends nothing, and is begun anew when it is mended', async () => {
  const behaviours: Behaviour[] = ['turned down'];
  const { simulated } = await plan(behaviours);
  expect(await rollout.batch('0')).toMatchObject({ failures: 0, left: '', unreachable: '', stopped: 'no' });
  const untouched = (await rollout.record()).host(0);
  expect(untouched).toMatchObject({ state: 'untouched', code: 'TG_PREFLIGHT_REFUSED', failure: false });
  expect(untouched.before).toBeUndefined();
  expect((await rollout.work()).secured.gate.holders()).toEqual([]);
  expect(simulated.begun).toEqual(['h0']);
  behaviours[0] = 'well';
  await retry(await rollout.work(), undefined);
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'applied' });
});

test('what goes wrong in us while a host soaks is no illness of the host, and not known to be well in the end', async () => {
  const { simulated } = await plan(['well']);
  await rollout.batch('0');
  simulated.before = () => {
    throw new Error('a file of the store is not there');
  };
  const { signal } = new AbortController();
  const soak = async (last: boolean) => watchSoak(await rollout.work(), Ranges.fromText('0'), last, signal);
  expect(await soak(false)).toEqual({ failed: '', undo: '' });
  expect(await soak(true)).toEqual({ failed: '0', undo: '' });
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'failed', code: 'TG_INTERNAL' });
});
