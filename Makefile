# The one door. Each target calls a script that can be run by itself.

.DEFAULT_GOAL := help
.PHONY: help up down test lint fmt crds quality bench bench-operator fuzz torture

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make up CLUSTER=current IMAGE_REGISTRY=registry.example/path   uses the cluster of your kubectl context"

up: ## Bring up a Kubernetes here (Linux, root), install logloop in it, and run the whole loop on real logs
	@tests/up.sh

down: ## End that Kubernetes and remove all it left but its logs and the build caches
	@tests/down.sh

test: ## Unit tests, the operator against a real API server, and the whole loop on a real cluster
	@tests/test.sh

torture: ## Bad input at its full size (a 1 GiB log, bombs, a million templates), the store through 10,000 kills, the operator through 20,000 runs
	@tests/torture.sh
	@LOGLOOP_KILL_ROUNDS=10000 LOGLOOP_MODEL_SEEDS=3000 LOGLOOP_POWER_ROUNDS=300 LOGLOOP_WRITERS_SECONDS=60 LOGLOOP_ERASE_SECONDS=60 \
		cargo test --release --locked -p logloop-fault-tests
	@tests/soak.sh

fuzz: ## Fuzz the parser and the masker (FUZZ_SECONDS, by default 60, for each)
	@analyzer/logs/fuzz/fuzz.sh

quality: ## Score the analysis, the models and the references on labelled logs (LOGLOOP_LABELLED_DATA; else it says that it skips)
	@tests/quality/quality.sh
	@tests/quality/models/models.sh

bench: ## Speed and memory of the analysis and the export against others in the same run
	@tests/bench/bench.sh
	@tests/bench/export.sh
	@tests/bench/retention.sh
	@tests/bench/models.sh

bench-operator: ## The operator on a real control plane, in turns with a client that creates the same Jobs (BENCH_RUNS="200 1000")
	@tests/bench/operator.sh

lint: ## Formatting, clippy, shellcheck, the chart
	@tests/lint.sh

fmt: ## Format the Rust code
	@cargo fmt --all

crds: ## Generate the custom resource definitions, for kubectl and for the chart
	@cargo run --quiet --locked --package logloop-operator -- crd --dir crds
	@cargo run --quiet --locked --package logloop-operator -- crd --dir charts/logloop/files/crds
