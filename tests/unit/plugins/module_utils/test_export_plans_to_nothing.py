# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the portal says about a member is a roster entry that changes nothing, whatever its profile says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import WHOLE_BUNDLE, AddOn, AddOnTable
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import tree_from_portal
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    FIELDS,
    FIELDS_BY_NAME,
    parse_long_text,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers as Current
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._module import describe, info
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Planner
from ansible_collections.portalops.arcgis.plugins.module_utils._roster import desired

TREE = tree_from_portal([{"title": "Categories", "categories": [{"title": "Department"}]}])
TABLES = SimpleNamespace(tree=TREE, role_name=lambda role: role, role=lambda role: role, user_type=lambda name: name)
ORGANIZATION = SimpleNamespace(
    id="org",
    is_online=True,
    has_user_types=True,
    has_categories=True,
    credit_budgeting=True,
    seat_field="user_type",
)
READER = SimpleNamespace(organization=ORGANIZATION, tables=lambda needed: TABLES, tree=lambda: TREE)
NAMES = [field.name for field in FIELDS if field.read is not None]
USER = {"role": "org_user", "userLicenseTypeId": "creatorUT", "provider": "arcgis", "access": "org"}


def current(user: dict[str, Any]) -> Current:
    found = Current()
    member = Member("jane_doe", {name: FIELDS_BY_NAME[name].read({**USER, **user}) for name in NAMES})
    found.members[member.key] = member
    return found


def exported(user: dict[str, Any], names: list[str] = NAMES) -> dict[str, Any]:
    any_member = SimpleNamespace(fits=lambda member: True)
    (line,) = describe.roster(current(user), any_member, names, READER)
    return line


HOSTILE = [
    {"description": "one\r\ntwo\r\n\r\n  three\tfour\r"},
    {"description": "bell \x07"},
    {"fullName": "gnp.exe \u202eeman"},
    {"firstName": "two\nlines", "lastName": "null"},
    {"tags": ["plain", "bell\x07"]},
    {"description": "x" * 40000},
    {"categories": ["/Categories/Gone/Away", "/Categories/Department"]},
    {"assignedCredits": 12.345678, "availableCredits": 1.0},
    {"description": "{{ 7 * 7 }}", "fullName": "<script>", "idpUsername": "null"},
]


@pytest.mark.parametrize("user", HOSTILE)
def test_what_is_exported_is_taken_and_changes_nothing(user: dict[str, Any]) -> None:
    specs = desired.specs("portal_members", {}, [exported(user)], "members")
    plan = Planner(ORGANIZATION, TABLES, current(user), creates=True).plan(specs)
    assert plan.all_problems() == []
    assert plan.entries == []


ADD_ONS = AddOnTable(
    [
        AddOn("pro", "ArcGIS Pro", {"desktopAdvN": 1, "spatialAnalystN": 0}),
        AddOn("old", "ArcGIS Drone2Map", {"drone": 1}, is_expired=True),
        AddOn("one", "Twice", {"a": 1}),
        AddOn("two", "twice", {"a": 1, "none": 1}),
        AddOn("odd", "", {"all": 1, "b": 1}),
        AddOn("apps", "Field apps", {WHOLE_BUNDLE: None}, is_bundle=True),
    ]
)


@pytest.mark.parametrize(
    ("holdings", "line"),
    [
        (
            [("ArcGIS Pro", "spatialAnalystN"), ("ArcGIS Pro", "desktopAdvN"), ("Field apps", WHOLE_BUNDLE)],
            {"ArcGIS Pro": ["desktopAdvN", "spatialAnalystN"], "Field apps": True},
        ),
        ([("ArcGIS Drone2Map", "drone"), ("one", "a"), ("two", "none")],
         {"ArcGIS Drone2Map": ["drone"], "one": ["a"], "two": ["none"]}),
        ([("odd", "b"), ("odd", "all")], {"odd": ["all", "b"]}),
        ([("odd", "all")], None), ([("ArcGIS Pro", "gone")], None), ([], None),
    ],
)  # fmt: skip
def test_add_ons_are_exported_as_they_are_held_and_change_nothing(holdings: list[Any], line: Any) -> None:
    members = current({})
    members.members["jane_doe"].values["add_ons"] = tuple(sorted(holdings))
    any_member = SimpleNamespace(fits=lambda member: True)
    (found,) = describe.roster(members, any_member, ["add_ons"], READER, ADD_ONS)
    assert found.get("add_ons") == line
    specs = desired.specs("portal_members", {}, [found], "members")
    plan = Planner(ORGANIZATION, TABLES, members, creates=True, add_ons=ADD_ONS).plan(specs)
    assert plan.all_problems() == []
    assert plan.entries == []


def test_line_breaks_of_browsers_and_of_windows_are_one_line_break() -> None:
    assert exported({"description": "one\r\ntwo\rthree"})["description"] == "one\ntwo\nthree"
    assert parse_long_text("one\r\ntwo") == "one\ntwo"


def test_text_that_no_roster_takes_is_left_out_and_the_rest_stays() -> None:
    line = exported({"fullName": "a\x00b", "firstName": "Jane"})
    assert "full_name" not in line
    assert line["first_name"] == "Jane"


def test_a_category_that_the_tree_lost_cannot_be_assigned_to_another_member() -> None:
    specs = desired.specs("portal_members", {}, [{"username": "jane_doe", "categories": ["/Gone/Away"]}], "members")
    plan = Planner(ORGANIZATION, TABLES, current({"categories": []}), creates=True).plan(specs)
    assert [problem.code for problem in plan.all_problems()] == ["invalid_input"]


def test_spent_credits_are_returned_only_to_who_asks() -> None:
    assert {"credits_spent", "groups", "add_ons"}.isdisjoint(info.field_names(None))
    assert info.field_names(None, ["add_ons"]) == [*info.field_names(None), "add_ons"]
    assert info.field_names(["add_ons"]) == ["add_ons"]
    assert info.field_names(["credits_spent", "role"]) == ["role", "credits_spent"]
    with pytest.raises(InputError, match="credits_spnet"):
        info.field_names(["credits_spnet"])
