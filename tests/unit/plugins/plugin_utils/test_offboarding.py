# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which members are offboarded, and which must not be."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portalops.arcgis.plugins.plugin_utils._offboarding import (
    OffboardingError,
    normalize_entries,
    read_entries,
    select,
)
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plain import plain

TODAY = "2027-02-01"
MEMBERS = [
    {"username": "Jane", "role": "org_user", "enabled": True},
    {"username": "omar", "role": "Student", "enabled": True},
    {"username": "boss", "role": "org_admin", "enabled": True},
    {"username": "robot", "role": "org_user", "enabled": True},
    {"username": "asleep", "role": "org_user", "enabled": False},
]


def selected(entries: list[Any], inactive: list[dict[str, Any]] | None = None, **options: Any) -> dict[str, Any]:
    return select(entries, MEMBERS, inactive or [], "Robot", TODAY, **options)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["username"] for row in rows]


@pytest.mark.parametrize(
    "text", ['["ann", "bob"]', '"ann"', "*", "ann_*", "(successor", "{'username': 'ann'}", "<ann@example.com>"]
)
def test_a_name_that_no_member_can_have_is_an_error_and_not_a_missing_member(text: str) -> None:
    for entries in (text, [text], [{"username": text}]):
        with pytest.raises(OffboardingError, match="is not a username. Write usernames only"):
            normalize_entries(entries)


def test_members_are_selected_now_or_after_the_last_day() -> None:
    found = selected(
        [
            "JANE",
            {"username": "omar", "expires": "2027-01-31"},
            {"username": "asleep", "expires": "2027-02-01"},
            "missing",
        ]
    )
    assert found["selected"] == [
        {"username": "Jane", "transfer_to": None, "reason": "Named"},
        {"username": "omar", "transfer_to": None, "reason": "End date 2027-01-31 has passed"},
    ]
    assert found["disable"] == found["remove"] == [{"username": "Jane"}, {"username": "omar"}]
    assert found["not_due"] == [{"username": "asleep", "expires": "2027-02-01"}]
    assert found["not_found"] == ["missing"]
    assert found["rejected"] == found["skipped"] == []


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_end_date_is_no_end_date(blank: str | None) -> None:
    found = selected([{"username": "omar", "expires": blank}])
    assert found["selected"] == []
    assert found["not_due"] == [{"username": "omar", "expires": ""}]


def test_duplicate_entries_must_not_contradict_each_other() -> None:
    later, earlier = {"username": "omar", "expires": "2099-01-01"}, {"username": "OMAR", "expires": "2020-01-01"}
    never = {"username": "Omar", "expires": ""}
    with pytest.raises(OffboardingError, match="2 entries have the end dates 2099-01-01 and 2020-01-01"):
        selected([later, earlier])
    assert names(selected([later, "omar"])["selected"]) == ["omar"]
    for first, second in ((never, earlier), (earlier, never)):
        with pytest.raises(OffboardingError, match="2 entries have the end dates (none and 2020|2020-01-01 and none)"):
            selected([first, second])
    with pytest.raises(OffboardingError, match="2 entries have the recipients boss and kim. Keep one of them."):
        selected([{"username": "omar", "transfer_to": "boss"}, {"username": "OMAR", "transfer_to": "kim"}])
    same = [{"username": "omar", "transfer_to": "boss"}, {"username": "OMAR", "transfer_to": "BOSS"}]
    assert names(selected(same)["selected"]) == ["omar"]
    assert selected([{**later, "transfer_to": "boss"}, "omar"])["selected"][0]["transfer_to"] == "boss"


@pytest.mark.parametrize(
    ("entry", "options", "reason"),
    [
        ("robot", {}, "signed-in account"), ("BOSS", {}, "Administrators"),
        ("jane", {"protected": ["j*"]}, "Matches offboard_protected."),
        ({"username": "jane", "transfer_to": "jane"}, {}, "Recipient 'jane' is also offboarded."),
        ("jane", {"transfer_to": "asleep"}, "is disabled"), ("jane", {"transfer_to": "missing"}, "does not exist"),
        ("esri_nav", {}, "Accounts of the portal itself"), ("System_Publisher", {}, "Accounts of the portal itself"),
    ],
)  # fmt: skip
def test_excluded_members_and_recipients_are_rejected(entry: Any, options: dict[str, Any], reason: str) -> None:
    found = selected([entry], **options)
    assert [reason in row["reason"] for row in found["rejected"]] == [True]
    assert found["not_found"] == []


