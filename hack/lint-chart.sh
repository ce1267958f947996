#!/usr/bin/env bash
# lint-chart.sh checks charts/waypost with each file of charts/testdata/values: helm lint, kube-score; and the alerts
# and the queries of the dashboard with promtool, which also runs the alerts' unit tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
hack/tools/build.sh helm kube-score promtool

# kube-score's checks that do not apply here, each with its reason.
exceptions=(
	# A CPU limit throttles trackers in the middle of a burst of clicks while the node is idle; requests share a busy one.
	--ignore-container-cpu-limit
	# Tags of releases are immutable, and asking the registry at every start would make it a part of serving clicks.
	--ignore-test container-image-pull-policy
)

# score NAME: what kube-score finds in the manifests on standard input, as an error.
score() {
	local findings
	findings=$(bin/tools/kube-score score --kubernetes-version v1.33 --output-format ci "${exceptions[@]}" - |
		grep -v -e '^\[OK\]' -e '^\[SKIPPED\]' || true)
	if [ -n "$findings" ]; then
		printf 'kube-score, %s:\n%s\n' "$1" "$findings" >&2
		return 1
	fi
}

for values in charts/testdata/values/*.yaml; do
	bin/tools/helm lint --strict --quiet charts/waypost --values "$values"
	# small.yaml turns off what kube-score asks for, to show that it can be turned off.
	[ "${values##*/}" != small.yaml ] || continue
	bin/tools/helm template waypost charts/waypost --namespace waypost-system --values "$values" | score "charts/waypost with $values"
done
score charts/waypost/examples/distributed/nats.yaml < charts/waypost/examples/distributed/nats.yaml
bin/tools/promtool check rules charts/waypost/alerts/waypost.yaml >/dev/null
rules=$(mktemp)
trap 'rm -f "$rules"' EXIT
go run ./hack/chart rules < charts/waypost/dashboards/waypost.json > "$rules"
bin/tools/promtool check rules --lint none "$rules" >/dev/null # the same query may stand in two panels
bin/tools/promtool test rules charts/testdata/alerts_test.yaml >/dev/null
