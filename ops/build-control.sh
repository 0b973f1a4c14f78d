# shellcheck shell=sh
# build-control: what a control instance is made of: `deb NAME VERSION ARCH` and `rpm NAME EVR ARCH` lines, sorted.
# Needs no root.

LC_ALL=C
export LC_ALL
{
  if command -v dpkg-query >/dev/null; then
    # shellcheck disable=SC2016 # dpkg's own variables
    dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version} ${Architecture}\n' | sed -n 's/^ii  */deb /p'
  fi
  if command -v rpm >/dev/null; then
    rpm -qa --qf 'rpm %{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH}\n' 2>/dev/null
  fi
} | sort
printf 'arch %s\n' "$(rpm --eval '%{_target_cpu}' 2>/dev/null)"
