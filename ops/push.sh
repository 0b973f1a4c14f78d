# shellcheck shell=sh
# push: puts files on this host, each whole or not at all: into a file of its own beside the target, checked, renamed.
#   $1 SEND or DRY   $2 absolute path   $3 owner as chown takes it, or ''   $4 bytes of the list
#   stdin: the list, a line an entry: `SHA256|- SIZE MODE PATH` (`-`: a folder; PATH is below $2, '' for $2 itself);
#   then, with SEND, the content of the entries that were wanted, one after the other
# Prints `have N`, `want N` or `mode N` for each entry, `ready`, then `pushed N` for each that came.

set -u
tg_verb=$1 tg_to=$2 tg_owner=$3
umask 077
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

tg_fail() { # CODE TEXT
  printf 'refused %s %s\n' "$1" "$2"
  exit 0
}

tg_sum() {
  set -- "$(sha256sum)"
  printf %s "${1%% *}"
}

# tg_set TARGET MODE: mode and owner as they are to be.
tg_set() {
  chmod "$2" "$1" || tg_fail TG_PUSH_FAILED "$1: mode $2"
  [ -z "$tg_owner" ] || chown -h "$tg_owner" "$1" || tg_fail TG_PUSH_FAILED "$1: owner $tg_owner"
}

# tg_is_set TARGET MODE
tg_is_set() {
  tg_has=$(stat -c '%a %U:%G' "$1")
  case $tg_owner in
    '') [ "${tg_has% *}" = "$2" ] ;;
    *:?*) [ "${tg_has%"$tg_owner"}" != "$tg_has" ] && [ "${tg_has% *}" = "$2" ] ;;
    *) [ "${tg_has%:*}" = "$2 ${tg_owner%:}" ] ;;
  esac
}

# tg_split LINE: sets tg_digest, tg_size, tg_mode, tg_target.
tg_split() {
  tg_digest=${1%% *}
  tg_rest=${1#* }
  tg_size=${tg_rest%% *}
  tg_rest=${tg_rest#* }
  tg_mode=${tg_rest%% *}
  tg_path=${tg_rest#* }
  tg_target=$tg_to${tg_path:+/$tg_path}
}

tg_folder() {
  if [ -d "$tg_target" ]; then
    printf 'have %s\n' "$tg_number"
  else
    printf 'want %s\n' "$tg_number"
    [ "$tg_verb" = DRY ] || { mkdir -p "$tg_target" && tg_set "$tg_target" "$tg_mode"; } ||
      tg_fail TG_PUSH_FAILED "cannot make $tg_target"
  fi
}

tg_file() {
  [ ! -d "$tg_target" ] || tg_fail TG_PUSH_FAILED "$tg_target is a folder"
  if [ -f "$tg_target" ] && [ ! -L "$tg_target" ] && [ "$(stat -c %s "$tg_target")" = "$tg_size" ] &&
    [ "$(tg_sum <"$tg_target")" = "$tg_digest" ]; then
    if tg_is_set "$tg_target" "$tg_mode"; then
      printf 'have %s\n' "$tg_number"
    else
      printf 'mode %s\n' "$tg_number"
      [ "$tg_verb" = DRY ] || tg_set "$tg_target" "$tg_mode"
    fi
  else
    printf 'want %s\n' "$tg_number"
    tg_wanted="$tg_wanted $tg_number"
  fi
}

# tg_each FUNCTION: for every entry of the list, its number in tg_number.
tg_each() {
  tg_number=0
  while IFS= read -r tg_line <&3; do
    tg_split "$tg_line"
    "$1"
    tg_number=$((tg_number + 1))
  done 3<<LIST
$tg_list
LIST
}

tg_compare() {
  if [ "$tg_digest" = - ]; then tg_folder; else tg_file; fi
}

tg_take() {
  case $tg_wanted in *" $tg_number "*) ;; *) return ;; esac
  tg_part=$(mktemp "$tg_target.part.XXXXXX") || tg_fail TG_PUSH_FAILED "cannot write beside $tg_target"
  head -c "$tg_size" >"$tg_part" || tg_fail TG_HOST_FULL "cannot write $tg_part"
  [ "$(tg_sum <"$tg_part")" = "$tg_digest" ] || tg_fail TG_STAGE_DAMAGED "$tg_target: other bytes arrived"
  tg_set "$tg_part" "$tg_mode"
  mv -f "$tg_part" "$tg_target" || tg_fail TG_PUSH_FAILED "cannot rename to $tg_target"
  tg_part=
  printf 'pushed %s\n' "$tg_number"
}

tg_part='' tg_wanted=''
trap '[ -z "$tg_part" ] || rm -f "$tg_part"' EXIT
trap 'exit 1' HUP INT PIPE TERM
tg_list=$(head -c "$4")
tg_each tg_compare
printf 'ready\n'
[ "$tg_verb" = DRY ] || [ -z "$tg_wanted" ] || {
  tg_wanted="$tg_wanted "
  tg_each tg_take
}
printf 'done\n'
