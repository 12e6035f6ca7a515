# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roster files of any members read back to the same members."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import parse_add_ons
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import parse_credits
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.reader import read_roster
from ansible_collections.portalops.arcgis.plugins.plugin_utils._roster_files import RosterError, roster_files

ODD = [
    "0123",
    "1e5",
    "on",
    "null",
    "~",
    "2020-01-01",
    "0x1F",
    "a:b",
    "- x",
    "é",
    "# x",
    "{{ x }}",
    "a\n\nb",
    "\ufeffbom",
    "y",
]
WORDS = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
)
TEXTS = WORDS.map(str.strip).filter(bool)
LINES = TEXTS.filter(lambda text: len(text.splitlines()) == 1)
MEMBERS = st.lists(
    st.fixed_dictionaries(
        {"username": LINES},
        optional={
            "full_name": LINES,
            "description": TEXTS,
            "tags": st.lists(LINES, max_size=3),
            "categories": st.lists(LINES.map("/{}".format), max_size=3),
            "enabled": st.booleans(),
            "credits": st.one_of(st.just("unlimited"), st.integers(0, 10**6)),
        },
    ),
    min_size=1,
    max_size=4,
)


def read_back(folder: Path, name: str, text: str) -> list[dict[str, Any]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return [{**entry} for entry in read_roster(str(path)).entries]


@pytest.mark.parametrize("form", ["yaml", "json"])
@given(members=MEMBERS)
def test_yaml_and_json_hold_everything(
    form: str, members: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    (file,) = roster_files(members, form)
    assert read_back(tmp_path_factory.getbasetemp(), file.name, file.text) == members
    assert file.count == len(members)


def csv_form(member: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in member.items() if value != []}
    return {name: str(value) if name == "credits" else value for name, value in found.items()}


def in_csv(member: dict[str, Any]) -> bool:
    texts = [*member.values(), *member.get("tags", ()), *member.get("categories", ())]
    return not any(isinstance(text, str) and (text[0] in "=+-@" or ";" in text) for text in texts)


@given(members=MEMBERS.filter(lambda members: all(map(in_csv, members))))
def test_csv_holds_what_is_no_formula(members: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    (file,) = roster_files(members, "csv")
    assert read_back(tmp_path_factory.getbasetemp(), file.name, file.text) == [csv_form(member) for member in members]
    assert file.left_out == []


def test_csv_leaves_out_what_a_spreadsheet_would_run(tmp_path: Path) -> None:
    members = [{"username": "jane_doe", "description": "=1+1", "full_name": "@sum", "email": "j@example.com"}]
    (file,) = roster_files(members, "csv")
    assert file.left_out == [("jane_doe", "description"), ("jane_doe", "full_name")]
    assert read_back(tmp_path, file.name, file.text) == [{"username": "jane_doe", "email": "j@example.com"}]


def test_csv_leaves_out_what_its_reader_takes_for_a_mistake(tmp_path: Path) -> None:
    members = [
        {"username": "jane_doe", "description": "d\njane,x,y", "full_name": "a\nb", "tags": [' "x"']},
        {"username": "omar", "description": "two\nlines, with a comma", "full_name": "Omar", "tags": ["y"]},
    ]
    (file,) = roster_files(members, "csv")
    assert file.left_out == [("jane_doe", "full_name"), ("jane_doe", "tags")]
    assert read_back(tmp_path, file.name, file.text) == [
        {"username": "jane_doe", "description": members[0]["description"]}, members[1],
    ]  # fmt: skip
    (file,) = roster_files([{"username": "jane_doe", "description": "d\njane,x"}], "csv")
    assert file.left_out == [("jane_doe", "description")]


def test_csv_has_a_byte_order_mark_and_no_ambiguous_numbers(tmp_path: Path) -> None:
    members = [{"username": "fern_1", "full_name": "Ana Fernández", "credits": 12.345}]
    (file,) = roster_files(members, "csv")
    assert file.text.encode().startswith(codecs.BOM_UTF8)
    (entry,) = read_back(tmp_path, file.name, file.text)
    assert entry["full_name"] == "Ana Fernández"
    assert parse_credits(entry["credits"]) == 12.345
    assert not roster_files(members, "yaml")[0].text.startswith("\ufeff")


@pytest.mark.parametrize("member", [{"username": "-jane"}, {"username": "jane", "tags": ["a;b"]}])
def test_csv_refuses_what_it_cannot_hold(member: dict[str, Any]) -> None:
    with pytest.raises(RosterError, match="[uU]se YAML or JSON"):
        roster_files([member], "csv")


def members_with(**fields: list[Any]) -> list[dict[str, Any]]:
    name, values = next(iter(fields.items()))
    return [{"username": f"user_{number}", name: value} for number, value in enumerate(values)]


def names(members: list[dict[str, Any]], **options: Any) -> dict[str, int]:
    return {file.name: file.count for file in roster_files(members, **options)}


def test_files_are_split_by_a_field() -> None:
    members = members_with(role=["org_user", "Data Editor", "org_user", None])
    assert names(members, split_by="role") == {
        "members-data-editor.yml": 1, "members-none.yml": 1, "members-org_user.yml": 2,
    }  # fmt: skip
    assert names(members_with(enabled=[True, False]), split_by="enabled") == {
        "members-false.yml": 1,
        "members-true.yml": 1,
    }


def test_values_that_would_share_a_name_get_different_names() -> None:
    two = names(members_with(role=["Field Lead", "field-lead"]), split_by="role")
    assert len(two) == 2
    assert all(name.startswith("members-field-lead-") for name in two)
    odd = names(members_with(role=["東京", "none", None]), split_by="role")
    assert len(odd) == 3
    assert "members-none.yml" in odd


def test_files_are_split_by_the_categories_below_a_path() -> None:
    members = members_with(
        categories=[["/Department/Sales/East", "/Region/North"], ["/Department"], ["/Departments/X"], []]
    )
    assert names(members, split_by="/Department/") == {"members-none.yml": 3, "members-sales.yml": 1}


def test_files_are_split_by_number_in_the_order_of_the_members() -> None:
    files = roster_files(members_with(role=["org_user"] * 5), max_members=2)
    assert [(file.name, file.count) for file in files] == [
        ("members-001.yml", 2), ("members-002.yml", 2), ("members-003.yml", 1),
    ]  # fmt: skip
    assert "user_4" in files[2].text


def test_an_empty_organization_makes_one_empty_file() -> None:
    assert names([], max_members=3) == {"members-001.yml": 0}
    assert names([]) == {"members.yml": 0}


@pytest.mark.parametrize(
    ("options", "words"),
    [({"form": "xml"}, "xml"), ({"max_members": 0}, "1 member or more"), ({"split_by": "tags"}, "not one value")],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(RosterError, match=words):
        roster_files([{"username": "jane", "tags": ["a"]}], **options)


# -- add-on licenses ---------------------------------------------------------------------------------------------------

LICENSED: list[dict[str, Any]] = [
    {"username": "ann", "add_ons": {"Field apps": True, "ArcGIS Pro": ["desktopAdvN", "3DAnalystN"]}, "role": "User"},
    {"username": "bob", "role": "User"},
    {"username": "cem", "add_ons": {"Odd; \"title\" | 1.5, é": ["a"], "ArcGIS Pro": ["desktopStdN"]}},
]  # fmt: skip


def test_csv_has_a_column_for_each_add_on_license() -> None:
    (file,) = roster_files(LICENSED[:2], "csv")
    assert file.text.removeprefix("\ufeff").splitlines() == [
        "username,role,add_ons.ArcGIS Pro,add_ons.Field apps", "ann,User,desktopAdvN;3DAnalystN,true", "bob,User,,",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["yaml", "json", "csv"])
def test_add_on_licenses_are_read_back(form: str, tmp_path: Path) -> None:
    (file,) = roster_files(LICENSED, form)
    read = read_back(tmp_path, file.name, file.text)
    assert [parse_add_ons(entry.get("add_ons", {})) for entry in read] == [
        parse_add_ons(member.get("add_ons", {})) for member in LICENSED
    ]
    assert [sorted(entry) for entry in read] == [sorted(member) for member in LICENSED]


def test_csv_refuses_an_entitlement_with_its_separator() -> None:
    with pytest.raises(RosterError, match="use YAML or JSON"):
        roster_files([{"username": "ann", "add_ons": {"ArcGIS Pro": ["a;b"]}}], "csv")
