import { Recovery } from '../../chaos/recovery';
import { Steps } from '../../chaos/steps';

let steps: Steps;
let recovery: Recovery;
beforeEach(() => {
  steps = new Steps();
  recovery = new Recovery(steps);
});

const alone = () => recovery.recovered.map((one) => one.alone);

test('the first begin after a kill counts, and no later one', () => {
  steps.reached('ledger:begun', 'web1');
  recovery.killed();
  steps.reached('ledger:ended', 'web1');
  steps.reached('ledger:phase', '', 'wave');
  steps.reached('ledger:begun', 'web2');
  steps.reached('ledger:begun', 'web3');
  expect(alone()).toEqual([true]);
});

test('a rollout that waits for something else does not count', () => {
  recovery.killed();
  steps.reached('ledger:phase', '', 'paused');
  steps.reached('ledger:begun', 'web1');
  expect(alone()).toEqual([]);
});

test('what else was wrong before or since is said', () => {
  const over = recovery.disturbed();
  recovery.killed();
  over();
  steps.reached('ledger:begun', 'web1');
  recovery.killed();
  recovery.disturbed()();
  steps.reached('ledger:begun', 'web2');
  recovery.killed();
  steps.reached('ledger:begun', 'web3');
  expect(alone()).toEqual([false, false, true]);
});
