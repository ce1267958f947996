#!/usr/bin/env bash
# install-yaml.sh [IMAGE]: writes dist/install.yaml, the default installation in one file, for kubectl apply -f.
# IMAGE is name and tag or digest, such as registry.example/waypost:v1.2.3; default is that of config.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
image=${1:-}
out=dist/install.yaml

mkdir -p dist
overlay=$(mktemp -d -p config install-XXXXXX) # kustomize takes no absolute paths, and nothing from outside
trap 'rm -rf "$overlay"' EXIT
cat > "$overlay/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../default]
YAML
if [ -n "$image" ]; then
	case $image in
	*@*) choice="digest: ${image#*@}" ;;
	*) choice="newTag: \"${image##*:}\"" ;;
	esac
	name=${image%@*}
	[ "$name" != "$image" ] || name=${image%:*}
	cat >> "$overlay/kustomization.yaml" <<YAML
images:
- name: ghcr.io/waypost/waypost
  newName: $name
  $choice
YAML
fi
{
	echo "# Waypost, the default installation. kubectl apply --server-side -f install.yaml"
	"${KUBEBUILDER_ASSETS:-bin/kube}/kubectl" kustomize "$overlay"
} > "$out"
echo "$out: $(grep -c '^kind:' "$out") objects"
