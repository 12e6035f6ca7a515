# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document of a report, and the pages made of it."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.plugin_utils._page import amount, code, label, render, visible
from ansible_collections.portalops.arcgis.plugins.plugin_utils._report import ReportError, document

ROOT = Path(__file__).resolve().parents[4]
TEMPLATES = ROOT / "roles/members_report/templates"

ORGANIZATION: dict[str, Any] = {
    "portal": {"name": "Example", "url": "https://example.com", "product": "online", "version": "2025.1"},
    "roles": [
        {"id": "org_admin", "name": "Administrator"}, {"id": "org_user", "name": "User"},
        {"id": "one", "name": "Student"}, {"id": "two", "name": "Student"},
    ],
    "user_types": [
        {"id": "creatorUT", "name": "Creator", "seats": 5, "used": 3, "free": 2},
        {"id": "viewerUT", "name": "Viewer", "seats": None, "used": None, "free": None},
        {"id": "unused", "name": "Unused", "seats": 0, "used": 0, "free": 0},
    ],
    "levels": [],
    "credits": {"budgeting": True, "available": 1000.5, "default_credits": 100},
}  # fmt: skip
MEMBERS: list[dict[str, Any]] = [
    {"username": "ann", "role": "org_admin", "user_type": "creatorUT", "enabled": True, "credits": "unlimited"},
    {
        "username": "Bob",
        "role": "org_user",
        "user_type": "creatorUT",
        "enabled": True,
        "credits": 100,
        "credits_spent": 40,
    },
    {
        "username": "cem",
        "role": "one",
        "user_type": "creatorUT",
        "enabled": False,
        "credits": 50.5,
        "credits_spent": 0.5,
    },
    {"username": "dan", "role": "two", "user_type": "viewerUT", "enabled": True},
]


def line(username: str, action: str, **changes: tuple[Any, Any]) -> dict[str, Any]:
    values = {field: {"before": before, "after": after} for field, (before, after) in changes.items()}
    return {"username": username, "action": action, "changes": values, "warnings": [], "error": None}


LINES = [
    line("Bob", "changed", role=("org_user", "one"), tags=(["a"], ["b"])),
    line("cem", "removed", state=("present", "absent")),
    line("dan", "disabled", enabled=(True, False)),
    line("eve", "created", state=("absent", "present"), role=(None, "org_user"), user_type=(None, "creatorUT")),
]


def result(lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "changed": bool(lines), "members": lines, "plan_checksum": "c0ffee", "unmanaged": ["zed"],
        "summary": {"total": 9, "unchanged": 5}, **more,
    }  # fmt: skip


def plan(lines: list[dict[str, Any]] | None = None, kind: str = "plan", **more: Any) -> dict[str, Any]:
    return document(ORGANIZATION, MEMBERS, result(LINES if lines is None else lines, **more), kind, "2026-11-22")


def test_counts_are_those_of_the_result() -> None:
    assert plan()["counts"] == {
        "members": 4, "enabled": 3, "listed": 9, "unchanged": 5, "unmanaged": 1,
        "failed": 0, "unknown": 0, "removed": 1, "disabled": 1, "created": 1, "changed": 1, "skipped": 0,
    }  # fmt: skip


def test_what_wants_a_decision_stands_first_and_unchanged_members_do_not_stand_at_all() -> None:
    facts = plan([*LINES, line("fay", "unchanged"), {**line("gus", "failed"), "error": {"code": "x", "message": "no"}}])
    assert [entry["username"] for entry in facts["members"]] == ["gus", "cem", "dan", "eve", "Bob"]
    assert [change["field"] for change in facts["members"][3]["changes"]] == ["role", "user_type"]
    assert facts["members"][1]["changes"] == [{"field": "state", "before": "present", "after": "absent"}]


def test_roles_are_counted_now_and_afterwards() -> None:
    rows = {row["name"]: (row["members"], row["after"]) for row in plan()["roles"]}
    assert rows == {"Administrator": (1, 1), "User": (1, 1), "Student (one)": (1, 1), "Student (two)": (1, 1)}


def test_seats_come_from_the_license_and_are_counted_where_it_does_not_tell() -> None:
    assert plan()["seats"] == [
        {"id": "creatorUT", "name": "Creator", "used": 3, "after": 3, "seats": 5, "free": 2},
        {"id": "viewerUT", "name": "Viewer", "used": 1, "after": 1, "seats": None, "free": None},
    ]


def test_members_who_fail_or_wait_hold_no_seat_afterwards() -> None:
    waiting = line("eve", "skipped", user_type=(None, "creatorUT"))
    assert plan([waiting])["seats"][0]["after"] == 3


