import { finish } from '../../activities/rollout/finish';
import { retry } from '../../activities/rollout/retry';
import { watchSoak } from '../../activities/rollout/soak';
import { sumsOf } from '../../activities/rollout/sums';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import { TidegateError } from '../../model/errors';
import { Ranges } from '../../model/ranges';
import { until } from '../support/rollouts';
import { SimulatedRollout } from '../support/simulated-rollout';

/** What is said of a host that is left as it is: a person holds it, it left the fleet, the worker could not write. */
let rollout: SimulatedRollout;
/** That of the one host. */
let behaviours: [Behaviour];
afterEach(() => rollout.remove());

async function plan(behaviour: Behaviour) {
  behaviours = [behaviour];
  rollout = await SimulatedRollout.of(behaviours);
  return rollout;
}

const holders = async () => (await rollout.work()).secured.gate.holders().map(({ host }) => host);
const undoable = async () => sumsOf(await rollout.work()).undoable;
const version = () => rollout.simulated.hosts.get('h0')?.version;

test.each([
  ['a person holds it', () => rollout.held.add('h0')],
  ['it leaves the fleet', () => rollout.removed.add('h0')],
] as const)('a host that is half-way is never called untouched when %s', async (_, happens) => {
  const { simulated } = await plan('lost');
  simulated.before = async (__, verb) => {
    if (verb !== 'BEGIN') return;
    happens();
    await rollout.work();
  };
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'quarantined', failure: true });
  expect(await holders()).toEqual([]);
});

/** Failed, and left with what was brought, as a plan with `failedHost: leave` has it. */
async function failedWithThePatch() {
  await plan('fails');
  (await rollout.work()).planned.record.plan.failedHost = 'leave';
  await rollout.batch('0');
  expect(version()).toBe('2-1');
}

const away = (): void => {
  throw new TidegateError('TG_HOST_UNREACHABLE', 'no route');
};
test.each([
  ['its plan leaves failed hosts', { failedHost: 'leave' }, (): void => undefined],
  ['its rollout cannot be taken back', { rollback: 'none' }, (): void => undefined],
  ['it is out of reach when it is to be taken back', {}, away],
] as const)(
  'a host whose files are not those of its package is quarantined when %s',
  async (_, given, undo) => {
    const { simulated } = await plan('half-way');
    Object.assign((await rollout.work()).planned.record.plan, given);
    simulated.before = (__, verb) => (verb === 'STAGE' && simulated.begun.length > 0 ? undo() : undefined);
    await rollout.batch('0');
    const said = { state: 'quarantined', code: 'TG_VERIFY_FAILED', failure: true };
    expect((await rollout.record()).host(0)).toMatchObject(said);
    expect(await holders()).toEqual([]);
  },
);

test('a host that has the patch whole, and is out of reach when it is to be taken back, goes back with the rollout', async () => {
  const { simulated } = await plan('fails');
  simulated.before = (_, verb) => (verb === 'STAGE' && simulated.begun.length > 0 ? away() : undefined);
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'failed', code: 'TG_CHECK_FAILED' });
  simulated.before = () => undefined;
  await rollout.batch('0', 'undo');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back', failure: true });
});

test('a host that was lost is quarantined when its second attempt is refused', async () => {
  const { simulated } = await plan('lost');
  simulated.before = (_, verb) =>
    verb === 'BEGIN' && simulated.begun.length > 0 ? 'refused TG_HOST_FULL cannot write\n' : undefined;
  await rollout.batch('0');
  const said = { state: 'quarantined', code: 'TG_HOST_FULL', failure: true };
  expect((await rollout.record()).host(0)).toMatchObject(said);
});

test('a host that was lost is quarantined when its rollout ends before its second attempt', async () => {
  const { simulated } = await plan('lost');
  const { gate } = (await rollout.work()).secured;
  simulated.before = (_, verb) => {
    if (verb === 'BEGIN') void gate.close(rollout.reference.rollout, 1);
    return undefined;
  };
  expect(await rollout.batch('0')).toMatchObject({ stopped: 'closed', left: '0' });
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'pending', lost: true });
  expect(await finish(await rollout.work(), { aborted: true })).toBe('aborted');
  const said = { state: 'quarantined', code: 'TG_OPERATION_LOST', failure: true };
  expect((await rollout.record()).host(0)).toMatchObject(said);
});

test('a host that has the patch is no untouched one when it is held before it is tried again', async () => {
  await failedWithThePatch();
  await retry(await rollout.work(), undefined);
  rollout.held.add('h0');
  expect(await rollout.batch('0')).toMatchObject({ failures: 1, left: '' });
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'failed', code: 'held', failure: true });
  expect(await undoable()).toMatchObject({ failed: '0' });
});

