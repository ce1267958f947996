#!/usr/bin/env bash
# run.sh is "make e2e": builds Waypost's image, brings up a Kubernetes node on this machine (as root, no container engine,
# no registry) and runs the end-to-end test on it, which prints what took how long. Cold this takes half an hour on
# 2 cores, most of it to build Kubernetes; afterwards some 8 minutes.
#
#   KUBECONFIG         a cluster to use instead; needs a default storage class, and
#   E2E_REGISTRY       with it: registry to push the images to, such as registry.example/e2e
#   E2E_DATABASE       URL of an empty PostgreSQL that its pods can reach; without it that part is not tested
#   E2E_KEEP=1         leave the node up (hack/e2e/node/down.sh ends it)
#   E2E_PREVIOUS       the revision to upgrade from
#   E2E_RUN            only these parts, as for go test -run, such as TestEndToEnd/Distributed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
own=
[ -n "${KUBECONFIG:-}" ] || own=yes
began=$SECONDS

if [ -n "$own" ]; then
	[ "$(id -u)" = 0 ] || { echo 'make e2e needs root to bring a node up; or set KUBECONFIG and E2E_REGISTRY' >&2; exit 1; }
	hack/e2e/node/build.sh
	registry=localhost
	images=$root/bin/node/images
else
	: "${E2E_REGISTRY:?a registry that the cluster of KUBECONFIG can pull from}"
	registry=$E2E_REGISTRY
	images=$root/bin/e2e
	env -u KUBEBUILDER_ASSETS hack/control-plane.sh
fi
hack/tools/build.sh helm
mkdir -p "$images"
rm -f "$images"/{waypost,nats-server,load}-*

# The revision to upgrade from, its chart and its program: the last release, else the commit before the chart's last change.
previous=$(mktemp -d)
trap 'rm -rf "$previous"' EXIT
revision=${E2E_PREVIOUS:-$(git describe --tags --abbrev=0 2>/dev/null || git rev-list --max-count=1 --skip=1 HEAD -- charts/waypost)}
git archive "${revision:-HEAD}" | tar -x -C "$previous"

# image NAME PACKAGE TAG STAMP [SOURCE]: one image, where the cluster finds it.
image() {
	local push=()
	[ -n "$own" ] || push=(--push "$registry/$1:$3")
	go -C hack/image run . --source "${5:-$root}" --package "$2" --name "$1" --version "$3" --stamp "$4" \
		--reference "$registry/$1:$3" --platforms "linux/$(go env GOARCH)" --output "$images" "${push[@]}" >/dev/null
	rm -f "$images"/*.oci.tar "$images"/*.cdx.json
}
image waypost ./cmd/waypost e2e-1 main.version "$previous"
image waypost ./cmd/waypost e2e-2 main.version
image nats-server github.com/nats-io/nats-server/v2 e2e ''
image load ./hack/e2e/load e2e ''
printf '%5d s  images, the older of %s\n' $((SECONDS - began)) "${revision:-HEAD}"

volumes=
if [ -n "$own" ]; then
	finish() {
		local status=$?
		rm -rf "$previous"
		if [ -n "${E2E_KEEP:-}" ]; then
			echo "the node is up: . ${STATE:-${TMPDIR:-/tmp}/waypost-node}/env; end it with hack/e2e/node/down.sh"
			return
		fi
		[ $status = 0 ] || export KEEP_LOGS=$root/bin/node/logs
		hack/e2e/node/down.sh
		[ $status = 0 ] || echo "the node's logs are in $KEEP_LOGS" >&2
	}
	hack/e2e/node/down.sh # what an interrupted run has left
	trap finish EXIT
	hack/e2e/node/up.sh
	# shellcheck disable=SC1091
	. "${STATE:-${TMPDIR:-/tmp}/waypost-node}/env"
	hack/e2e/node/database.sh
	E2E_DATABASE=$(cat "${STATE:-${TMPDIR:-/tmp}/waypost-node}/database/url")
	export E2E_DATABASE
	# How the test kills a process, by the id of its container.
	cat > "$previous/kill" <<KILL
#!/usr/bin/env bash
. "${STATE:-${TMPDIR:-/tmp}/waypost-node}/env"
kx 1 ctr -n k8s.io task kill --signal SIGKILL "\$1"
KILL
	chmod +x "$previous/kill"
	export E2E_KILL=$previous/kill
	volumes=/var/lib/waypost-e2e
	for i in 1 2 3 4 5 6 7 8; do
		kx 1 mkdir -p "$volumes/$i"
	done
fi
E2E_REGISTRY=$registry E2E_VOLUMES=$volumes E2E_PREVIOUS_CHART=$previous/charts/waypost \
	KUBECONFIG=$KUBECONFIG go test -tags e2e -count 1 -timeout 40m -v -run "${E2E_RUN:-TestEndToEnd}" ./hack/e2e
