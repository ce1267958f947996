#!/usr/bin/env bash
# deadcode.sh fails where a function is reached neither by a command nor by a test, or exported for its own package only.
set -euo pipefail
cd "$(dirname "$0")/.."
hack/tools/build.sh deadcode
dead=$(bin/tools/deadcode -test ./...)
if [ -n "$dead" ]; then
	printf 'reached by no command and no test, remove it:\n%s\n' "$dead" >&2
	exit 1
fi
# A function that no other package calls by its package's name needs no exported one.
exported=$(git grep -oE '^func [A-Z][A-Za-z0-9]*' -- 'api/*.go' 'controllers/*.go' 'tracker/*.go' ':!*_test.go' ':!api/v1alpha1/applyconfiguration' |
	awk -F: '{ n = split($1, dir, "/"); sub("^func ", "", $2); print dir[n-1] "." $2 }' | LC_ALL=C sort -u)
called=$(git grep -hoE '[a-z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]*' -- '*.go' | LC_ALL=C sort -u)
own=$(LC_ALL=C comm -23 <(echo "$exported") <(echo "$called"))
if [ -n "$own" ]; then
	printf 'used by its own package only, unexport it:\n%s\n' "$own" >&2
	exit 1
fi
