# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of every module: in check mode, which writes nothing, for real, and once more without a change."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sandbox.runner import Sandbox

from .blocks import ROOT
from .stage import DISK, PLAY, SETTINGS, connection, seeded, variables

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("portal_*.py"))
OURS = "portalops.arcgis."
Task = dict[str, Any]

# Examples whose second run also changes something, by their names, with the reason.
ONCE = {
    "Apply exactly the reviewed plan": "the plan of an applied roster is another one",
    "Set a new password": "a password cannot be compared, so that setting it is a change every time",
}
# Accounts come about in another way there.
ALSO_ON_ENTERPRISE = ("portal_user",)
BEFORE_USER_TYPES = ("portal_user_level", ["Look up the user types with a free seat", "Set the level of a member"])


def tasks_of(module: str) -> list[Task]:
    text = importlib.import_module(f"ansible_collections.portalops.arcgis.plugins.modules.{module}").EXAMPLES
    return list(yaml.safe_load(text))


def is_ours(task: Task) -> bool:
    return any(key.startswith(OURS) for key in task)


def planned_and_applied(number: int, task: Task) -> Iterator[Task]:
    """One example as up to three tasks, and the names under which their results are kept."""
    if not is_ours(task):
        yield task
        return
    if task.get("check_mode"):
        yield {**task, "register": task.get("register", f"check_{number}")}
        return
    real = task.get("register", f"real_{number}")
    yield {**task, "check_mode": True, "diff": True, "register": f"check_{number}"}
    yield {**task, "register": real}
    if task["name"] not in ONCE:
        yield {**task, "name": f"{task['name']}, again", "register": f"again_{number}"}


def playbook(tasks: list[Task]) -> list[dict[str, Any]]:
    played = [step for number, task in enumerate(tasks) for step in planned_and_applied(number, task)]
    kept = {step["register"] for step in played if is_ours(step)}
    results = {name: f"{{{{ {name} }}}}" for name in sorted(kept)}
    report = {
        "name": "Keep what was answered",
        "ansible.builtin.copy": {"dest": "results.json", "content": "{{ results | to_json }}", "mode": "0600"},
        "vars": {"results": results},
    }
    return [{**PLAY, "tasks": [*played, report]}]


def run(portal: Sandbox, tasks: list[Task]) -> dict[str, Any]:
    """Plays tasks; returns their results by the names of planned_and_applied()."""
    folder = Path(tempfile.mkdtemp(prefix="examples-", dir=DISK))
    try:
        (folder / "play.yml").write_text(yaml.safe_dump(playbook(tasks), sort_keys=False), encoding="utf-8")
        (folder / "vars.json").write_text(json.dumps(variables(portal)), encoding="utf-8")
        environment = {"ARCGIS_" + name.upper(): value for name, value in connection(portal).items()}
        done = subprocess.run(
            ["ansible-playbook", "play.yml", "-e", "@vars.json"],
            cwd=folder,
            env={
                **os.environ,
                **SETTINGS,
                **environment,
                "HOME": str(folder),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(done.stdout + done.stderr, pytrace=False)
        return dict(json.loads((folder / "results.json").read_text(encoding="utf-8")))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def of_kind(results: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name.partition("_")[2]: result for name, result in results.items() if name.startswith(kind + "_")}


def judge(portal: Sandbox, tasks: list[Task]) -> None:
    portal.reset_counters()
    results = {name: result for name, result in run(portal, tasks).items() if not result.get("skipped")}
    written = {name: result["api_calls"]["write"] for name, result in results.items()}
    dry = [name for name in written if not name.startswith("again_") and name in planned(tasks)]
    assert {name: written[name] for name in dry if written[name]} == {}
    assert portal.counters()["writes"] == sum(written.values())
    assert portal.trouble() == ""
    for number, again in of_kind(results, "again").items():
        assert not again["changed"] and not again["api_calls"]["write"], tasks[int(number)]["name"]
    for number, check in of_kind(results, "check").items():
        real = results.get(tasks[int(number)].get("register", f"real_{number}"))
        if real is not None and not tasks[int(number)].get("check_mode"):
            assert promise(check) == promise(real), tasks[int(number)]["name"]


def planned(tasks: list[Task]) -> set[str]:
    """The names of the results of check mode."""
    return {
        step["register"]
        for number, task in enumerate(tasks)
        for step in planned_and_applied(number, task)
        if step.get("check_mode") and is_ours(step)
    }


def promise(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result.get(name) for name in ("changed", "diff", "plan_checksum")}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("module", MODULES)
def test_online(module: str) -> None:
    with seeded("online") as portal:
        judge(portal, tasks_of(module))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("module", ALSO_ON_ENTERPRISE)
def test_enterprise(module: str) -> None:
    with seeded("enterprise") as portal:
        judge(portal, tasks_of(module))


@pytest.mark.timeout(600)
def test_before_user_types() -> None:
    module, names = BEFORE_USER_TYPES
    tasks = [task for task in tasks_of(module) if task["name"] in names]
    assert len(tasks) == len(names)
    with seeded("enterprise-10.6") as portal:
        judge(portal, tasks)


def test_every_example_named_here_exists() -> None:
    names = {task["name"] for module in MODULES for task in tasks_of(module)}
    assert set(ONCE) <= names
