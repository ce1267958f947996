#!/usr/bin/env bash
# build.sh makes everything that up.sh needs, from Debian packages and pinned Go modules; no binary and no image is
# downloaded. What is there is not built again. Cold it takes some 18 minutes on 2 cores, from a warm build cache half one.
#
#   bin/kube          kube-*, kubelet, kubectl, etcd (hack/control-plane)
#   bin/node          CoreDNS with only the plugins that a cluster needs
#   bin/node/images   the pause image; images of one's own beside it are loaded into the node, too
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
root=$PWD
out=$root/bin/node

# step COMMAND…: runs it and says how long it took.
step() {
	local began=$SECONDS
	"$@"
	printf '%5d s  %s\n' $((SECONDS - began)) "$1"
}

# packages: containerd, runc, CNI plugins, nft and PostgreSQL are Debian's; they are older than Kubernetes, and work.
packages() {
	local command missing=
	for command in containerd runc nft ip openssl curl; do
		command -v $command >/dev/null || missing=yes
	done
	command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing=yes
	[ -n "$missing" ] || [ ! -x /usr/lib/cni/bridge ] || return 0
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		containerd runc containernetworking-plugins nftables iproute2 openssl curl postgresql >/dev/null
}

kubernetes() {
	env -u KUBEBUILDER_ASSETS nice hack/control-plane.sh kube-controller-manager kube-proxy kube-scheduler kubelet
}

coredns() {
	(cd hack/e2e/node/coredns && CGO_ENABLED=0 nice go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$out/coredns" .)
}

pause() {
	go -C hack/image run . --source "$root/hack/e2e/node/pause" --package . --name pause --stamp '' --version 3.10 \
		--reference localhost/pause:3.10 --platforms "linux/$(go env GOARCH)" --output "$out/images" >/dev/null
	rm -f "$out"/images/*.oci.tar "$out"/images/*.cdx.json
}

mkdir -p "$out/images"
step packages
step kubernetes
step coredns
step pause
