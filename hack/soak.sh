#!/usr/bin/env bash
# Holds the whole installation to the model: soak.sh EVENTS SEED...
# 200,000 events take seven to twelve minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

export WAYPOST_REQUIRE_POSTGRES=1 WAYPOST_SOAK_EVENTS="$1"
shift
for seed in "$@"; do
	WAYPOST_SOAK_SEED="$seed" go test -count=1 -timeout 60m -v -run TestModelAgreesWithTheInstallation ./hack/soak
done
