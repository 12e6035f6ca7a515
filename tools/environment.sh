#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds one environment of tests/requirements/NAME.txt in .build/env/NAME and writes its stamp.
# Usage: environment.sh NAME
set -eu
cd "$(dirname "$0")/.."
name=$1
locked=tests/requirements/$name.txt
target=.build/env/$name
log=.build/logs/setup-$name.log
mkdir -p .build/env .build/logs

# Two commands at once may want the same environment: the second waits and finds it made.
exec 9>.build/setup.lock
flock 9
[ ".build/env/$name.stamp" -nt "$locked" ] && exit 0

# The wanted Pythons stand beside the pins they fit: "# python: 3.11 3.12".
versions=$(sed -n 's/^# python: //p' "tests/requirements/$name.in")
# shellcheck disable=SC2086 # the versions are separate words
python=$(sh tools/python.sh $versions) || {
    echo "setup $name: no Python of $versions was found" >&2
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
    sh tools/uv.sh pip sync --quiet --python "$target" "$locked"
}

echo "setup $name: installing what it needs, which is done once" >&2
# A registry may fail to answer once; a second try costs little because what was fetched is kept.
for attempt in 1 2 3; do
    if bootstrap >"$log" 2>&1 && install >>"$log" 2>&1; then
        touch ".build/env/$name.stamp"
        exit 0
    fi
    echo "setup $name: attempt $attempt failed" >&2
done
cat "$log" >&2
exit 1
