import { TidegateError } from '../../../model/errors';
import { until } from '../../support/rollouts';
import { printed, SimulatedRun } from '../../support/run-work';

const never = new AbortController().signal;

test('a host whose command was not sent, because the worker was stopped, is the next worker’s', async () => {
  const run = new SimulatedRun(1);
  const stopping = new AbortController();
  run.meanwhile = () => stopping.abort();
  const first = await run.work();
  await expect(first.work.hosts(0, 1, stopping.signal)).rejects.toMatchObject({ code: 'TG_RUN_INTERRUPTED' });
  expect(run.sentTo).toEqual([]);

  run.meanwhile = () => undefined;
  const { work, book } = await run.work();
  await work.hosts(0, 1, never);
  expect(run.sentTo).toEqual(['h0']);
  expect(book.record.counts()).toMatchObject({ ok: 1, unknown: 0, 'not run': 0 });
  await run.remove();
});

test('a host whose command was not sent, because the run was stopped, is told so', async () => {
  const run = new SimulatedRun(1);
  run.meanwhile = () => void run.gate.close('run-1');
  const { work, book } = await run.work();
  await book.append({ kind: 'asked', verb: 'stop', actor: { name: 'anna', proof: 'claimed' } });
  await work.hosts(0, 1, never);
  expect(run.sentTo).toEqual([]);
  expect(book.record.counts()).toMatchObject({ 'not run': 1 });
  await run.remove();
});

test('a host whose intent a worker that died left behind is unknown, and asked again only when it may be', async () => {
  for (const retryable of [false, true]) {
    const run = new SimulatedRun(2, { retryable });
    const { book } = await run.work();
    await book.append({ kind: 'sent', host: 'h0', index: 0 });
    const { work, book: next } = await run.work();
    await work.hosts(0, 2, never);
    expect(run.sentTo.sort()).toEqual(retryable ? ['h0', 'h1'] : ['h1']);
    expect(next.record.counts()).toMatchObject(retryable ? { ok: 2 } : { ok: 1, unknown: 1 });
    await run.remove();
  }
});

test('a host that opens no session has run nothing', async () => {
  const run = new SimulatedRun(1);
  run.answer = async () => {
    throw new TidegateError('TG_HOST_UNREACHABLE', 'h0: the host opens no session');
  };
  const { work, book } = await run.work();
  await work.hosts(0, 1, never);
  expect(book.record.counts()).toMatchObject({ unreachable: 1, unknown: 0 });
  await run.remove();
});

test('what is connected only after the deadline is not sent to', async () => {
  const run = new SimulatedRun(1, { deadlineMs: 300 });
  const { work, book } = await run.work();
  run.meanwhile = () => {
    while (Date.now() < Date.parse(book.record.started!.at) + 300);
  };
  await work.hosts(0, 1, never);
  expect(run.sentTo).toEqual([]);
  expect(book.record.counts()).toMatchObject({ 'not run': 1 });
  await run.remove();
});

describe('beside a rollout', () => {
  const caps = { domain: 1, total: 2 };
  /** What a rollout asks of the gate for one more host of the domain. */
  const rolloutAsks = (run: SimulatedRun, host = 'elsewhere') =>
    run.gate.acquire({
      holder: 'r-1',
      host,
      domain: 'd',
      caps,
      startsPerSecond: 1_000,
      take: () => true,
      stopped: () => false,
    });
  /** The command goes on on every host until `end` is called. */
  async function begun(hosts: number, perDomain?: number) {
    const run = new SimulatedRun(hosts, { parallel: hosts, perDomain });
    let end = () => {};
    const ends = new Promise<void>((resolve) => {
      end = resolve;
    });
    run.answer = () => ends.then(() => printed(''));
    const { work, book } = await run.work();
    return { run, book, end, start: () => work.hosts(0, hosts, never) };
  }

  test('a run without --per-domain goes by the caps of domains, and takes nothing from a rollout', async () => {
    const { run, book, end, start } = await begun(4);
    run.gate.hold('r-1', 'elsewhere', 'd');
    const going = start();
    await until(() => run.sentTo.length === 4);
    run.gate.release(run.gate.hold('r-1', 'elsewhere', 'd'));
    expect(await rolloutAsks(run)).toMatchObject({ holder: 'r-1' });
    end();
    await going;
    expect(book.record.counts()).toMatchObject({ ok: 4 });
    await run.remove();
  });

  test('a run with --per-domain counts what rollouts have in the domain, and they count what it has', async () => {
    const { run, end, start } = await begun(3, 2);
    const slot = run.gate.hold('r-1', 'elsewhere', 'd');
    const going = start();
    await until(() => run.sentTo.length === 1);
    expect(await settledSoon(until(() => run.sentTo.length === 2))).toBe('waits');
    run.gate.release(slot);
    await until(() => run.sentTo.length === 2);
    const asked = rolloutAsks(run);
    expect(await settledSoon(asked)).toBe('waits');
    end();
    await going;
    expect(await asked).toMatchObject({ holder: 'r-1' });
    await run.remove();
  });

  test('a host with an operation of a rollout is waited for, and the other way round', async () => {
    const { run, end, start } = await begun(2);
    const slot = run.gate.hold('r-1', 'h0', 'd');
    const going = start();
    await until(() => run.sentTo.length === 1);
    const asked = rolloutAsks(run, 'h1');
    expect(await settledSoon(asked)).toBe('waits');
    expect(run.sentTo).toEqual(['h1']);
    run.gate.release(slot);
    end();
    await going;
    expect(run.sentTo).toEqual(['h1', 'h0']);
    expect(await asked).toMatchObject({ host: 'h1' });
    await run.remove();
  });
});

const settledSoon = (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))]);
