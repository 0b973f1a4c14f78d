import { quietRuntime } from '../../workers/run';
import { until } from '../support/rollouts';
import { StubRollout } from '../support/stub-rollout';
import { startTestTemporal, type TestTemporal } from '../support/temporal';

quietRuntime(() => {});

let temporal: TestTemporal;
let count = 0;
beforeAll(async () => {
  temporal = await startTestTemporal();
});
afterAll(() => temporal.stop());

const stub = () => new StubRollout(temporal, `procedure${++count}`);
const actor = { name: 'tests', proof: 'claimed' } as const;

test('a pause is not overtaken by an opening of the gate that was asked for before it', async () => {
  const rollout = stub();
  rollout.waves(1, 3);
  const closed = new Promise<void>((resolve) => {
    rollout.instead.closeGate = () => void setTimeout(resolve, 200);
  });
  let openings = 0;
  rollout.instead.openGate = async () => {
    openings += 1;
    if (openings !== 2) return;
    await handle!.signal('pause', { actor });
    // As slow as one that reads a large plan first.
    await closed;
    await until(() => rollout.said.includes('closed'));
  };
  let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
  await rollout.served(async () => {
    handle = await rollout.start();
    await until(() => rollout.said.includes('paused 2'));
    expect(rollout.gate.isOpen(`r-${rollout.name}`)).toBe(false);
    expect(rollout.said).toEqual(['wave 1', 'apply 1: 0', 'closed', 'paused 2']);
    await handle.signal('resume', { actor });
    expect(await handle.result()).toEqual({ result: 'done' });
  });
  expect(rollout.said.slice(4)).toEqual(['wave 2', 'apply 2: 1-3']);
});

test.each(['resume', 'abort', 'rollback'] as const)(
  'a rehearsal that a pause held is left by %s',
  async (verb) => {
    const rollout = stub();
    rollout.waves(2);
    rollout.opened = { ...rollout.opened, rehearse: true };
    rollout.instead.rehearse = async () => {
      rollout.said.push('rehearsed');
      if (rollout.said.includes('closed')) return;
      await handle!.signal('pause', { actor });
      await until(() => rollout.said.includes('closed'));
      return 'held';
    };
    let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
    const { result } = await rollout.served(async () => {
      handle = await rollout.start();
      await until(() => rollout.said.includes('paused 0'));
      await handle.signal(verb, { actor });
      return handle.result() as Promise<{ result: string }>;
    });
    expect(result).toBe({ resume: 'done', abort: 'aborted', rollback: 'rolled back' }[verb]);
    expect(rollout.said.filter((said) => said === 'rehearsed')).toHaveLength(verb === 'resume' ? 2 : 1);
    expect(rollout.said.includes('apply 1: 0-1')).toBe(verb === 'resume');
  },
);

test('a rollback goes on when a batch stops early, and a pause holds it until the resume', async () => {
  const rollout = stub();
  rollout.undoable = '0-3,7';
  let batches = 0;
  rollout.instead.runBatch = async ({ hosts }: { hosts: string }) => {
    batches += 1;
    // The first is an attempt that was replaced by another.
    if (batches === 1) return { inProgress: '', left: hosts, unreachable: '', failures: 0, stopped: 'no' };
    rollout.undoable = batches === 2 ? '0-3' : '';
    if (batches > 2) return undefined;
    await handle!.signal('pause', { actor });
    await until(() => rollout.said.includes('closed'));
    return { inProgress: '', left: '0-3', unreachable: '', failures: 0, stopped: 'closed' };
  };
  let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
  await rollout.served(async () => {
    handle = await rollout.start({ verb: 'rollback' });
    await until(() => rollout.said.includes('paused 0'));
    expect(batches).toBe(2);
    await handle.signal('resume', { actor });
    expect(await handle.result()).toEqual({ result: 'rolled back' });
  });
  expect(rollout.said.filter((said) => !said.startsWith('rolling back'))).toEqual([
    'closed',
    'paused 0',
    'undo 0: 0-3',
  ]);
});

test('a rollback after a pause waits for no resume, and an abort of a paused rollback for none either', async () => {
  for (const verb of ['rollback', 'abort'] as const) {
    const rollout = stub();
    rollout.waves(1, 1);
    rollout.undoable = verb === 'abort' ? '0' : '';
    let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
    rollout.instead.runBatch = async () => {
      await handle!.signal('pause', { actor });
      await until(() => rollout.said.includes('closed'));
      return { inProgress: '', left: '0', unreachable: '', failures: 0, stopped: 'closed' };
    };
    await rollout.served(async () => {
      handle = await rollout.start(verb === 'abort' ? { verb: 'rollback' } : {});
      await until(() => rollout.said.includes('closed'));
      await handle.signal(verb, { actor });
      expect(await handle.result()).toEqual({ result: 'rolled back' });
    });
  }
});
