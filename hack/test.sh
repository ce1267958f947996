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

if [ "$*" = ./... ]; then
	for module in hack/image hack/gitops; do # modules of their own
		(cd "$module" && go test ./...)
	done
fi
