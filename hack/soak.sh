#!/usr/bin/env bash
# Holds the whole installation to the model, and the books beside a journal that is
# damaged again and again: soak.sh EVENTS SEED...
# 200,000 events take eight to fourteen minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

export WAYPOST_REQUIRE_POSTGRES=1 WAYPOST_SOAK_EVENTS="$1" WAYPOST_DAMAGE_ROUNDS=$(($1 / 2000 + 1))
shift
for seed in "$@"; do
	export WAYPOST_SOAK_SEED="$seed"
	go test -count=1 -timeout 60m -v -run TestModelAgreesWithTheInstallation ./hack/soak
	go test -count=1 -timeout 60m -run TestModelAgreesThroughDamage ./tracker/ledger
done
