# shellcheck shell=sh disable=SC2154
# stage: brings the RPMs to the host and looks before anything is begun. Read after home.sh.
#   $1 package names, separated by spaces   $2 need (bytes to be installed)   $3 KEEP or TRY
#   $4… one word a file: SHA256:SIZE        stdin: the files, one after the other
# KEEP leaves the files staged for the operation; TRY (rollout check) removes them again.
# Prints one line a fact; changes nothing but its own directory.

tg_names=$1 tg_need=$2 tg_keep=$3
shift 3
if [ "$tg_keep" = KEEP ]; then
  tg_open_home
  tg_stage=$tg_home/stage
else
  tg_stage=$(mktemp -d /tmp/tidegate-check.XXXXXX) || tg_refuse TG_HOST_FULL 'cannot write to /tmp'
  trap 'rm -rf "$tg_stage"' EXIT
fi

tg_files=
for tg_file; do
  tg_digest=${tg_file%%:*}
  tg_size=${tg_file##*:}
  tg_path=$tg_stage/$tg_digest.rpm
  if [ ! -f "$tg_path" ]; then
    head -c "$tg_size" >"$tg_path.part" || tg_refuse TG_HOST_FULL "cannot write $tg_path"
    printf '%s  %s\n' "$tg_digest" "$tg_path.part" | sha256sum --status -c ||
      tg_refuse TG_STAGE_DAMAGED "$tg_digest arrived damaged"
    mv "$tg_path.part" "$tg_path"
    tg_new=1
  else
    # Sent all the same: what was staged earlier only saves the write.
    head -c "$tg_size" >/dev/null
    printf '%s  %s\n' "$tg_digest" "$tg_path" | sha256sum --status -c || {
      rm -f "$tg_path"
      tg_refuse TG_STAGE_DAMAGED "$tg_digest was damaged on the host; it is removed"
    }
  fi
  tg_files="$tg_files $tg_path"
done
[ -z "${tg_new-}" ] || [ "$tg_keep" != KEEP ] || sync "$tg_stage"/*.rpm "$tg_stage"

# The state that undo goes back to. SHA256HEADER tells two builds of one NEVRA apart.
# shellcheck disable=SC2086
rpm -q --qf 'installed %{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH} %{SHA256HEADER}\n' $tg_names 2>&1 |
  sed 's/^package \(.*\) is not installed$/absent \1/'
# shellcheck disable=SC1091
printf 'platform %s %s\n' "$(. /etc/os-release && printf '%s%s' "$ID" "${VERSION_ID%%.*}")" "$(uname -m)"
printf 'head %s\n' "$(cat "$tg_home/head" 2>/dev/null || printf none)"
[ ! -f /run/reboot-required ] || printf 'reboot pending\n'
df -Pk / /usr /var /tmp 2>/dev/null | awk -v need="$tg_need" '
  NR > 1 && !seen[$6]++ && $4 * 1024 < need { printf "space %s %d\n", $6, $4 * 1024 }'
if [ -n "$tg_files" ]; then
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
