#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Checks the types of the code that runs inside Ansible, under the names it has there.
# Usage (inside with.sh): mypy.sh
set -eu
cd "$(dirname "$0")/.."
configuration=$PWD/pyproject.toml
package=ansible_collections.portalops.arcgis.plugins
set --
for kind in action filter module_utils modules plugin_utils; do
    [ -z "$(find "plugins/$kind" -name '*.py' 2>/dev/null)" ] || set -- "$@" -p "$package.$kind"
done
cd .build/collections
exec mypy --config-file "$configuration" --cache-dir ../cache/mypy "$@"
