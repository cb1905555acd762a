# Bitácora. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where `make run` listens and keeps its data; 0 takes a free port.
PORT ?= 9092
HTTP ?= 127.0.0.1:8080
DATA ?= data
# More flags for `make run`, such as ARGS='--brokers 5'.
ARGS ?=
# The package whose goldens `make golden` rewrites.
PKG ?=
# How many seeds `make soak` plays of the tests beside the swarm.
SEEDS ?= 200

TEMPL := go run github.com/a-h/templ/cmd/templ@v0.3.977

.PHONY: help run build static test bench soak oracle golden fmt tools clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

run: build ## start a cluster of three brokers and its page (PORT, HTTP, DATA, ARGS)
	exec bin/bitacora serve --kafka-port $(PORT) --http $(HTTP) --data $(DATA) $(ARGS)

build: static ## build bin/bitacora, one file with the page inside it
	go build -trimpath -o bin/bitacora ./server

static: ## build what the program carries: the page's scripts and WebAssembly
	@.ci/static

test: ## everything a change must pass; installs what it needs
	@.ci/test

bench: static ## measure, side by side with Apache Kafka where it has a peer (ROUNDS=5, REPORT=file.json, BENCH_QUICK=1)
	@.ci/tools java
	go test ./server/interop/bench -run '^$$' -bench . -benchtime 1x -timeout 60m -rounds $(or $(ROUNDS),5) -report '$(abspath $(REPORT))'

soak: static ## play seeded random faults for FOR (45s) from seed FROM (1), or on from STATE=FILE; SEEDS (200) of the older ones
	go run ./server soak --from $(or $(FROM),1) --for $(or $(FOR),45s) $(if $(STATE),--state '$(abspath $(STATE))')
	go test ./engine/quorum -run 'TestChaos' -count 1 -timeout 0 -seeds $(SEEDS)
	go test ./engine/broker/replica -run 'TestRandomFaults' -count 1 -timeout 0 -runs $(SEEDS)

oracle: static ## run the comparison scripts against Apache Kafka 4.3.1 too, and record its answers
	@.ci/tools java
	go test ./server/interop/oracle -count 1 -timeout 60m -v -oracle

golden: static ## rewrite the golden files of one package: make golden PKG=./engine/broker
	@[ -n "$(PKG)" ] || { echo "say which: make golden PKG=./engine/broker" >&2; exit 2; }
	go test $(PKG) -count 1 -rewrite

fmt: ## format Go, templ and TypeScript
	git ls-files -z '*.go' | xargs -0 -r gofmt -w
	@if [ -n "$$(git ls-files '*.templ')" ]; then $(TEMPL) fmt . && $(TEMPL) generate; fi
	@if [ -d web/shell/node_modules ]; then npm --prefix web/shell run --silent --if-present fmt; fi

tools: ## install the real clients, the browser and the JDK that the tests use
	@.ci/tools

clean: ## remove what was built (not .cache/, where installed tools live)
	rm -rf bin static/build
