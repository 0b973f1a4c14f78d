#!/bin/sh
# Packages unzip as the vendor had it: Debian's source with all of Debian's patches but those named in
# `fixed-elsewhere`. Runs on the control instance, as the unprivileged builder, on stdin of its shell.
set -eu
cd ~/rpmbuild/SOURCES
tar -xf unzip_6.0-28.debian.tar.xz
# A patch that the list names and the source lacks would silently leave nothing out.
while read -r patch; do
	[ -f "debian/patches/$patch" ]
done <../SPECS/fixed-elsewhere
number=0
grep -v -e '^#' -e '^$' debian/patches/series | grep -v -x -F -f ../SPECS/fixed-elsewhere | while read -r patch; do
	number=$((number + 1))
	cp "debian/patches/$patch" .
	echo "Patch$number: $patch"
done >patches.inc
rpmbuild -bb --nodeps --quiet ../SPECS/unzip.spec
