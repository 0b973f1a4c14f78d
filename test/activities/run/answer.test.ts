import type { Authority } from '../../../activities/authority';
import { takeAnswer } from '../../../activities/run/answer';
import { TidegateError } from '../../../model/errors';
import { SimulatedRun } from '../../support/run-work';

const anna = { name: 'anna', proof: 'claimed' } as const;
const asked = { fleet: 'sim', run: 'run-1', actor: anna } as const;
const believing = { prove: async () => anna } as unknown as Authority;
const refusing = {
  prove: async () => {
    throw new TidegateError('TG_MANDATE_MISSING', 'it is not signed');
  },
} as unknown as Authority;

test('going on counts once the first hosts have run, and a refusal is told in the book', async () => {
  const run = new SimulatedRun(2);
  const { book } = await run.work();
  const go = (authority: Authority) =>
    takeAnswer(book, { authority, gate: run.gate }, { ...asked, verb: 'go on' });
  expect(await go(believing)).toBe(false);
  await book.append({ kind: 'waiting', hosts: 1 });
  expect(await go(refusing)).toBe(false);
  expect(book.record).toMatchObject({ waiting: true, goneOn: false });
  expect(await go(believing)).toBe(true);
  expect(await go(refusing)).toBe(true);
  const told: object[] = [];
  for await (const entry of run.ledger.read('run-1')) told.push(entry);
  expect(told).toMatchObject([
    { kind: 'started' },
    { kind: 'refused', code: 'TG_RUN_NOT_WAITING' },
    { kind: 'waiting' },
    { kind: 'refused', code: 'TG_MANDATE_MISSING' },
    { kind: 'asked', verb: 'go on' },
  ]);
  await run.remove();
});

test('stopping is everybody’s, and shuts the gate', async () => {
  const run = new SimulatedRun(2);
  const { book } = await run.work();
  const given = { authority: refusing, gate: run.gate };
  expect(await takeAnswer(book, given, { ...asked, verb: 'stop' })).toBe(true);
  expect(run.gate.isOpen('run-1')).toBe(false);
  expect(book.record.stopped).toBe(true);
  await run.remove();
});
