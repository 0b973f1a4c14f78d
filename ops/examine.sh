# shellcheck shell=sh disable=SC2154
# examine: looks at a host whose state nobody knows. Read after home.sh and packages.sh; changes nothing.
#   $1 package names, separated by spaces   $2 the operation that is asked about, or `none`
# Prints one line a fact, what operation.sh prints of an operation, and then `log` with the end of its log.

tg_names=$1 tg_id=$2
if [ -L "$tg_home" ] || { [ -d "$tg_home" ] && ! tg_is_half_made; }; then tg_check_home; fi

# tg_state ID: as operation.sh has it, without waiting.
tg_state() {
  tg_dir=$tg_home/operations/$1
  if [ ! -d "$tg_dir" ] || [ -f "$tg_dir/void" ]; then
    echo unknown
  elif [ -f "$tg_dir/result" ]; then
    echo 'done'
  elif [ -e "$tg_dir/running" ] && ! flock -n -s "$tg_dir/running" true; then
    echo running
  else
    echo lost
  fi
}

tg_read tg_head "$tg_home/head"
printf 'head %s\n' "${tg_head:=none}"
printf 'last %s\n' "$(tg_state "$tg_head")"
tg_now=$(tg_state "$tg_id")
printf 'state %s\n' "$tg_now"
[ "$tg_now" != 'done' ] || cat "$tg_home/operations/$tg_id/result"
# shellcheck disable=SC2086
packages $tg_names
printf 'done\n'
[ ! -f "$tg_home/operations/$tg_id/log" ] || { printf 'log\n'; tail -c 8192 "$tg_home/operations/$tg_id/log"; }
