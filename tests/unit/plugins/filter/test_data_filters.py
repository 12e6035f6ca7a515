# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters as Ansible calls them: plain data in, errors of Ansible's own kind out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.portalops.arcgis.plugins.filter import (
    credit_allocations,
    members_report,
    members_report_page,
    offboard_entries,
    offboard_selection,
    roster_files,
)
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

ORGANIZATION = {"portal": {"name": "Example"}, "roles": []}


def the(module: Any) -> Any:
    (function,) = module.FilterModule().filters().values()
    return function


def test_roster_files() -> None:
    (file,) = the(roster_files)([{"username": "jane", "description": "=1"}], "csv")
    assert (file["name"], file["count"]) == ("members.csv", 1)
    assert file["left_out"] == [{"username": "jane", "field": "description"}]
    with pytest.raises(AnsibleFilterError, match="xml"):
        the(roster_files)([], "xml")


def test_members_report_and_its_page(tmp_path: Path) -> None:
    found = the(members_report)(ORGANIZATION, [{"username": "jane"}], kind="inventory")
    assert found["counts"]["members"] == 1
    template = tmp_path / "names.html.j2"
    template.write_text("<b>{{ document.portal.name | visible }}</b>\n", encoding="utf-8")
    assert the(members_report_page)(found, str(template)) == "<b>Example</b>\n"
    with pytest.raises(AnsibleFilterError, match="portal_info"):
        the(members_report)({}, [])
    with pytest.raises(AnsibleFilterError, match="missing.html.j2"):
        the(members_report_page)(found, str(tmp_path / "missing.html.j2"))


def test_credit_allocations() -> None:
    found = the(credit_allocations)([{"username": "jane", "credits": 5}], [{"credits": 10}], ORGANIZATION)
    assert found["members"] == [{"username": "jane", "credits": 10}]
    with pytest.raises(AnsibleFilterError, match="No rules"):
        the(credit_allocations)([], [], ORGANIZATION)


def test_offboard_entries(tmp_path: Path) -> None:
    path = tmp_path / "departures.csv"
    path.write_text("username\nomar\n", encoding="utf-8")
    assert [row["username"] for row in the(offboard_entries)(["jane"], str(path))] == ["jane", "omar"]
    with pytest.raises(AnsibleFilterError, match="has no username"):
        the(offboard_entries)([{}])


def test_offboard_selection() -> None:
    members = [{"username": "jane", "role": "org_user", "enabled": True}]
    found = the(offboard_selection)(the(offboard_entries)(["jane"]), members, [], "robot", "2027-02-01")
    assert found["disable"] == [{"username": "jane"}]
    with pytest.raises(AnsibleFilterError, match="must be a date"):
        the(offboard_selection)([], members, [], "robot", "soon")


def test_errors_are_returned_on_request(tmp_path: Path) -> None:
    path = tmp_path / "departures.csv"
    path.write_text("username,expires\njane,soon\nomar,2027-02-30\n", encoding="utf-8")
    found = the(offboard_entries)([], str(path), return_errors=True)
    assert list(found) == ["errors"] and [text.split(":")[0] for text in found["errors"]] == [
        "line 2, jane",
        "line 3, omar",
    ]
    for recipient in (7, ""):
        found = the(offboard_selection)([], [], [], "robot", "soon", recipient, return_errors=True)
        assert list(found) == ["errors"] and len(found["errors"]) == 1
    assert the(credit_allocations)([], [{}], ORGANIZATION, return_errors=True) == {
        "errors": ["rule 1: credits must be a number, 0 or more, or 'unlimited'."]
    }


def test_only_plain_data_is_taken() -> None:
    class Text(str):
        pass

    found = plain({Text("a"): [Text("b"), 1, 1.5, None, True]})
    assert found == {"a": ["b", 1, 1.5, None, True]}
    assert isinstance(found["a"][0], str)
    with pytest.raises(TypeError):
        plain(object())
