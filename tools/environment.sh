#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the environment of tests/requirements/NAME.txt in .build/env/NAME. Exit code 3: the machine has no Python for it.
# Usage: environment.sh NAME
set -eu
cd "$(dirname "$0")/.."
name=$1
locked=tests/requirements/$name.txt
target=.build/env/$name
log=.build/logs/setup-$name.log
mkdir -p .build/env .build/logs

# If two commands need the same environment at once, the second waits and finds it built. macOS has no flock.
exec 9>.build/setup.lock
! command -v flock >/dev/null || flock 9
[ ".build/env/$name.stamp" -nt "$locked" ] && exit 0

# The first lines of the requirements name the versions of Python that fit the pins: "# python: 3.11 3.12".
versions=$(sed -n 's/^# python: //p' "tests/requirements/$name.in")
# shellcheck disable=SC2086 # the versions are separate words
python=$(sh tools/python.sh $versions) || {
    wanted=$(echo "$versions" | tr ' ' '\n' | sort -V | sed -e '$!s/$/,/' -e '$s/^/or /' | tr '\n' ' ')
    found=$(python3 -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo none)
    echo "setup $name: needs Python ${wanted% } and found ${found}: install one of these versions, with its venv module, and put it on PATH" >&2
    exit 3
}

bootstrap() {
    [ -x .build/env/bootstrap/bin/uv ] || {
        rm -rf .build/env/bootstrap
        "$python" -m venv .build/env/bootstrap
        .build/env/bootstrap/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements/bootstrap.txt
    }
}

install() {
    [ -x "$target/bin/python" ] || sh tools/uv.sh venv --quiet --clear --python "$python" "$target"
    # Bytecode halves the start of every command: with.sh does not let commands write it.
    sh tools/uv.sh pip sync --quiet --compile-bytecode --python "$target" "$locked"
}

echo "setup $name: installing packages, which happens once" >&2
# A registry can fail to respond once. A second attempt is cheap, because fetched packages are kept.
for attempt in 1 2 3; do
    if bootstrap >"$log" 2>&1 && install >>"$log" 2>&1; then
        touch ".build/env/$name.stamp"
        exit 0
    fi
    echo "setup $name: attempt $attempt failed" >&2
done
cat "$log" >&2
exit 1
