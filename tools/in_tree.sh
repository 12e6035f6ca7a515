#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command in a copy of the collection whose path names it, as ansible-test and ansible-lint want it.
# Usage (inside with.sh): in_tree.sh NAME COMMAND [ARGUMENT …]
set -eu
cd "$(dirname "$0")/.."
tree=.build/tree/$1/ansible_collections/portalops/arcgis
shift
python tools/tree.py "$tree"
cd "$tree"
# Ansible must find the copy before the checkout.
ANSIBLE_COLLECTIONS_PATH=$(cd ../../.. && pwd)
export ANSIBLE_COLLECTIONS_PATH
exec "$@"
