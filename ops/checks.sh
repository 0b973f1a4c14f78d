# shellcheck shell=sh
# checks: what the plan asks of a host, in an operation (before runner.sh) or alone while a wave soaks.

tg_failed=
say() { printf '%s\n' "$*"; }
fail() { # CODE TEXT: the first failure is the one that counts; what follows is skipped.
  [ -n "$tg_failed" ] && return
  tg_failed=$1
  say "failed $1 $(printf '%s' "$2" | tr '\n' ' ' | head -c 300)"
}

# check SECONDS KIND WORD [WORD]: what the plan asks of the host after the transaction.
check() {
  [ -n "$tg_failed" ] && return
  case $2 in
    command) timeout "$1" sh -c "$3" 9>&- </dev/null >&2 ;;
    service) if [ -d /run/systemd/system ]; then systemctl is-active --quiet "$3"; else
      service "$3" status; fi 9>&- </dev/null >&2 ;;
    tcp) timeout "$1" bash -c "exec 3<>/dev/tcp/${3%:*}/${3##*:}" 9>&- </dev/null >&2 ;;
    http) [ "$(timeout "$1" curl -ksS -o /dev/null -w '%{http_code}' "$3" 9>&- </dev/null)" = "$4" ] ;;
  esac || fail TG_CHECK_FAILED "$2 $3 (exit $?)"
}
