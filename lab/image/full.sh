#!/bin/sh
# Makes the layer that turns a host into a full one: systemd is its PID 1, sshd and cron are its units.
#   full.sh TARGET WORK BASE LISTS APT
# TARGET, WORK: empty folders of one filesystem (upper and work).
# Runs in a mount namespace of its own.  Environment: PACKAGES (blank separated).
set -eu
# shellcheck disable=SC2034 # for packages.sh
target=$1 work=$2 base=$3 lists=$4 apt=$5 files=${0%/*}
# shellcheck source=lab/image/packages.sh
. "$files/packages.sh"

# A host has no terminals, no archive to ask for updates, and reads nothing of the machine's kernel.
in_image systemctl --quiet mask console-getty.service getty@.service systemd-journald-audit.socket \
	apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer
# A login is a session of its own, and nothing of it outlives it: the strictest that a fleet can have.
echo 'UsePAM yes' >"$root/etc/ssh/sshd_config.d/full.conf"
install -D -m 644 "$files/full-logind.conf" "$root/etc/systemd/logind.conf.d/lab.conf"
install -m 755 "$files/full-boot.sh" "$root/usr/lib/tidegate-lab/boot"
: >"$root/etc/machine-id"
close_layer
