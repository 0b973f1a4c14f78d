# shellcheck shell=sh disable=SC2154
# Read after checks.sh and packages.sh.
# runner: carries one operation out, detached from every connection. Written to the host beside the request,
# which is a list of the verbs below. Nothing here is ever killed but checks, which have a time limit.
#   $1 the operation's directory, whose `running` is locked in our descriptor 9   $2 SCOPE when we are in one
#   descriptor 7 is closed once nothing but the host's end can end us

cd "$1" || exit 1
umask 022
# Where systemd is PID 1: into a scope of our own, which outlives sshd's session. A scope, not a service: it starts as our
# child and takes the lock along. To stop it ends nobody (SIGCONT), and a shutdown waits for it.
tg_unit=tidegate-${1##*/}
if [ -d /run/systemd/system ] && [ "${2-}" != SCOPE ]; then
  systemd-run --scope --unit="$tg_unit" -p KillSignal=SIGCONT -p SendSIGKILL=no -p TimeoutStopSec=1h \
    sh ./runner "$1" SCOPE >scope 2>&1 &
  exec 7>&-
  wait $!
  [ -e log ] && exit
fi
exec >log 2>&1 7>&-
: >result.part
tg_failed='' tg_staged='' tg_unsaid=''

# What checks.sh would print goes to the result instead. A disk may be full for one line and not for the next.
say() { printf '%s\n' "$*" >>result.part || tg_unsaid=1; }

# The log keeps the start of what a command of the plan prints. The rest is read and dropped: it neither fills the disk
# nor blocks whoever writes. Whoever is left behind with the other end of the pipe is not waited for.
run() {
  echo "+ $*"
  mkfifo said
  { head -c 262144; cat >/dev/null; } <said 9>&- &
  tg_reader=$!
  "$@" 9>&- </dev/null >said 2>&1
  tg_code=$?
  rm -f said
  # What a failure printed is in the log before the result says so.
  tg_tries=0
  while [ "$tg_code" -ne 0 ] && [ "$tg_tries" -lt 20 ] && kill -0 "$tg_reader" 2>/dev/null; do
    sleep 0.05
    tg_tries=$((tg_tries + 1))
  done
  return "$tg_code"
}

# before COMMAND / after COMMAND: as root, from the plan; must exit 0.
before() {
  [ -n "$tg_failed" ] && return
  run sh -c "$1" || fail TG_BEFORE_FAILED "exit $?: $1"
}
after() {
  [ -n "$tg_failed" ] && return
  run sh -c "$1" || fail TG_AFTER_FAILED "exit $?: $1"
}

# transaction LOCK_SECONDS [TRY] rpm's words…: waits for rpm's lock, which rpm does not do without a terminal.
# rpm holds `running` too: an operation whose runner died is not lost before rpm has ended. Scriptlets do not get it.
# TRY: nobody asked rpm before; what it turns down then, with nothing changed, is told as that.
transaction() {
  [ -n "$tg_failed" ] && return
  tg_lock_seconds=$1 tg_try=
  shift
  [ "$1" != TRY ] || { tg_try=yes; shift; }
  for tg_word; do
    case $tg_word in /*.rpm) tg_staged="$tg_staged $tg_word" ;; esac
  done
  tg_began=$(date +%s.%N)
  tg_until=$((${tg_began%.*} + tg_lock_seconds))
  while :; do
    echo "+ rpm $*"
    rpm "$@" </dev/null >rpm.out 2>&1
    tg_code=$?
    # Nothing said, which is the rule: nothing to look for.
    [ -s rpm.out ] || break
    # What rpm itself complains of comes last, behind whatever a scriptlet flooded it with.
    tail -c 262144 rpm.out
    [ "$tg_code" -ne 0 ] || break
    grep -q "can't create transaction lock\|cannot get exclusive lock\|waiting for transaction lock" rpm.out || break
    [ "$(date +%s)" -lt "$tg_until" ] || {
      fail TG_RPM_LOCKED "rpm's lock was held all the time"
      break
    }
    sleep 1
  done
  if [ -n "$tg_try" ] && turned_down "$@"; then
    fail TG_PREFLIGHT_REFUSED "$(complaints)"
    return
  fi
  tg_touched=1
  say "began $tg_began"
  say "ended $(date +%s.%N)"
  say "code $tg_code"
  if [ -s rpm.out ]; then
    grep -a -m 50 -o 'warning: /[^ ]* \(created as\|saved as\) /[^ ]*' rpm.out | sed 's/^warning: /config /' >>result.part || tg_unsaid=1
    ! grep -q 'scriptlet failed' rpm.out || fail TG_SCRIPTLET_FAILED "$(grep -a 'scriptlet failed' rpm.out | head -n 1)"
  fi
  [ "$tg_code" -eq 0 ] || fail TG_TRANSACTION_FAILED "rpm exit $tg_code: $(grep -a -v '^warning\|^rpm: ' rpm.out | tail -n 3)"
}

# turned_down rpm's words…: whether rpm refused before it changed anything: asked again without doing it, it says the very
# same. Only a package's %pretrans runs before rpm is through with its own checks.
turned_down() {
  [ "$tg_code" -ne 0 ] && [ -s rpm.out ] || return 1
  # shellcheck disable=SC2086
  [ -z "$(rpm -qp --qf '%|PRETRANS?{yes}|%|PRETRANSPROG?{yes}|' $tg_staged 2>/dev/null 9>&-)" ] || return 1
  tg_said=$(rpm --test "$@" </dev/null 2>&1 9>&-) && return 1
  [ "$tg_said" = "$(cat rpm.out)" ]
}

# What rpm complained of; Debian's talks about alien on each call.
complaints() { grep -v '^rpm: \|^error: Failed dep' rpm.out | head -n 3 | sed 's/^[[:space:]]*//'; }

# erase LOCK_SECONDS NAME…: those that are there; a transaction that failed may not have brought them.
erase() {
  [ -n "$tg_failed" ] && return
  tg_seconds=$1
  shift
  tg_there=$(rpm -q --qf '%{NAME}\n' "$@" 9>&- 2>/dev/null | grep -v ' is not installed$')
  # shellcheck disable=SC2086
  [ -z "$tg_there" ] || transaction "$tg_seconds" -e $tg_there
}

# verify NEVRA HEADER: present, the very build, and every file as packaged.
verify() {
  [ -n "$tg_failed" ] && return
  tg_found=$(rpm -q --qf '%{SHA256HEADER} ' "$1" 9>&- 2>/dev/null) ||
    { fail TG_VERIFY_FAILED "$1 is not installed"; return; }
  [ "$tg_found" = "$2 " ] || { fail TG_VERIFY_FAILED "$1 is another build: header $tg_found"; return; }
  tg_differs=$(rpm -V "$1" 9>&- 2>&1)
  [ -z "$tg_differs" ] || tg_differs=$(printf '%s\n' "$tg_differs" | changed_by_us)
  [ -z "$tg_differs" ] || fail TG_VERIFY_FAILED "$1: $(printf '%s' "$tg_differs" | head -n 3)"
}

# Of the lines of rpm -V, those that are our doing: all but configuration files that somebody edited before we began
# (`S.5....T.  c /etc/x`; the request was written when we did).
changed_by_us() {
  while IFS= read -r tg_line; do
    tg_file=${tg_line#*  c }
    if [ "$tg_file" != "$tg_line" ] && [ -e "$tg_file" ] && [ -z "$(find "$tg_file" -prune -newer request)" ]; then
      continue
    fi
    printf '%s\n' "$tg_line"
  done
}
# gone NAME: erased.
gone() {
  [ -n "$tg_failed" ] && return
  ! rpm -q "$1" >/dev/null 2>&1 9>&- || fail TG_VERIFY_FAILED "$1 is still installed"
}

# left NAME…: what a transaction that failed, or what failed behind it, left of these packages. What this tells of the host
# is the worker's to judge: rpm may have written files and recorded nothing (a full disk, a kill).
left() {
  [ -n "$tg_failed" ] && [ -n "${tg_touched-}" ] || return
  packages "$@" 9>&- | sed 's/^/left /' >>result.part || tg_unsaid=1
}

restart() {
  [ -n "$tg_failed" ] && return
  if [ -d /run/systemd/system ]; then run systemctl restart "$1"; else run service "$1" restart; fi ||
    fail TG_RESTART_FAILED "exit $?: $1"
}

# What still maps files that the transaction removed needs a restart: reported, never done by itself.
needs_restart() {
  [ -n "$tg_failed" ] && return
  # shellcheck disable=SC2013 # names of /proc have no spaces
  for tg_maps in $(grep -ls '/\(usr/\)\?\(lib\|bin\|sbin\|opt\)[^ ]* (deleted)$' /proc/[0-9]*/maps 2>/dev/null); do
    say "restart $(cat "${tg_maps%maps}comm" 2>/dev/null)"
  done
}

# Whoever was left behind by a command or a scriptlet goes to a scope as any other, or a shutdown would wait for it.
leave_scope() {
  tg_group=$(sed -n 's/^0::\|^[0-9]*:name=systemd://p' /proc/self/cgroup | tail -n 1)
  set --
  for tg_tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -r "$tg_tree$tg_group/cgroup.procs" ] || continue
    while read -r tg_pid; do [ "$tg_pid" = $$ ] || set -- "$@" "$tg_pid"; done <"$tg_tree$tg_group/cgroup.procs"
    break
  done
  [ $# -eq 0 ] || busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \
    StartTransientUnit 'ssa(sv)a(sa(sv))' "$tg_unit-left.scope" fail 1 PIDs au $# "$@" 0 9>&-
}

[ -d /run/systemd/system ] && [ "${2-}" != SCOPE ] && fail TG_UNIT_FAILED "$(cat scope)"
# shellcheck disable=SC1091
. ./request
[ -n "${tg_touched-}" ] && needs_restart
say "outcome ${tg_failed:-ok}"
# What is of no use once it has ended; a later operation is given its packages anew.
# shellcheck disable=SC2086
rm -f runner scope rpm.out $tg_staged
# Half a result would be taken for what the host has: without one the operation is lost, and the host looked at.
if [ -z "$tg_unsaid" ] && sync result.part log; then
  mv result.part result
  sync .
fi
[ "${2-}" != SCOPE ] || leave_scope
