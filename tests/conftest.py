# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples on every run, so that a red test stays red; EXAMPLES=n searches further, with fresh examples.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=int(os.environ.get("EXAMPLES") or 100), print_blob=True)
settings.load_profile("search" if os.environ.get("EXAMPLES") else "repeatable")
