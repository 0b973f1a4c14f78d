import type { Behaviour } from '../../lab/simulation/simulated-hosts';
import { Ranges } from '../../model/ranges';
import type { Wait } from '../../model/starved';
import { until } from '../support/rollouts';
import { SimulatedRollout } from '../support/simulated-rollout';

let rollout: SimulatedRollout;
afterEach(() => rollout.remove());

/** Two domains, host about host; h0 is in d0. */
async function plan(given: { hosts: number; behave?(name: string): Behaviour; total?: number }) {
  rollout = await SimulatedRollout.plan({
    domains: 2,
    perDomain: 1,
    total: 2,
    stopAt: 3,
    behave: () => 'well',
    timeouts: { operation: '1s' },
    ...given,
  });
  return rollout.work();
}

const told = (work: Awaited<ReturnType<typeof plan>>): readonly Wait[] => work.book.record.waitsFor;
const inDomain = (domain: string) =>
  Ranges.of(rollout.list.flatMap((host, index) => (host.domain === domain ? [index] : [])));
const applied = async () => (await rollout.work()).book.record.counts().applied;

test('a domain that others fill keeps no host of another domain waiting, and it is told whom its hosts wait for', async () => {
  const work = await plan({ hosts: 60 });
  const slot = work.secured.gate.hold('r-other', 'elsewhere', 'd0');
  const running = rollout.batch('0-59');
  await until(async () => (await applied()) === 30 && told(work).length > 0);
  expect(told(work)).toEqual([
    { domain: 'd0', waiting: 30, holder: 'r-other', hosts: 'elsewhere', overdue: false },
  ]);
  work.secured.gate.release(slot);
  expect(await running).toMatchObject({ left: '', inProgress: '', failures: 0 });
  expect(await applied()).toBe(60);
  expect((await rollout.record()).waitsFor).toEqual([]);
});

test('hosts that can only wait go over to the next batch, which has hosts that need not', async () => {
  const work = await plan({ hosts: 60 });
  const slot = work.secured.gate.hold('r-other', 'elsewhere', 'd0');
  const first = await rollout.batch('0-29', 'apply', { handOver: true });
  const starved = inDomain('d0').intersect(Ranges.between(0, 30));
  expect(first).toMatchObject({ left: '', stopped: 'no' });
  expect(starved.subtract(Ranges.fromText(first.inProgress)).toText()).toBe('');
  const last = rollout.batch(Ranges.fromText(first.inProgress).union(Ranges.between(30, 60)).toText());
  await until(async () => (await applied()) === 30);
  work.secured.gate.release(slot);
  expect(await last).toMatchObject({ inProgress: '', left: '' });
  expect(await applied()).toBe(60);
});

test('an operation of the rollout itself is named once it is overdue', async () => {
  const work = await plan({ hosts: 6, behave: (name) => (name === 'h0' ? 'hangs' : 'well') });
  const first = rollout.list.findIndex(({ name }) => name === 'h0');
  await rollout.batch(String(first));
  expect(work.record(first).state).toBe('quarantined');
  const others = rollout.batch(
    Ranges.between(0, 6)
      .subtract(Ranges.of([first]))
      .toText(),
  );
  await until(() => told(work).length > 0);
  expect(told(work)).toEqual([{ domain: 'd0', waiting: 2, holder: 'r-1', hosts: 'h0', overdue: true }]);
  rollout.simulated.end('h0');
  await others;
  expect(await applied()).toBe(5);
});
