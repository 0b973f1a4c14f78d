import { inside } from '../inside';
import type { Fault } from './fault';

/** What the checks of bad releases look for: `test ! -e /etc/tidegate-lab-fault`. */
export const planted: Fault = {
  name: 'planted',
  summary: '/etc/tidegate-lab-fault exists: a check of a plan can look for it',
  break: async (lab, host) => void (await inside(lab, host, ': >/etc/tidegate-lab-fault')),
  mend: async (lab, host) => void (await inside(lab, host, 'rm -f /etc/tidegate-lab-fault')),
};

/** rpm's lock is fcntl(2)'s, which flock(1) does not take: perl is in every Debian. */
export const rpmLock: Fault = {
  name: 'rpm-lock',
  summary: 'another process holds the lock of the rpm database, for ever',
  endsWithBoot: true,
  break: async (lab, host) => void (await inside(lab, host, holdLockScript)),
  mend: async (lab, host) => void (await inside(lab, host, 'pkill -KILL -f ^tidegate-lab-rpm-lock || true')),
};

/** Says `held` only when it has the lock: the fault is there when `break` returns. struct flock of 64-bit Linux. */
const holdLockScript = `
mkfifo /run/rpm-lock.$$
setsid perl -MFcntl -e '
  $0 = "tidegate-lab-rpm-lock";
  open(my $lock, "+>>", "/var/lib/rpm/.rpm.lock") or die $!;
  my $all = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0);
  fcntl($lock, F_SETLKW, $all) or die $!;
  print "held\\n"; close(STDOUT);
  sleep;
' </dev/null >/run/rpm-lock.$$ 2>/dev/null &
read -r answer </run/rpm-lock.$$
rm /run/rpm-lock.$$
test "$answer" = held
`;
