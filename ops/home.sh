# shellcheck shell=sh
# What every script of ours begins with: the state directory on the host, root's alone.
# The directory may have been planted by somebody else: it is used only when it is root's, a real
# directory, and not writable by others (sticky places like /tmp are never used).

tg_home=/var/lib/tidegate
umask 077
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

# tg_refuse CODE TEXT: one line that the worker understands, and out.
tg_refuse() {
  printf 'refused %s %s\n' "$1" "$2"
  exit 0
}

tg_private='0 700,
0 700,
0 700,'

# tg_read NAME FILE: its first line, or nothing; without a process of its own.
tg_read() {
  eval "$1="
  [ ! -r "$2" ] || IFS= read -r "$1" <"$2" || true
}

tg_opened=
tg_open_home() {
  [ -z "$tg_opened" ] || return 0
  if [ ! -d "$tg_home" ] || tg_is_half_made; then
    mkdir -p "$tg_home/operations" "$tg_home/stage" 2>/dev/null || tg_refuse TG_HOST_FULL "cannot make $tg_home"
  fi
  tg_check_home
  tg_opened=yes
}

# Our own first contact was cut short: root's alone, so nobody else made it, and empty, so no operation is forgotten.
tg_is_half_made() {
  [ ! -L "$tg_home" ] && [ ! -d "$tg_home/stage" ] && [ "$(stat -c '%u %a' "$tg_home")" = '0 700' ] &&
    [ -z "$(find "$tg_home" -mindepth 1 ! -path "$tg_home/operations")" ]
}

tg_check_home() {
  [ -L "$tg_home" ] && tg_refuse TG_HOST_STATE_PLANTED "$tg_home is a symbolic link"
  [ "$(stat -c '%u %a,' "$tg_home" "$tg_home/operations" "$tg_home/stage" 2>/dev/null)" = "$tg_private" ] ||
    tg_refuse TG_HOST_STATE_PLANTED "$tg_home is not root's alone (mode 700)"
}
