#!/bin/sh
# Boots hosts side by side; ends when each has its init.
#   boot-hosts.sh CGROUP…       its own cgroups, so that `lab down` finds it from its first moment on
# Reads a line for each host:  FOLDER NAME LAYERS ROOT CGROUP…     (no blanks in them)
for cgroup; do
	echo 0 >"$cgroup/cgroup.procs" || exit
done
boot_host=${0%/*}/boot-host.sh
while read -r folder name layers root cgroups; do
	(
		for cgroup in $cgroups; do
			echo 0 >"$cgroup/cgroup.procs" || exit
		done
		exec unshare --mount --uts --ipc sh "$boot_host" "$folder" "$name" "$layers" "$root"
	) &
done
wait
