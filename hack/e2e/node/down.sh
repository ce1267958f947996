#!/usr/bin/env bash
# down.sh: end the cluster of up.sh (same NAME and STATE). Kills PID 1 of each
# node's PID namespace; the kernel kills every other process in it and frees
# mounts and network. Ends the server of database.sh, too. KEEP_LOGS=dir saves the logs first. Safe to run twice.
set -u
: "${NAME:=waypost}" "${STATE:=${TMPDIR:-/tmp}/waypost-node}"
[ -n "${KEEP_LOGS:-}" ] && for d in "$STATE"/node-*; do mkdir -p "$KEEP_LOGS/${d##*/}" && cp -a "$d/log/." "$KEEP_LOGS/${d##*/}/"; done
rc=0
for f in "$STATE"/node-*/init.pid; do
	p=$(cat "$f" 2>/dev/null) || continue
	# only if it still is that PID 1: its command line says so
	tr '\0' ' ' 2>/dev/null < "/proc/$p/cmdline" | grep -q 'up\.sh __node' || continue
	kill -KILL "$p"
	for _ in $(seq 400); do [ -e "/proc/$p" ] || break; sleep 0.05; done
	[ -e "/proc/$p" ] && { echo "down.sh: pid $p still there" >&2; rc=1; }
done
data=$(cat "$STATE/database/data" 2>/dev/null)
if [ -n "$data" ]; then                         # database.sh
	p=$(head -n 1 "$data/tables/postmaster.pid" 2>/dev/null)
	if [ -n "$p" ] && tr '\0' ' ' 2>/dev/null < "/proc/$p/cmdline" | grep -qF "$data/tables"; then
		kill -QUIT "$p"                 # at once; nothing is to be kept
		for _ in $(seq 400); do [ -e "/proc/$p" ] || break; sleep 0.05; done
		[ -e "/proc/$p" ] && { echo "down.sh: postgres $p still there" >&2; rc=1; }
	fi
	rm -rf --one-file-system "$data"
fi
for l in $(ip -o link show type veth 2>/dev/null | grep -oE "${NAME:0:10}-n[0-9]+"); do ip link del "$l" 2>/dev/null; done
ip link del "br-${NAME:0:12}" 2>/dev/null       # takes the routes along
# cgroup v1: give the page cache back, else the removed memory cgroups linger in the kernel
find /sys/fs/cgroup/memory/"$NAME" -depth -name memory.force_empty -exec sh -c 'for f; do echo 0 > "$f"; done' _ {} + 2>/dev/null
left=x
for _ in $(seq 200); do                         # the cgroups of killed processes empty a little later
	left=$(ls -d /sys/fs/cgroup/*/"$NAME" /sys/fs/cgroup/"$NAME" 2>/dev/null)
	[ -z "$left" ] && break
	for d in $left; do find "$d" -depth -type d -exec rmdir {} + 2>/dev/null; done
	sleep 0.05
done
[ -n "$left" ] && { echo "down.sh: cgroups left: $left" >&2; rc=1; }
rm -rf --one-file-system "$STATE" || rc=1
exit $rc
