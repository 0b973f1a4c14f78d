#!/bin/sh
# The lab's witness before a host's rpm, which the product knows nothing of: each transaction leaves a
# `begin` and an `end` line in /var/log/rpm-calls.log. Fields are separated by tabs:
#   begin  ns  call  arguments…          end  ns  call  exit-code  rpm-pid
# Everything else (queries, --import …) goes straight to rpm.
real=/usr/lib/tidegate-lab/rpm
log=/var/log/rpm-calls.log

transaction=
for word; do
	case $word in
	--query | --verify | --checksig | --eval | --import) transaction= && break ;;
	--install | --upgrade | --freshen | --erase | --reinstall) transaction=yes ;;
	--*) ;;
	-[!-]*[qVKE]* | -[qVKE]*) transaction= && break ;;
	-*[UFei]*) transaction=yes ;;
	esac
done
case ${0##*/} in
rpmquery) exec "$real" --query "$@" ;;
rpmverify) exec "$real" --verify "$@" ;;
esac
[ "$transaction" ] || exec "$real" "$@"

tab=$(printf '\t')
line="begin${tab}$(date +%s%N)${tab}$$"
for word; do
	line="$line$tab$word"
done
# A host whose disk is full says so to rpm's caller by rpm alone.
{ printf '%s\n' "$line" >>"$log"; } 2>/dev/null

# --force-debian only silences Debian's advice against rpm, which no vendor's rpm gives.
# A child, so that its end can be written down; signals meant for rpm reach it, and stdin stays its own
# (a shell gives a background command /dev/null and an ignored SIGINT).
exec 3<&0
env --default-signal=INT,QUIT "$real" --force-debian "$@" <&3 3<&- &
child=$!
exec 3<&-
for signal in HUP INT QUIT TERM USR1 USR2; do
	# shellcheck disable=SC2064 # the signal's name is meant to be filled in now
	trap "kill -$signal $child 2>/dev/null" "$signal"
done
while :; do
	wait "$child"
	code=$?
	# A caught signal ends `wait` early: rpm is still there.
	kill -0 "$child" 2>/dev/null || break
done
{ printf 'end\t%s\t%s\t%s\t%s\n' "$(date +%s%N)" "$$" "$code" "$child" >>"$log"; } 2>/dev/null
exit "$code"
