#!/bin/sh
# Makes the layer that turns a host into the control instance: build tools and the source archive.
#   control.sh TARGET WORK BASE LISTS APT
# TARGET, WORK: empty folders of one filesystem (upper and work).
# Runs in a mount namespace of its own.  Environment: PACKAGES (blank separated).
set -eu
target=$1 work=$2 base=$3 lists=$4 apt=$5
root=$work/root
mkdir -p "$root" "$work/overlay"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$target,workdir=$work/overlay" "$root"
mount -t proc proc "$root/proc"

in_image() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@"
}

cp -aT "$apt" "$root/etc/apt"
cp -aT "$lists" "$root/var/lib/apt/lists"
# shellcheck disable=SC2086 # a list of words
in_image apt-get -q -y -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends $PACKAGES
in_image apt-get clean

# rpm calls this one with dash, which its `read -d` needs bash for.
sed -i '1s|/bin/sh|/bin/bash|' "$root/usr/lib/rpm/brp-compress"

# What builds: an account that can do nothing else.
in_image useradd --create-home --shell /bin/sh --password '*' builder
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
umount "$root/proc" "$root"