def test_levels_stand_in_for_user_types() -> None:
    organization = {
        **ORGANIZATION,
        "user_types": [],
        "levels": [{"level": "1", "seats": 4, "used": None, "free": None}],
    }
    members = [{"username": "ann", "level": "1"}, {"username": "bob", "level": "2"}]
    facts = document(organization, members, None, "inventory", "")
    assert facts["seats"] == [
        {"id": "1", "name": "Level 1", "used": 1, "after": 1, "seats": 4, "free": 3},
        {"id": "2", "name": "2", "used": 1, "after": 1, "seats": None, "free": None},
    ]


def test_credits_are_summed_by_role() -> None:
    facts = plan()["credits"]
    assert (facts["allocated"], facts["spent"], facts["unlimited"], facts["available"]) == (150.5, 40.5, 1, 1000.5)
    assert facts["roles"][0] == {"id": "org_user", "name": "User", "allocated": 100.0, "spent": 40.0}
    assert document({**ORGANIZATION, "credits": None}, MEMBERS, None, "inventory", "")["credits"] is None


@pytest.mark.parametrize(
    ("kind", "lines", "error", "word", "sentence"),
    [
        ("plan", LINES, None, "differs", "4 members would change."),
        ("drift", LINES[:1], None, "differs", "1 member differs from the roster."),
        ("drift", LINES, None, "differs", "4 members differ from the roster."),
        ("applied", LINES, None, "changed", "4 members changed."),
        ("plan", [], None, "in_sync", "No changes. The organization matches the roster."),
        ("plan", [], {"code": "guard", "message": "no"}, "blocked", "The plan is blocked by 1 problem."),
        ("applied", [line("x", "failed"), *LINES], {"code": "refused", "message": "no"}, "incomplete",
         "1 member failed. 4 members changed."),
        ("inventory", [], None, "inventory", "The current members of the organization."),
    ],
)  # fmt: skip
def test_the_status_says_how_things_stand(
    kind: str, lines: list[dict[str, Any]], error: Any, word: str, sentence: str
) -> None:
    more = {"error": error} if error else {}
    # What a playbook makes of 'changed' does not count.
    assert plan(lines, kind, **more, changed=False)["status"] == {"word": word, "sentence": sentence}


def test_all_problems_are_reported() -> None:
    problems = [{"code": "guard", "message": "one"}, {"code": "blocked", "message": "two"}]
    assert plan(error={"code": "several_problems", "message": "", "problems": problems})["problems"] == problems


def test_a_problem_contains_its_remedy() -> None:
    error = {"code": "guard", "message": "The plan removes 3 members.", "remedy": "raise guards.max_removals"}
    entry = {**line("gus", "failed"), "error": {"code": "x", "message": "gus: No.", "remedy": "Try again."}}
    facts = plan([entry], error=error)
    assert facts["problems"] == [{"code": "guard", "message": "The plan removes 3 members. Raise guards.max_removals."}]
    assert facts["members"][0]["error"] == {"code": "x", "message": "gus: No. Try again."}


def test_an_unknown_outcome_differs_from_a_failure() -> None:
    lost = {**line("gus", "failed"), "error": {"code": "no_answer", "message": "gus: Lost.", "uncertain": True}}
    facts = plan([lost, line("hal", "failed")], "applied", error={"code": "no_answer", "message": "Lost."})
    assert [entry["action"] for entry in facts["members"]] == ["failed", "unknown"]
    assert (facts["counts"]["failed"], facts["counts"]["unknown"]) == (1, 1)
    assert facts["status"]["sentence"] == "2 members failed. 0 members changed."
    assert '<span class="badge unknown">unknown</span>' in render(facts, str(TEMPLATES / "report.html.j2"))


WORDS = {
    "plan": ["blocked", "remove", "disable", "create", "change", "not applied"],
    "drift": ["blocked", "remove", "disable", "create", "change", "not applied"],
    "applied": ["failed", "removed", "disabled", "created", "changed", "skipped"],
}


