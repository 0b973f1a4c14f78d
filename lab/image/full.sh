#!/bin/sh
# Makes the layer that turns a host into a full one: systemd is its PID 1, sshd and cron are its units.
#   full.sh TARGET WORK BASE LISTS APT FILES
# TARGET, WORK: empty folders of one filesystem (upper and work); FILES: lab/image.
# Runs in a mount namespace of its own.  Environment: PACKAGES (blank separated).
set -eu
target=$1 work=$2 base=$3 lists=$4 apt=$5 files=$6
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

# A host has no terminals, no archive to ask for updates, and reads nothing of the machine's kernel.
in_image systemctl --quiet mask console-getty.service getty@.service systemd-journald-audit.socket \
	apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer
# A login is a session of its own, and nothing of it outlives it: the strictest that a fleet can have.
echo 'UsePAM yes' >"$root/etc/ssh/sshd_config.d/full.conf"
install -D -m 644 "$files/full-logind.conf" "$root/etc/systemd/logind.conf.d/lab.conf"
install -m 755 "$files/full-boot.sh" "$root/usr/lib/tidegate-lab/boot"
: >"$root/etc/machine-id"
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
umount "$root/var/lib/apt/lists" "$root/etc/apt" "$root/proc" "$root"
