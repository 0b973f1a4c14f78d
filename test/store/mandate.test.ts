import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mandate } from '../../model/mandate';
import { Ledger } from '../../store/ledger';
import { Mandates, signMandate } from '../../store/mandate';

const now = new Date('2026-03-02T22:01:00Z');
const mandate: Mandate = {
  fleet: 'prod',
  verb: 'rollout start',
  target: 'r-412',
  plan: 'a'.repeat(64),
  nonce: '0123456789abcdef0123456789abcdef',
  time: '2026-03-02T22:00:00Z',
};

let folder: string;
let allowedSigners: string;
let ledger: Ledger;
let mandates: Mandates;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-mandate-test-'));
  allowedSigners = join(folder, 'allowed_signers');
  await allow('anna@example.org', await makeKey('anna'));
  ledger = await Ledger.open(join(folder, 'ledger'));
  mandates = await Mandates.open(ledger);
});
afterEach(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

async function makeKey(name: string): Promise<string> {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  return readFile(join(folder, `${name}.pub`), 'utf8');
}

const allow = (principal: string, publicKey: string, options = '') =>
  writeFile(allowedSigners, `# who may\n${principal} ${options}${publicKey}`);

const sign = (by = 'anna', text = mandate) => signMandate(text, join(folder, by));

async function take(given: Partial<Parameters<Mandates['take']>[0]>): Promise<string> {
  return mandates.take({
    signed: await sign(),
    asked: mandate,
    allowedSigners,
    usedBy: 'run 1',
    now,
    ...given,
  });
}

const refusal = (why: string) => ({ code: 'TG_MANDATE_REFUSED', message: expect.stringContaining(why) });

test('takes what an allowed signer signed, and says who it was', async () => {
  expect(await take({})).toBe('anna@example.org');
});

test('knows a principal of a line with several', async () => {
  await allow(
    'anna,a.b@example.org',
    await readFile(join(folder, 'anna.pub'), 'utf8'),
    'namespaces="tidegate" ',
  );
  expect(await take({})).toBe('anna');
});

test('looks at a mandate as it would take it, and leaves it to be taken once', async () => {
  const presented = { signed: await sign(), asked: mandate, allowedSigners, now };
  expect(await mandates.look(presented)).toBe('anna@example.org');
  const late = { ...presented, now: new Date('2026-03-02T22:16:00Z') };
  await expect(mandates.look(late)).rejects.toMatchObject({ code: 'TG_MANDATE_REFUSED' });
  const forAnother = { ...presented, asked: { ...mandate, target: 'r-413' } };
  await expect(mandates.look(forAnother)).rejects.toMatchObject(refusal('target'));
  expect(await take({ signed: presented.signed })).toBe('anna@example.org');
  await expect(mandates.look(presented)).rejects.toMatchObject(refusal('it was used before'));
});

test('wants a mandate', async () => {
  await expect(take({ signed: undefined })).rejects.toMatchObject({ code: 'TG_MANDATE_MISSING' });
});

test('refuses the signature of a key that is not in allowed_signers', async () => {
  await makeKey('mallory');
  await expect(take({ signed: await sign('mallory') })).rejects.toMatchObject(refusal('by no key of'));
});

test('refuses when there is no allowed_signers file', async () => {
  await expect(take({ allowedSigners: join(folder, 'none') })).rejects.toMatchObject(refusal('by no key of'));
});

test('refuses a text that is not the one that was signed', async () => {
  const signed = await sign();
  const asked = { ...mandate, target: 'r-413' };
  const text = signed.text.replace('r-412', 'r-413');
  await expect(take({ asked, signed: { ...signed, text } })).rejects.toMatchObject(refusal('does not hold'));
});

test('refuses a signature that was made for something else than Tidegate', async () => {
  const signed = await sign();
  const signature = execFileSync('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', join(folder, 'anna')], {
    input: signed.text,
    stdio: ['pipe', 'pipe', 'ignore'],
  }).toString();
  await expect(take({ signed: { ...signed, signature } })).rejects.toMatchObject(refusal('does not hold'));
});

test('refuses a key that is allowed for another namespace, or no longer', async () => {
  const key = await readFile(join(folder, 'anna.pub'), 'utf8');
  await allow('anna@example.org', key, 'namespaces="git" ');
  await expect(take({})).rejects.toMatchObject(refusal('does not hold'));
  await allow('anna@example.org', key, 'valid-before="20200101" ');
  await expect(take({})).rejects.toMatchObject(refusal(''));
});

test('refuses a mandate for another thing than is asked', async () => {
  await expect(take({ asked: { ...mandate, verb: 'rollout retry' } })).rejects.toMatchObject(refusal('verb'));
  await expect(take({ asked: { ...mandate, plan: 'b'.repeat(64) } })).rejects.toMatchObject(refusal('plan'));
});

test('refuses an old mandate', async () => {
  await expect(take({ now: new Date('2026-03-02T22:16:00Z') })).rejects.toMatchObject(refusal('15 minutes'));
});

test('takes a mandate once, also after the worker was started again', async () => {
  await take({});
  await expect(take({ usedBy: 'run 2' })).rejects.toMatchObject(refusal('used before'));
  await ledger.close();
  ledger = await Ledger.open(join(folder, 'ledger'));
  mandates = await Mandates.open(ledger);
  await expect(take({ usedBy: 'run 2' })).rejects.toMatchObject(refusal('used before'));
});

test('of two that use one mandate at the same moment, one is refused', async () => {
  const both = await Promise.allSettled([take({ usedBy: 'run 1' }), take({ usedBy: 'run 2' })]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('lets an activity that is tried again through, also when the mandate is old by then', async () => {
  await take({});
  expect(await take({ now: new Date('2026-03-02T23:00:00Z') })).toBe('anna@example.org');
});

test('says when a key cannot sign', async () => {
  await expect(sign('nobody')).rejects.toMatchObject({ code: 'TG_MANDATE_MISSING' });
});
