import { judgeHost } from '../../model/host-check';

const expected = { name: 'web001', account: 'tidegate', platform: 'debian12-x86_64' };
const nowMs = Date.parse('2026-03-14T22:00:00Z');
const asked = { fromMs: nowMs, toMs: nowMs + 2_000 };
const inOrder = [
  `clock=${nowMs / 1000 + 1}`,
  'account=tidegate',
  'sudo=yes',
  'platform=debian12-x86_64',
  'rpm=RPM version 4.18.0',
  'rpmdb=ok',
  'space=/ 5000000',
  'space=/var 5000000',
  'state=ok',
  'done=yes',
];
const codes = (lines: readonly string[]) =>
  judgeHost(lines.join('\n'), expected, asked).map(({ code, level }) => `${level} ${code}`);
const but = (line: string) => {
  const [key] = line.split('=');
  return [line, ...inOrder.filter((other) => !other.startsWith(`${key}=`))];
};

test('a host in order has no findings', () => {
  expect(codes(inOrder)).toEqual([]);
});

test.each([
  ['account=root', 'problem TG_ACCOUNT_WRONG'],
  ['sudo=no sudo: a password is required', 'problem TG_SUDO_REFUSED'],
  ['missing=flock', 'problem TG_HOST_LACKS'],
  ['platform=debian11-x86_64', 'problem TG_PLATFORM_WRONG'],
  ['rpmdb=bad error: rpmdb: damaged header', 'problem TG_RPMDB_DAMAGED'],
  ['space=/var 99999', 'problem TG_HOST_NEARLY_FULL'],
  ['state=/var/lib', 'problem TG_STATE_READ_ONLY'],
  [`clock=${nowMs / 1000 + 100}`, 'problem TG_CLOCK_SKEWED'],
  [`clock=${nowMs / 1000 - 100}`, 'problem TG_CLOCK_SKEWED'],
  ['rpmlock=4711', 'remark rpm lock held'],
  ['reboot=/run/reboot-required', 'remark reboot pending'],
  ['done=', 'problem TG_HOST_ANSWER'],
])('%s is found', (line, finding) => {
  expect(codes(but(line))).toEqual([finding]);
});

test('a clock within a minute is in order, however long the answer took', () => {
  expect(codes(but(`clock=${nowMs / 1000 + 61}`))).toEqual([]);
  expect(codes(but(`clock=${nowMs / 1000 - 60}`))).toEqual([]);
});

test('what a host says is cut and cannot steer a terminal', () => {
  const [finding] = judgeHost(`sudo=no \u001b[2J${'x'.repeat(1000)}\ndone=yes`, expected, asked);
  expect(finding?.detail).toMatch(/^ \[2Jx+$/);
  expect(finding?.detail.length).toBeLessThanOrEqual(300);
});

test('a host that says nothing did not answer', () => {
  expect(codes([''])).toEqual(['problem TG_HOST_ANSWER']);
});

test('a platform that nobody has said yet is worth a remark', () => {
  const findings = judgeHost(inOrder.join('\n'), { ...expected, platform: '' }, asked);
  expect(findings).toMatchObject([
    { code: 'platform not said', level: 'remark', detail: expect.stringContaining('it is debian12-x86_64') },
  ]);
});
