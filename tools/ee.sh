#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Lays out an execution environment that holds the artifact, and compares what it would install with what meta/ names.
# The image itself needs a container engine: ansible-builder build -f execution-environment.yml.
# Usage (inside with.sh): ee.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/.build/ee
rm -rf "$folder"
mkdir -p "$folder/collections"
artifact=$(sh "$root/tools/build.sh" ee)
cp "$artifact" "$folder/portalops-arcgis.tar.gz"
cat >"$folder/execution-environment.yml" <<END
version: 3
images:
  base_image:
    name: fedora:latest
dependencies:
  python_interpreter:
    package_system: python3
  ansible_core:
    package_pip: ansible-core>=2.16.0
  ansible_runner:
    package_pip: ansible-runner
  galaxy:
    collections:
      - name: portalops-arcgis.tar.gz
        type: file
additional_build_files:
  - src: portalops-arcgis.tar.gz
    dest: .
END
cd "$folder"
ansible-builder create --file execution-environment.yml --context context
ANSIBLE_COLLECTIONS_PATH=$folder/collections ansible-galaxy collection install --no-deps --collections-path collections portalops-arcgis.tar.gz
ansible-builder introspect collections | tee introspected.yml
grep -v '^#' "$root/meta/ee-requirements.txt" | while read -r wanted; do
    grep -qF "$wanted" introspected.yml || {
        echo "the execution environment lacks $wanted" >&2
        exit 1
    }
done
echo "gate: the execution environment is laid out and takes what meta/ names"
