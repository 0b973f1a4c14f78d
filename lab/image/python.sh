#!/bin/sh
# Makes the layer that gives hosts Python, for tools that need it on what they manage.
#   python.sh TARGET WORK BASE LISTS APT
# TARGET, WORK: empty folders of one filesystem (upper and work).
# Runs in a mount namespace of its own.  Environment: PACKAGES (blank separated).
set -eu
# shellcheck disable=SC2034 # for packages.sh
target=$1 work=$2 base=$3 lists=$4 apt=$5
# shellcheck source=lab/image/packages.sh
. "${0%/*}/packages.sh"
close_layer
