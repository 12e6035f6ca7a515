# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan looks like on the terminal and as a Markdown page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.filter import plan_lines, plan_markdown
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import (
    lines,
    markdown,
    plain_text,
    styled_lines,
    text_width,
    value,
)

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
        "Plan: 1 to create, 1 to change, 1 to disable, 1 to remove, 3 unchanged.",
        "",
        "  - remove    zoe_old",
        "  ~ disable   omar_haddad  enabled  true → false",
        "  ~ change    jane_doe     role     Viewer → org_publisher",
        "                           credits  0 → unlimited",
        "  + create    anew_one     role     Viewer",
        "                           tags     a, b",
        "",
        "API requests: 7 reads, 0 writes.",
        f"To apply exactly this plan: -e expected_plan={CHECKSUM}",
    ]


def test_a_result_uses_participles() -> None:
    shown = lines({**EVERY_KIND, "api_calls": {"read": 1, "write": 1}})
    assert shown[0] == "Applied: 1 created, 1 changed, 1 disabled, 1 removed, 3 unchanged."
    assert shown[-1] == "API requests: 1 read, 1 write."
    assert any(line.startswith("  - removed   zoe_old") for line in shown)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("unchanged", "text"), [(1, "1 member matches"), (8, "8 members match")])
def test_no_changes(check: bool, unchanged: int, text: str) -> None:
    shown = lines(result(unchanged=unchanged), check=check)
    assert shown == [f"No changes. {text} the roster.", "", "API requests: 7 reads, 0 writes."]


@pytest.mark.parametrize("check", [True, False])
def test_a_blocked_plan_shows_each_problem_once(check: bool) -> None:
    wrong = member("jane_doe", "failed", error="jane_doe: Role 'Editr' does not exist.")
    wrong["error"]["remedy"] = "Did you mean 'Editor'?"
    seats = {"code": "blocked", "message": "creatorUT: 2 seats needed, 1 free.", "remedy": "buy more seats"}
    problems = [{"code": "invalid_input", "message": wrong["error"]["message"]}, seats]
    error = {"code": "several_problems", "message": "two problems", "problems": problems}
    shown = lines(result(wrong, member("omar_haddad", "skipped"), error=error), check=check)
    assert shown == [
        "Plan blocked: 1 member has problems. Nothing was written.",
        "",
        "  ! blocked   jane_doe  Role 'Editr' does not exist. Did you mean 'Editor'?",
        "",
        "  ! creatorUT: 2 seats needed, 1 free. Buy more seats.",
        "",
        "API requests: 7 reads, 0 writes.",
    ]


def test_all_problems_of_a_member_stand_in_its_row() -> None:
    texts = ("new_one: Member does not exist in the organization.", "new_one: Role 'Editr' does not exist.")
    wrong = member("new_one", "failed", error=texts[0])
    wrong["error"]["remedy"] = "Correct the username."
    problems = [{**wrong["error"], "member": "new_one"}, {"code": "invalid_input", "message": texts[1]}]
    given = result(wrong, error={"code": "several_problems", "message": "two", "problems": problems})
    assert lines(given, check=True)[:5] == [
        "Plan blocked: 1 member has problems. Nothing was written.",
        "",
        "  ! blocked   new_one  Member does not exist in the organization. Correct the username.",
        "                       Role 'Editr' does not exist.",
        "",
    ]
    page = markdown(given, check=True)
    assert (
        "| new\\_one | blocked | error |  | Member does not exist" in page or "| new_one | blocked | error |  |" in page
    )
    assert "\n|  |  | error |  | Role 'Editr' does not exist. |\n" in page and "## Problems" not in page


def test_two_blocked_members_are_counted_in_the_plural() -> None:
    wrong = [member(name, "failed", error=f"{name}: No.") for name in ("ann", "bob")]
    shown = lines(result(*wrong, error={"code": "blocked", "message": "ann: No."}), check=True)
    assert shown[0] == "Plan blocked: 2 members have problems. Nothing was written."


def test_a_plan_blocked_by_a_guard_names_no_member() -> None:
    error = {"code": "guard", "message": "guards.max_removals: 3 members would be removed, and the limit is 2."}
    shown = lines(result(member("omar_haddad", "skipped"), error=error))
    assert shown[:3] == [
        "Plan blocked. Nothing was written.",
        "",
        "  ! guards.max_removals: 3 members would be removed, and the limit is 2.",
    ]


