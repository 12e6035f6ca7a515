#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Measures which lines and branches of plugins/ the tests reach: unit tests, properties, and the integration targets
# with the modules as Ansible really runs them.
# Usage (inside with.sh): coverage.sh
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/.build/coverage
rm -rf "$folder"
mkdir -p "$folder"
export COVERAGE_FILE="$folder/data"

# A file that no test ever loads counts as well, with none of its lines reached.
coverage run --rcfile /dev/null --branch --parallel-mode --source plugins -m platform >/dev/null 2>&1

failed=0
coverage run --rcfile tools/coverage.cfg -m pytest -q tests/unit tests/properties || failed=1
_ANSIBLE_COVERAGE_CONFIG=$PWD/tools/coverage.cfg _ANSIBLE_COVERAGE_OUTPUT=$folder/data python tools/run_targets.py || failed=1
coverage combine --rcfile tools/coverage.cfg --quiet "$folder"/data*
coverage html --rcfile tools/coverage.cfg --quiet --fail-under 0 --directory "$folder/html"
coverage report --rcfile tools/coverage.cfg || failed=1
exit $failed
