#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the artifact, installs it into an empty collections path, and runs the demo from there.
# Usage (inside with.sh): release.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
artifact=$(sh "$root/tools/build.sh" release)
installed=$(dirname "$artifact")/collections
ANSIBLE_COLLECTIONS_PATH=$installed
export ANSIBLE_COLLECTIONS_PATH
ansible-galaxy collection install --no-deps --collections-path "$installed" "$artifact"
ansible-galaxy collection verify --offline portalops.arcgis
cd "$root"
python -m tools.demo
echo "gate: $(basename "$artifact") installs and runs"
