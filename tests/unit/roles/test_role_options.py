# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles name the same options in their argument specs, defaults and README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from ansible_collections.portalops.arcgis.plugins.module_utils._module.options import guards_spec

ROOT = Path(__file__).resolve().parents[3]
ROLES = ("credits", "members_export", "members_report", "offboard")
#: Defaults that are worked out at run time.
WORKED_OUT = {"members_report_as_of", "offboard_today"}


def load(role: str, name: str) -> Any:
    return yaml.safe_load((ROOT / "roles" / role / name).read_text(encoding="utf-8"))


def options(role: str) -> dict[str, Any]:
    return dict(load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"])


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_argument_specs(role: str) -> None:
    defaults = load(role, "defaults/main.yml")
    specs = {name: spec for name, spec in options(role).items() if not (spec.get("required") and name not in defaults)}
    assert set(defaults) == set(specs)
    for name, spec in specs.items():
        if name not in WORKED_OUT and not spec.get("required"):
            assert spec["default"] == defaults[name], name


@pytest.mark.parametrize("role", ROLES)
def test_options_carry_the_name_of_the_role_and_stand_in_its_readme(role: str) -> None:
    readme = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    for name in options(role):
        assert name.startswith(f"{role}_")
        assert f"`{name}`" in readme, name
    named = set(re.findall(r"^\| (.*?) \|", readme, re.MULTILINE))
    assert {word for cell in named for word in re.findall(rf"`({role}_\w+)`", cell)} == set(options(role))


def test_guards_of_the_report_are_those_of_the_module() -> None:
    guards = options("members_report")["members_report_guards"]["options"]
    assert {name: spec["type"] for name, spec in guards.items()} == {
        name: spec["type"] for name, spec in guards_spec().items()
    }


@pytest.mark.parametrize(
    ("playbook", "role"),
    [("export", "members_export"), ("report", "members_report"), ("offboard", "offboard"), ("credits", "credits")],
)
def test_each_role_has_a_playbook_with_the_same_connection(playbook: str, role: str) -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    (plan,) = yaml.safe_load((ROOT / "playbooks/plan.yml").read_text(encoding="utf-8"))
    assert play["tasks"][0]["ansible.builtin.import_role"] == {"name": f"portalops.arcgis.{role}"}
    assert {**play, "name": "", "tasks": []} == {**plan, "name": "", "tasks": []}


# -- promises of single options ----------------------------------------------------------------------------------------


def tasks(role: str) -> list[dict[str, Any]]:
    return list(load(role, "tasks/main.yml"))


def value(expression: str, **variables: Any) -> str:
    """Return the value of a template, or of a condition, as Ansible would have it for plain values."""
    environment = Environment(undefined=StrictUndefined)
    environment.filters["bool"] = lambda answer: str(answer).lower() in ("true", "yes", "1")
    text = expression if "{{" in expression else f"{{{{ {expression} }}}}"
    return environment.from_string(text).render(**variables)


@pytest.mark.parametrize(("until", "first"), [("disabled", "True"), ("transferred", "False"), ("removed", "False")])
def test_departing_members_leave_groups_once_and_after_a_transfer(until: str, first: str) -> None:
    steps = [
        task["portalops.arcgis.portal_members"]
        for task in tasks("offboard")
        if "portalops.arcgis.portal_members" in task
    ]
    disabling = next(step for step in steps if "enabled" in step)
    transferring = next(step for step in steps if "state" in step)
    assert value(disabling["leave_groups"], offboard_leave_groups=True, offboard_until=until) == first
    assert value(transferring["leave_groups"], offboard_leave_groups=True) == "True"
    assert value(disabling["leave_groups"], offboard_leave_groups=False, offboard_until=until) == "False"


def test_what_lets_a_transfer_succeed_is_checked_and_done_with_the_same_options() -> None:
    steps = [task["portalops.arcgis.portal_members"] for task in tasks("offboard") if task.get("check_mode")]
    (checked,) = [step for step in steps if "state" in step]
    assert value(checked["transfer_groups"], offboard_transfer_groups=True) == "True"
    assert value(checked["recycle_bin"], offboard_recycle_bin="restore") == "restore"


@pytest.mark.parametrize("option", ["groups", "add_ons"])
def test_the_export_hands_the_question_for_groups_and_add_ons_on(option: str) -> None:
    read = next(task for task in tasks("members_export") if "portalops.arcgis.portal_members_info" in task)
    given = {f"members_export_{option}": True}
    assert value(read["portalops.arcgis.portal_members_info"][option], **given) == "True"


@pytest.mark.parametrize(
    ("maximum", "added", "unlimited", "allowed"),
    [
        ("100", 100.0, [], "True"), ("100", 100.5, [], "False"), ("100", 0.0, ["ann"], "False"),
        ("", 1e9, ["ann"], "True"), ("0", 0.0, [], "True"),
    ],
)  # fmt: skip
def test_an_unlimited_allocation_exceeds_the_maximum_to_add(
    maximum: str, added: float, unlimited: list[str], allowed: str
) -> None:
    limits = next(task for task in tasks("credits") if task["name"] == "Check the limits")
    condition = next(text for text in limits["ansible.builtin.assert"]["that"] if "credits_max_raise" in text)
    result = {"added": added, "unlimited": unlimited}
    assert value(condition, credits_max_raise=maximum, credits_result=result).strip() == allowed


@pytest.mark.parametrize(
    ("maximum", "disable", "checked", "total", "allowed"),
    [
        ("2", ["jane", "omar"], ["ann", "bob"], 100, "False"), ("4", ["jane", "omar"], ["ann", "bob"], 100, "True"),
        ("2", ["jane", "omar"], ["jane", "omar"], 100, "True"), ("1", ["jane", "omar"], None, 100, "False"),
        ("3%", ["jane", "omar"], ["ann", "bob"], 100, "False"), ("4 %", ["jane", "omar"], ["ann", "bob"], 100, "True"),
        ("", ["jane", "omar"], ["ann"], 100, "True"), ("0", [], [], 100, "True"), ("0", ["jane"], [], 100, "False"),
    ],
)  # fmt: skip
def test_the_limit_of_an_offboarding_counts_the_members_of_all_steps_once(
    maximum: str, disable: list[str], checked: list[str] | None, total: int, allowed: str
) -> None:
    task = next(task for task in tasks("offboard") if task["name"] == "Check the number of members")
    facts: dict[str, Any] = {
        "offboard_max": maximum,
        "offboard_selected": {"disable": [{"username": name} for name in disable]},
        "offboard_known": {"total": total},
        "offboard_inactive": {},
        "offboard_checked": {} if checked is None else {"members": [{"username": n, "changed": True} for n in checked]},
    }
    environment = Environment(undefined=StrictUndefined)
    environment.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
    for name in ("offboard_limit", "offboard_changing", "offboard_total", "offboard_allowed"):
        expression = task["vars"][name].strip().removeprefix("{{").removesuffix("}}")
        facts[name] = environment.compile_expression(expression, undefined_to_none=False)(**facts)
    condition = task["ansible.builtin.assert"]["that"]
    assert str(environment.compile_expression(condition)(**facts)) == allowed
