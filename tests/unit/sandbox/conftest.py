# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One running sandbox for each product, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http

SIZE = 120
SWITCHES = {"search_lag": "0", "system_accounts": "absent"}
FRESH = {
    "members": SIZE, "seed": 1, "switches": SWITCHES, "seats": {}, "budgeting": True, "frozen": False,
    "latency_ms": 0.0, "token_life": None, "rate_limit": None, "source": None, "version": None,
    "esri_member": False,
}  # fmt: skip


def running(product: str) -> Iterator[Sandbox]:
    with Sandbox(product=product, members=SIZE) as portal:
        yield portal
        assert portal.trouble() == ""


@pytest.fixture(scope="session")
def online_process() -> Iterator[Sandbox]:
    yield from running("online")


@pytest.fixture(scope="session")
def enterprise_process() -> Iterator[Sandbox]:
    yield from running("enterprise")


@pytest.fixture(scope="session")
def legacy_process() -> Iterator[Sandbox]:
    yield from running("enterprise-10.6")


@pytest.fixture
def online(online_process: Sandbox) -> Sandbox:
    online_process.reset(**FRESH)
    return online_process


@pytest.fixture
def enterprise(enterprise_process: Sandbox) -> Sandbox:
    enterprise_process.reset(**FRESH)
    return enterprise_process


@pytest.fixture
def legacy(legacy_process: Sandbox) -> Sandbox:
    legacy_process.reset(**FRESH)
    return legacy_process


def caller(portal: Sandbox, username: str) -> Iterator[Http]:
    token = portal.inspect("POST", "tokens", {"username": username})["token"]
    http = Http(portal, token)
    yield http
    http.close()


@pytest.fixture
def admin(online: Sandbox) -> Iterator[Http]:
    """The administrator of Online."""
    yield from caller(online, online.username)


@pytest.fixture
def portal_admin(enterprise: Sandbox) -> Iterator[Http]:
    """The administrator of Enterprise."""
    yield from caller(enterprise, enterprise.username)


@pytest.fixture
def legacy_admin(legacy: Sandbox) -> Iterator[Http]:
    """The administrator of Enterprise 10.6."""
    yield from caller(legacy, legacy.username)


@pytest.fixture
def anonymous(online: Sandbox) -> Iterator[Http]:
    """A caller of Online without a token."""
    http = Http(online)
    yield http
    http.close()
