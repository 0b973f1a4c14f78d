#!/bin/sh
# Boots one host of a lab, in the cgroups that the caller put this process in:
#   unshare --mount --uts --ipc sh boot-host.sh FOLDER NAME LAYERS ROOT plain|full     full: also --cgroup
# FOLDER: the host's own (upper, work; pid and console.log are written); LAYERS: overlay's lowerdir;
# ROOT: an empty folder, which all hosts of a lab can use, each in its own mount namespace.
set -eu
folder=$1 name=$2 layers=$3 root=$4 kind=$5
exec </dev/null >"$folder/console.log" 2>&1 3>"$folder/pid"
echo "$name" >/proc/sys/kernel/hostname
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t tmpfs -o mode=755,nosuid,nodev,size=64m tmpfs "$root/run"
if [ "$kind" = full ]; then
	# What systemd finds mounted it does not mount: /dev would be the machine's, and so is the console in it.
	mount --bind "$root/dev" "$root/dev"
	mount --bind "$root/dev/null" "$root/dev/console"
	mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
	mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
fi
mount -t devpts -o mode=620,gid=5,ptmxmode=666 devpts "$root/dev/pts"
cd "$root"
# The boot unmounts /mnt: umount needs a /proc, and the host's own is mounted from within.
pivot_root . mnt
# The shell's first and only child is PID 1 of the new namespace; our name for it goes to FOLDER/pid.
# A host must not set the machine's clock or load modules into its kernel.
case $kind in
plain) boot='/usr/bin/tini-static -- /usr/lib/tidegate-lab/boot 3>&- & echo "$!" >&3' ;;
full) boot='/usr/lib/tidegate-lab/boot 3>&- & echo "$!" >&3; exec 3>&-; wait "$!"' ;;
esac
exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio unshare --pid sh -c "$boot"
