import { TidegateError } from '../../model/errors';
import { SimulatedRollout } from '../support/simulated-rollout';

/** What becomes of a host at which somebody else is: another rollout, or nobody that we know. */
let rollout: SimulatedRollout;
beforeEach(async () => {
  rollout = await SimulatedRollout.of(['well']);
});
afterEach(() => rollout.remove());

const quarantinedElsewhere = {
  kind: 'state',
  at: '2026-01-01T00:00:00.000Z',
  host: 'h0',
  index: 0,
  state: 'quarantined',
  failure: true,
  attempt: 1,
} as const;

test.each(['before the look', 'during it'] as const)(
  'a host on which another rollout began %s is looked at again, and not quarantined',
  async (begins) => {
    expect(await besideAnother({ begins })).toMatchObject({ host: { state: 'applied' }, slots: [] });
  },
);

test('a host that cannot be reached when it is looked at again gives its slot back', async () => {
  const then = () => {
    throw new TidegateError('TG_HOST_UNREACHABLE', 'no route');
  };
  const { result, slots } = await besideAnother({ begins: 'during it', then });
  expect(result).toMatchObject({ unreachable: '0', failures: 0 });
  expect(slots).toEqual([]);
});

test('a host that somebody else has changed is quarantined, and its slot is free', async () => {
  const { simulated } = rollout;
  simulated.before = () => {
    simulated.hosts.get('h0')!.head = 'nobody knows';
  };
  expect(await rollout.batch('0')).toMatchObject({ failures: 1 });
  const { gate } = (await rollout.work()).secured;
  expect(gate.holders()).toEqual([]);
  expect((await rollout.record()).host(0)).toMatchObject({ state: 'quarantined', code: 'TG_HOST_MOVED' });
});

test('a host that another rollout quarantines while this one waits for its slot is left as it is', async () => {
  const { simulated } = rollout;
  const { gate, quarantine } = (await rollout.work()).secured;
  const theirs = gate.hold('r-2', 'h0', 'd0');
  let looks = 0;
  simulated.before = () => {
    looks += 1;
    setTimeout(() => {
      quarantine.see('r-2', quarantinedElsewhere);
      gate.release(theirs);
    }, 5);
  };
  expect(await rollout.batch('0')).toMatchObject({ failures: 0 });
  expect({ looks, begun: simulated.begun, slots: gate.holders() }).toEqual({
    looks: 1,
    begun: [],
    slots: [],
  });
  expect((await rollout.record()).host(0)).toMatchObject({
    state: 'untouched',
    code: 'TG_HOST_QUARANTINED',
    detail: 'rollout r-2 has it quarantined',
  });
});

test('a host that another rollout has quarantined is not taken back either, and is in quarantine here as well', async () => {
  const { simulated } = rollout;
  await rollout.batch('0');
  (await rollout.work()).secured.quarantine.see('r-2', quarantinedElsewhere);
  expect(await rollout.batch('0', 'undo')).toMatchObject({ left: '', unreachable: '' });
  expect((await rollout.work()).secured.gate.holders()).toEqual([]);
  expect((await rollout.record()).host(0)).toMatchObject({
    state: 'quarantined',
    code: 'TG_HOST_QUARANTINED',
  });
  expect(simulated.hosts.get('h0')?.version).toBe('2-1');
});

/** Another rollout is at the host when it is looked at first; its operation is there, and has ended, right after. */
async function besideAnother(given: { begins: 'before the look' | 'during it'; then?(): void }) {
  const { simulated } = rollout;
  const { chain, gate } = (await rollout.work()).secured;
  const theirs = gate.hold('r-2', 'h0', 'd0');
  if (given.begins === 'before the look') chain.begin('h0', 'theirs');
  let looks = 0;
  simulated.before = (_, verb) => {
    if (verb !== 'STAGE') return;
    if (++looks > 1) return given.then?.();
    chain.begin('h0', 'theirs');
    setTimeout(() => {
      simulated.hosts.get('h0')!.head = 'theirs';
      gate.release(theirs);
    }, 5);
  };
  const result = await rollout.batch('0');
  expect(looks).toBe(2);
  return { result, host: (await rollout.work()).record(0), slots: gate.holders() };
}
