#!/usr/bin/env bash
# modules.sh fix|check: tidies every module of the repository, or fails where that would change something.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=()
[ "${1:-}" = fix ] || flags=(-diff)
for file in $(git ls-files '*go.mod'); do
	(cd "$(dirname "$file")" && go mod tidy "${flags[@]}") || {
		echo "$file is not tidy: run make tidy" >&2
		exit 1
	}
done
