import { SimulatedRun } from '../../support/run-work';

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
