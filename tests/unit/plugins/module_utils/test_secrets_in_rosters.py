# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password in the wrong cell of a roster, and passwords in the checksum of a plan."""

from __future__ import annotations

import json

import pytest

from tests.unit.plugins.module_utils.fakes import Account, FakePortal, play

SECRET = "Zq7-Sekret-a1"
HEADER = "username,first_name,role,user_type,categories,transfer_to,password"


def city(product="online"):
    return FakePortal(product, [Account("jane_doe"), Account("omar_haddad")])


@pytest.mark.parametrize("column", HEADER.split(",")[2:-1])
@pytest.mark.parametrize("more", ["", "Str0ng-Pass-9x"])
def test_a_password_in_another_column_is_not_printed(tmp_path, column, more):
    cells = dict.fromkeys(HEADER.split(","), "")
    cells.update({"username": "jane_doe", column: SECRET, "password": more})
    path = tmp_path / "roster.csv"
    path.write_text(f"{HEADER}\n{','.join(cells.values())}\n", encoding="utf-8")
    state = {"state": "transferred"} if column == "transfer_to" else {}
    portal = city()
    if state:
        portal.accounts["jane_doe"].items = 2
    result = play(portal, "portal_members", src=str(path), **state)
    assert result.failed and result["api_calls"]["write"] == 0
    # The module also returns its options. Ansible masks those that are secrets.
    output = json.dumps({key: value for key, value in dict(result).items() if key != "invocation"})
    assert SECRET.casefold() not in output.casefold()
    assert "line 2" in output


def test_a_password_in_the_column_of_usernames_is_not_printed(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(f"username,password,role\n{SECRET},jane_doe_9,org_user\n", encoding="utf-8")
    result = play(city(), "portal_members", src=str(path))
    output = json.dumps({key: value for key, value in dict(result).items() if key != "invocation"})
    assert SECRET not in output
    assert result["members"][0]["username"] == "Line 2"
    assert result["error"]["code"] == "not_found"


def test_near_usernames_are_suggested_without_the_wrong_one(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("username,password,role\njane_do,Str0ng-Pass-9x,org_user\n", encoding="utf-8")
    result = play(city(), "portal_members", src=str(path))
    assert "jane_doe" in result["error"]["remedy"]


def test_without_passwords_values_are_shown(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("username,role\njane_doe,Editr\n", encoding="utf-8")
    result = play(city(), "portal_members", src=str(path))
    assert "'Editr'" in result["msg"]


class TestChecksum:
    ENTRY = {"username": "jane_doe", "update_password": "always"}

    def checksum(self, password):
        return play(city(), "portal_members", check=True, members=[{**self.ENTRY, "password": password}])[
            "plan_checksum"
        ]

    def test_another_password_is_another_plan(self):
        assert self.checksum("Zq7-hunter-99") != self.checksum("Zq7-hunter-98")

    def test_the_same_password_is_the_same_plan(self):
        assert self.checksum("Zq7-hunter-99") == self.checksum("Zq7-hunter-99")

    def test_a_run_with_another_password_than_the_reviewed_one_is_blocked(self):
        portal = city()
        members = [{**self.ENTRY, "password": "Zq7-hunter-98"}]
        expected = self.checksum("Zq7-hunter-99")
        result = play(portal, "portal_members", members=members, expected_plan=expected)
        assert result["error"]["code"] == "plan_changed" and result["api_calls"]["write"] == 0


def test_a_password_that_is_no_text_is_rejected():
    members = [{"username": "jane_doe", "update_password": "always", "password": {"a": SECRET}}]
    result = play(city(), "portal_members", members=members)
    assert result.failed and result["error"]["code"] == "invalid_input"


@pytest.mark.parametrize("text", ["1_000", "\u0663", "1e", "0x10", "१"])
def test_credits_are_decimal_numbers(text):
    result = play(city(), "portal_credits", username="jane_doe", credits=text)
    assert result.failed and result["error"]["code"] == "invalid_input"


@pytest.mark.parametrize("field", ["first_name", "description"])
def test_an_invisible_control_character_is_named_with_its_place(field):
    result = play(city(), "portal_user", username="jane_doe", **{field: "Ja\u202ene"})
    assert "U+202E (right-to-left override) at character 3" in result["msg"]


def test_a_yaml_roster_in_another_encoding_is_named_so(tmp_path):
    path = tmp_path / "roster.yml"
    path.write_bytes("members:\n  - username: jane_doe\n    first_name: Tomás\n".encode("latin-1"))
    result = play(city(), "portal_members", src=str(path))
    assert "is not UTF-8 text" in result["msg"]
