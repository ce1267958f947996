#!/usr/bin/env bash
# All linters: formatting, vet, golangci-lint, and that generated files are up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'not formatted, run gofmt -w on:\n%s\n' "$unformatted" >&2
	exit 1
fi
go vet ./...
go vet -tags e2e ./hack/e2e/...
hack/tools/build.sh golangci-lint
bin/tools/golangci-lint run --allow-parallel-runners --timeout 15m ./...
hack/lint-chart.sh
hack/generate.sh
if ! git diff --quiet -- api config docs charts; then
	git --no-pager diff --stat -- api config docs charts >&2
	echo 'generated files are out of date: run make generate and commit the result' >&2
	exit 1
fi
