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

test('hosts that are tried again go through their own wave, its soak included, before the next one', async () => {
  const rollout = stub();
  rollout.waves({ size: 2, soakMs: 50 }, { size: 2, gate: true }, 3);
  let first = true;
  rollout.instead.runBatch = async ({ wave }: { wave: number }) => {
    if (wave !== 2 || !first) return;
    first = false;
    await handle!.signal('retry', { actor, hosts: '1,5' });
  };
  let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
  await rollout.served(async () => {
    handle = await rollout.start();
    await until(() => rollout.said.includes('waiting for approval 2'));
    await handle.signal('approve', { actor, wave: 2 });
    expect(await handle.result()).toEqual({ result: 'done' });
  });
  expect(rollout.said).toEqual([
    ...['wave 1', 'apply 1: 0-1', 'soaking 1', 'wave 2', 'apply 2: 2-3'],
    ...['wave 1', 'apply 1: 1', 'soaking 1', 'waiting for approval 2', 'wave 3', 'apply 3: 4-6'],
  ]);
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

test('a rollback takes the failed hosts back first, goes on when a batch stops early, and a pause holds it', async () => {
  const rollout = stub();
  rollout.undoable = { failed: '7', applied: '0-3' };
  let stops = 1;
  rollout.instead.runBatch = async ({ hosts }: { hosts: string }) => {
    if (stops-- > 0) return { inProgress: '', left: hosts, unreachable: '', failures: 0, stopped: 'no' };
    if (hosts === '7') {
      rollout.undoable = { failed: '', applied: '0-3' };
      await handle!.signal('pause', { actor });
      await until(() => rollout.said.includes('closed'));
    } else rollout.undoable = { failed: '', applied: '' };
    return undefined;
  };
  let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
  await rollout.served(async () => {
    handle = await rollout.start({ verb: 'rollback' });
    await until(() => rollout.said.some((said) => said.startsWith('paused')));
    await handle.signal('resume', { actor });
    expect(await handle.result()).toEqual({ result: 'rolled back' });
  });
  expect(rollout.said.filter((said) => said.startsWith('undo'))).toEqual([
    'undo 0: 7 although closed',
    'undo 0: 0-3',
  ]);
});

test('a rollback tries hosts that it could not reach again, as often as the plan says, and then leaves them', async () => {
  const rollout = stub();
  rollout.opened = { ...rollout.opened, unreachable: { tries: 3, everyMs: 100, pauseOverHosts: 100 } };
  rollout.undoable = { failed: '', applied: '0-3' };
  rollout.instead.runBatch = ({ hosts }: { hosts: string }) => {
    rollout.said.push(`undo ${hosts}`);
    rollout.undoable = { failed: '', applied: '2-3' };
    return { inProgress: '', left: '', unreachable: '2-3', failures: 0, stopped: 'no' };
  };
  await rollout.served(async () => {
    const handle = await rollout.start({ verb: 'rollback' });
    expect(await handle.result()).toEqual({ result: 'rolled back' });
  });
  expect(rollout.said.filter((said) => said.startsWith('undo'))).toEqual([
    'undo 0-3',
    'undo 2-3',
    'undo 2-3',
  ]);
});

test('what fails in a soak goes back also when it was paused in it before', async () => {
  const rollout = stub();
  rollout.waves({ size: 2, soakMs: 400 }, 1);
  rollout.opened = { ...rollout.opened, checks: true };
  let looks = 0;
  rollout.instead.watchSoak = async () => {
    looks += 1;
    if (looks === 1) await handle!.signal('pause', { actor });
    return looks === 1 ? undefined : { failed: '1', undo: '1' };
  };
  let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
  await rollout.served(async () => {
    handle = await rollout.start();
    await until(() => rollout.said.includes('paused 1'));
    await handle.signal('resume', { actor });
    await until(() => rollout.said.filter((said) => said === 'paused 1').length === 2);
    await handle.signal('abort', { actor });
    expect(await handle.result()).toEqual({ result: 'aborted' });
  });
  expect(rollout.said.filter((said) => said.startsWith('undo'))).toEqual(['undo 1: 1']);
});

test('a budget that is spent while somebody has it paused takes nothing back before it is resumed', async () => {
  const rollout = stub();
  rollout.waves(3);
  rollout.opened = { ...rollout.opened, whenSpent: 'rollback' };
  rollout.undoable = { failed: '', applied: '1' };
  rollout.instead.runBatch = async ({ action }: { action: string }) => {
    if (action === 'undo') {
      rollout.undoable = { failed: '', applied: '' };
      return;
    }
    await handle!.signal('pause', { actor });
    await until(() => rollout.said.includes('closed'));
    return { inProgress: '', left: '2', unreachable: '', failures: 1, stopped: 'budget' };
  };
  let handle: Awaited<ReturnType<StubRollout['start']>> | undefined;
  await rollout.served(async () => {
    handle = await rollout.start();
    await until(() => rollout.said.includes('paused 1'));
    expect(rollout.said).not.toContain('rolling back 1');
    await handle.signal('resume', { actor });
    expect(await handle.result()).toEqual({ result: 'rolled back' });
  });
  expect(rollout.said.slice(-2)).toEqual(['rolling back 1', 'undo 0: 1']);
});

test('a rollback after a pause waits for no resume, and an abort of a paused rollback for none either', async () => {
  for (const verb of ['rollback', 'abort'] as const) {
    const rollout = stub();
    rollout.waves(1, 1);
    rollout.undoable = { failed: '', applied: verb === 'abort' ? '0' : '' };
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
      expect(await handle.result()).toEqual({ result: verb === 'abort' ? 'aborted' : 'rolled back' });
    });
  }
});

