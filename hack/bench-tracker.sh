#!/usr/bin/env bash
# Clicks and impressions beside nginx on the same core: figures, references and
# bounds. About eleven minutes; BENCH_TRACKER="-rounds 1 -paced 4s -memory-offers 0" is a quick
# look, which ends with an error because memory has a bound and was not measured.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=hack/bench/tools.sh
. hack/bench/tools.sh
bench_tools

go build -o bin/bench-tracker ./hack/bench/tracker
# shellcheck disable=SC2086 # several flags
exec bin/bench-tracker ${BENCH_TRACKER:-}
