#!/usr/bin/env bash
# build.sh TOOL… builds the named tools (controller-gen, crd-ref-docs, golangci-lint) from their pinned modules into bin/tools.
# A tool that is there in the pinned version is not built again.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$tools/../../bin/tools
mkdir -p "$out"
export CGO_ENABLED=0

# build PACKAGE: the build cache makes this instant when nothing changed.
build() {
	(cd "$tools" && go build -trimpath -buildvcs=false -o "$out/" "$1")
}

for tool in "$@"; do
	case $tool in
	controller-gen) build sigs.k8s.io/controller-tools/cmd/controller-gen ;;
	crd-ref-docs) build github.com/elastic/crd-ref-docs ;;
	golangci-lint) build github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
	*) echo "$tool is not a tool of hack/tools: add it to hack/tools/go.mod and to this script" >&2; exit 2 ;;
	esac
done
