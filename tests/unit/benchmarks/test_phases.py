# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases that a benchmark times exist in the code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.phases import PHASES


@pytest.mark.parametrize(("phase", "owner", "attribute"), PHASES)
def test_each_phase_is_a_function_of_the_code(phase: str, owner: Any, attribute: str) -> None:
    assert callable(getattr(owner, attribute)), f"the phase {phase} has no function {attribute}"
