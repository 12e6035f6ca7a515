#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the unit tests, and measures which lines and branches of plugins/ they reach. What only a whole playbook reaches
# does not count.
# Usage (inside with.sh): coverage.sh
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/.build/coverage
rm -rf "$folder"
mkdir -p "$folder"
export COVERAGE_FILE="$folder/data"

# Files that no test loads also count, with no line reached.
coverage run --rcfile /dev/null --branch --parallel-mode --source plugins -m platform >/dev/null 2>&1

failed=0
coverage run --rcfile tools/coverage.cfg -m pytest -q tests/unit || failed=1
coverage combine --rcfile tools/coverage.cfg --quiet "$folder"/data*
coverage html --rcfile tools/coverage.cfg --quiet --fail-under 0 --directory "$folder/html"
coverage report --rcfile tools/coverage.cfg || failed=1
[ $failed -ne 0 ] || echo "gate: $(coverage report --rcfile tools/coverage.cfg --format total) % of the lines and branches of plugins/ are reached"
exit $failed