test('pauses and retries for months keep the history short: it goes on as a new run, and forgets nothing', async () => {
  const rollout = stub();
  rollout.waves({ size: 1, gate: true }, 1, 1);
  await rollout.served(async () => {
    const handle = await rollout.start({ historyEvents: 40 });
    for (let times = 1; times <= 4; times += 1) {
      await until(() => rollout.said.includes('waiting for approval 1'));
      await handle.signal('retry', { actor, hosts: '0' });
      await until(() => rollout.said.filter((said) => said === 'apply 1: 0').length === times + 1);
      await until(() => rollout.said.at(-1) === 'waiting for approval 1');
    }
    await handle.signal('pause', { actor });
    await until(() => rollout.said.at(-1) === 'closed');
    await handle.signal('approve', { actor, wave: 1 });
    await until(() => rollout.said.at(-1) === 'paused 1');
    await handle.signal('resume', { actor });
    expect(await handle.result()).toEqual({ result: 'done' });
    const first = await temporal.client.workflow
      .getHandle(handle.workflowId, handle.firstExecutionRunId)
      .describe();
    expect(first.status.name).toBe('CONTINUED_AS_NEW');
    expect(first.historyLength).toBeLessThan(150);
  });
  expect(rollout.said.slice(-4)).toEqual(['wave 2', 'apply 2: 1', 'wave 3', 'apply 3: 2']);
}, 240_000);

test('a wave of many batches goes on as a new run, and hands over what is in progress', async () => {
  const rollout = stub();
  rollout.waves(2_500);
  const batches: string[] = [];
  // Each batch leaves its last host in progress, as long as others wait behind it.
  rollout.instead.runBatch = ({ hosts, handOver }: { hosts: string; handOver: boolean }) => {
    batches.push(hosts);
    const inProgress = handOver ? hosts.slice(hosts.lastIndexOf('-') + 1) : '';
    return { inProgress, left: '', unreachable: '', failures: 0, stopped: 'no' };
  };
  await rollout.served(async () => {
    const handle = await rollout.start({ historyEvents: 12 });
    expect(await handle.result()).toEqual({ result: 'done' });
  });
  expect(batches).toEqual(['0-499', '499-999', '999-1499', '1499-1999', '1999-2499']);
  const query = `WorkflowId STARTS_WITH 'rollout/${rollout.name}/stub/wave-1' AND ExecutionStatus = 'ContinuedAsNew'`;
  await until(async () => (await temporal.client.workflow.count(query)).count > 0);
});

test('a course from a client is refused: it would go around the mandate', async () => {
  const rollout = stub();
  rollout.waves(1);
  const { opened } = rollout;
  const course = {
    waves: [],
    rehearse: false,
    paused: false,
    pausedTurn: 0,
    retries: [],
    undo: { unreachable: '', passedOver: '', triesMade: 0, done: false },
  };
  const going = {
    opened,
    course,
    entered: '',
    phase: 'wave',
    wave: 1,
    turn: 1,
    gate: 'open',
    inFlight: 0,
  } as const;
  await rollout.served(async () => {
    const handle = await rollout.start({ underWay: going });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'TG_MANDATE_MISSING' } });
  });
  expect(rollout.said).toEqual([]);
});
