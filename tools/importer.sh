#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Imports the artifact as Galaxy and Automation Hub do; a warning is an error.
# Usage (inside with.sh): importer.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
artifact=$(sh "$root/tools/build.sh" importer)
log=$root/.build/logs/importer.log
cd "$(dirname "$artifact")"
code=0
GALAXY_IMPORTER_CONFIG=$root/tools/galaxy-importer.cfg python -m galaxy_importer.main "$artifact" >"$log" 2>&1 || code=$?
cat "$log"
[ "$code" -eq 0 ] || exit "$code"
if grep -qE '^(WARNING|ERROR)' "$log"; then
    echo "the importer found something" >&2
    exit 1
fi
echo "gate: the importer took $(basename "$artifact") without a warning"
