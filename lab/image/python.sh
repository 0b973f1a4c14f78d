#!/bin/sh
# Makes the layer that gives hosts Python, for tools that need it on what they manage.
#   python.sh TARGET WORK BASE LISTS APT
# TARGET, WORK: empty folders of one filesystem (upper and work).
# Runs in a mount namespace of its own.  Environment: PACKAGES (blank separated).
set -eu
target=$1 work=$2 base=$3 lists=$4 apt=$5
root=$work/root
mkdir -p "$root" "$work/overlay"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$target,workdir=$work/overlay" "$root"
mount -t proc proc "$root/proc"
# Only lent: apt's configuration can hold credentials.
mount --bind "$apt" "$root/etc/apt"
mount --bind "$lists" "$root/var/lib/apt/lists"

in_image() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# shellcheck disable=SC2086 # a list of words
in_image apt-get -q -y -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends $PACKAGES
in_image apt-get clean
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
umount "$root/var/lib/apt/lists" "$root/etc/apt" "$root/proc" "$root"
