# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan looks like on the terminal and as a Markdown page."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.filter import plan_lines, plan_markdown
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import lines, markdown, value

COUNTS = ("created", "changed", "removed", "disabled", "unchanged", "skipped", "failed")
CHECKSUM = "3f" * 32


def member(
    username: str, action: str, warnings: tuple[str, ...] = (), error: str = "", **changes: Any
) -> dict[str, Any]:
    """One entry of a result; changes as (before, after)."""
    return {
        "index": 0,
        "username": username,
        "action": action,
        "changed": bool(changes),
        "changes": {name: {"before": before, "after": after} for name, (before, after) in changes.items()},
        "warnings": list(warnings),
        "error": {"code": "blocked", "message": error} if error else None,
    }


def result(*members: dict[str, Any], unchanged: int = 0, **more: Any) -> dict[str, Any]:
    counts = dict.fromkeys(COUNTS, 0)
    for entry in members:
        counts[entry["action"]] += 1
    counts["unchanged"] += unchanged
    return {
        "changed": any(entry["changed"] for entry in members),
        "members": list(members),
        "summary": {"total": len(members) + unchanged, **counts},
        "plan_checksum": CHECKSUM,
        "api_calls": {"read": 7, "write": 0},
        **more,
    }


EVERY_KIND = result(
    member("anew_one", "created", state=("absent", "present"), role=(None, "Viewer"), tags=(None, ["a", "b"])),
    member("jane_doe", "changed", role=("Viewer", "org_publisher"), credits=(0, "unlimited")),
    member("omar_haddad", "disabled", enabled=(True, False)),
    member("zoe_old", "removed", state=("present", "absent")),
    unchanged=3,
)


def test_a_plan_reads_like_a_table() -> None:
    assert lines(EVERY_KIND, check=True) == [
        "Plan: 1 to create, 1 to change, 1 to disable, 1 to remove; 3 members are as the roster says.",
        "",
        "  + create    anew_one     role     Viewer",
        "                           tags     a, b",
        "  ~ change    jane_doe     role     Viewer → org_publisher",
        "                           credits  0 → unlimited",
        "  ~ disable   omar_haddad  enabled  true → false",
        "  - remove    zoe_old",
        "",
        "Requests to the portal: 7 reads, 0 writes.",
        f"To apply exactly this plan: -e expected_plan={CHECKSUM}",
    ]


def test_a_run_tells_what_was_done() -> None:
    told = lines({**EVERY_KIND, "api_calls": {"read": 1, "write": 1}})
    assert told[0] == "Done: 1 created, 1 changed, 1 disabled, 1 removed; 3 members are as the roster says."
    assert told[-1] == "Requests to the portal: 1 read, 1 write."
    assert any(line.startswith("  - removed   zoe_old") for line in told)


@pytest.mark.parametrize(("check", "title"), [(True, "Plan"), (False, "Done")])
def test_nothing_to_do_is_said(check: bool, title: str) -> None:
    told = lines(result(unchanged=1), check=check)
    assert told == [
        f"{title}: nothing to do; 1 member is as the roster says.",
        "",
        "Requests to the portal: 7 reads, 0 writes.",
    ]


def test_a_refused_plan_tells_who_stands_against_it_and_what_else() -> None:
    wrong = member("jane_doe", "failed", error="jane_doe: there is no role 'Editr'")
    seats = {"code": "blocked", "message": "creatorUT: 2 seats are needed, 1 is free"}
    problems = [{"code": "invalid_input", "message": wrong["error"]["message"]}, seats]
    error = {"code": "several_problems", "message": "two problems", "problems": problems}
    told = lines(result(wrong, member("omar_haddad", "skipped"), error=error), check=True)
    assert told == [
        "Refused, nothing was written: 1 member cannot become as the roster says.",
        "",
        "  ! fail      jane_doe  there is no role 'Editr'",
        "",
        "  ! creatorUT: 2 seats are needed, 1 is free",
        "",
        "Requests to the portal: 7 reads, 0 writes.",
    ]


def test_a_single_problem_of_no_member_is_told() -> None:
    error = {"code": "guard", "message": "too many removals: 3 is over the limit of 2"}
    told = lines(result(member("omar_haddad", "skipped"), error=error))
    assert told[:3] == ["Refused, nothing was written.", "", "  ! too many removals: 3 is over the limit of 2"]


