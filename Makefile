# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything is installed below .build, only from package registries. 'make clean' removes it.
# E=oldest or E=newest runs a target with another ansible-core than the default, E=main.

E ?= main
RUN = sh tools/with.sh

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

## ---- environments

.PHONY: setup lock clean
setup: ## build the environments main, oldest, and newest
	@for name in main oldest; do sh tools/environment.sh $$name || exit; done
	@sh tools/environment.sh newest || [ $$? -eq 3 ]

lock: ## update the pinned packages of all environments
	@sh tools/environment.sh main && sh tools/lock.sh

clean: ## remove everything that was built
	rm -rf .build


## ---- tests

.PHONY: unit properties oracles target integration portals switches molecule
unit: ## unit tests (K=expression selects tests)
	@$(RUN) $(E) pytest tests/unit -q $(if $(K),-k '$(K)')

properties: ## property tests over random organizations (EXAMPLES=n tries more)
	@$(RUN) $(E) pytest tests/properties -q

oracles: ## black-box tests of what the documentation promises (ORACLES=pending: those that fail today)
	@$(RUN) $(E) pytest tests/oracles -q -n 2

target: ## one integration target: make target T=portal_credits [PRODUCT=online]
	@$(RUN) $(E) python tools/run_targets.py $(T)

integration: ## all integration targets except portal_switches, on the first portal of each
	@$(RUN) $(E) python tools/run_targets.py --without portal_switches --portals first

portals: ## the same targets on all their other portals
	@$(RUN) $(E) python tools/run_targets.py --without portal_switches --portals others

switches: ## the main path with both behaviors of every switch of the sandbox portal
	@$(RUN) $(E) python tools/run_targets.py portal_switches

molecule: ## the scenarios of the roles (S=name selects one)
	@$(RUN) $(E) python tools/run_molecule.py $(S)

## ---- checks

.PHONY: lint ruff imports language links yamllint mypy shellcheck workflows reuse ansible-lint changelog-lint generated generate sanity
lint: ruff imports generated language links yamllint shellcheck workflows reuse mypy changelog-lint ansible-lint ## all linters

ruff: ## style and likely mistakes in Python
	@$(RUN) main ruff check

imports: ## import layers of plugins/ (.importlinter)
	@$(RUN) main env PYTHONPATH=.build/collections lint-imports --no-logo --cache-dir .build/cache/imports

language: ## words and spelling of all texts (tools/language.yml)
	@$(RUN) main python tools/language.py
	@git ls-files -z | $(RUN) main xargs -0 codespell

generate: ## write the documentation that is data: member options, results, privileges (tools/reference)
	@$(RUN) main env PYTHONPATH=.build/collections python tools/generate_docs.py

generated: ## check that nothing has to be generated
	@$(RUN) main env PYTHONPATH=.build/collections python tools/generate_docs.py --check

links: ## links of all Markdown and reStructuredText files, without network access
	@$(RUN) main python -m tools.links

workflows: ## files in .github: schemas, and security of the workflows
	@$(RUN) main check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(RUN) main check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(RUN) main check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	@$(RUN) main check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(RUN) main zizmor --offline --quiet .github

reuse: ## license and copyright of every file
	@$(RUN) main reuse lint --quiet || $(RUN) main reuse lint

yamllint: ## style of YAML
	@$(RUN) main yamllint --strict .

shellcheck: ## mistakes in shell scripts
	@$(RUN) main shellcheck tools/*.sh .ci/run

mypy: ## types of everything that runs in Ansible
	@$(RUN) main sh tools/mypy.sh

ansible-lint: ## roles and playbooks, with the production profile
	@$(RUN) main sh tools/in_tree.sh lint ansible-lint --profile production --offline

changelog-lint: ## changelog fragments
	@$(RUN) main antsibull-changelog lint

sanity: ## ansible-test sanity, without ignore files
	@$(RUN) $(E) sh tools/sanity.sh

## ---- demo and measurements

.PHONY: demo images sandbox bench bench-small
demo: ## plan and apply a roster on two sandbox portals, and show how a member joins, moves, and leaves
	@DEMO_COLOR=$${NO_COLOR:+0} $(RUN) demo python -m tools.demo

images: ## the pictures of the documentation, made from the demo
	@$(RUN) browser python -m tools.images

sandbox: ## serve a sandbox portal until Ctrl-C (ARGS='--product enterprise --members 500')
	@$(RUN) main python -m tests.sandbox $(ARGS)

bench: ## duration, requests, and memory of runs, next to bare clients (ARGS=… as in tests.benchmarks)
	@$(RUN) main python -m tests.benchmarks $(ARGS)

bench-small: ## a short version of bench
	@$(RUN) main python -m tests.benchmarks --small

## ---- longer checks

.PHONY: trust trust-small browser examples runner esri-client coverage matrix docs importer ee release publish
trust-small: ## a short version of trust
	@$(RUN) main python -m tests.trust --small

trust: ## faults, killed runs, and secrets (CELLS=… KILLS=… ARGS=…)
	@$(RUN) main python -m tests.trust $(ARGS)

browser: ## the HTML report in a real browser
	@$(RUN) browser pytest tests/browser -q

examples: ## run every example of the documentation
	@$(RUN) main pytest tests/examples -q -n 2

runner: ## AWX: its rules, its setup, and the playbooks as it starts them
	@$(RUN) awx pytest tests/awx -q

esri-client: ## Esri's own client with the sandbox portal (large, not part of any other target)
	@$(RUN) esri python -m tests.sandbox.clients.arcgis_client
	@$(RUN) esri python -W ignore -m tests.examples.esri_scripts

coverage: ## lines and branches of plugins/ that unit tests reach: at least 95 %
	@$(RUN) $(E) sh tools/coverage.sh

matrix: ## ansible-core × target Python × portal product
	@sh tools/environment.sh main && $(RUN) main python tools/run_matrix.py

docs: ## the documentation site, where a warning is an error
	@$(RUN) docs sh tools/docs.sh

importer: ## import the artifact as Galaxy and Automation Hub do
	@$(RUN) importer sh tools/importer.sh

ee: ## the execution environment, as ansible-builder prepares it
	@$(RUN) main sh tools/ee.sh

release: ## build the artifact, install it into an empty path, and run the demo from there
	@$(RUN) main sh tools/release.sh

publish: ## publish the artifact of 'make release' to Galaxy (GALAXY_TOKEN=…)
	@$(RUN) main sh tools/publish.sh

## ---- all together

# "gate:environment" names the environment. "newest/main" uses main if the machine has no Python for newest.
# "!" marks a gate that runs alone. Coverage includes the unit tests with oldest, and trust the property tests.
TEST_GATES = lint integration:newest/main unit:newest/main properties:newest/main

LONG_GATES = trust portals:newest/main integration:oldest switches:main molecule:main sanity:oldest sanity:main sanity:newest coverage:oldest \
  oracles examples matrix runner:awx browser:browser docs:docs importer:importer ee release demo:demo bench-small!

.PHONY: test gates
test: ## what every change must pass: linters, unit, property, and integration tests with the newest ansible-core
	@sh tools/environment.sh main && .build/env/main/bin/python tools/gates.py --title test $(TEST_GATES)

gates: ## all longer checks: every ansible-core and portal, roles, faults, coverage, examples, documentation, artifact
	@sh tools/environment.sh main && .build/env/main/bin/python tools/gates.py --title gates $(LONG_GATES)
