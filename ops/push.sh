# shellcheck shell=sh
# push: puts files on this host, each whole or not at all: into a folder of its own beside the target, checked, renamed.
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
tg_uid=$(id -u)

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

# tg_split LINE: sets tg_digest, tg_size, tg_mode, tg_target, tg_name.
tg_split() {
  tg_digest=${1%% *}
  tg_rest=${1#* }
  tg_size=${tg_rest%% *}
  tg_rest=${tg_rest#* }
  tg_mode=${tg_rest%% *}
  tg_path=${tg_rest#* }
  tg_target=$tg_to${tg_path:+/$tg_path}
  tg_name=${tg_target##*/}
}

# Whether another account can put something else in the place of $tg_at: it owns, or may write to, a folder on the way.
tg_others_can() {
  tg_up=$tg_at
  set -- /
  while [ -n "$tg_up" ]; do
    set -- "$@" "$tg_up"
    tg_up=${tg_up%/*}
  done
  stat -c '%u %a' "$@" | grep -Eqv "^(0|$tg_uid) [0-7]*[0145][0145]\$"
}

# The kernel says where we are: what was swapped on the way led elsewhere. Not the shell's own pwd, which remembers.
tg_sure() {
  [ "$(env pwd -P)" = "${tg_at:-/}" ] || tg_fail TG_PUSH_FAILED "$tg_at was swapped for a link on the way"
}

# tg_enter FOLDER [MAKE]: goes there, link by link, so that what follows is done here and not by a name that can change
# its meaning. Links are followed where nobody but us and root makes links. Sets tg_shared.
tg_enter() {
  [ "${tg_entered-}" != "${1:-/}" ] || return 0
  tg_entered='' tg_at='' tg_ahead=$1/ tg_links=0
  cd /
  while [ -n "$tg_ahead" ]; do
    tg_next=${tg_ahead%%/*}
    tg_ahead=${tg_ahead#*/}
    case $tg_next in '' | .) continue ;; ..)
      cd -P .. && tg_at=${tg_at%/*}
      continue
      ;;
    esac
    if [ -L "./$tg_next" ]; then
      tg_others_can && tg_fail TG_PUSH_FAILED "$tg_at/$tg_next is a link, and other accounts can write beside it"
      tg_links=$((tg_links + 1))
      [ "$tg_links" -le 40 ] || tg_fail TG_PUSH_FAILED "$1: too many links"
      tg_ahead=$(readlink "./$tg_next")/$tg_ahead
      case $tg_ahead in /*) cd / && tg_at='' ;; esac
      continue
    fi
    if [ ! -d "./$tg_next" ]; then
      [ "${2-}" = MAKE ] || return 1
      tg_sure
      (umask 022 && mkdir "./$tg_next") || tg_fail TG_PUSH_FAILED "cannot make $tg_at/$tg_next"
    fi
    cd -P "./$tg_next" || tg_fail TG_PUSH_FAILED "cannot enter $tg_at/$tg_next"
    tg_at=$tg_at/$tg_next
  done
  tg_sure
  tg_shared=''
  ! tg_others_can || tg_shared=yes
  tg_entered=${1:-/}
}

# Made open to ourselves; its own mode comes when what is in it is there.
tg_folder() {
  if ! tg_enter "$tg_target"; then
    printf 'want %s\n' "$tg_number"
    [ "$tg_verb" = DRY ] || tg_enter "$tg_target" MAKE
  elif tg_is_set . "$tg_mode"; then
    printf 'have %s\n' "$tg_number"
  else
    printf 'mode %s\n' "$tg_number"
  fi
}

tg_finish_folder() {
  [ "$tg_digest" = - ] || return 0
  tg_enter "$tg_target" || tg_fail TG_PUSH_FAILED "$tg_target is gone"
  tg_is_set . "$tg_mode" || tg_set . "$tg_mode"
}

tg_file() {
  [ ! -d "$tg_target" ] || tg_fail TG_PUSH_FAILED "$tg_target is a folder"
  if tg_enter "${tg_target%/*}" && [ -f "./$tg_name" ] && [ ! -L "./$tg_name" ] &&
    [ "$(stat -c %s "./$tg_name")" = "$tg_size" ] && [ "$(tg_sum <"./$tg_name")" = "$tg_digest" ]; then
    if tg_is_set "./$tg_name" "$tg_mode"; then
      printf 'have %s\n' "$tg_number"
      return
    fi
    # Where others can swap it for a link, mode and owner come with a file of ours.
    if [ -z "$tg_shared" ]; then
      printf 'mode %s\n' "$tg_number"
      [ "$tg_verb" = DRY ] || tg_set "./$tg_name" "$tg_mode"
      return
    fi
  fi
  printf 'want %s\n' "$tg_number"
  tg_wanted="$tg_wanted $tg_number"
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

tg_tidy() {
  [ -n "$tg_part" ] || return 0
  rm -f ./new
  cd -P .. && rmdir "./$tg_part"
  tg_part=''
}

tg_take() {
  case $tg_wanted in *" $tg_number "*) ;; *) return ;; esac
  tg_enter "${tg_target%/*}" || tg_fail TG_PUSH_FAILED "there is no folder ${tg_target%/*}"
  # In a folder of our own, which others can rename where they may write, but neither enter nor move elsewhere.
  tg_made=$(mktemp -d ./.tidegate-push.XXXXXX) || tg_fail TG_PUSH_FAILED "cannot write beside $tg_target"
  tg_made=${tg_made#./}
  cd -P "./$tg_made" || tg_fail TG_PUSH_FAILED "cannot enter $tg_at/$tg_made"
  tg_at=$tg_at/$tg_made
  tg_sure
  case $(stat -c '%u %a' .) in
    "$tg_uid 700" | "$tg_uid 2700") tg_part=$tg_made ;;
    *) tg_fail TG_PUSH_FAILED "$tg_at was swapped for another" ;;
  esac
  set -C
  head -c "$tg_size" >./new || tg_fail TG_HOST_FULL "cannot write $tg_at/new"
  set +C
  [ "$(tg_sum <./new)" = "$tg_digest" ] || tg_fail TG_STAGE_DAMAGED "$tg_target: other bytes arrived"
  tg_set ./new "$tg_mode"
  mv -fT ./new "../$tg_name" || tg_fail TG_PUSH_FAILED "cannot rename to $tg_target"
  tg_tidy
  tg_at=${tg_at%/*}
  printf 'pushed %s\n' "$tg_number"
}

tg_part='' tg_wanted=''
tg_newline='
'
trap tg_tidy EXIT
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
