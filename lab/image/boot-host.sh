#!/bin/sh
# Boots one host of a lab, in the cgroups that the caller put this process in:
#   unshare --mount --uts --ipc sh boot-host.sh FOLDER NAME LAYERS ROOT
# FOLDER: the host's own (upper, work; pid and console.log are written); LAYERS: overlay's lowerdir;
# ROOT: an empty folder, which all hosts of a lab can use, each in its own mount namespace.
set -eu
folder=$1 name=$2 layers=$3 root=$4
exec </dev/null >"$folder/console.log" 2>&1 3>"$folder/pid"
echo "$name" >/proc/sys/kernel/hostname
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t tmpfs -o mode=755,nosuid,nodev,size=64m tmpfs "$root/run"
mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts "$root/dev/pts"
cd "$root"
# The boot unmounts /mnt: umount needs a /proc, and the host's own is mounted from within.
pivot_root . mnt
# The shell's first and only child is PID 1 of the new namespace; our name for it goes to FOLDER/pid.
# A host must not set the machine's clock or load modules into its kernel.
exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio unshare --pid sh -c '
	/usr/bin/tini-static -- /usr/lib/tidegate-lab/boot 3>&- & echo "$!" >&3'
