#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the artifact from what git would publish and prints its path.
# Usage (inside with.sh): build.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$root/.build/release"
mkdir -p "$root/.build/release"
sh "$root/tools/in_tree.sh" release ansible-galaxy collection build --output-path "$root/.build/release" >&2
ls "$root"/.build/release/portalops-arcgis-*.tar.gz
