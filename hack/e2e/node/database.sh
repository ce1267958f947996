#!/usr/bin/env bash
# database.sh: a PostgreSQL server of this machine for the pods of up.sh (same STATE and nets), on the node's bridge.
# Writes its URL to $STATE/database/url; down.sh ends it. Its files are gone then, so nothing is synced.
set -euo pipefail
: "${STATE:=${TMPDIR:-/tmp}/waypost-node}" "${NODE_NET:=10.240.0}" "${POD_NET:=10.241}" "${DATABASE_PORT:=5432}"
die() { echo "database.sh: $*" >&2; exit 1; }
[ -e "$STATE/up" ] || die "no node is up: run up.sh first"

initdb=$(command -v initdb || find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || die "initdb is neither on the PATH nor in /usr/lib/postgresql: apt-get install postgresql"
bin=$(dirname "$(readlink -f "$initdb")")
who=postgres # PostgreSQL refuses to run as root
id $who >/dev/null 2>&1 || who=nobody

# STATE may be closed to others than root; PostgreSQL asks for its own directory alone.
data=$(mktemp -d -t waypost-database-XXXXXX)
mkdir -p "$STATE/database"
echo "$data" > "$STATE/database/data"
password=$(openssl rand -hex 16)
echo "$password" > "$data/password"
chown -R "$who" "$data"
run() { (cd "$data" && setpriv --reuid "$who" --regid "$(id -g "$who")" --clear-groups "$@"); }
run "$bin/initdb" -D "$data/tables" -U waypost -A scram-sha-256 --pwfile "$data/password" -E UTF8 --locale=C --no-sync >"$STATE/database/log" 2>&1 ||
	die "initdb failed: $(tail -n 5 "$STATE/database/log")"
printf 'host all all %s.0.0/16 scram-sha-256\nhost all all %s.0/24 scram-sha-256\n' "$POD_NET" "$NODE_NET" >> "$data/tables/pg_hba.conf"
run setsid "$bin/postgres" -D "$data/tables" -k "$data" -h "$NODE_NET.1" -p "$DATABASE_PORT" -c fsync=off \
	>>"$STATE/database/log" 2>&1 < /dev/null &
for _ in $(seq 300); do
	"$bin/pg_isready" -q -h "$NODE_NET.1" -p "$DATABASE_PORT" && break
	kill -0 $! 2>/dev/null || die "postgres ended: $(tail -n 5 "$STATE/database/log")"
	sleep 0.1
done
"$bin/pg_isready" -q -h "$NODE_NET.1" -p "$DATABASE_PORT" || die "postgres did not come up"
(umask 077; echo "postgres://waypost:$password@$NODE_NET.1:$DATABASE_PORT/postgres?sslmode=disable" > "$STATE/database/url")
