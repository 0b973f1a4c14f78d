import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addKnownHost } from '../../ssh/add-known-host';
import { KnownHosts } from '../../ssh/known-hosts';
import type { Target } from '../../ssh/target';
import { makeKey, publicKey } from '../support/sshd';

let folder: string;
let path: string;
const target: Target = { name: 'zlx230', address: '10.4.1.30', port: 22, account: 'tidegate' };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-accept-'));
  for (const name of ['old', 'new']) makeKey(join(folder, name), 'ed25519');
});
beforeEach(() => {
  path = join(mkdtempSync(join(folder, 'case-')), 'known_hosts');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = (name: 'old' | 'new') => publicKey(join(folder, `${name}.pub`));
const text = (name: 'old' | 'new') => `ssh-ed25519 ${key(name).toString('base64')}`;
const added = () => `zlx230,10.4.1.30 ${text('new')} 2026-03-02 by anna`;
const accept = (of = target) => addKnownHost(path, of, key('new'), '2026-03-02 by anna');
const lines = () => readFileSync(path, 'utf8').split('\n');

test('a file that is not there is made', async () => {
  await accept();
  expect(lines()).toEqual([added(), '']);
  expect((await new KnownHosts([path]).pins(target)).verdict(key('new')).kind).toBe('trusted');
});

test('other hosts, comments, patterns and markers stay as they are', async () => {
  const others = [
    '# ours',
    '',
    `zlx231 ${text('old')} kept`,
    `*.example.org ${text('old')}`,
    `@cert-authority zlx230 ${text('old')}`,
    'not a line',
  ];
  writeFileSync(path, others.join('\n'));
  await accept();
  expect(lines()).toEqual([...others, added(), '']);
});

test('the host’s old keys go, by name, by address and hashed; names beside it stay', async () => {
  writeFileSync(path, `zlx230 ${text('old')}\n10.4.1.30 ${text('old')}\n`);
  execFileSync('ssh-keygen', ['-H', '-f', path], { stdio: 'ignore' });
  writeFileSync(path, `zlx229,ZLX230,zlx231 ${text('old')} three\n[zlx230]:2222 ${text('old')}\n`, {
    flag: 'a',
  });
  await accept();
  expect(lines()).toEqual([
    `zlx229,zlx231 ${text('old')} three`,
    `[zlx230]:2222 ${text('old')}`,
    added(),
    '',
  ]);
});

test('a port other than 22 is written in brackets', async () => {
  await accept({ ...target, port: 2222 });
  expect(lines()[0]).toBe(`[zlx230]:2222,[10.4.1.30]:2222 ${text('new')} 2026-03-02 by anna`);
});

test('a revoked key is not accepted', async () => {
  const before = `@revoked * ${text('new')}\n`;
  writeFileSync(path, before);
  await expect(accept()).rejects.toMatchObject({ code: 'TG_HOST_KEY_REVOKED' });
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('many accepted at once are all there at the end, with the file’s mode and through a link', async () => {
  writeFileSync(path, '', { mode: 0o640 });
  symlinkSync(path, `${path}.link`);
  const hosts = Array.from({ length: 20 }, (_unused, index) => ({
    ...target,
    name: `host${index}`,
    address: `10.0.0.${index}`,
  }));
  await Promise.all(hosts.map((host) => addKnownHost(`${path}.link`, host, key('new'), '')));
  expect(lines()).toHaveLength(21);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(join(path, '..')).sort()).toEqual(['known_hosts', 'known_hosts.link']);
});

test('a comment cannot smuggle in a second line', async () => {
  await addKnownHost(path, target, key('new'), `by anna\nzlx231 ${text('old')}`);
  expect(lines()).toHaveLength(2);
});
