import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fingerprint } from '../../ssh/host-key';
import { hostKeyError, hostKeyUnknown } from '../../ssh/host-key-error';
import { KnownHosts } from '../../ssh/known-hosts';
import { KnownHostsIndex } from '../../ssh/known-hosts-index';
import type { Target } from '../../ssh/target';
import { makeKey, publicKey } from '../support/sshd';

let folder: string;
/** Public keys as `type base64`, the last two of other types. */
const keys: string[] = [];

jest.setTimeout(120_000);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-known-'));
  for (const [index, type] of ['ed25519', 'ed25519', 'ed25519', 'ecdsa', 'rsa'].entries()) {
    makeKey(join(folder, `key${index}`), type);
    keys.push(
      readFileSync(join(folder, `key${index}.pub`), 'utf8')
        .split(' ')
        .slice(0, 2)
        .join(' '),
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blob = (index: number) => publicKey(join(folder, `key${index}.pub`));
const target = (name: string, changes: Partial<Target> = {}): Target => ({
  name,
  address: '10.4.1.30',
  port: 22,
  account: 'tidegate',
  ...changes,
});

function file(...lines: string[]): KnownHosts {
  const path = join(folder, 'known_hosts');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return new KnownHosts([path]);
}

async function verdict(known: KnownHosts, of: Target, key: number) {
  return (await known.pins(of)).verdict(blob(key));
}

describe('which lines mean a name', () => {
  const label = fc.constantFrom('web1', 'web2', 'WEB1', 'db', '10.4.1.30', '::1', 'a-b.example.org');
  const form = fc.oneof(
    label,
    fc.tuple(label, fc.constantFrom(22, 2222, 2223)).map(([name, port]) => `[${name}]:${port}`),
  );
  const pattern = fc.oneof(
    form,
    fc.constantFrom(
      '*',
      'web?',
      '*.example.org',
      '[*]:2222',
      '10.4.*',
      'w*b*1',
      '?',
      '[web1]',
      'web[12]',
      '**1',
      '',
    ),
  );
  const item = fc.oneof(
    { weight: 4, arbitrary: pattern },
    { weight: 1, arbitrary: pattern.map((one) => `!${one}`) },
  );
  const names = fc.oneof(
    { weight: 3, arbitrary: fc.array(item, { minLength: 1, maxLength: 4 }).map((all) => all.join(',')) },
    { weight: 1, arbitrary: form.map((one) => `hash:${one.toLowerCase()}`) },
  );
  const line = fc.record({
    names: names.filter((text) => text !== '' && !text.startsWith('@') && !text.startsWith('#')),
    marker: fc.constantFrom('', '', '', '@revoked ', '@cert-authority '),
    key: fc.nat({ max: 4 }),
    before: fc.constantFrom('', '  ', '\t', '# a comment\n', '\n'),
    comment: fc.constantFrom('', ' anna@desk', '  2026-03-02 by anna', ' # odd'),
  });

  test('are those that ssh-keygen -F finds, for any file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), form, async (lines, asked) => {
        const path = join(folder, 'generated');
        const text = lines
          .map((one) => `${one.before}${one.marker}${hashed(one.names)} ${keys[one.key]}${one.comment}\n`)
          .join('');
        writeFileSync(path, text);
        const lower = asked.toLowerCase();
        const ours = (await new KnownHostsIndex(text, path).linesFor(lower)).map((found) => found.line);
        expect(ours).toEqual(linesFoundByOpenSsh(path, lower));
      }),
      { numRuns: 400 },
    );
  });

  /** `ssh-keygen -H` makes the hashed form; here it is asked for one name at a time. */
  function hashed(text: string): string {
    if (!text.startsWith('hash:')) return text;
    const path = join(folder, 'to-hash');
    writeFileSync(path, `${text.slice('hash:'.length)} ${keys[0]}\n`);
    execFileSync('ssh-keygen', ['-H', '-f', path], { stdio: 'ignore' });
    return readFileSync(path, 'utf8').split(' ')[0] ?? '';
  }

  function linesFoundByOpenSsh(path: string, name: string): number[] {
    const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-f', path], { encoding: 'utf8' });
    return [...stdout.matchAll(/^# Host .* found: line (\d+)/gm)].map((match) => Number(match[1]));
  }
});

