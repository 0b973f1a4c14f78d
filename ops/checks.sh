# shellcheck shell=sh
# checks: what the plan asks of a host, in an operation (before runner.sh) or alone while a wave soaks.

tg_failed=
say() { printf '%s\n' "$*"; }
fail() { # CODE TEXT: the first failure is the one that counts; what follows is skipped.
  [ -n "$tg_failed" ] && return
  tg_failed=$1
  say "failed $1 $(printf '%s' "$2" | tr '\n' ' ' | head -c 300)"
}

# Runs words; runner.sh keeps what they print. A process that they leave behind is not waited for.
run() { "$@" </dev/null >/dev/null 2>&1; }

# run_within SECONDS WORD…: what ignores TERM is killed; the rest of its process group goes with it.
run_within() {
  tg_seconds=$1
  shift
  run timeout -k 5 "$tg_seconds" "$@"
}

# check SECONDS KIND WORD [WORD]: what the plan asks of the host after the transaction.
check() {
  [ -n "$tg_failed" ] && return
  case $2 in
    command) run_within "$1" sh -c "$3" ;;
    service) if [ -d /run/systemd/system ]; then run_within "$1" systemctl is-active --quiet "$3"; else
      run_within "$1" service "$3" status; fi ;;
    tcp)
      tg_host=${3%:*}
      tg_host=${tg_host#\[}
      # shellcheck disable=SC2016
      run_within "$1" bash -c 'exec 3<>"/dev/tcp/$1/$2"' check "${tg_host%\]}" "${3##*:}"
      ;;
    http)
      tg_got=$(timeout -k 5 "$1" curl -ksS -o /dev/null -w '%{http_code}' "$3" 9>&- </dev/null)
      tg_code=$?
      [ "$tg_got" = "$4" ] || {
        [ "$tg_code" -ne 0 ] || { fail TG_CHECK_FAILED "http $3 (answered $tg_got, expected $4)"; return; }
        (exit "$tg_code")
      }
      ;;
  esac || fail TG_CHECK_FAILED "$2 $3 ($(why $? "$1"))"
}

# why CODE SECONDS: what an exit code of timeout(1), or of what it ran, says.
why() {
  case $1 in
    124) printf 'not done in %s s' "$2" ;;
    127) printf 'exit 127: a program that it needs is not on the host' ;;
    137) printf 'exit 137: killed, or not done in %s s' "$2" ;;
    *) printf 'exit %s' "$1" ;;
  esac
}
