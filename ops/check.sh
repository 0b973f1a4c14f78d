# shellcheck shell=sh
# check: what would make work on this host fail later. Read-only, as the automation account; asks sudo for nothing
# but looking. Prints one key=value a line, `done=yes` last.
#   $1 seconds that reading the package database may take

LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

printf 'clock=%s\n' "$(date +%s)"
printf 'account=%s\n' "$(id -un)"

tg_root='sudo -n'
if [ "$(id -u)" = 0 ]; then
  tg_root=
  printf 'sudo=yes\n'
elif tg_said=$(sudo -n true 2>&1); then
  printf 'sudo=yes\n'
else
  tg_root=false
  printf 'sudo=no %s\n' "$(printf %s "$tg_said" | head -n 1)"
fi

# shellcheck disable=SC1091
[ ! -r /etc/os-release ] || printf 'platform=%s-%s\n' "$(. /etc/os-release && printf %s "$ID${VERSION_ID%%.*}")" "$(uname -m)"

for tg_program in flock setsid sha256sum stat timeout; do
  command -v "$tg_program" >/dev/null || printf 'missing=%s\n' "$tg_program"
done

if command -v rpm >/dev/null; then
  printf 'rpm=%s\n' "$(rpm --version | head -n 1)"
  # Every header is read: a damaged database says so on stderr, sometimes with exit code 0.
  if [ "$tg_root" != false ]; then
    # shellcheck disable=SC2086
    tg_said=$($tg_root timeout "$1" rpm -qa --qf '' 2>&1) && [ -z "$tg_said" ] && printf 'rpmdb=ok\n' ||
      printf 'rpmdb=bad %s\n' "$(printf %s "$tg_said" | head -n 1)"
  fi
  # rpm's transaction lock is a POSIX lock, which flock(1) does not see: /proc/locks ends such a line
  # with MAJOR:MINOR:INODE START END.
  tg_lock=$(rpm --eval '%{?_rpmlock_path}%{!?_rpmlock_path:%{_dbpath}/.rpm.lock}' 2>/dev/null)
  tg_inode=$($tg_root stat -c %i "$tg_lock" 2>/dev/null)
  [ -z "$tg_inode" ] || grep ":$tg_inode " /proc/locks 2>/dev/null | head -n 1 | sed 's/.* WRITE *\([0-9]*\) .*/rpmlock=\1/'
else
  printf 'missing=rpm\n'
fi

for tg_mount in / /usr /var /tmp; do
  printf 'space=%s %s\n' "$tg_mount" "$(df -Pk "$tg_mount" 2>/dev/null | tail -n 1 | sed 's/^.* \([0-9][0-9]*\)  *[0-9][0-9]*% .*$/\1/')"
done

if [ "$tg_root" != false ]; then
  # `test -w` is false on a file system that is mounted read-only, also for root.
  tg_state=/var/lib/tidegate
  $tg_root test -e "$tg_state" || tg_state=/var/lib
  if $tg_root test -w "$tg_state"; then printf 'state=ok\n'; else printf 'state=%s\n' "$tg_state"; fi
fi

# A running kernel whose modules are gone was replaced.
if [ -f /run/reboot-required ]; then
  printf 'reboot=%s\n' /run/reboot-required
elif [ -n "$(ls /lib/modules 2>/dev/null)" ] && [ ! -d "/lib/modules/$(uname -r)" ]; then
  printf 'reboot=kernel %s has no modules any more\n' "$(uname -r)"
fi
printf 'done=yes\n'
