#!/usr/bin/env bash
# generate.sh makes every generated file of the API: deep copies, apply configurations, custom resource definitions.
# The tools come from the module in hack/tools, at the versions pinned there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/tools/build.sh controller-gen
rm -rf api/v1alpha1/applyconfiguration config/crd/waypost.dev_*.yaml
bin/tools/controller-gen object applyconfiguration crd paths=./api/v1alpha1 output:crd:dir=config/crd
