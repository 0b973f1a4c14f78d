#!/bin/sh
# Read by the scripts of layers that only add packages: mounts the base and what is being made, lends apt's
# configuration and lists (it can hold credentials), installs PACKAGES (blank separated), and leaves `in_image`.
#   . packages.sh     with target, work, base, lists and apt set
# shellcheck disable=SC2154 # set by who reads it
root=$work/root
mkdir -p "$root" "$work/overlay"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$target,workdir=$work/overlay" "$root"
mount -t proc proc "$root/proc"
mount --bind "$apt" "$root/etc/apt"
mount --bind "$lists" "$root/var/lib/apt/lists"

in_image() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# Without what people read; the last step.
close_layer() {
	rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
	umount "$root/var/lib/apt/lists" "$root/etc/apt" "$root/proc" "$root"
}

# shellcheck disable=SC2086 # a list of words
in_image apt-get -q -y -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends $PACKAGES
in_image apt-get clean