@pytest.mark.parametrize("name", ["omar\nboss", '"omar"', " "])
def test_a_protected_name_that_is_not_one_name_is_an_error(name: str) -> None:
    with pytest.raises(OffboardingError, match="offboard_protected: A name is blank, is a list or a mapping, "):
        selected(["omar"], protected=[name])


def test_a_person_whose_name_begins_like_an_account_of_the_portal_is_a_member() -> None:
    # portal_members_info returns members only.
    member = {"username": "esri_fan_club", "role": "org_user", "enabled": True}
    assert names(select(["esri_fan_club"], [member], [], "robot", TODAY)["selected"]) == ["esri_fan_club"]


def test_a_recipient_who_is_offboarded_for_another_reason_is_rejected() -> None:
    found = selected([{"username": "jane", "transfer_to": "omar"}], [MEMBERS[1]])
    assert names(found["selected"]) == ["Jane", "omar"]
    assert found["rejected"] == [
        {
            "username": "Jane",
            "reason": "Recipient 'omar' is also offboarded. Choose another recipient in transfer_to.",
        }
    ]


def test_inactive_members_are_selected_or_skipped() -> None:
    found = selected(["omar"], MEMBERS, protected=["asleep"], transfer_to="boss")
    assert names(found["selected"]) == ["Jane", "omar"]
    assert sorted(names(found["skipped"])) == ["asleep", "boss", "robot"]
    assert found["remove"][0] == {"username": "Jane", "transfer_to": "boss"}
    assert found["rejected"] == []


def test_inactive_accounts_of_the_portal_are_skipped() -> None:
    found = selected([], [{"username": "esri_nav", "role": "org_user", "enabled": True}])
    assert found["selected"] == []
    assert found["skipped"] == [
        {"username": "esri_nav", "reason": "Accounts of the portal itself are never offboarded."}
    ]


@pytest.mark.parametrize(
    ("expires", "reason"),
    [
        ("2027-02-01", "Inactive, but the end date 2027-02-01 has not passed."),
        ("", "Inactive, but the entry of the member has no end date."),
    ],
)
def test_an_inactive_member_who_is_not_due_is_skipped_with_a_message(expires: str, reason: str) -> None:
    found = selected([{"username": "JANE", "expires": expires}], [MEMBERS[0]])
    assert found["selected"] == []
    assert found["skipped"] == [{"username": "Jane", "reason": reason}]
    assert names(found["not_due"]) == ["JANE"]


DATES = st.dates(min_value=datetime.date(2020, 1, 1), max_value=datetime.date(2035, 1, 1)).map(str)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"username": st.sampled_from(["jane", "OMAR", "asleep"])}, optional={"expires": DATES | st.just("")}
    ),
    max_size=6,
).filter(
    lambda entries: all(
        len({entry["expires"] for entry in entries if entry["username"] == name and "expires" in entry}) < 2
        for name in ("jane", "OMAR", "asleep")
    )
)


@given(ENTRIES, st.lists(st.sampled_from(MEMBERS), unique_by=lambda member: member["username"]))
def test_only_due_or_unlisted_members_are_selected(
    entries: list[dict[str, Any]], inactive: list[dict[str, Any]]
) -> None:
    found = selected(entries, inactive)
    mentioned = {entry["username"].casefold() for entry in entries}
    due = {entry["username"].casefold() for entry in entries if "" != entry.get("expires", "0000-01-01") < TODAY}
    assert {name.casefold() for name in names(found["selected"])} <= due | {
        member["username"].casefold() for member in inactive if member["username"].casefold() not in mentioned
    }
    all_names = {*names(found["selected"]), *names(found["skipped"])}
    assert {member["username"] for member in inactive} <= all_names


@pytest.mark.parametrize(
    "entry",
    [
        "", 7, {"expires": "2027-01-01"}, {"username": 12345678}, {"username": "x", "expires": "31.1.2027"},
        {"username": "x", "expires": "2027-02-30"}, {"username": "x", "expires": "2027-01-31T00:00:00"},
        {"username": "x", "role": "y"},
    ],
)  # fmt: skip
def test_invalid_entries_are_rejected(entry: Any) -> None:
    with pytest.raises(OffboardingError):
        selected([entry])


def test_an_unquoted_date_of_yaml_is_a_date() -> None:
    (row,) = normalize_entries(plain([{"username": "x", "expires": datetime.date(2027, 1, 31)}]))
    assert row["expires"] == "2027-01-31"


def test_normalized_entries_stay_as_they_are() -> None:
    rows = normalize_entries(["a", {"username": "b", "expires": ""}, {"username": "c", "expires": "2027-01-31"}])
    assert normalize_entries(rows) == rows


