# shellcheck shell=sh
# build-runner: carries one build out, detached from every connection, with the lock of its directory on fd 9.
#   $1 the build's directory   $2 where the build sees it   $3 account   $4 deadline in seconds
# The build's processes are in a PID namespace that ends with unshare, and unshare holds the lock too: a free lock
# means that nothing of the build is left, whatever was killed. It has no network, and sees its files at one path
# whatever its ID, so that no path makes two builds differ.

dir=$1 work=$2 account=$3 seconds=$4
cd "$dir" || exit 1
# $1 dir  $2 work  $3 account: in the new namespaces, still root
# shellcheck disable=SC2016 # expanded by the inner shell
inside='
  exec 9>&-
  mount --bind "$1/tree" "$2" && mount --bind "$1/tmp" /tmp && mount --bind "$1/tmp" /var/tmp && cd "$2" || exit 125
  exec setpriv --reuid "$3" --regid "$3" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME="$2" LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH="$(cat epoch)" \
    rpmbuild -bb --load "$2/macros" SPECS/*.spec
'
timeout --kill-after=30 "$seconds" \
  unshare --mount --net --pid --fork --kill-child --mount-proc \
  sh -c "$inside" build "$dir" "$work" "$account" </dev/null >log 2>&1 &
running=$!
trap 'kill -TERM "$running" 2>/dev/null' TERM
echo "$$" >pid
# A caught signal ends `wait` early: the build is still there.
while :; do
  wait "$running"
  code=$?
  kill -0 "$running" 2>/dev/null || break
done
echo "$code" >exit.part
sync log exit.part
mv exit.part exit
sync .
