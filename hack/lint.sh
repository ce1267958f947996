#!/usr/bin/env bash
# All linters: formatting, modules, vet, golangci-lint, code that nothing reaches, and that generated files are up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'not formatted, run make fmt:\n%s\n' "$unformatted" >&2
	exit 1
fi
# Known vulnerabilities are in a database on the network (govulncheck, see docs/security.md);
# what is checked here is that modules are the pinned ones, by checksum.
hack/modules.sh check
go mod verify >/dev/null
go vet ./...
go vet -tags e2e ./hack/e2e/...
hack/tools/build.sh golangci-lint
bin/tools/golangci-lint run --allow-parallel-runners --timeout 15m ./...
hack/deadcode.sh
hack/lint-chart.sh
hack/generate.sh
if ! git diff --quiet -- api config docs charts; then
	git --no-pager diff --stat -- api config docs charts >&2
	echo 'generated files are out of date: run make generate and commit the result' >&2
	exit 1
fi
