#!/bin/sh
# A full host's boot: becomes its systemd.
mount -t proc proc /proc
# The machine's own tree leaves this namespace: no host sees it, and none keeps a mount of it busy.
umount --lazy /mnt
# The kernel is the machine's, and so are its settings.
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
# A boot ID of its own, new at each boot, as a machine has.
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
# systemd asks this variable whether the machine is its own to set up (https://systemd.io/CONTAINER_INTERFACE).
exec env container=lab /lib/systemd/systemd --show-status=no
