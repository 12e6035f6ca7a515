#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Publishes the artifact of 'make release' to Galaxy. The tag of the commit must be the version in galaxy.yml.
# Usage (inside with.sh): GALAXY_TOKEN=… publish.sh
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version: //p' galaxy.yml)
git tag --points-at HEAD | grep -qx "v$version" || {
    echo "publish: the commit has no tag v$version. Tag the commit, or correct the version in galaxy.yml." >&2
    exit 1
}
export ANSIBLE_GALAXY_SERVER_LIST=galaxy \
    ANSIBLE_GALAXY_SERVER_GALAXY_URL=https://galaxy.ansible.com/ \
    ANSIBLE_GALAXY_SERVER_GALAXY_TOKEN="${GALAXY_TOKEN:?Set GALAXY_TOKEN to an API token of Galaxy.}"
exec ansible-galaxy collection publish ".build/artifact/release/portalops-arcgis-$version.tar.gz"
