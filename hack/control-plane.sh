#!/usr/bin/env bash
# control-plane.sh [BINARY…] builds the control plane that tests run against, etcd, kube-apiserver and kubectl, and what
# else of Kubernetes is named (kubelet, kube-proxy, kube-scheduler, kube-controller-manager), into bin/kube,
# from the Go modules pinned in hack/control-plane (5 to 12 minutes cold on 2 cores, seconds from a warm build cache).
# It does nothing when they are there in the pinned version, or when KUBEBUILDER_ASSETS points to such binaries.
# control-plane.sh --next builds the API server of the next minor version into bin/kube/next, beside links to the others:
# another directory for KUBEBUILDER_ASSETS (another 4 to 8 minutes cold).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
out=$root/bin/kube

# pinned MODULE DIR: the version of a module that the module in DIR requires, such as v1.36.3.
pinned() {
	(cd "$2" && go list -mod=readonly -m -f '{{.Version}}' "$1")
}

# version BINARY: the version that a binary says it has, such as v1.36.3, or nothing.
version() {
	case ${1##*/} in
	etcd) "$1" --version 2>/dev/null | sed -n 's/^etcd Version: /v/p' ;;
	kubectl) "$1" version --client 2>/dev/null | sed -n 's/^Client Version: //p' ;;
	*) "$1" --version 2>/dev/null | sed -n 's/^Kubernetes //p' ;;
	esac
}

# stamp VERSION: linker flags that give Kubernetes its version; without them kubectl cannot parse its own.
stamp() {
	local package=k8s.io/component-base/version minor=${1#v1.}
	printf -- '-X %s=%s ' "$package.gitVersion" "$1" "$package.gitMajor" 1 "$package.gitMinor" "${minor%%.*}" \
		"$package.gitTreeState" clean "$package.gitCommit" module "$package.buildDate" 1970-01-01T00:00:00Z
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ "$(readlink -m "$KUBEBUILDER_ASSETS")" != "$out" ]; then
	for binary in etcd kube-apiserver kubectl; do
		if [ ! -x "$KUBEBUILDER_ASSETS/$binary" ]; then
			echo "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS holds no $binary: unset it to have one built, or point it to envtest binaries" >&2
			exit 1
		fi
	done
	exit 0
fi

module=hack/control-plane
if [ "${1:-}" = --next ]; then
	shift
	module=hack/control-plane/next
	mkdir -p "$out/next"
	ln -sf ../etcd ../kubectl "$out/next/"
	out=$out/next
fi
kubernetes=$(pinned k8s.io/kubernetes "$module")
etcd=$(pinned go.etcd.io/etcd/server/v3 hack/control-plane/etcd)
wanted=(kube-apiserver "$@")
[ "$module" = hack/control-plane/next ] || wanted+=(kubectl)
missing=()
for binary in "${wanted[@]}"; do
	[ "$(version "$out/$binary")" = "$kubernetes" ] || missing+=("$binary")
done

mkdir -p "$out"
export CGO_ENABLED=0 GOFLAGS='-buildvcs=false -trimpath'
if [ ${#missing[@]} -gt 0 ]; then
	echo "building ${missing[*]} $kubernetes into ${out#"$root"/}; cold this takes 4 to 12 minutes" >&2
	(cd "$module" && go build -ldflags "-s -w $(stamp "$kubernetes")" -o "$out/" "${missing[@]/#/k8s.io/kubernetes/cmd/}")
fi
if [ "$(version "$out/etcd")" != "$etcd" ]; then
	echo "building etcd $etcd into bin/kube" >&2
	(cd hack/control-plane/etcd && go build -ldflags '-s -w' -o "$out/etcd" go.etcd.io/etcd/server/v3)
fi