def test_a_partial_failure_shows_both() -> None:
    done = member("jane_doe", "changed", role=("Viewer", "org_user"), warnings=("The portal was slow.",))
    wrong = member("omar_haddad", "failed", error="omar_haddad: The portal refused the request.")
    later = member("zoe_old", "skipped")
    shown = lines(result(done, wrong, later, error={"code": "refused", "message": wrong["error"]["message"]}))
    assert shown == [
        "Apply incomplete: 1 changed, 1 failed, 1 skipped, 0 unchanged.",
        "",
        "  ! failed    omar_haddad  The portal refused the request.",
        "  ~ changed   jane_doe     role  Viewer → org_user",
        "                           warning: The portal was slow.",
        "    skipped   zoe_old",
        "",
        "API requests: 7 reads, 0 writes.",
    ]


def test_an_apply_whose_only_write_was_refused_is_not_a_blocked_plan() -> None:
    wrong = member("jane_doe", "failed", error="jane_doe: The portal refused the request.")
    error = {"code": "refused", "message": wrong["error"]["message"]}
    shown = lines(result(wrong, error=error, api_calls={"read": 7, "write": 1}))
    assert shown[0] == "Apply incomplete: 1 failed, 0 unchanged."
    assert "  ! failed    jane_doe  The portal refused the request." in shown


def test_an_unknown_outcome_is_neither_failed_nor_blocked() -> None:
    lost = member("jane_doe", "failed", error="jane_doe: The response was lost.")
    lost["error"]["uncertain"] = True
    error = {"code": "no_answer", "message": lost["error"]["message"], "uncertain": True}
    shown = lines(result(lost, error=error, uncertain=True))
    assert shown[0] == "Apply incomplete: 1 unknown, 0 unchanged."
    assert "  ? unknown   jane_doe  The response was lost." in shown
    assert "Some outcomes are unknown. Run the task again. It skips completed changes." in shown


def test_organization_settings_are_shown() -> None:
    diff = {"before": {"organization": {"budgeting": False}}, "after": {"organization": {"budgeting": True}}}
    given = result(unchanged=2, changed=True, diff=diff)
    assert lines(given, check=True)[:3] == [
        "Plan: 1 organization setting to change, 2 unchanged.",
        "",
        "  ~ change    (organization)  budgeting  false → true",
    ]
    assert "| (organization) | change | budgeting | false | true |" in markdown(given, check=True)


def test_the_most_disruptive_members_are_shown_and_the_others_counted() -> None:
    shown = lines(EVERY_KIND, check=True, limit=2)
    assert shown[2:6] == [
        "  - remove    zoe_old",
        "  ~ disable   omar_haddad  enabled  true → false",
        "  … and 2 more members",
        "",
    ]
    assert lines(EVERY_KIND, check=True, limit=0)[1] == "  … and 4 more members"


def texts_with(given: dict[str, Any], **options: Any) -> list[str]:
    return [plain_text(line) for line in styled_lines(given, check=True, **options)]


def test_a_cut_plan_says_where_the_whole_plan_is() -> None:
    hint = "Set members_plan_markdown."
    assert f"Full plan: {hint}" in texts_with(EVERY_KIND, limit=1, hint=hint)
    assert f"Full plan: {hint}" not in texts_with(EVERY_KIND, hint=hint)
    assert "Full plan: plan.md, plan.json" in texts_with(EVERY_KIND, files=["plan.md", "plan.json"], hint=hint)


def test_many_problems_are_cut_too() -> None:
    problems = [{"code": "blocked", "message": f"Problem {number}."} for number in range(5)]
    error = {"code": "blocked", "message": "five", "problems": problems}
    shown = texts_with(result(error=error), limit=3, hint="look")
    assert [line for line in shown if "!" in line] == ["  ! Problem 0.", "  ! Problem 1.", "  ! Problem 2."]
    assert "  … and 2 more problems" in shown and "Full plan: look" in shown


