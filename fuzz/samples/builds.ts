export const logs = [
  `Executing(%prep): /bin/sh -e /var/tmp/rpm-tmp.aXb1
+ umask 022
+ /usr/bin/cat /var/lib/tidegate-build/work/SOURCES/fix.patch
+ /usr/bin/patch -p1 -s --fuzz=0
1 out of 2 hunks FAILED -- saving rejects to file unzip.c.rej
error: Bad exit status from /var/tmp/rpm-tmp.aXb1 (%prep)

RPM build errors:
    Bad exit status from /var/tmp/rpm-tmp.aXb1 (%prep)
`,
  `Patch #9001 (fix.patch):
/usr/bin/patch: **** malformed patch at line 7: x
|--- a/x.c
|+++ b/x.c
2 out of 2 hunks ignored
error: Bad exit status from /var/tmp/rpm-tmp.1 (%prep)
`,
  `error: Failed build dependencies:
	gcc >= 12 is needed by hello-1.0-1.noarch
	make is needed by hello-1.0-1.noarch
`,
  'error: Bad exit status from /var/tmp/rpm-tmp.x (%build)\n\n\nRPM build warnings:\n  x\n',
];

export const specs = [
  `Name: hello
Version: 1.0
Release: 1%{?dist}
Summary: says hello
License: GPL
Source0: hello-1.0.tar.gz
Patch1: fix.patch

%description
x
%prep
%autosetup -p1
%build
%files
`,
  'Name: x\nVERSION:1\nrelease : 1\nRelease: 2\n%prep\n%setup\n%autopatch -p1\n',
];

export const dscs = [
  `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Format: 3.0 (quilt)
Source: unzip
Binary: unzip
Version: 1:6.0-28
Maintainer: Santiago Vila <sanvila@debian.org>
Checksums-Sha256:
 036d96991646d0449ed0aa952e4fbe21b476ce994abc276e49d30e686708bd37 1376845 unzip_6.0.orig.tar.gz
`,
];
