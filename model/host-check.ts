import type { ErrorCode } from './errors';

/** Below this a transaction is likely to fail, and a failed one leaves a mess; rpm itself needs room for its log. */
const leastFreeKib = 100 * 1024;
/** A signature made now must not look as if it came from the future; rpm and TLS both mind. */
const mostSkewSeconds = 60;
/** Text from a host is a stranger's: cut. */
const textLimit = 300;

/** What is wrong with a host, or will be. `remark` needs no mending before work can begin. */
export interface Finding {
  readonly host: string;
  readonly code: ErrorCode | 'reboot pending' | 'rpm lock held' | 'platform not said';
  readonly detail: string;
  readonly level: 'problem' | 'remark';
}

interface ExpectedHost {
  readonly name: string;
  readonly account: string;
  readonly platform: string;
}

/**
 * Judges what ops/check.sh printed.
 * @param asked when the host was asked and when its answer had come, by our clock: its own must lie between
 */
export function judgeHost(
  text: string,
  expected: ExpectedHost,
  asked: { readonly fromMs: number; readonly toMs: number },
): Finding[] {
  const facts = factsOf(text);
  const findings: Finding[] = [];
  const problem = (code: ErrorCode, detail: string) =>
    findings.push({ host: expected.name, code, detail, level: 'problem' });
  const remark = (code: Finding['code'], detail: string) =>
    findings.push({ host: expected.name, code, detail, level: 'remark' });
  const one = (key: string) => facts.get(key)?.[0];

  const account = one('account');
  if (account !== undefined && account !== expected.account)
    problem('TG_ACCOUNT_WRONG', `logged in as ${account}, not ${expected.account}`);
  const sudo = one('sudo');
  if (sudo?.startsWith('no')) problem('TG_SUDO_REFUSED', sudo.slice(3) || 'sudo -n true failed');
  for (const program of facts.get('missing') ?? []) problem('TG_HOST_LACKS', `${program} is not there`);
  const platform = one('platform');
  if (platform !== undefined && expected.platform === '')
    remark(
      'platform not said',
      `it is ${platform}: say so in fleet.yaml, or nothing can be rolled out to it`,
    );
  else if (platform !== undefined && platform !== expected.platform)
    problem('TG_PLATFORM_WRONG', `it is ${platform}, the fleet says ${expected.platform}`);
  const rpmdb = one('rpmdb');
  if (rpmdb?.startsWith('bad'))
    problem('TG_RPMDB_DAMAGED', rpmdb.slice(4) || 'rpm -qa failed or took too long');
  for (const space of facts.get('space') ?? []) judgeSpace(space, problem);
  const state = one('state');
  if (state !== undefined && state !== 'ok') problem('TG_STATE_READ_ONLY', `${state} cannot be written`);
  judgeClock(one('clock'), asked, problem);
  const lock = one('rpmlock');
  if (lock !== undefined) remark('rpm lock held', `by process ${lock}`);
  const reboot = one('reboot');
  if (reboot !== undefined) remark('reboot pending', reboot);
  if (one('done') !== 'yes' && findings.length === 0)
    problem('TG_HOST_ANSWER', 'its answer ended in the middle');
  return findings;
}

function factsOf(text: string): Map<string, string[]> {
  const facts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals < 1) continue;
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1, equals + 1 + textLimit).replace(/\p{C}+/gu, ' ');
    const values = facts.get(key);
    if (values) values.push(value);
    else facts.set(key, [value]);
  }
  return facts;
}

function judgeSpace(space: string, problem: (code: ErrorCode, detail: string) => void): void {
  const [mount = '', free = ''] = space.split(' ');
  if (/^\d+$/.test(free) && Number(free) < leastFreeKib)
    problem('TG_HOST_NEARLY_FULL', `${mount}: ${Math.floor(Number(free) / 1024)} MiB free`);
}

function judgeClock(
  clock: string | undefined,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  problem: (code: ErrorCode, detail: string) => void,
): void {
  if (clock === undefined || !/^\d+$/.test(clock)) return;
  const atMs = Number(clock) * 1000;
  const aheadSeconds = Math.round((atMs - toMs) / 1000);
  const behindSeconds = Math.round((fromMs - 1000 - atMs) / 1000);
  if (aheadSeconds > mostSkewSeconds) problem('TG_CLOCK_SKEWED', `${aheadSeconds} s ahead of this machine`);
  if (behindSeconds > mostSkewSeconds) problem('TG_CLOCK_SKEWED', `${behindSeconds} s behind this machine`);
}