@pytest.mark.parametrize(
    ("names", "text"),
    [(["a_b", "c_d"], "a_b, c_d."), ([f"m{n}" for n in range(11)], "11 members.")],
)
def test_members_not_in_the_roster_are_named_if_they_are_few(names: list[str], text: str) -> None:
    given = result(unchanged=1, unmanaged=names)
    assert f"Not in the roster: {text}" in lines(given)
    assert f"Not in the roster: {text}" in markdown(given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, "(none)"), ("", "(none)"), ([], "(none)"), (True, "true"), (0, "0"), (1.5, "1.5"),
        ("Zürich ✓", "Zürich ✓"),
        ("two\nlines", "two\\nlines"), ("red \x1b[31m", "red \\x1b[31m"), ("\u202eback", "\\u202eback"),
    ],
)  # fmt: skip
def test_values_as_text(given: Any, text: str) -> None:
    assert value(given) == text


def test_no_text_of_the_portal_moves_the_cursor_or_turns_the_line() -> None:
    hostile = "a\x1b[2J\r\u202eb\u2066\u200f\x9b"
    wrong = member("eve\u202e", "failed", error=f"eve\u202e: {hostile}", warnings=(hostile,), role=(hostile, [hostile]))
    error = {"code": "blocked", "message": "x", "problems": [{"code": "blocked", "message": hostile}]}
    for given in (result(wrong, error=error, unmanaged=[hostile]), result({**wrong, "action": "changed"})):
        shown = texts_with(given, width=79, files=[hostile])
        assert all(line.isprintable() for line in shown), shown


LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
WIDE = "東京都千代田区霞が関一丁目二番三号四階五号室六番地七号館八階九号室十番地" * 2


@pytest.mark.parametrize("width", [60, 79, 119])
def test_long_texts_wrap_under_their_column(width: int) -> None:
    changed = member("王小明", "changed", full_name=("", WIDE), description=(LONG, LONG * 2), warnings=(LONG,))
    wrong = member("a_name_longer_than_its_column@x.com", "failed", error=f"{LONG} {'x' * 200}")
    error = {"code": "several_problems", "message": "x", "problems": [{"code": "guard", "message": LONG}]}
    given = result(changed, wrong, error=error, changed=True, unmanaged=[f"member_{n}_of_ten" for n in range(10)])
    shown = texts_with(given, width=width)
    assert max(map(text_width, shown)) <= width
    column = next(line for line in shown if "full_name" in line).index("(none)") + len("王小明")
    below = shown[shown.index(next(line for line in shown if "full_name" in line)) + 1]
    assert below.startswith(" " * column) and text_width(below[:column]) == column and below[column] in WIDE
    squeezed = "".join(line.strip() for line in shown).replace(" ", "")
    assert "x" * 200 in squeezed and WIDE in squeezed


def test_without_a_width_nothing_is_wrapped() -> None:
    given = result(member("jane_doe", "changed", description=("", LONG), warnings=(LONG * 5,)))
    assert f"  ~ changed   jane_doe  description  (none) → {LONG}" in lines(given)
    assert any(line.endswith(f"warning: {LONG * 5}") for line in lines(given))


def test_wide_letters_and_combining_marks_keep_columns_aligned() -> None:
    names = ("王小明", "jose\u0301", "plain_name")
    shown = lines(result(*(member(name, "changed", role=("a", "b")) for name in names)))[2:5]
    assert len({text_width(line[: line.index("role")]) for line in shown}) == 1


def test_each_row_has_the_style_of_its_action() -> None:
    wrong = member("eve", "failed", error="eve: No.")
    given = {**EVERY_KIND, "members": [*EVERY_KIND["members"], wrong], "error": {"code": "x", "message": "eve: No."}}
    heads = {line[0].text.split()[1]: line[0].style for line in styled_lines(given)[2:] if line and line[0].style}
    assert heads == {
        "failed": "failed", "removed": "removed", "disabled": "disabled", "changed": "changed", "created": "created",
    }  # fmt: skip


def test_lists_show_what_they_lose_and_gain() -> None:
    entry = member("jane_doe", "changed", tags=(["a", "b"], ["b", "c"]), categories=([], ["/A"]))
    shown = lines(result(entry))
    assert shown[2:4] == [
        "  ~ changed   jane_doe  tags        - a, + c",
        "                        categories  (none) → /A",
    ]
    assert "| tags | a, b | b, c |" in markdown(result(entry))


