# shellcheck shell=sh disable=SC2154
# operation: begins one operation on this host exactly once, or attaches to it, and waits for its end.
# Read after home.sh.
#   $1 operation ID   $2 digest of the request   $3 previous operation's ID, or `none`
#   $4 epoch of the worker   $5 seconds to wait   $6 BEGIN, or ATTACH (never begins, and makes what is not here void)
#   stdin (BEGIN): the request, a shell fragment of the verbs of runner.sh
# Prints `state unknown|running|lost|done`, then for `done` the result.

tg_id=$1 tg_digest=$2 tg_previous=$3 tg_epoch=$4 tg_wait=$5 tg_verb=$6
tg_open_home
tg_dir=$tg_home/operations/$tg_id
# Made aside and renamed, under the lock: a directory with the final name is whole.
tg_new=$tg_home/operations/.new
# Operations that keep their log and request: what somebody still looks at, in a few MiB (256 KiB a command).
tg_whole=20

tg_make_new() {
  [ ! -e "$tg_new" ] || rm -rf "$tg_new"
  mkdir "$tg_new" || tg_refuse TG_HOST_FULL "cannot write to $tg_home"
}

# Of older ones that have ended stays what a late question is answered with: digest, result and lock. The oldest go
# first and `previous` last: whatever ends us, the next begin finds from the head on all that is left to do.
tg_prune_operations() {
  tg_old='' tg_count=0 tg_at=$tg_head
  while tg_read tg_before "$tg_home/operations/$tg_at/previous" && [ -n "$tg_before" ]; do
    tg_count=$((tg_count + 1))
    tg_last=$tg_home/operations/$tg_at
    [ "$tg_count" -lt "$tg_whole" ] || [ ! -e "$tg_last/result" ] ||
      tg_old="$tg_last/request $tg_last/log $tg_last/previous $tg_old"
    tg_at=$tg_before
  done
  # shellcheck disable=SC2086
  [ -z "$tg_old" ] || rm -f $tg_old
}

