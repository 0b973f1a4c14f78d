# shellcheck shell=sh
# build-fetch: asks the distribution's repositories for a source package; needs no root, and the network.
#   $1 deb-src|srpm   $2 name, as apt or dnf takes it
# Prints `folder PATH`, then `source SHA256 SIZE FILE` for each file in it, for the caller to read and remove.

LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/tidegate-source-XXXXXXXX") || exit 1
cd "$folder" || exit 1
case $1 in
  deb-src) apt-get -q source --download-only "$2" >said 2>&1 ;;
  srpm) dnf -q download --source "$2" >said 2>&1 ;;
esac
code=$?
if [ "$code" -ne 0 ]; then
  printf 'refused TG_SOURCE_UNAVAILABLE %s\n' "$(grep -v '^W:' said | tail -n 2 | tr '\n' ' ')"
  rm -rf "$folder"
  exit 0
fi
rm -f said
printf 'folder %s\n' "$folder"
for file in *; do
  sum=$(sha256sum <"$file")
  printf 'source %s %s %s\n' "${sum%% *}" "$(stat -c %s "$file")" "$file"
done
