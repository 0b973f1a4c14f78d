#!/bin/sh
# Makes the golden image's first layer: a small Debian with what a host of the fleet needs.
# Runs in a mount namespace of its own, so that whatever it mounts goes when it ends.
#   base.sh TARGET APT FILES     TARGET: folder to fill; APT: prepared apt configuration; FILES: lab/image
# Environment: SUITE, MIRROR, KEYRING ('' for debootstrap's own), PACKAGES (comma separated).
set -eu
target=$1 apt=$2 files=$3

debootstrap --variant=minbase --include="$PACKAGES" ${KEYRING:+--keyring="$KEYRING"} \
	"$SUITE" "$target" "$MIRROR"

in_image() {
	chroot "$target" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# Updates of the release, then the machine's apt configuration leaves again: only the control
# instance needs it, and it can hold credentials.
cp -a "$target/etc/apt" "$target/etc/apt.bare"
cp -aT "$apt" "$target/etc/apt"
cp -L /etc/resolv.conf "$target/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
chmod 755 "$target/usr/sbin/policy-rc.d"
mount -t proc proc "$target/proc"
in_image apt-get -q update
in_image apt-get -q -y -o Dpkg::Options::=--force-unsafe-io dist-upgrade
in_image apt-get clean
umount "$target/proc"
mv "$target/var/lib/apt/lists" "$target/../lists"
mkdir -p "$target/var/lib/apt/lists/partial"
rm -r "$target/etc/apt"
mv "$target/etc/apt.bare" "$target/etc/apt"
rm -f "$target/etc/apt/sources.list"

rm -rf "$target"/var/cache/apt/*.bin "$target"/var/cache/debconf/*-old "$target"/var/log/*.log \
	"$target"/usr/share/doc/* "$target"/usr/share/locale/* "$target"/usr/share/man/*

# The automation account: no password can open it, and sudo is its only way to root.
in_image useradd --create-home --shell /bin/sh --password '*' tidegate
install -m 440 "$files/sudoers" "$target/etc/sudoers.d/tidegate"
in_image visudo -c -q

install -m 644 "$files/sshd.conf" "$target/etc/ssh/sshd_config.d/lab.conf"
rm -f "$target"/etc/ssh/ssh_host_*
install -D -m 755 "$files/boot.sh" "$target/usr/lib/tidegate-lab/boot"

# rpm as a vendor would set it up: one database for all users, nothing unsigned. The wrapper writes
# down every transaction, for tests that do not believe what the product says of itself.
install -D -m 644 "$files/rpm.macros" "$target/etc/rpm/macros.tidegate-lab"
in_image dpkg-divert --quiet --local --rename --divert /usr/lib/tidegate-lab/rpm --add /usr/bin/rpm
install -m 755 "$files/rpm-wrapper.sh" "$target/usr/bin/rpm"
# The log lies where it is still written when /var is full.
ln -s /srv/rpm-calls.log "$target/var/log/rpm-calls.log"
in_image rpmdb --initdb

ln -sfn ../proc/self/mounts "$target/etc/mtab"
: >"$target/etc/machine-id"
