# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything is installed below .build, from the package registries alone; 'make clean' takes it away again.
# A target takes E=oldest or E=newest to run with another ansible-core than the one of every day.

E ?= main
RUN = sh tools/with.sh
VERSION := $(shell sed -n 's/^version: //p' galaxy.yml)
ARTIFACT = .build/release/portalops-arcgis-$(VERSION).tar.gz

# A gate is part of 'make test' from the moment its files exist.
exists = $(if $(wildcard $(1)),$(2))

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

.PHONY: unit properties target integration molecule
unit: ## unit tests (K=expression picks some)
	@$(RUN) $(E) pytest tests/unit -q $(if $(K),-k '$(K)')

properties: ## property tests over random organizations (EXAMPLES=n searches further)
	@$(RUN) $(E) pytest tests/properties -q

target: ## one integration target: make target T=portal_credits [PRODUCT=online]
	@$(RUN) $(E) python tools/run_targets.py $(T)

integration: ## all integration targets
	@$(RUN) $(E) python tools/run_targets.py

molecule: ## the scenarios of the roles (S=name picks one)
	@$(RUN) $(E) python tools/run_molecule.py $(S)

## ---- checks

.PHONY: lint ruff yamllint mypy shellcheck ansible-lint changelog-lint sanity
lint: ruff yamllint shellcheck mypy ansible-lint changelog-lint ## all linters

ruff: ## style and likely mistakes in Python
	@$(RUN) main ruff check

yamllint: ## style of YAML
	@$(RUN) main yamllint --strict .

shellcheck: ## mistakes in shell scripts
	@$(RUN) main shellcheck tools/*.sh .ci/run

mypy: ## types of the shared code
	@$(RUN) main sh tools/mypy.sh

ansible-lint: ## roles and playbooks, by the production profile
	@$(RUN) main sh tools/in_tree.sh lint ansible-lint --profile production --offline

changelog-lint: ## changelog fragments
	@$(RUN) main antsibull-changelog lint

sanity: ## ansible-test sanity, without ignore files
	@$(RUN) $(E) sh tools/sanity.sh

## ---- all together

# Each gate runs once its files exist; "gate:environment" names the ansible-core it runs with.
TEST_GATES = lint \
  $(call exists,tests/unit,unit:main unit:oldest unit:newest) \
  $(call exists,tests/properties/test_*.py,properties:main) \
  $(call exists,tests/integration/targets/*/tasks/main.yml,integration:main integration:oldest integration:newest) \
  sanity:main sanity:oldest sanity:newest \
  $(call exists,extensions/molecule/*/molecule.yml,molecule:main)

.PHONY: test
test: ## everything a change must pass, on the oldest and the newest ansible-core
	@python3 tools/gates.py --title test $(TEST_GATES)
