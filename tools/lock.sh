#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Pins everything the environments install: tests/requirements/NAME.in becomes NAME.txt.
# Usage: lock.sh [NAME …]
set -eu
cd "$(dirname "$0")/../tests/requirements"
# shellcheck disable=SC2046 # the names are separate words
[ $# -gt 0 ] || set -- $(grep -l '^# python: ' ./*.in | sed 's,^\./,,; s,\.in$,,')
for name in "$@"; do
    lowest=$(sed -n 's/^# python: //p' "$name.in" | tr ' ' '\n' | sort -V | head -n 1)
    sh ../../tools/uv.sh pip compile --quiet --universal --no-header --no-annotate --python-version "$lowest" "$name.in" --output-file "$name.txt"
    { sed -n 1,3p "$name.in"; echo "# Made by 'make lock' from $name.in."; cat "$name.txt"; } >"$name.tmp"
    mv "$name.tmp" "$name.txt"
    echo "locked $name: $(grep -c == "$name.txt") packages"
done
