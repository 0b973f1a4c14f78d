#!/bin/sh
# Makes what the vendor of the lab's platform would have delivered: the base package, which provides what
# the golden image holds (rpm resolves against it), and unzip 6.0-28 as it was before CVE-2022-0529/0530
# was mended; both signed with the vendor's key and installed.
#   vendor.sh TARGET WORK BASE CONTROL PACKAGES GNUPG FILES
# TARGET, WORK: empty folders of one filesystem (upper and work); PACKAGES: where the RPMs go;
# GNUPG: where the vendor's key is made; FILES: lab/image. Runs in a mount namespace of its own.
set -eu
target=$1 work=$2 base=$3 control=$4 packages=$5 gnupg=$6 files=$7
vendor='Tidegate lab vendor <vendor@lab.invalid>'
root=$work/root
build=$work/build
mkdir -p "$root" "$work/overlay" "$work/build-overlay" "$work/build-upper" "$build" "$packages" "$gnupg"

in_folder() {
	folder=$1
	shift
	chroot "$folder" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/home/builder "$@"
}

as_builder() {
	in_folder "$build" setpriv --reuid=builder --regid=builder --init-groups "$@"
}

# Build on what will be the control instance, in a scratch layer over it.
mount -t overlay overlay \
	-o "lowerdir=$control:$base,upperdir=$work/build-upper,workdir=$work/build-overlay" "$build"
mount -t proc proc "$build/proc"
rpmbuild=$build/home/builder/rpmbuild
as_builder mkdir -p /home/builder/rpmbuild/SOURCES /home/builder/rpmbuild/SPECS
cp "$files/unzip.spec" "$files/fixed-elsewhere" "$rpmbuild/SPECS/"
in_folder "$build" sh -c 'cd /home/builder/rpmbuild/SOURCES && apt-get -q source --download-only unzip=6.0-28'
as_builder sh -s <"$files/unzip.sh"

# What the golden image provides, named as rpm names it in requires.
in_folder "$build" sh -s >"$rpmbuild/SPECS/provides.inc" <"$files/provides.sh"
sed 's/^/Provides: /' -i "$rpmbuild/SPECS/provides.inc"
cp "$files/base.spec" "$rpmbuild/SPECS/"
as_builder rpmbuild -bb --quiet /home/builder/rpmbuild/SPECS/base.spec
find "$rpmbuild/RPMS" -name '*.rpm' -exec cp -t "$packages" {} +
umount "$build/proc" "$build"

# Signed where the vendor's key is: on this machine, never in an image.
chmod 700 "$gnupg"
gpg --homedir "$gnupg" --batch --quiet --pinentry-mode loopback --passphrase '' \
	--quick-generate-key "$vendor" rsa3072 sign never
gpg --homedir "$gnupg" --batch --quiet --armor --export "$vendor" >"$packages/vendor.asc"
rpmsign --define "__gpg /usr/bin/gpg" --define "_gpg_path $gnupg" --define "_gpg_name $vendor" \
	--addsign "$packages"/*.rpm >/dev/null
gpgconf --homedir "$gnupg" --kill gpg-agent

# Installed as any host would: verified, with every dependency resolved.
mount -t overlay overlay -o "lowerdir=$base,upperdir=$target,workdir=$work/overlay" "$root"
mount -t proc proc "$root/proc"
mkdir "$root/run/packages"
mount --bind "$packages" "$root/run/packages"
in_folder "$root" rpmkeys --import /run/packages/vendor.asc
in_folder "$root" sh -c '/usr/lib/tidegate-lab/rpm -U --quiet --force-debian /run/packages/*.rpm'
umount "$root/run/packages" "$root/proc"
rmdir "$root/run/packages"
umount "$root"
