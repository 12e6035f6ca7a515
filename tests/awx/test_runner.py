# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sample project as AWX runs it: ansible-runner, a folder with project, environment, and extra variables."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
import yaml

from tests.awx.rules import injected
from tests.awx.test_setup import AWX, read
from tests.sandbox.runner import Sandbox

EXTRA = {"survey_roster": "rosters/members.yml", "survey_purge": "none", "survey_max_disruptive": "10%"}


@pytest.fixture
def folder(portal: Sandbox, tmp_path: Path) -> Path:
    """A runner folder as AWX lays it out, with every unset field of the credential blank."""
    shutil.copytree(AWX / "project", tmp_path / "project")
    roster = {"members": [{"username": portal.username, "tags": ["automation"]}]}
    (tmp_path / "project" / "rosters" / "members.yml").write_text(yaml.safe_dump(roster), encoding="utf-8")
    credential = read("credential_type.yml")["awx_credential_type"]
    values = {"portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password}
    (tmp_path / "env").mkdir()
    (tmp_path / "inventory").mkdir()
    environment = injected(credential["inputs"], credential["injectors"], values, tmp_path / "env")
    (tmp_path / "env" / "envvars").write_text(json.dumps(environment), encoding="utf-8")
    hosts = {
        "all": {
            "hosts": {
                "localhost": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                }
            }
        }
    }
    (tmp_path / "inventory" / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    return tmp_path


def template(name: str) -> dict[str, Any]:
    """Extra variables of a job template, as AWX merges them with the answers to its survey."""
    vars_ = read("templates.yml")
    return {**vars_["awx_members_vars"], **EXTRA} if name in ("plan", "apply") else {}


def run(folder: Path, playbook: str, portal: Sandbox, **options: Any) -> tuple[Any, str]:
    runner = ansible_runner.run(private_data_dir=str(folder), playbook=playbook, quiet=True, **options)
    output = Path(runner.config.artifact_dir, "stdout").read_text(encoding="utf-8")
    assert portal.password not in output
    return runner, output


def artifacts(runner: Any) -> dict[str, Any]:
    """What the job passes to the next node of a workflow."""
    found: dict[str, Any] = {}
    for event in runner.events:
        found.update(event.get("event_data", {}).get("artifact_data") or {})
    return found


def test_plan_hands_its_checksum_to_apply(folder: Path, portal: Sandbox) -> None:
    portal.reset()
    planned, output = run(folder, "plan.yml", portal, extravars=template("plan"), verbosity=4)
    assert planned.status == "successful", output
    assert portal.counters()["writes"] == 0
    handed = artifacts(planned)
    assert len(handed["expected_plan"]["localhost"]) == 64

    applied, output = run(folder, "apply.yml", portal, extravars={**template("apply"), **handed}, verbosity=4)
    assert applied.status == "successful", output
    assert portal.member(portal.username)["tags"] == ["automation"]

    again, output = run(folder, "apply.yml", portal, extravars={**template("apply"), "survey_expected_plan": ""})
    assert again.status == "successful", output
    assert again.stats["changed"] == {}


@pytest.mark.parametrize("colored", [True, False])
def test_the_plan_is_one_text_in_the_output(folder: Path, portal: Sandbox, colored: bool) -> None:
    portal.reset()
    # AWX itself sets ANSIBLE_FORCE_COLOR.
    environment = {"ANSIBLE_FORCE_COLOR": "True"} if colored else {"NO_COLOR": "1"}
    planned, output = run(folder, "plan.yml", portal, extravars=template("plan"), envvars=environment)
    assert planned.status == "successful", output
    plans = [event for event in planned.events if "To apply exactly this plan" in event["stdout"]]
    assert [event["event"] for event in plans] == ["verbose"]
    text = plans[0]["stdout"]
    assert ("\x1b[" in text) is colored
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in text.splitlines()]
    assert lines[0] == "Plan: 1 to change, 0 unchanged."
    assert lines[2].startswith(f"  ~ change    {portal.username}  tags  ")
    # The sentence at the end is the only message.
    assert re.findall(r'"msg": "(.*)"', output) == ["Plan: 1 to change, 0 unchanged. The plan is in the output above."]


def test_apply_refuses_another_plan(folder: Path, portal: Sandbox) -> None:
    portal.reset()
    before = portal.counters()["writes"]
    refused, output = run(folder, "apply.yml", portal, extravars={**template("apply"), "expected_plan": "0" * 64})
    assert refused.status == "failed"
    assert "expected_plan is" in " ".join(output.split())
    assert portal.counters()["writes"] == before


def test_a_check_job_writes_nothing(folder: Path, portal: Sandbox) -> None:
    portal.reset()
    before = portal.counters()["writes"]
    checked, output = run(folder, "apply.yml", portal, extravars=template("apply"), cmdline="--check --diff")
    assert checked.status == "successful", output
    assert portal.counters()["writes"] == before
    assert "automation" in output


def test_a_wrong_password_fails_and_is_not_shown(folder: Path, portal: Sandbox) -> None:
    path = folder / "env" / "envvars"
    environment = json.loads(path.read_text(encoding="utf-8"))
    wrong = "wrong-password-of-a-test"
    path.write_text(json.dumps({**environment, "ARCGIS_PORTAL_PASSWORD": wrong}), encoding="utf-8")
    refused, output = run(folder, "plan.yml", portal, extravars=template("plan"), verbosity=4)
    assert refused.status == "failed"
    assert "sign_in_failed" in output
    assert wrong not in output
