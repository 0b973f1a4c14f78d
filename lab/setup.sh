#!/bin/sh
# Installs what a bare Debian 12 lacks for the demo and the tests: only what is missing, as root.
# Run again, it finds everything and says nothing.
set -eu

temporal_version=v1.5.1
cache=${TIDEGATE_CACHE:-$HOME/.cache/tidegate}

say() { printf 'setup: %s\n' "$*" >&2; }

need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="${missing-} $2"
}
need rpmbuild rpm
need gpg gnupg
need debootstrap debootstrap
need sshd openssh-server
need ssh openssh-client
need sudo sudo
need cron cron
need ip iproute2
need pgrep procps
need git git
need shellcheck shellcheck
need flock util-linux
need tini-static tini
need dpkg-source dpkg-dev
need zstd zstd
need unzip unzip

if [ -n "${missing-}" ]; then
  [ "$(id -u)" = 0 ] || {
    say "these packages are missing, and only root can install them:$missing"
    exit 1
  }
  say "installing$missing (about a minute)"
  apt-get update -qq
  # The machine's own sshd and cron are not to be started by this.
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made_policy=1; }
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >&2
  [ -z "${made_policy-}" ] || rm -f $policy
fi

if ! command -v temporal >/dev/null 2>&1 && [ ! -x "$cache/bin/temporal" ]; then
  command -v go >/dev/null 2>&1 || {
    say 'neither the temporal program nor Go is on PATH: install one of them'
    say 'temporal: https://docs.temporal.io/cli    Go: https://go.dev/dl'
    exit 1
  }
  say "building temporal $temporal_version from the Go module proxy (about 3 minutes on 2 cores)"
  mkdir -p "$cache/bin"
  GOBIN="$cache/bin" go install "github.com/temporalio/cli/cmd/temporal@$temporal_version"
fi
