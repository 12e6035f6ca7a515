# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role members takes what the module portal_members takes, and hands all of it on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_spec, unconverted
from ansible_collections.portalops.arcgis.plugins.module_utils._module.options import (
    guards_spec,
    members_spec,
    roster_spec,
)

ROLE = Path(__file__).resolve().parents[3] / "roles/members"
PLAYBOOKS = ROLE.parents[1] / "playbooks"
SPECS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
TASKS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROLE / "tasks").glob("*.yml")}
WORDS = ("type", "elements", "choices", "no_log", "required")
ITEM = {"username": {"type": "raw", "required": True}, **unconverted(member_spec("portal_members"))}
FIELDS = sorted(member_spec("portal_members"))

# What the role does itself, and with which options of the module its other variables share their meaning.
OWN = {"members_defaults", "members_show", "members_plan_json", "members_plan_markdown", "members_fail_on_drift"}
MODULE = {
    **{name: spec for name, spec in members_spec("portal_members").items() if name not in FIELDS},
    **roster_spec(),
}


def plain(specs: dict[str, Any]) -> dict[str, Any]:
    """The parts of specs that say which values are taken."""
    return {name: {word: spec[word] for word in WORDS if word in spec} for name, spec in specs.items()}


def variable(option: str) -> str:
    return "members_roster" if option == "members" else f"members_{option}"


def module_task() -> dict[str, Any]:
    tasks = [task for task in TASKS["roster"] if "portalops.arcgis.portal_members" in task]
    assert len(tasks) == 1
    return tasks[0]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("", "omitted"),
        (None, "null"),
        (0, "0"),
        (False, "False"),
        (" ", " "),
        ("missing for this host", "missing for this host"),
    ],
)
def test_only_a_blank_checksum_means_any_plan(given: Any, passed: str) -> None:
    template = module_task()["portalops.arcgis.portal_members"]["expected_plan"]
    assert jinja2.Template(template).render(members_expected_plan=given, omit="omitted") == passed


def test_members_and_their_defaults_have_the_fields_of_the_module() -> None:
    options = SPECS["main"]["options"]
    assert plain(options["members_roster"]["options"]) == plain(ITEM)
    assert plain(options["members_defaults"]["options"]) == plain(unconverted(member_spec("portal_members")))
    assert plain(options["members_guards"]["options"]) == plain(guards_spec())


def test_every_option_of_the_module_is_a_variable_of_the_role() -> None:
    options = SPECS["main"]["options"]
    assert set(options) | {"members_fail_on_drift"} == {variable(name) for name in MODULE} | OWN
    wanted = {variable(name): spec for name, spec in MODULE.items()}
    assert {name: spec for name, spec in plain(options).items() if name not in OWN} == plain(wanted)
    assert options["members_on_error"]["default"] == MODULE["on_error"]["default"]
    assert options["members_purge"]["default"] == MODULE["purge"]["default"]


def test_both_entry_points_take_the_same() -> None:
    plan = dict(SPECS["plan"]["options"])
    assert plan.pop("members_fail_on_drift")["type"] == "bool"
    assert plan == SPECS["main"]["options"]


def test_defaults_are_those_of_the_specs() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    options = SPECS["plan"]["options"]
    assert set(defaults) == set(options)
    documented = {name: spec["default"] for name, spec in options.items() if "default" in spec}
    assert {name: defaults[name] for name in documented} == documented


@pytest.mark.parametrize("name", [*MODULE, *FIELDS])
def test_the_task_hands_on(name: str) -> None:
    given = module_task()["portalops.arcgis.portal_members"][name]
    wanted = f"members_defaults.{name}" if name in FIELDS else variable(name)
    assert re.search(rf"\b{re.escape(wanted)}\b", given)
    assert "default(omit" in given or given.endswith("else omit }}")


def test_the_task_hands_on_nothing_else() -> None:
    assert set(module_task()["portalops.arcgis.portal_members"]) == {*MODULE, *FIELDS}


def test_no_task_copies_the_members_or_hides_its_outcome() -> None:
    for name, tasks in TASKS.items():
        for task in tasks:
            text = yaml.safe_dump(task)
            assert "no_log" not in task and "ignore_errors" not in task, name
            assert "loop" not in task or "ansible.builtin.file" in task, name
            assert task is module_task() or "members_roster" not in text, name
            assert "set_fact" not in text, name


def test_the_entry_point_plan_writes_nothing_to_the_portal() -> None:
    assert TASKS["plan"][0]["check_mode"] is True
    assert TASKS["plan"][0]["vars"]["members_check"] is True
    assert "check_mode" not in module_task()


def test_the_playbooks_differ_in_what_they_do_with_the_roster_only() -> None:
    plays = {
        name: yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))[0] for name in ("plan", "apply")
    }
    role = "ansible.builtin.import_role"
    assert plays["plan"]["tasks"][0][role] == {"name": "portalops.arcgis.members", "tasks_from": "plan"}
    assert plays["apply"]["tasks"][0][role] == {"name": "portalops.arcgis.members"}
    for play in plays.values():
        del play["name"], play["tasks"]
    assert plays["plan"] == plays["apply"]