def test_a_partial_failure_tells_both() -> None:
    done = member("jane_doe", "changed", role=("Viewer", "org_user"), warnings=("the portal was slow",))
    wrong = member("omar_haddad", "failed", error="omar_haddad: refused by the portal")
    told = lines(result(done, wrong, error={"code": "refused", "message": wrong["error"]["message"]}))
    assert told[:5] == [
        "Done in part: 1 changed, 1 failed; 0 members are as the roster says.",
        "",
        "  ~ changed   jane_doe     role  Viewer → org_user",
        "                           warning: the portal was slow",
        "  ! failed    omar_haddad  refused by the portal",
    ]


def test_members_over_the_limit_are_counted() -> None:
    told = lines(EVERY_KIND, check=True, limit=1)
    assert told[2:5] == [
        "  + create    anew_one  role  Viewer",
        "                        tags  a, b",
        "  … and 3 more members",
    ]
    assert lines(EVERY_KIND, check=True, limit=0)[1] == "  … and 4 more members"


@pytest.mark.parametrize(("names", "told"), [(["a_b", "c_d"], "a_b, c_d"), ([f"m{n}" for n in range(11)], "11")])
def test_members_whom_nobody_lists_are_named_if_they_are_few(names: list[str], told: str) -> None:
    given = result(unchanged=1, unmanaged=names)
    sentence = f"Members who are not in the roster: {told}."
    assert sentence in lines(given)
    assert sentence in markdown(given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "(none)"), ("", "(none)"), ([], "(none)"), (True, "true"), (0, "0"), (1.5, "1.5"),
        ("Zürich ✓", "Zürich ✓"),
        ("two\nlines", "two\\nlines"), ("red \x1b[31m", "red \\x1b[31m"), ("\u202eback", "\\u202eback"),
    ],
)  # fmt: skip
def test_values_in_words(given: Any, told: str) -> None:
    assert value(given) == told


def test_of_lists_the_difference_is_told() -> None:
    entry = member("jane_doe", "changed", tags=(["a", "b"], ["b", "c"]), categories=([], ["/A"]))
    told = lines(result(entry))
    assert told[2:4] == [
        "  ~ changed   jane_doe  tags        - a, + c",
        "                        categories  (none) → /A",
    ]
    assert "| tags | a, b | b, c |" in markdown(result(entry))


def test_a_long_value_is_cut_on_the_terminal_only() -> None:
    given = result(member("jane_doe", "changed", description=("", "x" * 500)))
    assert max(map(len, lines(given))) < 180
    assert "x" * 500 in markdown(given)


def test_the_page_has_counts_checksum_and_every_change() -> None:
    page = markdown(EVERY_KIND, check=True)
    assert page.startswith("# Plan for the members\n\nPlan: 1 to create, 1 to change")
    assert "\n| created | 1 |\n" in page
    assert f"\nChecksum: `{CHECKSUM}`\n" in page
    assert "\n| jane_doe | change | role | Viewer | org_publisher |\n|  |  | credits | 0 | unlimited |\n" in page
    assert "\n| zoe_old | remove |  |  |  |\n" in page
    assert markdown(EVERY_KIND).startswith("# Changes of the members\n")
    assert markdown(EVERY_KIND, title="Spring term").startswith("# Spring term\n")


def test_nothing_on_the_page_becomes_markup() -> None:
    hostile = "<b>|[x](http://e.com)*_`\n# top"
    entry = member("jane_doe", "changed", description=("", hostile), warnings=(hostile,))
    row = next(line for line in markdown(result(entry)).splitlines() if line.startswith("| jane_doe"))
    assert row.replace("\\|", "").count("|") == 6
    assert "<" not in row and "[x]" not in row and "\\_" in row and "\\*" in row and "\\`" in row


def test_problems_stand_on_the_page() -> None:
    wrong = member("jane_doe", "failed", error="jane_doe: no seat")
    error = {"code": "guard", "message": "too many removals"}
    page = markdown(result(wrong, error=error), check=True)
    assert "\n## Problems\n\n* too many removals\n" in page
    assert "\n| jane_doe | fail | error |  | no seat |\n" in page


def test_the_filters_give_the_same_text_and_mark_it_as_no_template() -> None:
    as_lines = plan_lines.FilterModule().filters()["plan_lines"]
    as_page = plan_markdown.FilterModule().filters()["plan_markdown"]
    assert as_lines(EVERY_KIND, check=True, limit=1) == lines(EVERY_KIND, check=True, limit=1)
    assert as_page(EVERY_KIND, check=True, title="Term") == markdown(EVERY_KIND, check=True, title="Term")
