#!/usr/bin/env bash
# build.sh TOOL… builds the named tools from their pinned modules into bin/tools: controller-gen, crd-ref-docs, deadcode
# and golangci-lint from the module here, helm, helm-docs, kube-score and promtool each from a module of its own, because
# their dependencies exclude each other. A tool that is there in the pinned version is not built again.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$tools/../../bin/tools
mkdir -p "$out"
export CGO_ENABLED=0

# build PACKAGE: the build cache makes this instant when nothing changed.
build() {
	(cd "$tools" && go build -trimpath -buildvcs=false -o "$out/" "$1")
}

# build_in MODULE PACKAGE [FLAG…]: the same from a module of its own. Cold, helm takes 3 minutes, promtool 4.
build_in() {
	(cd "$tools/$1" && go build -trimpath -buildvcs=false "${@:3}" -o "$out/$1" "$2")
}

for tool in "$@"; do
	case $tool in
	controller-gen) build sigs.k8s.io/controller-tools/cmd/controller-gen ;;
	crd-ref-docs) build github.com/elastic/crd-ref-docs ;;
	deadcode) build golang.org/x/tools/cmd/deadcode ;;
	golangci-lint) build github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
	helm) build_in helm helm.sh/helm/v4/cmd/helm -ldflags '-s -w' ;;
	helm-docs) build_in helm-docs github.com/norwoodj/helm-docs/cmd/helm-docs ;;
	kube-score) build_in kube-score github.com/zegl/kube-score/cmd/kube-score ;;
	# Without the discovery of a dozen clouds: only rules are checked.
	promtool) build_in promtool github.com/prometheus/prometheus/cmd/promtool -tags remove_all_sd ;;
	*) echo "$tool is not a tool of hack/tools: add it to hack/tools/go.mod and to this script" >&2; exit 2 ;;
	esac
done