test('a pinned key is trusted, another one is changed, and no pin is unknown', async () => {
  const known = file(`zlx230 ${keys[0]} 2026-03-02 by anna`);
  expect(await verdict(known, target('zlx230'), 0)).toMatchObject({ kind: 'trusted', alsoPinnedFor: [] });
  expect(await verdict(known, target('zlx230'), 1)).toMatchObject({
    kind: 'changed',
    pinned: [
      { type: 'ssh-ed25519', fingerprint: fingerprint(blob(0)), comment: '2026-03-02 by anna', line: 1 },
    ],
  });
  expect(await verdict(known, target('zlx231'), 0)).toMatchObject({ kind: 'unknown', pinned: [] });
});

test('our fingerprint is the one that ssh-keygen -l prints', () => {
  for (const index of keys.keys())
    expect(
      execFileSync('ssh-keygen', ['-lf', join(folder, `key${index}.pub`)], { encoding: 'utf8' }),
    ).toContain(` ${fingerprint(blob(index))} `);
});

test('the name decides before the address, and the address where the name is not pinned', async () => {
  const known = file(`zlx230 ${keys[0]}`, `10.4.1.30 ${keys[1]}`);
  expect(await verdict(known, target('zlx230'), 1)).toMatchObject({ kind: 'changed' });
  expect(await verdict(known, target('other'), 1)).toMatchObject({ kind: 'trusted' });
});

test('a key pinned for port 22 does not count for another port', async () => {
  const known = file(`zlx230 ${keys[0]}`, `[zlx231]:2222 ${keys[0]}`);
  expect(await verdict(known, target('zlx230', { port: 2222 }), 0)).toMatchObject({ kind: 'unknown' });
  expect(await verdict(known, target('zlx231', { port: 2222 }), 0)).toMatchObject({ kind: 'trusted' });
});

test('a revoked key is refused even where it is pinned, also by a pattern or the address alone', async () => {
  for (const names of ['zlx230', '*', '10.4.1.30']) {
    const known = file(`zlx230 ${keys[0]}`, `@revoked ${names} ${keys[0]}`);
    expect(await verdict(known, target('zlx230'), 0)).toMatchObject({
      kind: 'revoked',
      pinned: [{ line: 2 }],
    });
  }
  const others = file(`zlx230 ${keys[0]}`, `@revoked * ${keys[1]}`);
  expect(await verdict(others, target('zlx230'), 0)).toMatchObject({ kind: 'trusted' });
});

test.each(['\u2028', '\r', '\u2029', '\v', '\u0085'])(
  'a key is revoked whatever signs its comment has (%j), and trusted so',
  async (sign) => {
    const plain = `zlx230 ${keys[0]} by${sign}anna ${sign} ben`;
    expect(await verdict(file(plain), target('zlx230'), 0)).toMatchObject({ kind: 'trusted' });
    expect(await verdict(file(`zlx230 ${keys[0]}`, `@revoked ${plain}`), target('zlx230'), 0)).toMatchObject({
      kind: 'revoked',
    });
  },
);

test('patterns and blanks by the thousand cost no more than their length', async () => {
  const known = file(`${'*a'.repeat(200)}b ${keys[0]}`, `a b c${' '.repeat(300_000)}\u2028`);
  expect(await verdict(known, target('a'.repeat(60)), 0)).toMatchObject({ kind: 'unknown' });
});

test('a key with signs that are none of Base64 is no key, and is not passed over where it is revoked', async () => {
  const odd = keys[0]!.replace(/(AAAAC3NzaC1lZDI1NTE5)/, '$1*');
  const known = file(`zlx230 ${odd}`);
  expect(await verdict(known, target('zlx230'), 0)).toMatchObject({ kind: 'unknown' });
  expect(await known.damaged()).toMatchObject([{ line: 1, problem: 'the key is not written in Base64' }]);
  await expect(verdict(file(`@revoked zlx230 ${odd}`), target('zlx230'), 0)).rejects.toMatchObject({
    code: 'TG_FILE_INVALID',
  });
});

