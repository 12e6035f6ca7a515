#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints the command that starts Chromium: the system's, or Debian's package unpacked below .build/browser, without root.
# Usage: chromium.sh
set -eu
cd "$(dirname "$0")/../.."
for name in chromium chromium-browser google-chrome; do
    if command -v "$name"; then exit 0; fi
done

target=$PWD/.build/browser
start=$target/chromium
if [ -x "$start" ]; then
    echo "$start"
    exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    echo "chromium.sh: Chromium and apt-get, which could fetch it, do not exist. Install Chromium, then run again." >&2
    exit 1
fi

mkdir -p "$target/lists/partial" "$target/cache/archives/partial" "$target/packages" "$target/root"
exec 9>"$target/lock"
flock 9
apt() {
    apt-get -q -o Dir::State::lists="$target/lists" -o Dir::Cache="$target/cache" -o Debug::NoLocking=1 "$@"
}
{
    apt update
    # What a simulated installation would bring is what the machine lacks.
    missing=$(apt --simulate install --no-install-recommends chromium | sed -n 's/^Inst \([^ ]*\).*/\1/p')
    cd "$target/packages"
    # shellcheck disable=SC2086 # the packages are separate words
    apt download $missing
    for package in *.deb; do dpkg-deb --extract "$package" "$target/root"; done
} >"$target/log" 2>&1 || {
    cat "$target/log" >&2
    echo "chromium.sh: Chromium could not be fetched; install it, then run again" >&2
    exit 1
}
rm -rf "$target/packages" "$target/lists" "$target/cache"
libraries=$(find "$target/root/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -s -d : -)
cat >"$start.new" <<END
#!/bin/sh
LD_LIBRARY_PATH=$libraries exec "$target/root/usr/lib/chromium/chromium" "\$@"
END
chmod 755 "$start.new"
mv "$start.new" "$start"
echo "$start"
