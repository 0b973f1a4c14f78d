import { execFileSync } from 'node:child_process';
import { planSchema } from '../../model/plan';
import { requestText } from '../../model/request';
import { rpmOf } from '../support/rpm';

const rpm = rpmOf({ name: 'unzip', version: '6.0', release: '28.1', arch: 'x86_64' });
const plan = planSchema.parse({
  package: 'unzip',
  hosts: 'all',
  checks: ["unzip -v | grep 'it''s'", { tcp: 'localhost:22' }],
  restart: ['sshd'],
});

describe('the request of an operation', () => {
  test('is a list of verbs in the order in which they happen', () => {
    const text = requestText(
      { install: [rpm], erase: [], oldPackage: true, replacePackages: false },
      { ...plan, before: ['true'] },
    );
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'before',
      'transaction',
      'verify',
      'restart',
      'check',
      'check',
      'left',
      '',
    ]);
    expect(text).toContain("'--oldpackage'");
    expect(text).not.toContain('--replacepkgs');
  });

  test('asks for rpm to be heard by the transaction itself, where nobody asked it before', () => {
    const transaction = { install: [rpm], erase: [], oldPackage: false, replacePackages: false };
    const first = (mayBeTurnedDown: boolean) =>
      requestText({ ...transaction, mayBeTurnedDown }, plan).split('\n')[0];
    expect(first(true)).toMatch(/^transaction '\d+' 'TRY' '-U' /);
    expect(first(false)).toMatch(/^transaction '\d+' '-U' /);
  });

  test('says nothing but what it was given, whatever the words hold', () => {
    const nasty = `a'b"c$(reboot)\`d\`\\e;f`;
    const text = requestText(
      { install: [], erase: [], oldPackage: false, replacePackages: false },
      { ...plan, before: [nasty], checks: [], restart: [] },
    );
    const said = execFileSync('sh', ['-c', `before() { printf '%s' "$1"; }\n${text}`]).toString();
    expect(said).toBe(nasty);
  });
});
