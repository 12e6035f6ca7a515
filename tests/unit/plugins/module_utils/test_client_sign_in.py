# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# A wrong password or secret arrives once, whatever happens to the response.

from __future__ import annotations

import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import Connection, PortalClient
from tests.sandbox.faults import BAD_JSON, KINDS
from tests.sandbox.runner import Sandbox

WRONG = "Wrong-Wombat-99"
FAULTS = [{"kind": kind} for kind in KINDS if kind not in ("bad_json", "slow")]
FAULTS += [{"kind": "bad_json", "variant": variant} for variant in BAD_JSON]
FAULTS += [{"kind": "slow", "delay": 0.6}, {"kind": "throttle", "retry_after": 1}]
ATTEMPTS = {"generateToken": "username", "oauth2Token": "client_id"}


@pytest.fixture(scope="module")
def portal():
    with Sandbox(members=10) as sandbox:
        yield sandbox


def arrivals(portal):
    """The operations that arrived. The sandbox portal logs a slow one at its end."""
    give_up = time.monotonic() + 5
    while not portal.log() and time.monotonic() < give_up:
        time.sleep(0.05)
    return [entry["operation"] for entry in portal.log()]


@pytest.mark.parametrize("count", [1, 0], ids=["once", "always"])
@pytest.mark.parametrize("operation", ATTEMPTS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.get("variant") or fault["kind"])
def test_a_wrong_password_arrives_once(portal, fault, operation, count):
    portal.reset()
    portal.fault(operation=operation, count=count, **fault)
    if operation == "generateToken":
        credentials = {"username": portal.username, "password": WRONG}
    else:
        credentials = {"client_id": portal.client_id, "client_secret": WRONG}
    connection = Connection(portal.url, **credentials, timeout=0.3, retries=4, parallel=3)
    with PortalClient(connection, sleep=lambda seconds: None) as client:
        errors = client.map(lambda number: client.read("portals/self"), range(6))
        errors += [attempt(client, number) for number in range(3)]
        assert client.calls == {"read": 1, "write": 0}
    assert arrivals(portal) == [operation]
    assert all(isinstance(error, PortalOpsError) for error in errors)
    assert all(error.message.startswith("Sign-in failed for ") for error in errors)
    assert all(WRONG not in str(error.fail_args()) for error in errors)


def attempt(client, number):
    try:
        return client.write(f"community/users/u{number}/update", {"access": "org"})
    except PortalOpsError as error:
        return error
