#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every sanity test of ansible-test; a file of ignored findings is itself a finding.
# Usage (inside with.sh): sanity.sh [ARGUMENT …]
set -eu
cd "$(dirname "$0")/.."
if ls tests/sanity/ignore-* >/dev/null 2>&1; then
    echo "tests/sanity must hold no ignore file" >&2
    exit 1
fi
python tools/pip_stand_in.py .build/env/bootstrap/bin/python
version=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
core=$(python -c 'from ansible.release import __version__; print(__version__)')
sh tools/in_tree.sh "sanity-$core" ansible-test sanity --python "$version" --color no "$@"
echo "gate: no sanity finding with ansible-core $core on Python $version"
