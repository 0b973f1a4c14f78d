#!/bin/sh
# A host's boot, as the one child of its reaping init: when this ends, the host is down.
mount -t proc proc /proc
# The machine's own tree leaves this namespace: no host sees it, and none keeps a mount of it busy.
umount --lazy /mnt
# A boot ID of its own, new at each boot, as a machine has.
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
mkdir -p /run/sshd /run/lock
: >/run/utmp
/usr/sbin/cron
/usr/sbin/sshd
# Only after sshd has its socket: `lab up` waits for the sockets of all hosts.
exec sleep infinity
