#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Checks the documentation of the collection and builds the site in .build/docs/html; a warning is an error.
# Usage (inside with.sh): docs.sh
set -eu
cd "$(dirname "$0")/.."
sh tools/in_tree.sh docs antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .
rm -rf .build/docs
mkdir -p .build/docs/rst
ANSIBLE_COLLECTIONS_PATH=$PWD/.build/tree/docs antsibull-docs collection --use-current --squash-hierarchy \
    --fail-on-error --no-add-antsibull-docs-version --dest-dir .build/docs/rst portalops.arcgis
# The side bar needs short names, and the first page the collection's own spelling.
sed -i -e 's/^    \(\([a-z_]*\)_\(module\|filter\|role\)\)$/    \2 \3 <\1>/' \
    -e 's/^Portalops\.Arcgis$/portalops.arcgis/' .build/docs/rst/index.rst
# The theme shows the contents of each page beside it.
find .build/docs/rst -name '*.rst' -exec sed -i '/^\.\. contents::$/,/^$/d' {} +
cp -R docs/images .build/docs/rst/images
sphinx-build -q -W --keep-going -b html -c tools/docs .build/docs/rst .build/docs/html
echo "gate: $(find .build/docs/html -name '*.html' | wc -l) pages without a warning: .build/docs/html/index.html"
