# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from ansible_collections.portalops.arcgis.plugins.module_utils._model import plan

# The same examples on every run, so that a red test stays red; EXAMPLES=n searches further, with fresh examples.
settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=int(os.environ.get("EXAMPLES") or 100), print_blob=True)
settings.load_profile("search" if os.environ.get("EXAMPLES") else "repeatable")


@pytest.fixture(autouse=True, scope="session")
def real_rounds() -> Iterator[int]:
    """Return the rounds behind a checksum with passwords. Tests use one: the real ones take a quarter of a second."""
    rounds = plan._ROUNDS
    plan._ROUNDS = 1
    yield rounds
    plan._ROUNDS = rounds
