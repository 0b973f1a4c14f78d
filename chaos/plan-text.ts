import { packageName } from './package';
import type { Setup } from './schedule';

/** Short, so that a run is too: what lasts minutes by default lasts seconds here. */
const operationSeconds = 40;

/** The plan of a run. JSON is YAML. */
export function planText(setup: Setup): string {
  return JSON.stringify({
    package: packageName,
    hosts: 'role=web',
    artifact: `${setup.to}-1`,
    downgrade: true,
    waves: [2, '50%', '100%'],
    caps: { perDomain: setup.perDomain, total: setup.total, startsPerSecond: 20 },
    budget: { stopAt: setup.stopAt, firstWaveStopAt: setup.firstWaveStopAt, whenSpent: setup.whenSpent },
    failedHost: setup.failedHost,
    unreachable: { tries: 3, within: '6s', pauseOver: '30%' },
    soak: `${setup.soakSeconds}s`,
    gates: setup.gate ? [1] : [],
    checks: ['test ! -e /etc/tidegate-lab-fault'],
    timeouts: {
      connect: '3s',
      preflight: '15s',
      rpmLock: '5s',
      operation: `${operationSeconds}s`,
      check: '10s',
    },
  });
}
