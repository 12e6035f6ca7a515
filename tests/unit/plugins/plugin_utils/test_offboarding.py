# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who leaves today, and who must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.plugin_utils._offboarding import LeaverError, read_entries, select

MEMBERS = [
    {"username": "Jane", "role": "org_user", "enabled": True},
    {"username": "omar", "role": "Student", "enabled": True},
    {"username": "boss", "role": "org_admin", "enabled": True},
    {"username": "robot", "role": "org_user", "enabled": True},
    {"username": "asleep", "role": "org_user", "enabled": False},
]


def selected(entries: list[Any], dormant: list[dict[str, Any]] | None = None, **options: Any) -> dict[str, Any]:
    return select(entries, MEMBERS, dormant or [], "Robot", "2027-02-01", **options)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["username"] for row in rows]


def test_people_leave_now_or_after_their_last_day() -> None:
    found = selected(
        [
            "JANE",
            {"username": "omar", "expires": "2027-01-31"},
            {"username": "asleep", "expires": "2027-02-01"},
            "nobody",
        ]
    )
    assert found["leavers"] == [
        {"username": "Jane", "transfer_to": None, "why": "named"},
        {"username": "omar", "transfer_to": None, "why": "expired on 2027-01-31"},
    ]
    assert found["disable"] == found["remove"] == [{"username": "Jane"}, {"username": "omar"}]
    assert found["waiting"] == [{"username": "asleep", "expires": "2027-02-01"}]
    assert found["gone"] == ["nobody"]
    assert found["refused"] == []


def test_the_earliest_day_counts_for_who_is_listed_twice() -> None:
    later, earlier = {"username": "omar", "expires": "2099-01-01"}, {"username": "OMAR", "expires": "2020-01-01"}
    assert names(selected([later, earlier])["leavers"]) == ["omar"]
    assert names(selected([later, "omar"])["leavers"]) == ["omar"]
    assert names(selected([{**later, "transfer_to": "boss"}, "omar"])["remove"]) == ["omar"]
    assert selected([{**later, "transfer_to": "boss"}, "omar"])["leavers"][0]["transfer_to"] == "boss"


@pytest.mark.parametrize(
    ("entry", "options", "why"),
    [
        ("robot", {}, "signs in with"), ("BOSS", {}, "administrator"), ("jane", {"protected": ["j*"]}, "protected"),
        ({"username": "jane", "transfer_to": "jane"}, {}, "leaves too"),
        ("jane", {"transfer_to": "asleep"}, "who is disabled"), ("jane", {"transfer_to": "nobody"}, "no member"),
    ],
)  # fmt: skip
def test_who_must_not_leave_is_refused(entry: Any, options: dict[str, Any], why: str) -> None:
    (refused,) = selected([entry], **options)["refused"]
    assert why in refused["why"]


def test_dormant_people_leave_and_those_who_must_not_are_spared() -> None:
    found = selected(["omar"], MEMBERS, protected=["asleep"], transfer_to="boss")
    assert names(found["leavers"]) == ["Jane", "omar"]
    assert sorted(names(found["spared"])) == ["asleep", "boss", "robot"]
    assert found["remove"][0] == {"username": "Jane", "transfer_to": "boss"}
    assert found["refused"] == []


@pytest.mark.parametrize(
    "entry",
    [
        "", 7, {"expires": "2027-01-01"}, {"username": "x", "expires": "31.1.2027"},
        {"username": "x", "expires": "2027-02-30"}, {"username": "x", "role": "y"},
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(entry: Any) -> None:
    with pytest.raises(LeaverError):
        selected([entry])


@pytest.mark.parametrize("today", ["", "tomorrow"])
def test_today_is_a_day(today: str) -> None:
    with pytest.raises(LeaverError):
        select(["omar"], MEMBERS, [], "robot", today)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("leavers.yml", "- username: '0123'\n  expires: 2027-01-31\n"),
        ("leavers.json", '[{"username": "0123", "expires": "2027-01-31"}]'),
        ("departures.csv", "username,expires,transfer_to\n0123,2027-01-31,\n"),
    ],
)
def test_a_file_of_leavers_may_have_any_form(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read_entries(str(path)) == [{"username": "0123", "expires": "2027-01-31"}]


def test_a_file_that_is_no_list_of_leavers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leavers.yml"
    path.write_text("- username: x\n  until: 2027-01-31\n", encoding="utf-8")
    with pytest.raises(LeaverError, match="until"):
        read_entries(str(path))
