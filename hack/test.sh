#!/usr/bin/env bash
# Runs the tests of the given packages; says loudly what could not run here.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then
	echo '*** PostgreSQL (initdb, postgres) is not installed: the tests of the PostgreSQL ledger do NOT run.' >&2
	echo '*** Install it with: apt-get install postgresql' >&2
fi
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
	echo '*** Chromium is not installed: conversion pixels are NOT tried in a browser.' >&2
	echo '*** Install it with: apt-get install chromium' >&2
fi
hack/tools/build.sh helm # the chart's tests render with it
go test -timeout 20m "$@"

# The schemas, and what is said of them without a server, hold on the next version of the API server, too.
schemas=$(comm -12 <(go list "$@" | sort) <(go list ./api/v1alpha1/admission ./controllers/offline | sort))
if [ -n "$schemas" ]; then
	if [ -x "${KUBEBUILDER_ASSETS:=$PWD/bin/kube}/next/kube-apiserver" ]; then
		# shellcheck disable=SC2086 # one word a package
		KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS/next go test $schemas
	else
		echo "*** $KUBEBUILDER_ASSETS/next holds no kube-apiserver: the schemas are NOT tested on the next version of Kubernetes." >&2
	fi
fi
if [ "$*" = ./... ]; then
	for module in hack/image hack/gitops; do # modules of their own
		(cd "$module" && go test ./...)
	done
fi
