# shellcheck shell=sh disable=SC2154
# build: one build on a control instance, in a directory named by the digest of all that goes into it.
# Started as root through sudo; the build itself runs as an account of its own, without network, in build-runner.sh.
#   $1 build ID   $2 what to do:
#   BEGIN SECONDS   begins it with the tar file on stdin, unless it is there; SECONDS is its deadline
#   WAIT SECONDS    waits for its end, at most so long
#   STOP            ends its processes
#   CLEAN           removes what it left
# BEGIN and WAIT print `state unknown|running|lost|done`, then for `done`: `code N`, `log SIZE`, `rpm SHA256 SIZE FILE`.
# Log and packages are read from $tg_builds/ID/log and $tg_builds/ID/tree/RPMS/ARCH/FILE.

tg_builds=/var/lib/tidegate-build
tg_account=tidegate-build
tg_id=$1 tg_verb=$2 tg_seconds=${3-}
tg_dir=$tg_builds/$tg_id
umask 022
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

tg_refuse() {
  printf 'refused %s %s\n' "$1" "$2"
  exit 0
}

tg_prepare() {
  for tg_tool in rpmbuild tar unshare setpriv setsid flock timeout sha256sum; do
    command -v "$tg_tool" >/dev/null || tg_refuse TG_CONTROL_UNFIT "$tg_tool is not there"
  done
  id "$tg_account" >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir "$tg_builds" --no-create-home --shell /usr/sbin/nologin "$tg_account" >&2 ||
    tg_refuse TG_CONTROL_UNFIT "the account $tg_account cannot be made"
  mkdir -p "$tg_builds/work" || tg_refuse TG_HOST_FULL "cannot make $tg_builds"
  # stat does not follow a symbolic link: its mode is 777.
  [ "$(stat -c '%u %a' "$tg_builds")" = '0 755' ] ||
    tg_refuse TG_HOST_STATE_PLANTED "$tg_builds is not root's alone (mode 755)"
}

# The lock passes from this shell to the runner: free and no exit code means lost.
tg_begin() {
  mkdir -p "$tg_dir" || tg_refuse TG_HOST_FULL "cannot make $tg_dir"
  exec 9>>"$tg_dir/lock"
  flock -n 9 || return
  [ -f "$tg_dir/exit" ] && return
  rm -rf "$tg_dir/tree" "$tg_dir/tmp" "$tg_dir/pid"
  mkdir "$tg_dir/tree" "$tg_dir/tmp"
  tar -x -C "$tg_dir/tree" || tg_refuse TG_HOST_FULL "cannot unpack the sources in $tg_dir"
  chown -R "$tg_account:" "$tg_dir/tree" "$tg_dir/tmp"
  printf '%s' "$tg_runner" >"$tg_dir/runner" || tg_refuse TG_HOST_FULL "cannot write to $tg_dir"
  setsid sh "$tg_dir/runner" "$tg_dir" "$tg_builds/work" "$tg_account" "$tg_seconds" </dev/null >/dev/null 2>&1 &
  exec 9>&-
}

tg_state() {
  if [ -f "$tg_dir/exit" ]; then
    printf 'state done\ncode %s\nlog %s\n' "$(cat "$tg_dir/exit")" "$(stat -c %s "$tg_dir/log")"
    find "$tg_dir/tree/RPMS" -name '*.rpm' -type f 2>/dev/null | sort | while read -r tg_rpm; do
      tg_sum=$(sha256sum <"$tg_rpm")
      printf 'rpm %s %s %s\n' "${tg_sum%% *}" "$(stat -c %s "$tg_rpm")" "${tg_rpm#"$tg_dir"/tree/RPMS/}"
    done
  elif [ ! -f "$tg_dir/runner" ]; then
    echo 'state unknown'
  elif flock -n -s "$tg_dir/lock" true; then
    # It may have ended between the two looks.
    if [ -f "$tg_dir/exit" ]; then tg_state; else echo 'state lost'; fi
  else
    echo 'state running'
  fi
}

case $tg_verb in
  BEGIN)
    tg_prepare
    tg_begin
    tg_state
    ;;
  WAIT)
    [ -f "$tg_dir/lock" ] && flock -s -w "$tg_seconds" "$tg_dir/lock" true
    tg_state
    ;;
  STOP)
    [ -f "$tg_dir/lock" ] || exit 0
    # One that has just begun says its PID in a moment.
    until [ -s "$tg_dir/pid" ] || flock -n -s "$tg_dir/lock" true; do sleep 0.1; done
    flock -n -s "$tg_dir/lock" true || kill -TERM "$(cat "$tg_dir/pid")"
    ;;
  CLEAN)
    [ ! -f "$tg_dir/lock" ] || flock -n "$tg_dir/lock" rm -rf "$tg_dir"
    ;;
esac
