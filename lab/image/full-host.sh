#!/bin/sh
# Keeps one full host: boots it, and again each time that it reboots itself; ends when it is off.
#   full-host.sh FOLDER NAME LAYERS ROOT     as boot-host.sh, in the host's own cgroups
# reboot(2) in a PID namespace: a restart ends its init by SIGHUP, and power-off by SIGINT.
restarted=129
while :; do
	unshare --mount --uts --ipc --cgroup sh "${0%/*}/boot-host.sh" "$1" "$2" "$3" "$4" full
	[ $? -eq $restarted ] || exit
done
