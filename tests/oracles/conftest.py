# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sandboxes for all oracles, and the list of the promises that do not hold yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .pending import PENDING

HERE = Path(__file__).resolve().parent


def is_pending(item: pytest.Item) -> bool:
    """Tell whether a test, or the test with this parameter, is in the list."""
    return item.name in PENDING or item.name.partition("[")[0] in PENDING


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what does not hold yet. A name in the list that no test has is an error."""
    mode = os.environ.get("ORACLES", "")
    own = [item for item in items if HERE in item.path.parents]
    if len({item.path for item in own}) == len(list(HERE.glob("test_*.py"))):
        known = {item.name for item in own} | {item.name.partition("[")[0] for item in own}
        unknown = sorted(set(PENDING) - known)
        if unknown and not config.option.keyword:
            raise pytest.UsageError(f"tests/oracles/pending.py names tests that do not exist: {', '.join(unknown)}")
    if mode == "all":
        return
    left_out = [item for item in own if is_pending(item) is (mode != "pending")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the promises that do not hold yet."""
    if PENDING and os.environ.get("ORACLES", "") == "":
        terminalreporter.section("promises that do not hold yet (tests/oracles/pending.py)")
        for name in PENDING:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def online_portal() -> Iterator[Sandbox]:
    with Sandbox(product="online", members=4) as portal:
        yield portal


@pytest.fixture(scope="session")
def enterprise_portal() -> Iterator[Sandbox]:
    with Sandbox(product="enterprise", members=4) as portal:
        yield portal


def fresh(portal: Sandbox) -> Sandbox:
    """Return the sandbox with the same small organization, whatever an earlier test did."""
    portal.reset(source=None, members=4, seats={}, switches={})
    portal.inspect("PATCH", "options", {"latency_ms": 0.0, "rate_limit": None})
    return portal


@pytest.fixture
def online(online_portal: Sandbox) -> Sandbox:
    return fresh(online_portal)


@pytest.fixture
def enterprise(enterprise_portal: Sandbox) -> Sandbox:
    return fresh(enterprise_portal)
