#!/usr/bin/env bash
# Postbacks judged, clicks stored, answers and reports, embedded and on PostgreSQL:
# figures, references and bounds. About four minutes; needs PostgreSQL 15 or later
# installed (Debian: apt-get install postgresql), and starts one of its own.
# BENCH_LEDGER="-clicks 100000 -postbacks 50000 -reference 1s -answers 2s" is a quick look.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v taskset >/dev/null || { echo "taskset is needed (Debian: apt-get install util-linux); Linux only" >&2; exit 1; }

go build -o bin/bench-ledger ./hack/bench/ledger
# shellcheck disable=SC2086 # several flags
exec bin/bench-ledger ${BENCH_LEDGER:-}
