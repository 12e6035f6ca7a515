#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command with the tools of one environment, which is built first if need be, and with a home of its own.
# Usage: with.sh ENVIRONMENT COMMAND [ARGUMENT …]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
name=$1
shift
[ "$root/.build/env/$name.stamp" -nt "$root/tests/requirements/$name.txt" ] || sh "$root/tools/environment.sh" "$name"
mkdir -p "$root/.build/home" "$root/.build/collections/ansible_collections/portalops"
[ -e "$root/.build/collections/ansible_collections/portalops/arcgis" ] ||
    ln -sfn "$root" "$root/.build/collections/ansible_collections/portalops/arcgis"
# Settings of the shell must not change what the tools do.
unset PYTHONPATH PYTHONHOME ANSIBLE_CONFIG ANSIBLE_LIBRARY MAKEFLAGS MAKELEVEL
export HOME="$root/.build/home" \
    PATH="$root/.build/env/$name/bin:$PATH" \
    LC_ALL=C.UTF-8 \
    ANSIBLE_COLLECTIONS_PATH="$root/.build/collections" \
    ANSIBLE_NOCOLOR=1 NO_COLOR=1 \
    PYTHONDONTWRITEBYTECODE=1
exec "$@"
