#!/bin/sh
# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs uv as the environments are built with it. Usage: uv.sh ARGUMENT …
set -eu
build=$(cd "$(dirname "$0")/.." && pwd)/.build
export UV_CACHE_DIR="$build/cache/uv" UV_SYSTEM_CERTS=true UV_HTTP_TIMEOUT=180 UV_NO_PROGRESS=1
exec "$build/env/bootstrap/bin/uv" "$@"
