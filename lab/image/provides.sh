#!/bin/sh
# Prints what the golden image provides to packages: its libraries as elfdeps names them, its programs by path.
set -eu
cd /usr/lib
find . -xdev -path ./debug -prune -o -type f -name '*.so*' -print |
	sed "s|^\.|/usr/lib|" | /usr/lib/rpm/elfdeps --provides | sort -u
echo 'rtld(GNU_HASH)'
for folder in /usr/bin /usr/sbin; do
	find "$folder" -mindepth 1 -maxdepth 1 -printf '%p\n%f\n' | while read -r path; do
		read -r name
		# Merged /usr: programs are known by both paths.
		printf '%s\n%s/%s\n' "$path" "${folder#/usr}" "$name"
	done
done | sort -u
