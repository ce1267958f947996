# Everything that is built here needs Go alone; what else a target needs, it
# builds from pinned Go modules into bin/ or says how to install.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CGO_ENABLED ?= 0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
IMAGE   ?= ghcr.io/waypost/waypost
NATS_VERSION = $(patsubst v%,%,$(shell go list -m -f '{{.Version}}' github.com/nats-io/nats-server/v2))
KUBE    := $(abspath $(or $(KUBEBUILDER_ASSETS),bin/kube))
PKGS    ?= ./...
# Packages with goroutines of their own; SQL alone takes minutes under the race detector.
CONCURRENT := ./controllers/... ./tracker/admin ./tracker/journal ./tracker/live ./tracker/port ./tracker/server/... ./tracker/ledger ./tracker/ledger/delivery/...

##@ Try

.PHONY: run
run: build ## Build and start Waypost on config/samples, no cluster needed; prints the links to try
	@exec bin/waypost serve --config config/samples --data data

.PHONY: run-kubernetes
run-kubernetes: build control-plane ## A real API server on loopback with operator, tracker and ledger beside it, and the samples
	@KUBEBUILDER_ASSETS="$(KUBE)" go run ./hack/localcluster

##@ Build

.PHONY: build
build: ## bin/waypost, static
	@go build -trimpath -ldflags '$(LDFLAGS)' -o bin/waypost ./cmd/waypost

.PHONY: fmt
fmt: ## Every Go file in gofmt's form
	@git ls-files '*.go' | xargs gofmt -w

.PHONY: tidy
tidy: ## Every go.mod and go.sum of the repository tidied
	@hack/modules.sh fix

.PHONY: generate
generate: ## All generated files: deep copies, apply configurations, resource definitions, API reference
	@hack/generate.sh

.PHONY: golden
golden: control-plane ## The golden files of all tests, written anew; read the difference before it is committed
	@hack/tools/build.sh helm
	@KUBEBUILDER_ASSETS="$(KUBE)" go test ./api/snapshot ./api/v1alpha1/admission ./controllers/compile ./charts -update
	@cd hack/gitops && go test ./... -update

.PHONY: control-plane
control-plane: ## etcd, kube-apiserver and kubectl from Go modules into bin/kube, once (5 to 12 minutes cold)
	@hack/control-plane.sh

##@ Check

.PHONY: test-unit
test-unit: ## The quick tests: no API server, no PostgreSQL, no killed processes; under a minute from a warm cache
	@go test -short ./api/... ./cmd/... ./controllers/... ./docs/... ./tracker/... ./hack

.PHONY: test
test: control-plane ## Every test, the ones against a real API server included
	@KUBEBUILDER_ASSETS="$(KUBE)" hack/test.sh $(PKGS)

.PHONY: control-plane-next
control-plane-next: control-plane
	@hack/control-plane.sh --next

.PHONY: test-next
test-next: control-plane-next ## The tests of the schemas on the API server of the next Kubernetes version (4 to 8 minutes more, once)
	@KUBEBUILDER_ASSETS="$(KUBE)/next" go test ./api/v1alpha1/admission ./controllers/offline

.PHONY: test-race
test-race: ## The quick tests of concurrent packages under the race detector (needs a C compiler)
	@CGO_ENABLED=1 go test -race -short -timeout 20m $(CONCURRENT)

.PHONY: test-race-all
test-race-all: control-plane ## Every test under the race detector; PKGS=./tracker/... for a part
	@KUBEBUILDER_ASSETS="$(KUBE)" CGO_ENABLED=1 go test -race -timeout 30m $(PKGS)

.PHONY: soak
soak: control-plane ## 200,000 random events on both engines, processes killed, held to a model; SEEDS="1 2 3", EVENTS=200000
	@KUBEBUILDER_ASSETS="$(KUBE)" hack/soak.sh $(or $(EVENTS),200000) $(or $(SEEDS),1 2 3)

.PHONY: lint
lint: ## All linters
	@hack/lint.sh

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (default 10s) each
	@hack/fuzz.sh $(or $(FUZZTIME),10s)

##@ Deploy

.PHONY: image
image: ## The container image for amd64 and arm64 and its bill of materials into dist/; no Docker needed
	@SOURCE_DATE_EPOCH=$(shell git log -1 --format=%ct) go -C hack/image run . \
		--source $(CURDIR) --output $(CURDIR)/dist --version $(VERSION) --reference $(IMAGE):$(VERSION) $(IMAGE_FLAGS)

.PHONY: image-nats
image-nats: ## The same of the NATS server that the distributed example runs, from its Go module
	@SOURCE_DATE_EPOCH=$(shell git log -1 --format=%ct) go -C hack/image run . --source $(CURDIR) --output $(CURDIR)/dist \
		--package github.com/nats-io/nats-server/v2 --name nats-server --stamp '' --version $(NATS_VERSION) \
		--reference $(dir $(IMAGE))nats-server:$(NATS_VERSION) $(IMAGE_FLAGS)

.PHONY: chart
chart: ## The Helm chart, linted and packed, into dist/
	@hack/lint-chart.sh
	@bin/tools/helm package charts/waypost --destination dist

.PHONY: install-yaml
install-yaml: control-plane ## The default installation in one file, dist/install.yaml (IMAGE_REF=… names another image)
	@hack/install-yaml.sh $(IMAGE_REF)

.PHONY: e2e
e2e: ## On a real node: install, edit, roll, drain, kill, upgrade, uninstall (KUBECONFIG, or a node on this machine)
	@hack/e2e/run.sh

##@ Measure

.PHONY: bench bench-config bench-tracker bench-ledger
bench: bench-config bench-tracker bench-ledger ## The published figures, side by side with their references in one run
bench-config: control-plane ## Edit to served, at 10,000 and 100,000 offers
	@KUBEBUILDER_ASSETS="$(KUBE)" hack/bench-config.sh
bench-tracker: build ## Clicks and impressions against nginx on this machine
	@hack/bench-tracker.sh
bench-ledger: build ## Postbacks judged and clicks stored a second, embedded and PostgreSQL
	@hack/bench-ledger.sh

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9 -]+:.*##/ {split($$1, t, " "); printf "  make %-16s %s\n", t[1], $$2}' Makefile
