# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow and the schedule from the launch to the end, with the credential as AWX passes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.awx.controller import Served
from tests.awx.launch import CORES, Awx, LaunchRefused
from tests.sandbox.runner import Sandbox

Fresh = Callable[..., Sandbox]
NAME = "plan, approve, apply"


def values(portal: Sandbox) -> dict[str, str]:
    """Return the fields of the credential."""
    return {"portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password}


def prepare(awx: Awx, members: list[dict[str, Any]]) -> None:
    text = yaml.safe_dump({"members": members})
    (awx.project / "rosters/members.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def awx(served: Served, portal: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Awx:
    awx = Awx(served.controller, tmp_path, request.param)
    (number,) = served.controller.rows["credentials"]
    awx.credentials[number] = values(portal)
    return awx


@pytest.mark.parametrize("awx", CORES, indirect=True)
def test_the_workflow_applies_the_approved_plan(awx: Awx, fresh: Fresh) -> None:
    portal = fresh("jane_two")
    prepare(awx, [{"username": "jane_two", "description": "new"}])
    jobs = awx.launch_workflow(NAME)
    assert [job.successful for job in jobs] == [True, True], "".join(job.output for job in jobs)
    planned, applied = jobs
    checksum = planned.artifacts["expected_plan"]["localhost"]
    assert applied.variables["expected_plan"] == {"localhost": checksum}
    assert "Plan: 1 to change, 0 unchanged." in planned.text
    assert "Applied: 1 changed, 0 unchanged." in applied.text[applied.text.rindex("TASK [") :]
    assert portal.member("jane_two")["description"] == "new"
    assert portal.password not in planned.output + applied.output


@pytest.mark.parametrize("awx", CORES, indirect=True)
def test_answers_of_the_workflow_reach_its_jobs(awx: Awx, fresh: Fresh) -> None:
    portal = fresh("jane_two")
    prepare(awx, [{"username": "jane_two", "enabled": False}])
    jobs = awx.launch_workflow(NAME, {"survey_max_disruptive": "0"})
    assert [job.successful for job in jobs] == [False]
    assert portal.counters()["writes"] == 0


@pytest.mark.parametrize("awx", ["main"], indirect=True)
def test_the_schedule_finds_drift(awx: Awx, fresh: Fresh) -> None:
    portal = fresh("jane_two")
    prepare(awx, [{"username": "jane_two", "description": "new"}])
    drifted = awx.run_schedule("drift, nightly")
    assert not drifted.successful
    assert "Plan: 1 to change, 0 unchanged." in drifted.text[drifted.text.rindex("TASK [") :]
    portal.change("jane_two", description="new")
    assert awx.run_schedule("drift, nightly").successful
    assert portal.counters()["writes"] == 0


def test_without_a_credential_templates_ask_for_it(first_run: Served, fresh: Fresh, tmp_path: Path) -> None:
    portal = fresh("jane_two")
    awx = Awx(first_run.controller, tmp_path, "main")
    prepare(awx, [{"username": "jane_two", "description": "new"}])
    missing = awx.launch("plan")
    assert not missing.successful
    assert "portal_url" in missing.text
    number = awx.add_credential("mine", values(portal))
    assert awx.launch("plan", credential=number).successful


@pytest.mark.parametrize("awx", ["main"], indirect=True)
def test_with_a_credential_templates_do_not_ask_for_it(awx: Awx) -> None:
    with pytest.raises(LaunchRefused, match="does not ask"):
        awx.launch("plan", credential=7)


@pytest.mark.parametrize("product", ["portal", "enterprise"])
def test_the_sample_roster_can_be_planned_and_applied(
    served: Served, tmp_path: Path, product: str, request: pytest.FixtureRequest
) -> None:
    portal: Sandbox = request.getfixturevalue(product)
    portal.reset()
    awx = Awx(served.controller, tmp_path, "main")
    (number,) = served.controller.rows["credentials"]
    awx.credentials[number] = values(portal)
    jobs = awx.launch_workflow(NAME)
    assert [job.successful for job in jobs] == [True, True], jobs[-1].output
    assert jobs[0].artifacts["members_counts"]["localhost"]["total"] == 1
