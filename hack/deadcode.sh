#!/usr/bin/env bash
# deadcode.sh fails where a function is reached neither by a command nor by a test.
set -euo pipefail
cd "$(dirname "$0")/.."
hack/tools/build.sh deadcode
dead=$(bin/tools/deadcode -test ./...)
if [ -n "$dead" ]; then
	printf 'reached by no command and no test, remove it:\n%s\n' "$dead" >&2
	exit 1
fi