test('a host that was to be tried again, and has the patch, goes back with the rollout', async () => {
  await failedWithThePatch();
  await retry(await rollout.work(), undefined);
  expect(await undoable()).toMatchObject({ applied: '0' });
  expect(await rollout.batch('0', 'undo')).toMatchObject({ left: '', unreachable: '' });
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back' });
  expect(version()).toBe('1-1');
  expect(await undoable()).toEqual({ failed: '', applied: '' });
});

test('a host on which no begin arrived has nothing to be taken back', async () => {
  const { simulated } = await plan('well');
  simulated.before = (_, verb) => {
    if (verb === 'BEGIN') throw new TidegateError('TG_CONNECTION_LOST', 'cut');
  };
  await rollout.batch('0');
  expect(await undoable()).toEqual({ failed: '', applied: '' });
});

test('a host that is held while it waits for its slot is not begun on, and a rollback leaves a held one', async () => {
  const { simulated } = await plan('well');
  const theirs = (await rollout.work()).secured.gate.hold('r-2', 'h0', 'd0');
  simulated.before = (_, verb) => {
    if (verb !== 'STAGE') return;
    rollout.held.add('h0');
    setTimeout(async () => (await rollout.work()).secured.gate.release(theirs), 5);
  };
  await rollout.batch('0');
  expect(simulated.begun).toEqual([]);
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'untouched', code: 'held' });
  await rollout.remove();

  await plan('well');
  await rollout.batch('0');
  rollout.held.add('h0');
  expect(await rollout.batch('0', 'undo')).toMatchObject({ unreachable: '0', left: '' });
  expect(version()).toBe('2-1');
  rollout.held.clear();
  await rollout.batch('0', 'undo');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'rolled back' });
});

test.each(['apply', 'undo'] as const)(
  'an %s in progress on a host that has left the fleet keeps its slot, and quarantines the host',
  async (action) => {
    await plan(action === 'apply' ? 'hangs' : 'well');
    if (action === 'undo') {
      await rollout.batch('0');
      behaviours[0] = 'hangs back';
    }
    const { book } = await rollout.work();
    rollout.batch('0', action).catch(() => undefined);
    await until(() => book.record.host(0).running?.action === action);
    const operations = () => rollout.simulated.hosts.get('h0')?.operations.size ?? 0;
    await until(() => operations() === (action === 'undo' ? 2 : 1));
    await rollout.die();
    rollout.removed.add('h0');
    expect(await rollout.batch('0', action)).toMatchObject({ left: '', unreachable: '' });
    expect((await rollout.work()).record(0)).toMatchObject({ state: 'quarantined', code: 'removed' });
    expect(await holders()).toEqual(['h0']);
    expect(await undoable()).toEqual({ failed: '', applied: '' });
  },
);

test('a begin that could not be written down gives its slot back', async () => {
  await plan('well');
  const { book, secured } = await rollout.work();
  const append = book.append.bind(book);
  book.append = async (...entries) => {
    if (entries.some(({ kind }) => kind === 'begun')) throw new TidegateError('TG_STORE_FULL', 'full');
    return append(...entries);
  };
  await expect(rollout.batch('0')).rejects.toMatchObject({ code: 'TG_STORE_FULL' });
  expect(await holders()).toEqual([]);
  book.append = append;
  await secured.gate.close('r-1', 1);
  expect(await rollout.batch('0')).toMatchObject({ left: '0', stopped: 'closed' });
  secured.gate.open('r-1', 2);
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'applied' });
});

test('an operation that is lost is followed by one more, also on a host that was tried before', async () => {
  await plan('unreachable');
  await rollout.batch('0');
  const { book } = await rollout.work();
  await book.append({ kind: 'state', host: 'h0', index: 0, state: 'pending', failure: false, attempt: 2 });
  behaviours[0] = 'lost';
  await rollout.batch('0');
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'applied', attempt: 3 });
});

test.each(['TG_EXEC_TIMEOUT', 'an empty answer'])(
  'a soaking host that is too slow is asked again, and is not taken back: %s',
  async (what) => {
    const { simulated } = await plan('well');
    await rollout.batch('0');
    if (what === 'TG_EXEC_TIMEOUT')
      simulated.before = () => {
        throw new TidegateError('TG_EXEC_TIMEOUT', 'no answer within 60 s');
      };
    else {
      const nothing = {
        code: 1,
        stdoutBytes: 0,
        stderrBytes: 0,
        stdout: Buffer.alloc(0),
        stderr: Buffer.alloc(0),
      };
      simulated.use = async (target, work) =>
        work({ target, closed: false, close() {}, exec: async () => nothing });
    }
    const { signal } = new AbortController();
    const soak = async (last: boolean) => watchSoak(await rollout.work(), Ranges.fromText('0'), last, signal);
    expect(await soak(false)).toEqual({ failed: '', undo: '' });
    expect((await rollout.work()).record(0).state).toBe('applied');
  },
);
