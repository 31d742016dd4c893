# Two commands are enough: `make run` and `make test`. Each brings what it needs.

export PATH := $(CURDIR)/.tools/bin:$(PATH)
export HOST ?= 127.0.0.1
export PORT ?= 8000
export DATA_DIR ?= .data
# Everyone is an admin: for this machine alone, and refused where HOST is any but a loopback address.
run: export AUTH ?= none

PYTHON := .venv/bin/python
# A file of tests is one process's, with servers of its own.
TOGETHER := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
AUDIT := tests/api/graphql_http_audit
FRONTEND := $(shell find frontend graphql_api/examples/operations -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test bench lint format schema check-schema install clean

help:
	@echo "make run      everything on this machine: http://127.0.0.1:8000/graphiql (PORT, HOST, DATA_DIR)"
	@echo "make test     lint, types, import contracts, schema, and tests on real servers"
	@echo "make bench    what computing, look-ups and publishes cost here: a report, in about four minutes"
	@echo "make lint     the first part of it"
	@echo "make format   put the code in form, and make the client's blocking half of its other one"
	@echo "make schema   print schema/schema.graphql and schema/definitions.schema.json anew"

run: install
	@exec $(PYTHON) -I -S graphql_api/embedded/bound.py $$PPID $(CURDIR)/jfs dev  # ends with make, even when that is killed

test: lint install $(AUDIT)/node_modules/ready
	$(PYTHON) -m pytest $(TOGETHER)

bench: .venv/ready
	$(PYTHON) -m tests.benchmarks

lint: install check-schema
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	cd frontend && npm run check

format: .venv/ready
	$(PYTHON) client/scripts/make_sync.py
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

schema: .venv/ready
	./jfs schema > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql
	./jfs schema --definitions > schema/definitions.new && mv schema/definitions.new schema/definitions.schema.json

check-schema: .venv/ready
	@./jfs schema | diff -u schema/schema.graphql - || { echo "schema/schema.graphql is not what the code says: run 'make schema'."; exit 1; }
	@./jfs schema --definitions | diff -u schema/definitions.schema.json - || { echo "schema/definitions.schema.json is not what the code says: run 'make schema'."; exit 1; }

install: .venv/ready frontend/dist/ready

.tools/ready: scripts/tools
	@scripts/tools
	@touch $@

.venv/ready: .tools/ready pyproject.toml client/pyproject.toml uv.lock
	uv sync --locked --quiet
	@touch $@

$(AUDIT)/node_modules/ready: .tools/ready $(AUDIT)/package-lock.json
	cd $(AUDIT) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/node_modules/ready: .tools/ready frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/ready: frontend/node_modules/ready $(FRONTEND)
	cd frontend && npm run build
	@touch $@

clean:
	rm -rf .venv .tools frontend/node_modules frontend/dist
