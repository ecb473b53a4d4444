# `make help` lists what there is. Every recipe installs what it needs, and does nothing that is
# done already.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

IMAGE ?= labinit:latest
NAME ?= labinit-up
PORT ?= 8080
DATA ?= $(CURDIR)/lab
export IMAGE NAME PORT DATA
export DOCKER_BUILDKIT := 1

# Build arguments of the Dockerfile that may be given: make image PIP_INDEX_URL=…
MIRRORS := APT_MIRROR PIP_INDEX_URL NPM_CONFIG_REGISTRY GOPROXY MAVEN_MIRROR RACKET_CATALOG \
	CONDA_CHANNEL
BUILD_ARGS := BASE KERNELS CXX_KERNEL RACKET_KERNEL SCALA_KERNEL GO_KERNEL EXTRA_PACKAGES \
	PYTHON_PACKAGES $(MIRRORS)
PYTEST_ARGS ?=

ENGINE := eval "$$(tools/engine env)"
PYTHON := .venv/bin/python

.PHONY: help up down cluster test coverage lint image push bench kernels conformance docs update \
	engine kubernetes setup clean

help: ## this list
	@grep --extended-regexp --no-filename '^[a-z]+:.*## ' $(MAKEFILE_LIST) |
	sed 's/:.*## /\t/' | sort | expand --tabs=14

up: image ## JupyterLab on http://localhost:8080 (PORT=, DATA=, NAME=); prints address and token
	@tools/up

down: ## stop and remove the container of `make up`; its files stay
	@$(ENGINE)
	$${DOCKER:-docker} rm --force --volumes $(NAME)

cluster: image ## a one-node Kubernetes with the image in it; tools/kubernetes/cluster down ends it
	@tools/kubernetes/cluster up
	tools/kubernetes/cluster load $(IMAGE)

test: setup kubernetes lint image ## all tests: unit, system, container, kubernetes
	@$(ENGINE)
	LABINIT_IMAGE=$(IMAGE) $(PYTHON) -m pytest $(PYTEST_ARGS)

coverage: setup ## what the unit and system tests reach, subprocesses too; a report, no gate
	@rm --recursive --force build/coverage
	install --directory --mode 1777 build/coverage  # the lab user writes there, too
	code=0
	$(PYTHON) -m coverage run -m pytest $(or $(PYTEST_ARGS),tests/unit tests/system) || code=$$?
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage report
	exit $$code

lint: setup ## ruff, mypy, contracts, clang-format, hadolint, shellcheck, lengths
	@tools/lint

image: engine ## build the image (IMAGE=, KERNELS=, and mirrors such as PIP_INDEX_URL=)
	@$(ENGINE)
	$${DOCKER:-docker} build --tag "$(IMAGE)" \
		--build-arg VERSION="$$(sed --quiet 's/^__version__ = "\(.*\)"/\1/p' labinit/__init__.py)" \
		--build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || true)" \
		--build-arg CREATED="$$(git log -1 --format=%cI 2>/dev/null || true)" \
		$(foreach name,$(BUILD_ARGS),$(if $($(name)),--build-arg $(name)="$($(name))")) .

push: engine ## build and push IMAGE=HOST/NAME:TAG, for PLATFORMS= where buildx can (CACHE_FROM=)
	@export BUILD_ARGS="$(BUILD_ARGS)" \
		$(foreach name,$(BUILD_ARGS),$(if $($(name)),$(name)="$($(name))"))
	tools/push \
		--build-arg VERSION="$$(sed --quiet 's/^__version__ = "\(.*\)"/\1/p' labinit/__init__.py)" \
		--build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || true)" \
		--build-arg CREATED="$$(git log -1 --format=%cI 2>/dev/null || true)"

bench: setup image ## measure against the peers; writes docs/benchmarks.md
	@$(ENGINE)
	LABINIT_IMAGE=$(IMAGE) $(PYTHON) -m bench

kernels: setup image ## ask every kernel of the image for everything; writes docs/kernels-table.md
	@$(ENGINE)
	KERNELS_TABLE=1 LABINIT_IMAGE=$(IMAGE) $(PYTHON) -m pytest \
		tests/container/test_kernel_conformance*.py $(PYTEST_ARGS)

conformance: setup ## run PID 1 and its peers through one table; writes docs/conformance.md
	@$(PYTHON) tests/system/conformance/render.py

docs: setup ## write the generated tables of README and docs; build/site, with every link checked
	@$(PYTHON) tools/docs.py
	tools/site

update: engine ## newest versions into the lock files; prints what changed
	@tools/lock

engine: ## find a Docker engine, or set one up
	@tools/engine up

# What the last tests need takes ten minutes to compile, once: in the background, at the lowest
# priority.
kubernetes: setup
	@tools/kubernetes/cluster background

setup: ## the development environment .venv, and the system packages the tests need
	@tools/setup

clean: ## remove .venv and caches; images and the engine stay (tools/engine stop)
	@rm --recursive --force .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
