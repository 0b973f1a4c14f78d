#!/bin/sh
# Makes the layer that all hosts of one lab share: who may log in, and whose packages rpm accepts.
#   lab-layer.sh TARGET WORK LAYERS AUTHORIZED_KEYS SIGNING_KEY
# TARGET, WORK: empty folders of one filesystem (upper and work). Runs in a mount namespace of its own.
set -eu
target=$1 work=$2 layers=$3 authorized_keys=$4 signing_key=$5
root=$work/root
mkdir -p "$root" "$work/overlay"
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$target,workdir=$work/overlay" "$root"
mount -t proc proc "$root/proc"
chroot "$root" install -d -m 700 -o tidegate -g tidegate /home/tidegate/.ssh
cp "$authorized_keys" "$root/home/tidegate/.ssh/authorized_keys"
chroot "$root" chown tidegate: /home/tidegate/.ssh/authorized_keys
chmod 600 "$root/home/tidegate/.ssh/authorized_keys"
cp "$signing_key" "$root/root/signing.asc"
chroot "$root" /usr/bin/rpmkeys --import /root/signing.asc
rm "$root/root/signing.asc"
printf '%s\n' '# Owned by the host, as any crontab is.' '30 4 * * * test -e /etc/hostname' |
	chroot "$root" crontab -u tidegate -
umount "$root/proc" "$root"