@pytest.mark.parametrize("kind", WORDS)
def test_a_plan_has_verbs_and_a_result_has_participles(kind: str) -> None:
    facts = plan([*LINES, line("gus", "failed"), line("hal", "skipped")], kind)
    page = render(facts, str(TEMPLATES / "report.html.j2"))
    assert re.findall(r'<button [^>]*aria-pressed="false">([a-z ]+) <b>1</b>', page) == WORDS[kind]
    assert [word for word, _next in groupby(re.findall(r'class="badge [a-z]+">([a-z ]+)<', page))] == WORDS[kind]
    tiles = re.findall(r'<li class="[a-z]+"><b>1</b><span>([a-z ]+)</span>', page)
    to = "" if kind == "applied" else "to "
    verbs = WORDS[kind]
    assert tiles == [
        to + verbs[3],
        to + verbs[4],
        to + verbs[2],
        to + verbs[1],
        verbs[0],
        verbs[5],
        "not in the roster",
    ]
    text = render(facts, str(TEMPLATES / "report.md.j2"))
    assert f"| {verbs[3].capitalize()} | {verbs[4].capitalize()} | {verbs[2].capitalize()} |" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (({}, [], None, "plan", ""), "portal_info"),
        ((ORGANIZATION, [], {"changed": True}, "plan", ""), "portal_members"),
        ((ORGANIZATION, [], None, "story", ""), "story"),
    ],
)
def test_what_is_no_input_is_refused(arguments: Any, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        document(*arguments)


# -- pages ---------------------------------------------------------------------------------------------------------

HOSTILE = "<script>x</script> ``|@all| {{ 1 }}"


def hostile() -> dict[str, Any]:
    lines = [
        line(
            HOSTILE, "changed", full_name=(None, HOSTILE), tags=([], [HOSTILE]), enabled=(True, False), credits=(5, 6.5)
        ),
        {**line("x", "failed"), "error": {"code": "refused", "message": HOSTILE}, "warnings": [HOSTILE]},
        line("y", "skipped"),
    ]
    found = document(
        {**ORGANIZATION, "portal": {**ORGANIZATION["portal"], "name": HOSTILE, "url": "javascript:alert(1)"}},
        [*MEMBERS, {"username": "q", "role": HOSTILE, "user_type": HOSTILE, "credits": 5}],
        result(lines, unmanaged=[HOSTILE], error={"code": "guard", "message": HOSTILE}), "plan", "2026-11-22",
    )  # fmt: skip
    assert json.loads(json.dumps(found)) == found
    return found


def test_html_escapes_whatever_it_is_given() -> None:
    page = render(hostile(), str(TEMPLATES / "report.html.j2"))
    assert page.count("<script>") == 1
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert 'href="javascript:' not in page
    assert "{{ 1 }}" in page


def test_markdown_makes_nothing_of_what_it_is_given() -> None:
    page = render(hostile(), str(TEMPLATES / "report.md.j2"))
    cell = "```<script>x</script> ``\\|@all\\| {{ 1 }}```"
    rows = [row for row in page.splitlines() if row.startswith("|") and "@all" in row]
    assert f"| {cell} | change | Full name | *(none)* | {cell} |" in rows
    assert "| `x` | blocked | |" in page
    assert page.startswith("# Member plan: ```<script>")


@pytest.mark.parametrize("kind", ["plan", "drift", "applied", "inventory"])
@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_every_kind_has_a_page(kind: str, template: str) -> None:
    facts = document(ORGANIZATION, MEMBERS, None if kind == "inventory" else result(LINES), kind, "")
    page = render(facts, str(TEMPLATES / template))
    assert "Example" in page
    assert ("Bob" in page) == (kind != "inventory")


def test_what_hides_or_turns_text_is_shown() -> None:
    assert visible("a\u202eb<") == 'a<span class="mark" title="Right-to-left override">U+202E</span>b&lt;'
    assert code("a\u200b\nb") == "`a[U+200B] ⏎ b`"
    assert visible("x" * 1500).endswith(" … and 500 characters more")


@pytest.mark.parametrize(("text", "cell"), [("", "*(empty)*"), ("`", "`` ` ``"), ("a|b", "`a\\|b`")])
def test_code_spans_hold_any_text(text: str, cell: str) -> None:
    assert code(text) == cell


def test_numbers_and_fields_are_for_readers() -> None:
    assert (amount(1234567), amount(12.5), amount("7")) == ("1,234,567", "12.5", "7")
    assert (label("user_type"), label("state")) == ("User type", "Account")


# -- groups ------------------------------------------------------------------------------------------------------------

MOVES = {
    "members": [
        line("ann", "changed", groups=(["Crew", "Leads"], ["Crew [manager]", "Night [manager]"])),
        line("Bob", "changed", groups=(["Crew [manager]"], ["Crew"])),
        line("cem", "failed", groups=(["Crew"], [])),
        line("dan", "changed", groups=(None, ["Crew"])),
    ]
}


def test_groups_show_each_member_that_joins_leaves_or_gets_another_part() -> None:
    groups = document(ORGANIZATION, MEMBERS, MOVES, "plan", "")["groups"]
    assert groups == [
        {"name": "Crew", "joining": ["dan"], "leaving": [], "managers": ["ann"], "members": ["Bob"]},
        {"name": "Leads", "joining": [], "leaving": ["ann"], "managers": [], "members": []},
        {"name": "Night", "joining": ["ann [manager]"], "leaving": [], "managers": [], "members": []},
    ]


@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
@pytest.mark.parametrize(("kind", "verb"), [("plan", "Leaves"), ("applied", "Left")])
def test_a_page_has_the_groups_that_change_and_no_empty_section(template: str, kind: str, verb: str) -> None:
    page = render(document(ORGANIZATION, MEMBERS, MOVES, kind, ""), str(TEMPLATES / template))
    assert verb in page and "Night" in page
    assert verb not in render(document(ORGANIZATION, MEMBERS, {"members": []}, kind, ""), str(TEMPLATES / template))
