#!/usr/bin/env bash
# Runs every fuzz target in the tree for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | while read -r file; do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "== $(dirname "$file") $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "./$(dirname "$file")"
	done
done
