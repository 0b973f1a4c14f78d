import { waitForListeners } from '../boot';
import { inside } from '../inside';
import type { Fault } from './fault';

/** Nobody answers the host's address: connections are refused, those that are open break. */
export const stopped: Fault = {
  name: 'stopped',
  summary: 'no sshd: connections are refused',
  endsWithBoot: true,
  break: async (lab, host) => void (await inside(lab, host, stopSshd)),
  mend: async (lab, host) => {
    await inside(lab, host, `pgrep -x sshd >/dev/null || { ${startSshd}; }`);
    await waitForListeners(lab, [host]);
  },
};

/** The kernel still accepts connections for the stopped sshd, and nothing ever answers. */
export const hang: Fault = {
  name: 'hang',
  summary: 'sshd is stopped (SIGSTOP): connections open and nothing answers',
  endsWithBoot: true,
  break: async (lab, host) => void (await inside(lab, host, 'pkill -STOP -x sshd')),
  mend: async (lab, host) => void (await inside(lab, host, 'pkill -CONT -x sshd || true')),
};

/** As after a reinstallation, or an attack. The pinned key is kept beside it, for `mend`. */
export const changedKey: Fault = {
  name: 'changed-key',
  summary: 'sshd has another host key than known_hosts',
  break: async (lab, host) => {
    await inside(lab, host, changeKeyScript);
    await waitForListeners(lab, [host]);
  },
  mend: async (lab, host) => {
    await inside(lab, host, restoreKeyScript);
    await waitForListeners(lab, [host]);
  },
};

/** Where systemd is, sshd is a unit of its, which it would start again by itself. */
const startSshd = 'if [ -d /run/systemd/system ]; then systemctl start ssh; else /usr/sbin/sshd; fi';
const stopSshd = 'if [ -d /run/systemd/system ]; then systemctl stop ssh; fi; pkill -KILL -x sshd || true';

/** Starts sshd anew with the files as they are; sessions that are open stay. */
export const restartSshd = `
[ ! -d /run/systemd/system ] || { systemctl restart ssh; exit; }
pid=$(cat /run/sshd.pid 2>/dev/null || true)
if [ "$pid" ]; then
  kill "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
fi
/usr/sbin/sshd
`;

const changeKeyScript = `
cd /etc/ssh
mkdir pinned
mv ssh_host_ed25519_key ssh_host_ed25519_key.pub pinned/
ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key
${restartSshd}`;

const restoreKeyScript = `
cd /etc/ssh
mv -f pinned/* .
rmdir pinned
${restartSshd}`;
