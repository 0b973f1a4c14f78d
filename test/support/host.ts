import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../model/fleet';
import { Sandbox } from './sandbox';

const sshdPort = 2222;

/** A real host for a test: a sandbox with its own sshd, host key, rpmdb, automation account and sudo. */
export interface SandboxHost {
  readonly host: Host;
  readonly sandbox: Sandbox;
  /** The line of known_hosts that pins it. */
  readonly knownHostsLine: string;
  stopSshd(): void;
  /** @param port - another than the one that the fleet knows, when something stands before it. */
  startSshd(port?: number): void;
  /** Of its key, as its console shows it. */
  fingerprint(): string;
  /** sshd answers with another host key from now on. */
  changeKey(): void;
}

/** Makes the key pair of a test's automation account. @returns the private key's path. */
export function makeKey(folder: string): string {
  const file = join(folder, 'automation');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  return file;
}

/**
 * @param given.address - in 127.0.0.0/8, the host's own.
 * @param given.publicKeys - OpenPGP keys (files) that its rpm trusts.
 */
export async function startHost(given: {
  name: string;
  address: string;
  domain: string;
  keyFile: string;
  publicKeys: string[];
}): Promise<SandboxHost> {
  const { name, address, domain } = given;
  const sandbox = await Sandbox.start();
  for (const file of given.publicKeys) sandbox.trust(file);
  const sshd = (port = sshdPort) => `/usr/sbin/sshd -o ListenAddress=${address}:${port} -o PidFile=none \\
      -o UsePAM=no -o PasswordAuthentication=no -o StrictModes=no -o HostKey=/etc/ssh/ssh_host_ed25519_key \\
      -o LogLevel=ERROR`;
  const made = sandbox.run(
    `set -e
    hostname=${name}
    id tidegate >/dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*' tidegate
    install -d -m 700 -o tidegate /home/tidegate/.ssh
    cat >/home/tidegate/.ssh/authorized_keys
    chown tidegate /home/tidegate/.ssh/authorized_keys
    echo 'tidegate ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/tidegate; chmod 440 /etc/sudoers.d/tidegate
    echo "${address} $(hostname)" >>/etc/hosts
    rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
    mkdir -p /run/sshd
    mv /usr/bin/rpm /usr/bin/rpm.real
    cat >/usr/bin/rpm <<'EOF'
#!/bin/sh
case " $* " in *" --test "*) ;; *" -U "*|*" -e "*) echo "$(date +%s.%N) $*" >>/var/log/rpm-calls.log ;; esac
exec /usr/bin/rpm.real "$@"
EOF
    chmod 755 /usr/bin/rpm
    ${sshd()}
    cat /etc/ssh/ssh_host_ed25519_key.pub`,
    readFileSync(`${given.keyFile}.pub`),
  );
  if (made.code !== 0) throw new Error(`${name}: ${made.err}`);
  const [type, key] = made.out.trim().split('\n').at(-1)!.split(' ');
  const stopSshd = () => void sandbox.run('pkill -x sshd; true');
  return {
    sandbox,
    stopSshd,
    startSshd: (port) => void sandbox.run(sshd(port)),
    changeKey() {
      stopSshd();
      sandbox.run(
        `rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; ${sshd()}`,
      );
    },
    fingerprint: () =>
      sandbox.run('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub').out.split(' ')[1] ?? '',
    knownHostsLine: `[${address}]:${sshdPort} ${type} ${key}\n`,
    host: {
      name,
      address,
      port: sshdPort,
      account: 'tidegate',
      platform: 'debian12-x86_64',
      domain,
      labels: {},
    },
  };
}

/** What was run on the host to change packages, by the wrapper's own log: `<seconds> <rpm's words>` a line. */
export function rpmCalls({ sandbox }: SandboxHost): { at: number; words: string }[] {
  const lines = sandbox.run('cat /var/log/rpm-calls.log 2>/dev/null').out.trim().split('\n').filter(Boolean);
  return lines.map((line) => ({ at: Number(line.split(' ')[0]), words: line.slice(line.indexOf(' ') + 1) }));
}
