# shellcheck shell=sh disable=SC2154
# stage: brings the RPMs to the host and looks before anything is begun. Read after home.sh.
#   $1 package names, separated by spaces   $2 KEEP, ASK or TRY
#   $3… one word a file: SHA256:SIZE        stdin: the files, one after the other
# KEEP leaves the files staged for the operation; ASK does, and asks rpm what it says of them, as the operation itself would
# find out; TRY (rollout check) asks and removes them again. But with TRY, operation.sh may follow: what is read next on stdin is a line of its words, then the request; or `drop`, when
# nothing will be begun with what was brought. Nothing more on stdin, and nothing is begun, and all stays: the worker may
# think about what we saw, and the host's turn may come later.
# Prints one line a fact; changes nothing but its own directory.

tg_names=$1 tg_keep=$2
shift 2
tg_stage=$tg_home/stage tg_leftover=
# dash runs no EXIT trap when a signal ends it, and a dropped connection is SIGPIPE at the next line printed.
trap '[ ! -e "$tg_leftover" ] || rm -rf "$tg_leftover"' EXIT
trap 'exit 1' HUP INT PIPE TERM
if [ "$tg_keep" != TRY ]; then
  tg_open_home
  # Of our own: another session may be bringing the same package.
  tg_leftover=$tg_stage/$$.part
elif [ $# -gt 0 ]; then
  tg_stage=$(mktemp -d /tmp/tidegate-check.XXXXXX) || tg_refuse TG_HOST_FULL 'cannot write to /tmp'
  tg_leftover=$tg_stage
fi

tg_files=
for tg_file; do
  tg_digest=${tg_file%%:*}
  tg_part=$tg_stage/$$.part
  head -c "${tg_file##*:}" >"$tg_part" || tg_refuse TG_HOST_FULL "cannot write to $tg_stage"
  [ "$(sha256sum <"$tg_part")" = "$tg_digest  -" ] || tg_refuse TG_STAGE_DAMAGED "$tg_digest arrived damaged"
  # Not synced: what a crash of the host leaves of it does not pass rpm's own check, and an operation is lost anyway.
  mv "$tg_part" "$tg_stage/$tg_digest.rpm"
  tg_files="$tg_files $tg_stage/$tg_digest.rpm"
done
[ "$tg_keep" = TRY ] || trap - EXIT HUP INT PIPE TERM

# The state that undo goes back to. SHA256HEADER tells two builds of one NEVRA apart.
# What is not there, rpm says in words of its own: `package NAME is not installed`.
# shellcheck disable=SC2086
rpm -q --qf 'installed %{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH} %{SHA256HEADER}\n' $tg_names 2>&1
# shellcheck disable=SC1091
. /etc/os-release
# shellcheck disable=SC2153
printf 'platform %s %s\n' "$ID${VERSION_ID%%.*}" "$(uname -m)"
tg_read tg_head "$tg_home/head"
printf 'head %s\n' "${tg_head:-none}"
tg_read tg_known "$tg_home/epoch"
printf 'epoch %s\n' "${tg_known:-0}"
[ ! -f /run/reboot-required ] || printf 'reboot pending\n'
# `Filesystem 1024-blocks Used Available Capacity Mounted on`, a line each.
df -Pk / /usr /var /tmp 2>/dev/null
if [ -n "$tg_files" ] && [ "$tg_keep" != KEEP ]; then
  # --test needs no lock and resolves dependencies, conflicts and file clashes.
  # shellcheck disable=SC2086
  if tg_said=$(rpm -U --test --oldpackage --replacepkgs --define '_pkgverify_level all' $tg_files 2>&1); then
    printf 'test ok\n'
  else
    # Debian's rpm talks about alien on each call.
    printf '%s\n' "$tg_said" | grep -v '^rpm: \|^error: Failed dep' | head -n 20 | sed 's/^[[:space:]]*/test /'
  fi
fi
printf 'done\n'
[ "$tg_keep" != TRY ] && IFS= read -r tg_words || exit 0
# shellcheck disable=SC2086
[ "$tg_words" != drop ] || { rm -f $tg_files; exit 0; }
# shellcheck disable=SC2086
set -- $tg_words
