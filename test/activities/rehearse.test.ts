import { rehearse } from '../../activities/rollout/rehearse';
import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import type { RolloutEntry } from '../../model/ledger';
import { until } from '../support/rollouts';
import { SimulatedRollout } from '../support/simulated-rollout';

let rollout: SimulatedRollout;
afterEach(() => rollout.remove());

async function plan(behaviour: Behaviour, timeouts?: { operation: string }) {
  rollout = await SimulatedRollout.of([behaviour], { control: 'h0', timeouts });
  return rollout;
}

const again = async () => rehearse(await rollout.work());

/** The operations that the control instance began, in turn. */
const begun = () => [...(rollout.simulated.hosts.get('h0')?.operations.keys() ?? [])];

/** The actions that the ledger has an end of, and how each ended. */
async function ended(): Promise<string[]> {
  const actions = new Map<string, string>();
  const said: string[] = [];
  for (const entry of (await rollout.entries()) as RolloutEntry[]) {
    if (entry.kind === 'begun') actions.set(entry.operation, entry.action);
    if (entry.kind === 'ended') said.push(`${actions.get(entry.operation)}: ${entry.outcome}`);
  }
  return said;
}

test('a patch is rehearsed once: there and back', async () => {
  await plan('well');
  expect(await again()).toBe('done');
  expect(await again()).toBe('done');
  expect(await ended()).toEqual(['rehearse apply: ok', 'rehearse undo: ok']);
  expect(begun()).toHaveLength(2);
  expect(rollout.simulated.hosts.get('h0')).toMatchObject({ version: '1-1' });
});

test.each([1, 2])(
  'a worker that comes after one that died attaches to what is in progress: operation %s',
  async (number) => {
    const { simulated } = await plan('well');
    const died = new Promise<void>((resolve) => {
      simulated.before = (_, verb) => {
        if (verb !== 'BEGIN' || begun().length < number - 1) return;
        // The host has the begin, and its answer finds nobody.
        simulated.before = () => {};
        void rollout.die().then(resolve);
      };
    });
    again().catch(() => undefined);
    await died;
    expect(await again()).toBe('done');
    expect(await ended()).toEqual(['rehearse apply: ok', 'rehearse undo: ok']);
    expect(begun()).toHaveLength(2);
  },
);

test('a rehearsal goes on behind what had ended when its worker died', async () => {
  const { simulated } = await plan('well');
  let looks = 0;
  const died = new Promise<void>((resolve) => {
    simulated.before = (_, verb) => {
      if (verb !== 'STAGE' || ++looks !== 2) return;
      void rollout.die().then(resolve);
    };
  });
  again().catch(() => undefined);
  await died;
  expect(begun()).toHaveLength(1);
  expect(await again()).toBe('done');
  expect(begun()).toHaveLength(2);
});

test('an operation that was lost, and a begin that never arrived, are tried anew; one that fails is not', async () => {
  await plan('lost');
  expect(await again()).toBe('done');
  expect(await ended()).toEqual([
    'rehearse apply: TG_OPERATION_LOST',
    'rehearse apply: ok',
    'rehearse undo: ok',
  ]);
  await rollout.remove();
  await plan('late');
  expect(await again()).toBe('done');
  expect(begun()).toHaveLength(2);
  await rollout.remove();
  await plan('fails');
  await expect(again()).rejects.toMatchObject({ code: 'TG_REHEARSAL_FAILED' });
  // What it left is taken back.
  expect(await ended()).toEqual(['rehearse apply: TG_CHECK_FAILED', 'rehearse undo: ok']);
  expect(rollout.simulated.hosts.get('h0')).toMatchObject({ version: '1-1' });
  expect((await rollout.work()).secured.quarantine.of('h0')).toBeUndefined();
});

test('a control instance that cannot be taken back is quarantined, and nothing begins on it', async () => {
  await plan('stuck');
  await expect(again()).rejects.toMatchObject({
    code: 'TG_REHEARSAL_FAILED',
    next: 'tidegate hosts examine h0',
  });
  await expect(again()).rejects.toMatchObject({ message: expect.stringContaining('TG_HOST_QUARANTINED') });
  expect(begun()).toHaveLength(2);
  expect((await rollout.work()).secured.gate.holders()).toEqual([]);
});

test('so is one that has the patch, and lets nobody bring what it had before', async () => {
  const { simulated } = await plan('well');
  simulated.before = () => (begun().length > 0 ? 'refused TG_HOST_FULL cannot write\n' : undefined);
  const cannotGoBack = { code: 'TG_REHEARSAL_FAILED', next: 'tidegate hosts examine h0' };
  await expect(again()).rejects.toMatchObject(cannotGoBack);
  expect(rollout.simulated.hosts.get('h0')).toMatchObject({ version: '2-1' });
  expect((await rollout.work()).secured.quarantine.of('h0')).toMatchObject({ code: 'TG_HOST_QUARANTINED' });
});

test('a rehearsal that is overdue keeps its slot until it ends, over a restart', async () => {
  const { simulated } = await plan('hangs', { operation: '1s' });
  await expect(again()).rejects.toMatchObject({ code: 'TG_REHEARSAL_FAILED' });
  const holders = async () => (await rollout.work()).secured.gate.holders();
  expect(await holders()).toHaveLength(1);
  expect((await rollout.work()).secured.quarantine.of('h0')).toBeDefined();
  await rollout.die();
  expect(await holders()).toHaveLength(1);
  simulated.end('h0');
  await until(async () => (await holders()).length === 0);
  expect((await rollout.record()).inFlight()).toEqual([]);
});

test('a control instance that a person holds is not rehearsed on', async () => {
  await plan('well');
  rollout.held.add('h0');
  await expect(again()).rejects.toMatchObject({ next: 'tidegate hosts unhold h0' });
  expect(rollout.simulated.hosts.get('h0')?.operations.size ?? 0).toBe(0);
});
