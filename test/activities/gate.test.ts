import { Gate, type SlotRequest } from '../../activities/gate';

const request = (given: Partial<SlotRequest> = {}): SlotRequest => ({
  holder: 'r-1',
  host: 'web001',
  domain: 'lpar1',
  caps: { domain: 2, total: 10 },
  startsPerSecond: 10_000,
  take: () => true,
  stopped: () => false,
  ...given,
});

/** Less than the gate waits for an acknowledgement, and far more than anything else that a timer of it is for. */
const aWhileMs = 4_000;
const anHourMs = 3_600_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** @returns what the promise gives within a while of the gate's own clock, however busy the machine is. */
async function settled(promise: Promise<unknown>): Promise<unknown> {
  let answer: unknown = 'waits';
  void promise.then((given) => {
    answer = given;
  });
  await jest.advanceTimersByTimeAsync(aWhileMs);
  return answer;
}

const held = (gate: Gate) => gate.holders().map(({ host }) => host);

describe('the gate', () => {
  test('never gives a domain more slots than its cap, over all holders', async () => {
    const gate = new Gate();
    const first = await gate.acquire(request());
    await gate.acquire(request({ holder: 'r-2', host: 'web002' }));
    const third = gate.acquire(request({ holder: 'r-3', host: 'web003' }));
    expect(await settled(third)).toBe('waits');
    expect(held(gate)).toEqual(['web001', 'web002']);
    expect(await settled(gate.acquire(request({ host: 'web004', domain: 'lpar2' })))).toMatchObject({
      domain: 'lpar2',
    });
    if (first !== 'closed') gate.release(first);
    expect(await third).toMatchObject({ holder: 'r-3' });
    expect(held(gate)).toEqual(['web002', 'web004', 'web003']);
  });

  test('closed, lets nobody in and sends no begin that was granted before', async () => {
    const gate = new Gate();
    const slot = await gate.acquire(request());
    await gate.close('r-1');
    if (slot === 'closed') throw new Error('the gate was open');
    expect(gate.send(slot)).toBe(false);
    expect(await gate.acquire(request())).toBe('closed');
    gate.open('r-1', 1);
    expect(await gate.acquire(request({ host: 'web002' }))).toMatchObject({ host: 'web002' });
  });

  test('gives a host one slot at a time, whoever asks, and a book the slot that it has', async () => {
    const gate = new Gate();
    const slot = gate.hold('r-1', 'web001', 'lpar1');
    expect(gate.hold('r-1', 'web001', 'lpar1')).toBe(slot);
    const other = gate.acquire(request({ holder: 'r-2', caps: { domain: 5, total: 10 } }));
    expect(await settled(other)).toBe('waits');
    expect(gate.holders()).toEqual([slot]);
    gate.release(slot);
    expect(await other).toMatchObject({ holder: 'r-2' });
    gate.release(slot);
    expect(gate.holders()).toMatchObject([{ holder: 'r-2' }]);
  });

  test('sends no begin that is no longer wanted although its slot was given', async () => {
    const gate = new Gate();
    let stopped = false;
    const slot = await gate.acquire(request({ stopped: () => stopped }));
    if (slot === 'closed') throw new Error('the gate was open');
    stopped = true;
    expect(gate.send(slot)).toBe(false);
    stopped = false;
    expect(gate.send(slot)).toBe(true);
  });

  test('stays shut when an opening that was asked for earlier comes late', async () => {
    const gate = new Gate();
    expect(gate.open('r-1', 1)).toBeUndefined();
    await gate.close('r-1', 3);
    expect(gate.open('r-1', 2)).toBe(3);
    expect(gate.isOpen('r-1')).toBe(false);
    await gate.close('r-1', 1);
    expect(gate.open('r-1', 3)).toBe(3);
    expect(gate.isOpen('r-1')).toBe(false);
    gate.open('r-1', 4);
    expect(gate.isOpen('r-1')).toBe(true);
  });

  test('close waits until a begin that was sent is acknowledged', async () => {
    const gate = new Gate();
    const slot = await gate.acquire(request());
    if (slot === 'closed') throw new Error('the gate was open');
    expect(gate.send(slot)).toBe(true);
    const closing = gate.close('r-1');
    expect(await settled(closing)).toBe('waits');
    gate.acknowledge(slot);
    expect(await closing).toBe(1);
  });

  test('does not mind that the clock is set', async () => {
    const gate = new Gate();
    const slot = await gate.acquire(request({ startsPerSecond: 1 }));
    if (slot === 'closed') throw new Error('the gate was open');
    jest.setSystemTime(Date.now() - anHourMs);
    const next = gate.acquire(request({ host: 'web002', startsPerSecond: 1 }));
    expect(await settled(next)).toMatchObject({ host: 'web002' });
    gate.send(slot);
    const closing = gate.close('r-1');
    jest.setSystemTime(Date.now() + 2 * anHourMs);
    // It is not waited for for ever either.
    expect([await settled(closing), await settled(closing)]).toEqual(['waits', 2]);
  });

  test('asks for the budget at the last moment, once for each slot', async () => {
    const gate = new Gate();
    let left = 1;
    const take = () => left-- > 0;
    const slots = [gate.acquire(request({ take })), gate.acquire(request({ host: 'web002', take }))];
    expect(await settled(slots[0]!)).toMatchObject({ host: 'web001' });
    expect(await settled(slots[1]!)).toBe('waits');
    expect(held(gate)).toEqual(['web001']);
  });
});