# What sessions staged that ended without a begin. The one of a host that is held up may still come, so they have a
# day; and what the request names stays in any case.
tg_prune_stage() {
  set --
  for tg_file in "$tg_home"/stage/*; do
    case $tg_request in *"$tg_file"*) ;; *) [ ! -e "$tg_file" ] || set -- "$@" "$tg_file" ;; esac
  done
  [ $# -eq 0 ] || find "$@" -prune -type f -mtime +0 -exec rm -f {} +
}

# A redirection that fails ends a shell that does it by `exec` or `:`, without a word.
tg_can_write() {
  true 2>/dev/null >>"$1" || tg_refuse TG_HOST_FULL "cannot write to $tg_home"
}

tg_begin() {
  # Serialises begins; held for milliseconds, and freed by the kernel if we die.
  tg_can_write "$tg_home/lock"
  exec 8>"$tg_home/lock"
  flock -w 30 8 || tg_refuse TG_HOST_BUSY 'another begin has held the lock for 30 s'
  [ -d "$tg_dir" ] && { exec 8>&-; return; }

  tg_read tg_known "$tg_home/epoch"
  [ "$tg_epoch" -ge "${tg_known:-0}" ] ||
    tg_refuse TG_EPOCH_STALE "a worker of epoch $tg_known has been here; this one is of $tg_epoch"
  tg_read tg_head "$tg_home/head"
  : "${tg_head:=none}"
  [ "$tg_head" = "$tg_previous" ] ||
    tg_refuse TG_HOST_MOVED "the last operation here is $tg_head, expected $tg_previous"
  # With a result it has ended; without one, the lock tells.
  tg_last=$tg_home/operations/$tg_head
  if [ -e "$tg_last/running" ] && [ ! -e "$tg_last/result" ]; then
    flock -n -s "$tg_last/running" true || tg_refuse TG_HOST_BUSY "operation $tg_head is still running"
  fi

  tg_prune_operations
  tg_make_new
  tg_request=$(cat)
  printf '%s\n' "$tg_request" >"$tg_new/request" || tg_refuse TG_HOST_FULL "cannot write to $tg_home"
  [ "$(sha256sum <"$tg_new/request")" = "$tg_digest  -" ] ||
    { rm -rf "$tg_new"; tg_refuse TG_STAGE_DAMAGED 'the request arrived damaged'; }
  tg_prune_stage
  {
    printf '%s\n' "$tg_digest" >"$tg_new/digest" &&
      printf '%s\n' "$tg_previous" >"$tg_new/previous" &&
      printf '%s' "$tg_runner" >"$tg_new/runner" &&
      printf '%s\n' "$tg_id" >"$tg_home/head.new"
  } || tg_refuse TG_HOST_FULL "cannot write to $tg_home"
  tg_synced="$tg_new/request $tg_new/digest $tg_new/previous $tg_new $tg_home/head.new"
  if [ "$tg_epoch" != "$tg_known" ]; then
    printf '%s\n' "$tg_epoch" >"$tg_home/epoch.new" || tg_refuse TG_HOST_FULL "cannot write to $tg_home"
    tg_synced="$tg_synced $tg_home/epoch.new"
  fi
  # The runner and the lock are of no use after a crash of the host: the operation is lost then.
  # shellcheck disable=SC2086
  sync $tg_synced || tg_refuse TG_HOST_FULL "cannot sync $tg_home"
  # Locked before anybody can see it, and inherited by all that runs: free and no result means lost at every moment.
  tg_can_write "$tg_new/running"
  exec 9>"$tg_new/running"
  flock -n 9
  [ "$tg_epoch" = "$tg_known" ] || mv "$tg_home/epoch.new" "$tg_home/epoch"
  mv "$tg_new" "$tg_dir"
  mv "$tg_home/head.new" "$tg_home/head"
  sync "$tg_home" "$tg_home/operations"

  exec 8>&-
  # Until it says by closing 7 that it is where it runs: what is still in a session of logind's may end with that.
  : "$(setsid sh "$tg_dir/runner" "$tg_dir" </dev/null 7>&1 >/dev/null 2>&1 &)"
  exec 9>&-
}

[ "$tg_verb" = ATTACH ] || { tg_begin; printf 'begun\n'; }
# Not here: made void, so that a begin which is still on its way can never begin it after we said so.
if [ ! -d "$tg_dir" ]; then
  tg_can_write "$tg_home/lock"
  exec 8>"$tg_home/lock"
  flock -w 30 8 || tg_refuse TG_HOST_BUSY 'another begin has held the lock for 30 s'
  if [ ! -d "$tg_dir" ]; then
    tg_make_new
    tg_can_write "$tg_new/void"
    sync "$tg_new"
    mv "$tg_new" "$tg_dir"
    sync "$tg_home/operations"
  fi
  exec 8>&-
fi
tg_read tg_head "$tg_home/head"
: "${tg_head:=none}"
if [ -f "$tg_dir/void" ]; then
  printf 'state unknown\nhead %s\n' "$tg_head"
  exit 0
fi
tg_read tg_known "$tg_dir/digest"
[ "$tg_known" = "$tg_digest" ] || tg_refuse TG_HOST_MOVED "operation $tg_id is here with another request"
# A crash between the two renames of a begin left the head behind its operation.
tg_read tg_known "$tg_dir/previous"
if [ "$tg_head" = "$tg_known" ]; then
  printf '%s\n' "$tg_id" >"$tg_home/head.new" && mv "$tg_home/head.new" "$tg_home/head"
fi
# Made when a crash of the host took it before it was synced; one that is there is only read, which a full disk allows.
[ -e "$tg_dir/running" ] || tg_can_write "$tg_dir/running"
exec 7<"$tg_dir/running"
if ! flock -s -w "$tg_wait" 7; then
  printf 'state running\n'
elif [ -f "$tg_dir/result" ]; then
  printf 'state done\n'
  while IFS= read -r tg_line; do
    printf '%s\n' "$tg_line"
    tg_last=$tg_line
  done <"$tg_dir/result"
  # An old one has no log any more.
  [ "$tg_last" = 'outcome ok' ] || [ ! -e "$tg_dir/log" ] || { printf 'log\n'; tail -c 16384 "$tg_dir/log"; }
else
  printf 'state lost\n'
fi
