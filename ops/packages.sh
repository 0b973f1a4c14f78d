# shellcheck shell=sh
# packages NAME…: what rpm has of them, and which of their files are not as packaged. Changes nothing.

packages() {
  timeout 60 rpm -q --qf 'installed %{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH} %{SHA256HEADER}\n' "$@" 2>&1
  for tg_name; do
    rpm -q "$tg_name" >/dev/null 2>&1 || continue
    timeout 60 rpm -V "$tg_name" 2>&1 | grep -v '^rpm: ' | head -n 50 | sed 's/^/differs /'
  done
}
