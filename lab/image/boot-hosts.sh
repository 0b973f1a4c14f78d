#!/bin/sh
# Boots hosts side by side; ends when each has its init.
#   boot-hosts.sh CGROUP…       its own cgroups, so that `lab down` finds it from its first moment on
# Reads a line for each host:  FOLDER NAME LAYERS ROOT plain|full CGROUP…     (no blanks in them)
for cgroup; do
	echo 0 >"$cgroup/cgroup.procs" || exit
done
image=${0%/*}
while read -r folder name layers root kind cgroups; do
	(
		for cgroup in $cgroups; do
			echo 0 >"$cgroup/cgroup.procs" || exit
		done
		if [ "$kind" = plain ]; then
			exec unshare --mount --uts --ipc sh "$image/boot-host.sh" "$folder" "$name" "$layers" "$root" plain
		fi
		# Its keeper stays.
		: >"$folder/pid"
		sh "$image/full-host.sh" "$folder" "$name" "$layers" "$root" &
		until [ -s "$folder/pid" ] || ! kill -0 "$!"; do sleep 0.02; done
	) &
done
wait