def test_a_long_value_is_cut_on_the_terminal_only() -> None:
    given = result(member("jane_doe", "changed", description=("", "x" * 500)))
    assert max(map(len, lines(given))) < 300
    assert "x" * 500 in markdown(given)


def test_the_page_has_counts_checksum_and_every_change() -> None:
    page = markdown(EVERY_KIND, check=True)
    assert page.startswith("# Member plan\n\nPlan: 1 to create, 1 to change")
    assert "\n| Outcome | Members |\n" in page
    assert "\n| create | 1 |\n" in page and "\n| blocked | 0 |\n" in page and "unknown" not in page
    assert f"\nChecksum: `{CHECKSUM}`\n" in page
    assert "\n| jane_doe | change | role | Viewer | org_publisher |\n|  |  | credits | 0 | unlimited |\n" in page
    assert "\n| zoe_old | remove |  |  |  |\n" in page
    assert markdown(EVERY_KIND).startswith("# Member changes\n")
    assert "\n| created | 1 |\n" in markdown(EVERY_KIND) and "\n| zoe_old | removed |" in markdown(EVERY_KIND)
    assert markdown(EVERY_KIND, title="Spring term").startswith("# Spring term\n")


def test_the_page_has_the_order_of_the_terminal() -> None:
    rows = [
        line for line in markdown(EVERY_KIND, check=True).splitlines() if re.match(r"\| [a-z_]+ \| [a-z]+ \|", line)
    ]
    assert [row.split()[3] for row in rows] == ["remove", "disable", "change", "create"]


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
    assert "\n| Member | Action | Field | Before | After |\n" in page
    assert "\n| jane_doe | blocked | error |  | no seat |\n" in page


def test_the_filters_give_the_same_text_and_mark_it_as_no_template() -> None:
    as_lines = plan_lines.FilterModule().filters()["plan_lines"]
    as_page = plan_markdown.FilterModule().filters()["plan_markdown"]
    assert as_lines(EVERY_KIND, check=True, limit=1) == lines(EVERY_KIND, check=True, limit=1)
    assert as_lines(EVERY_KIND, width=60) == lines(EVERY_KIND, width=60)
    assert as_page(EVERY_KIND, check=True, title="Term") == markdown(EVERY_KIND, check=True, title="Term")


def group_row(**values: Any) -> dict[str, Any]:
    changes = {"state": {"before": "absent", "after": "present"}, "access": {"before": None, "after": "org"}}
    row = {"index": 0, "title": "Survey", "id": None, "action": "created", "changed": True, "changes": changes}
    return {**row, "warnings": [], "error": None, **values}


def test_groups_of_a_roster_have_rows_and_count_in_the_headline() -> None:
    plan = result(unchanged=2, groups=[group_row(), group_row(title="Same", action="unchanged", changed=False)])
    plan["changed"] = True
    shown = lines(plan, check=True)
    assert shown[0] == "Plan: 1 group to create, 2 unchanged."
    assert any(re.match(r"  \+ create +group Survey +access +org", line) for line in shown)
    assert not any("Same" in line for line in shown)
    assert "| group Survey | create | access |" in markdown(plan, check=True)


def test_a_line_breaks_neither_after_a_sign_nor_after_the_name_of_a_license() -> None:
    after = ["/Department/Sales", "ArcGIS Pro: spatialAnalystN", "ArcGIS Pro: networkAnalystN"]
    changed = member("jane_doe", "changed", add_ons=(["/Department/Survey"], after))
    for width in range(60, 90):
        rows = [row.strip() for row in lines(result(changed), check=True, width=width)]
        assert not any(row.endswith((" +", " -", ":")) or row in ("+", "-") for row in rows)
        assert " ".join(rows).count("+ ArcGIS Pro: ") == 2


def test_a_blocked_group_is_shown_with_its_reason_once() -> None:
    error = {"code": "blocked", "message": "Survey: The group is protected, so it is not deleted."}
    plan = result(groups=[group_row(action="failed", changed=False, changes={}, error=error)], error=error)
    shown = lines(plan, check=True)
    assert shown[0] == "Plan blocked: 1 group has problems. Nothing was written."
    assert sum("The group is protected" in line for line in shown) == 1
    assert any("blocked" in line and "group Survey  The group is protected" in line for line in shown)