test('a revocation that cannot be read is an error, not a silence', async () => {
  const known = file(`zlx230 ${keys[0]}`, '@revoked * ssh-ed25519 AAAA');
  await expect(known.pins(target('zlx230'))).rejects.toMatchObject({
    code: 'TG_FILE_INVALID',
    message: expect.stringMatching(/known_hosts:2: /),
  });
});

test('other damaged lines are passed over and listed', async () => {
  const known = file(
    'zlx230',
    `zlx230 ssh-rsa ${keys[0]?.split(' ')[1]}`,
    `@odd zlx230 ${keys[0]}`,
    `|1|a|b ${keys[0]}`,
  );
  expect((await known.damaged()).map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  expect(await verdict(known, target('zlx230'), 0)).toMatchObject({ kind: 'unknown' });
});

test('the error of a changed key shows both fingerprints, where the pin stands, and the clone', async () => {
  const known = file(`zlx230 ${keys[0]} 2026-03-02 by anna\x1b[2J`, `zlx009,zlx010 ${keys[1]}`);
  const error = hostKeyError(target('zlx230'), await verdict(known, target('zlx230'), 1));
  expect(error.code).toBe('TG_HOST_KEY_CHANGED');
  expect(error.retryable).toBe(false);
  expect(error.message.split('\n')).toEqual([
    'zlx230 (10.4.1.30:22): the host key is not the pinned one',
    `  pinned   ED25519 ${fingerprint(blob(0))}  2026-03-02 by anna?[2J, ${folder}/known_hosts:1`,
    `  offered  ED25519 ${fingerprint(blob(1))}  also pinned for zlx009, zlx010: a clone?`,
    'Disconnected before login; nothing was sent.',
  ]);
  expect(error.next).toContain(
    `tidegate hostkeys accept zlx230 --fingerprint ${fingerprint(blob(1))} --reason`,
  );
});

test('a certificate authority is recognised, and said not to be supported', async () => {
  const known = file(`@cert-authority *.example.org ${keys[0]}`);
  const host = target('web1.example.org');
  const pins = await known.pins(host);
  expect(pins.verdict(blob(0)).kind).toBe('unknown');
  expect(hostKeyUnknown(host, pins, known.files).message).toMatch(
    /known_hosts:1 trusts a certificate authority/,
  );
});

test('a file that changes is read again; the first may be missing, another may not', async () => {
  const path = join(folder, 'later');
  const known = new KnownHosts([path]);
  expect(await verdict(known, target('zlx230'), 0)).toMatchObject({ kind: 'unknown' });
  writeFileSync(path, `zlx230 ${keys[0]}\n`);
  expect(await verdict(known, target('zlx230'), 0)).toMatchObject({ kind: 'trusted' });
  appendFileSync(path, `@revoked zlx230 ${keys[0]}\n`);
  expect(await verdict(known, target('zlx230'), 0)).toMatchObject({ kind: 'revoked' });
  await expect(new KnownHosts([path, join(folder, 'none')]).pins(target('zlx230'))).rejects.toMatchObject({
    code: 'TG_FILE_MISSING',
  });
});

test('100,000 lines are read once, and then a lookup reads none of them', async () => {
  const lines = Array.from(
    { length: 100_000 },
    (_unused, index) => `host${index},10.0.${index >> 8}.${index & 255} ${keys[index % 5]}`,
  );
  const known = file(...lines);
  expect(await verdict(known, target('host99999'), 99_999 % 5)).toMatchObject({ kind: 'trusted' });
  const before = performance.now();
  for (let index = 0; index < 1_000; index += 1) await known.pins(target(`host${index}`));
  expect(performance.now() - before).toBeLessThan(5_000);
});
