# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller after the set-up, and a sandbox portal for its jobs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.awx.controller import Served
from tests.sandbox.runner import Sandbox

#: Name of the credential that the second run of the set-up uses.
CREDENTIAL = "ArcGIS sandbox"


def run_setup(url: str, *extra: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook by its name in the collection, as a user does."""
    environment = {
        **os.environ,
        "CONTROLLER_HOST": url,
        "CONTROLLER_USERNAME": "admin",
        "CONTROLLER_PASSWORD": "controller-password",
        "CONTROLLER_VERIFY_SSL": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "portalops.arcgis.awx.setup",
        "-e",
        "awx_project_url=https://git.example.com/gis/members.git",
        "-e",
        "ansible_python_interpreter={{ ansible_playbook_python }}",
        *extra,
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="session")
def first_run() -> Iterator[Served]:
    """A controller after the set-up without a credential."""
    with Served() as controller:
        done = run_setup(controller.url)
        assert done.returncode == 0, done.stdout + done.stderr
        controller.output = done.stdout
        yield controller


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """A controller after both runs of the set-up: without, and then with a credential."""
    with Served() as controller:
        done = run_setup(controller.url)
        assert done.returncode == 0, done.stdout + done.stderr
        (kind,) = controller.controller.rows["credential_types"]
        controller.controller.create("credentials", {"name": CREDENTIAL, "credential_type": kind})
        done = run_setup(controller.url, "-e", f"awx_credentials='{CREDENTIAL}'")
        assert done.returncode == 0, done.stdout + done.stderr
        controller.output = done.stdout
        yield controller


@pytest.fixture(scope="session")
def portal() -> Iterator[Sandbox]:
    with Sandbox(product="online", members=50, seed=3) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def enterprise() -> Iterator[Sandbox]:
    with Sandbox(product="enterprise", members=50, seed=3) as sandbox:
        yield sandbox


@pytest.fixture
def fresh(portal: Sandbox) -> Callable[..., Sandbox]:
    """Reset the portal and add members."""

    def start(*names: str) -> Sandbox:
        portal.reset()
        for name in names:
            body = {"username": name, "fullName": name, "role": "org_user", "userLicenseTypeId": "creatorUT"}
            portal.inspect("POST", "members", body)
        portal.reset_counters()
        return portal

    return start
