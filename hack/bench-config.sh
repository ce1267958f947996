#!/usr/bin/env bash
# From an edit to the trackers that serve it: figures beside their bounds and what others reach.
# About ten minutes on two cores; BENCH_CONFIG="-cold 0 -churn 10s" is a quick look,
# "-offers 0" measures the cold starts alone; WAYPOST_BENCH_PROFILE=DIR keeps profiles.
set -euo pipefail
cd "$(dirname "$0")/.."

go build -o bin/bench-config ./hack/benchconfig
# shellcheck disable=SC2086 # several flags
exec bin/bench-config ${BENCH_CONFIG:-}