@pytest.mark.parametrize("today", ["", "tomorrow", "1.2.2027"])
def test_today_is_a_date(today: str) -> None:
    with pytest.raises(OffboardingError, match="today must be a date"):
        select(["omar"], MEMBERS, [], "robot", today)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("departures.yml", "- username: '0123'\n  expires: 2027-01-31\n"),
        ("departures.json", '[{"username": "0123", "expires": "2027-01-31"}]'),
        ("departures.csv", "username,expires,transfer_to\n0123,2027-01-31,\n"),
    ],
)
def test_files_of_all_formats_are_read(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read_entries(str(path)) == [{"username": "0123", "expires": "2027-01-31", "transfer_to": None}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("departures.csv", "username,expires\njane,\nomar,2020-01-01\n"),
        ("departures.csv", "username,expires\njane,\n"),
        ("departures.yml", "- username: jane\n  expires:\n"),
        ("departures.yml", "- username: jane\n  expires: ''\n"),
        ("departures.yml", "- username: jane\n- {username: omar, expires: 2020-01-01}\n"),
        ("departures.json", '[{"username": "jane", "expires": null}]'),
    ],
)
def test_a_file_with_end_dates_has_members_without_one(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert {"username": "jane", "expires": "", "transfer_to": None} in read_entries(str(path))


def test_a_file_without_end_dates_lists_members_who_are_due_now(tmp_path: Path) -> None:
    path = tmp_path / "departures.csv"
    path.write_text("username,transfer_to\njane,boss\n", encoding="utf-8")
    assert read_entries(str(path)) == [{"username": "jane", "transfer_to": "boss"}]


def test_all_wrong_dates_of_a_file_are_reported_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "departures.csv"
    path.write_text("username,expires\njane,31.1.2027\nomar,2027-01-31\nasleep,01/31/2027\n", encoding="utf-8")
    with pytest.raises(OffboardingError) as caught:
        read_entries(str(path))
    assert str(caught.value).splitlines() == [
        "line 2, jane: expires must be a date in the form YYYY-MM-DD, for example 2027-01-31, not '31.1.2027'.",
        "line 4, asleep: expires must be a date in the form YYYY-MM-DD, for example 2027-01-31, not '01/31/2027'.",
    ]


def test_a_file_with_unknown_keys_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "departures.yml"
    path.write_text("- username: x\n  until: 2027-01-31\n", encoding="utf-8")
    with pytest.raises(OffboardingError, match="until"):
        read_entries(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("username,expires\njane\u200b,2027-01-31\n", "line 2, jane\u200b: username contains U+200B"),
        ("username,transfer_to\njane,bo\u00a0ss\n", "line 2, jane: transfer_to contains U+00A0"),
        ("username,transfer_to\njane,#N/A\n", "line 2, jane: transfer_to is an error value of a spreadsheet"),
    ],
)
def test_damaged_names_are_rejected_as_in_a_roster(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "departures.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OffboardingError) as caught:
        read_entries(str(path))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "entry", [{"username": "jane", "transfer_to": 412345}, {"username": "jane", "transfer_to": True}]
)
def test_a_recipient_is_text(entry: dict[str, Any]) -> None:
    with pytest.raises(OffboardingError, match=r"jane: transfer_to must be text, not .* Put it in quotes\."):
        normalize_entries([entry])


def test_a_row_of_uneven_length_shows_no_value_that_can_be_a_password(tmp_path: Path) -> None:
    path = tmp_path / "departures.csv"
    path.write_text("username,expires,transfer_to\nStr0ng-Pass-9x,31.1.2027\njane,Str0ng-Pass-9x\n", encoding="utf-8")
    with pytest.raises(OffboardingError) as caught:
        read_entries(str(path))
    assert "Str0ng" not in str(caught.value)
    assert str(caught.value).startswith("line 2: expires must be a date")


@pytest.mark.parametrize("text", ["mary_hale7", " mary_hale7\r\n", "mary_hale7,"])
def test_a_text_is_a_name_and_not_letters(text: str) -> None:
    assert [row["username"] for row in normalize_entries(text)] == ["mary_hale7"]


@pytest.mark.parametrize("expires", [False, 0, "soon"])
def test_what_is_not_a_date_is_not_taken_for_a_blank(expires: Any) -> None:
    with pytest.raises(OffboardingError, match="expires must be a date"):
        normalize_entries([{"username": "omar_haddad", "expires": expires}])
