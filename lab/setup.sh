#!/bin/sh
# Installs what a bare Debian 12 lacks for the demo and the tests: only what is missing, as root.
# Run again, it finds everything and says nothing.
set -eu

temporal_version=v1.5.1
cache=${TIDEGATE_CACHE:-$HOME/.cache/tidegate}
# An answer that has not come by then will not come: the machine may not download.
download_limit_seconds=60
policy=/usr/sbin/policy-rc.d

say() { printf 'setup: %s\n' "$*" >&2; }

missing=
made_policy=
making=
clean_up() {
  [ -z "$made_policy" ] || rm -f "$policy"
  [ -z "$making" ] || rm -rf "$making"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"
}

install_packages() {
  if [ "$(id -u)" != 0 ]; then
    say "these packages are missing, and only root can install them:$missing"
    say "type: sudo apt-get install$missing"
    exit 1
  fi
  say "installing$missing (about a minute)"
  # The machine's own sshd and cron are not to be started by this.
  if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  # Refreshing may fail for one of several sources and the packages be there all the same.
  apt-get update -qq || say 'apt-get update had errors (above); trying to install all the same'
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >&2
}

# Temporal's SDK downloads the same program, where it may. In our cache it has the name that we look for.
download_temporal() {
  [ -d node_modules/@temporalio/testing ] || return 1
  timeout "$download_limit_seconds" node -e '
    const { TestWorkflowEnvironment } = require("@temporalio/testing");
    const executable = { type: "cached-download", downloadDir: process.argv[1] };
    TestWorkflowEnvironment.createLocal({ server: { executable } })
      .then((environment) => environment.teardown())
      .then(() => process.exit(0), () => process.exit(1));
  ' "$making" >/dev/null 2>&1 || return 1
  for program in "$making"/temporal-*; do
    [ -x "$program" ] && mv "$program" "$making/temporal" && return
  done
  return 1
}

build_temporal() {
  PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin
  if ! command -v go >/dev/null 2>&1; then
    say 'neither the temporal program nor Go is on PATH: install one of them'
    say 'temporal: https://docs.temporal.io/cli    Go: https://go.dev/dl'
    return 1
  fi
  say "building temporal $temporal_version from Go modules, once (about 3 minutes on 2 cores)"
  (while sleep 30; do say 'still building temporal'; done) &
  ticker=$!
  built=0
  CGO_ENABLED=0 GOBIN="$making" go install "github.com/temporalio/cli/cmd/temporal@$temporal_version" || built=$?
  kill "$ticker"
  return "$built"
}

# Made beside its place and moved there whole, so that an interrupted run leaves nothing half made.
make_temporal() {
  mkdir -p "$cache/bin"
  making=$(mktemp -d "$cache/making-temporal.XXXXXX")
  say 'fetching the temporal program (seconds, where downloads are allowed)'
  download_temporal || build_temporal
  mv "$making/temporal" "$cache/bin/temporal"
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
need faketime faketime
[ -z "$missing" ] || install_packages
command -v temporal >/dev/null 2>&1 || [ -x "$cache/bin/temporal" ] || make_temporal
