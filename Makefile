# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything is installed below .build, from the package registries alone; 'make clean' takes it away again.
# A target takes E=oldest or E=newest to run with another ansible-core than the one of every day.

E ?= main
RUN = sh tools/with.sh

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

## ---- environments

.PHONY: setup lock clean
setup: ## build the environments of the tests (E=… for one of them)
	@for name in main oldest; do sh tools/environment.sh $$name || exit; done
	@sh tools/environment.sh newest || [ $$? -eq 3 ]

lock: ## pin anew what the environments install
	@sh tools/environment.sh main && sh tools/lock.sh

clean: ## take away everything that was built
	rm -rf .build


## ---- tests

.PHONY: unit properties oracles target integration portals switches molecule
unit: ## unit tests (K=expression picks some)
	@$(RUN) $(E) pytest tests/unit -q $(if $(K),-k '$(K)')

properties: ## property tests over random organizations (EXAMPLES=n searches further)
	@$(RUN) $(E) pytest tests/properties -q

oracles: ## black-box tests written from the documentation (ORACLES=pending: those that do not hold yet)
	@$(RUN) $(E) pytest tests/oracles -q -n 2

target: ## one integration target: make target T=portal_credits [PRODUCT=online]
	@$(RUN) $(E) python tools/run_targets.py $(T)

integration: ## all integration targets but the switches, with the oldest ansible-core on one portal each
	@$(RUN) $(E) python tools/run_targets.py --without portal_switches $(if $(filter oldest,$(E)),--first)

portals: ## all integration targets but the switches on every portal, with any ansible-core
	@$(RUN) $(E) python tools/run_targets.py --without portal_switches

switches: ## the main path under both answers to everything that is not known of portals
	@$(RUN) $(E) python tools/run_targets.py portal_switches

molecule: ## the scenarios of the roles (S=name picks one)
	@$(RUN) $(E) python tools/run_molecule.py $(S)

## ---- checks

.PHONY: lint ruff imports language yamllint mypy shellcheck ansible-lint changelog-lint sanity
lint: ruff imports language yamllint shellcheck mypy ansible-lint changelog-lint ## all linters

ruff: ## style and likely mistakes in Python
	@$(RUN) main ruff check

imports: ## which part of plugins/ imports which (.importlinter)
	@$(RUN) main env PYTHONPATH=.build/collections lint-imports --no-logo --cache-dir .build/cache/imports

language: ## words and spelling of all texts (tools/language.yml)
	@$(RUN) main python tools/language.py
	@git ls-files -z | $(RUN) main xargs -0 codespell

yamllint: ## style of YAML
	@$(RUN) main yamllint --strict .

shellcheck: ## mistakes in shell scripts
	@$(RUN) main shellcheck tools/*.sh .ci/run

mypy: ## types of everything that runs inside Ansible
	@$(RUN) main sh tools/mypy.sh

ansible-lint: ## roles and playbooks, by the production profile
	@$(RUN) main sh tools/in_tree.sh lint ansible-lint --profile production --offline

changelog-lint: ## changelog fragments
	@$(RUN) main antsibull-changelog lint

sanity: ## ansible-test sanity, without ignore files
	@$(RUN) $(E) sh tools/sanity.sh

## ---- to look at

.PHONY: demo sandbox bench bench-small
demo: ## a roster planned, applied and applied again, on two sandbox portals
	@DEMO_COLOR=$${NO_COLOR:+0} $(RUN) demo python -m tools.demo

sandbox: ## serve a sandbox portal until Ctrl-C (ARGS='--product enterprise --members 500')
	@$(RUN) main python -m tests.sandbox $(ARGS)

bench: ## what a run costs, beside bare clients (ARGS=… are those of tests.benchmarks)
	@$(RUN) main python -m tests.benchmarks $(ARGS)

bench-small: ## the same in a few minutes
	@$(RUN) main python -m tests.benchmarks --small

## ---- proofs that take longer

.PHONY: trust trust-small browser examples runner esri-client coverage matrix docs importer ee release
trust-small: ## a sample of that in a few minutes
	@$(RUN) main python -m tests.trust --small

trust: ## faults, kills and secrets: nothing lost, nothing duplicated, nothing told (CELLS=… KILLS=… ARGS=…)
	@$(RUN) main python -m tests.trust $(ARGS)

browser: ## the report in a real browser
	@$(RUN) browser pytest tests/browser -q

examples: ## every example of the documentation, executed
	@$(RUN) main pytest tests/examples -q -n 2

runner: ## AWX: its rules, its set-up, and the playbooks as it starts them
	@$(RUN) awx pytest tests/awx -q

esri-client: ## Esri's own client against the sandbox (large; part of no other target)
	@$(RUN) esri python -m tests.sandbox.clients.arcgis_client
	@$(RUN) esri python -W ignore -m tests.examples.esri_scripts

coverage: ## unit tests and properties, and the lines and branches of plugins/ they reach: 95 % or better
	@$(RUN) main sh tools/coverage.sh

matrix: ## ansible-core × target Python × portal product
	@sh tools/environment.sh main && $(RUN) main python tools/run_matrix.py

docs: ## the documentation site; a warning is an error
	@$(RUN) docs sh tools/docs.sh

importer: ## the artifact as Galaxy and Automation Hub import it
	@$(RUN) importer sh tools/importer.sh

ee: ## the execution environment, as ansible-builder lays it out
	@$(RUN) main sh tools/ee.sh

release: ## the artifact, installed into an empty collections path and run from there
	@$(RUN) main sh tools/release.sh

## ---- all together

# "gate:environment" names what it runs with, "!" that it must be alone. The coverage runs unit tests and properties.
TEST_GATES = lint sanity:oldest sanity:newest unit:oldest unit:newest/main coverage \
  integration:oldest integration:newest/main molecule:main

LONG_GATES = trust portals:oldest switches:main sanity:main examples matrix runner:awx browser:browser docs:docs \
  importer:importer ee release demo:demo bench-small!

.PHONY: test gates
test: ## everything a change must pass, on the oldest and the newest ansible-core
	@python3 tools/gates.py --title test $(TEST_GATES)

gates: ## what takes longer: faults, every portal and switch, examples, support matrix, AWX, documentation, artifact, costs
	@python3 tools/gates.py --title gates $(LONG_GATES)
