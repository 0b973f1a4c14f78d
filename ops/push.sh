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
  # chown first: it takes set-user-ID bits away.
  [ -z "$tg_owner" ] || chown -h "$tg_owner" "$1" || tg_fail TG_PUSH_FAILED "$1: owner $tg_owner"
  chmod "$2" "$1" || tg_fail TG_PUSH_FAILED "$1: mode $2"
}

# tg_is_set TARGET MODE
tg_is_set() {
  [ "$(stat -c %a "$1")" = "$2" ] || return
  case $tg_owner in
    '') ;;
    :*) [ "$(stat -c :%G "$1")" = "$tg_owner" ] || [ "$(stat -c :%g "$1")" = "$tg_owner" ] ;;
    *:?*) [ "$(stat -c %U:%G "$1")" = "$tg_owner" ] || [ "$(stat -c %u:%g "$1")" = "$tg_owner" ] ;;
    *) [ "$(stat -c %U "$1")" = "${tg_owner%:}" ] || [ "$(stat -c %u "$1")" = "${tg_owner%:}" ] ;;
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

# Made open to ourselves; its own mode comes when what is in it is there.
tg_folder() {
  if [ ! -d "$tg_target" ]; then
    printf 'want %s\n' "$tg_number"
    [ "$tg_verb" = DRY ] || (umask 022 && mkdir -p "$tg_target") || tg_fail TG_PUSH_FAILED "cannot make $tg_target"
  elif tg_is_set "$tg_target" "$tg_mode"; then
    printf 'have %s\n' "$tg_number"
  else
    printf 'mode %s\n' "$tg_number"
  fi
}

tg_finish_folder() {
  [ "$tg_digest" != - ] || tg_is_set "$tg_target" "$tg_mode" || tg_set "$tg_target" "$tg_mode"
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

# tg_each FUNCTION: for every entry of the list, its number in tg_number. Split at line breaks and nothing else; no
# here-document, for which some shells need a folder that they can write to.
tg_each() {
  tg_number=0
  IFS=$tg_newline
  set -f
  for tg_line in $tg_list; do
    tg_split "$tg_line"
    "$1"
    tg_number=$((tg_number + 1))
  done
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
tg_newline='
'
trap '[ -z "$tg_part" ] || rm -f "$tg_part"' EXIT
trap 'exit 1' HUP INT PIPE TERM
tg_list=$(head -c "$4")
tg_each tg_compare
tg_entries=$tg_number
printf 'ready\n'
[ "$tg_verb" = DRY ] || [ -z "$tg_wanted" ] || {
  tg_wanted="$tg_wanted "
  tg_each tg_take
}
[ "$tg_verb" = DRY ] || tg_each tg_finish_folder
printf 'done %s\n' "$tg_entries"
