import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gate } from '../../activities/gate';
import { Quarantine } from '../../activities/rollout/quarantine';
import { replay } from '../../activities/rollout/replay';
import { Ledger } from '../../store/ledger';

test('a starting worker knows the last operation of each host, which gates are shut, and what is still in progress', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-replay-'));
  const ledger = await Ledger.open(join(folder, 'ledger'));
  const at = '2026-01-01T00:00:00.000Z';
  const begun = {
    kind: 'begun',
    at,
    host: 'web1',
    index: 0,
    operation: 'one',
    request: 'd',
    action: 'apply',
    attempt: 1,
    previous: 'none',
    before: [],
    absent: [],
  };
  const gate = (state: string) => ({ kind: 'gate', at, state, inFlight: 0 });
  const started = {
    kind: 'started',
    at,
    rollout: 'r-1',
    fleet: 'f',
    package: 'p',
    version: '1',
    plan: 'd',
    workflowId: 'w',
    hosts: 1,
    selected: 1,
    untouched: {},
    waves: [1],
    stopAt: 1,
    actor: { name: 'me', proof: 'claimed' },
  };
  const ended = { kind: 'ended rollout', at, result: 'done' };
  await ledger.appendAll('r-paused', [begun, gate('closed')]);
  await ledger.appendAll('r-resumed', [gate('closed'), gate('open')]);
  await ledger.appendAll('r-over', [gate('closed'), ended]);
  await ledger.appendAll('r-again', [gate('closed'), ended, started]);
  await ledger.append('artifacts', { whatever: 1 });
  const state = (host: string, state: string) => ({ kind: 'state', at, host, index: 0, state, attempt: 1 });
  const cleared = {
    kind: 'cleared',
    at,
    host: 'web6',
    index: 0,
    state: 'applied',
    detail: '',
    failure: false,
    lost: false,
    attempt: 1,
    head: 'none',
    actor: { name: 'me', proof: 'claimed' },
  };
  await ledger.appendAll('r-one', [
    state('web5', 'quarantined'),
    state('web6', 'quarantined'),
    state('web7', 'quarantined'),
    cleared,
    { ...cleared, host: 'web7' },
  ]);
  await ledger.appendAll('r-two', [state('web5', 'applied'), state('web7', 'quarantined')]);
  const worker = new Gate();
  await ledger.appendAll('r-left', [
    { ...begun, host: 'web2', operation: 'two' },
    { ...begun, host: 'web3', operation: 'three' },
    { kind: 'ended', at, host: 'web3', index: 0, operation: 'three', outcome: 'ok' },
    { ...begun, host: 'web4', operation: 'four' },
    { kind: 'void', at, host: 'web4', index: 0, operation: 'four' },
    ended,
  ]);
  const quarantine = new Quarantine();
  const { chain, endedBefore } = await replay(ledger, worker, quarantine, (host) => `domain of ${host}`);
  const held = worker.holders().map(({ holder, host, domain }) => [holder, host, domain]);
  expect(held.sort()).toEqual([
    ['r-left', 'web2', 'domain of web2'],
    ['r-paused', 'web1', 'domain of web1'],
  ]);
  expect(endedBefore).toEqual(['r-left']);
  expect(chain.last('web1')).toBe('one');
  expect([...quarantine.hosts].sort()).toEqual(['web5', 'web7']);
  expect(quarantine.of('web7')?.detail).toBe('rollout r-two has it quarantined');
  const open = ['r-paused', 'r-resumed', 'r-over', 'r-again'].map((rollout) => worker.isOpen(rollout));
  expect(open).toEqual([false, true, true, false]);
  await ledger.close();
  rmSync(folder, { recursive: true });
});
