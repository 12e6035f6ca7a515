#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the artifact from what git would publish, for one gate, and prints its path.
# Usage (inside with.sh): build.sh GATE
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/.build/artifact/$1
rm -rf "$folder"
mkdir -p "$folder"
sh "$root/tools/in_tree.sh" "artifact-$1" ansible-galaxy collection build --output-path "$folder" >&2
ls "$folder"/portalops-arcgis-*.tar.gz
