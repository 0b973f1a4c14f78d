import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { homeAt } from '../store/home';
import { makeKey } from './keys';
import { controlOf, type Lab } from './lab';

const run = promisify(execFile);

/** Who signs what is built in the lab. */
const signer = 'Tidegate lab <signing@lab.invalid>';

/** What the lab's hosts are told of the home, as files. */
interface LabKeys {
  /** OpenSSH authorized_keys for the automation account. */
  readonly authorizedKeys: string;
  /** OpenPGP public key that built packages are signed with. */
  readonly signingKey: string;
}

/**
 * Makes the home of the lab's fleet: inventory, automation key, known_hosts, a key that signs packages, and the
 * vendor's public key as a trusted one.
 * @param hostKeys public host keys (`ssh-ed25519 AAAA…`) in the order of lab.hosts
 */
export async function makeHome(lab: Lab, hostKeys: readonly string[]): Promise<LabKeys> {
  const home = homeAt(lab.home);
  const gnupg = gnupgFolder(lab.home);
  await mkdir(home.keys, { recursive: true, mode: 0o700 });
  await mkdir(gnupg, { mode: 0o700 });

  const automation = await makeKey(automationKey(lab), `tidegate@${lab.name}`);
  const authorizedKeys = join(home.keys, 'authorized_keys');
  await writeFile(authorizedKeys, `restrict,from="127.0.0.0/8" ${automation}\n`);

  await writeFile(knownHosts(lab), renderKnownHosts(lab, hostKeys));
  await cp(join(lab.vendorPackages, 'vendor.asc'), join(home.keys, 'vendor.asc'));
  const { fingerprint, publicKey } = await makeSigningKey(gnupg);
  const signingKey = join(home.keys, 'signing.asc');
  await writeFile(signingKey, publicKey);
  await writeFile(home.fleetFile, renderFleet(lab, fingerprint));
  return { authorizedKeys, signingKey };
}

/** @returns the private key of the automation account. */
export function automationKey(lab: Lab): string {
  return join(homeAt(lab.home).keys, 'automation');
}

export function knownHosts(lab: Lab): string {
  return join(lab.home, 'known_hosts');
}

/** gpg starts an agent for its home, which outlives it: `down` ends it. */
export async function endGpgAgent(home: string): Promise<void> {
  const gnupg = gnupgFolder(home);
  if (!existsSync(gnupg)) return;
  await run('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  // Its sockets are in a folder of their own below /run/user, on machines that have that.
  await run('gpgconf', ['--homedir', gnupg, '--remove-socketdir']);
}

function gnupgFolder(home: string): string {
  return join(home, 'gnupg');
}

async function makeSigningKey(gnupg: string): Promise<{ fingerprint: string; publicKey: string }> {
  const gpg = async (...words: string[]) =>
    (await run('gpg', ['--homedir', gnupg, '--batch', '--quiet', ...words])).stdout;
  const unprotected = ['--pinentry-mode', 'loopback', '--passphrase', ''];
  await gpg(...unprotected, '--quick-generate-key', signer, 'rsa3072', 'sign', 'never');
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(await gpg('--with-colons', '--list-keys'))![1]!;
  return { fingerprint, publicKey: await gpg('--armor', '--export', fingerprint) };
}

function renderKnownHosts(lab: Lab, hostKeys: readonly string[]): string {
  return lab.hosts
    .map(({ name, address, port }, index) => {
      const names = [name, address].map((word) => (port === 22 ? word : `[${word}]:${port}`));
      return `${names.join(',')} ${hostKeys[index]}\n`;
    })
    .join('');
}

function renderFleet(lab: Lab, fingerprint: string): string {
  const control = controlOf(lab);
  const hosts = lab.hosts.map(({ name, address, domain, role, full }) => {
    const labels = [
      `role: ${role}`,
      ...(domain === '' ? [] : [`domain: ${domain}`]),
      ...(full ? ['init: systemd'] : []),
    ].join(', ');
    return `  ${name}: { address: ${address}, labels: { ${labels} } }`;
  });
  return `# The fleet of the lab «${lab.name}», made by: tidegate lab up
fleet: ${lab.name}
domain: domain
control: { ${lab.platform}: ${control.name} }
platform: ${lab.platform}
account: tidegate
port: ${lab.port}
key: keys/automation
knownHosts: [known_hosts]
trustedKeys: [keys/vendor.asc]
signing: { gnupgHome: gnupg, key: ${fingerprint} }
hosts:
${hosts.join('\n')}
`;
}
