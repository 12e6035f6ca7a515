# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change in any release.

"""A result of portal_members for people: lines for the terminal, and a Markdown page for a review. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# action: sign, what a plan says, what a run says
ACTIONS = {
    "created": ("+", "create", "created"),
    "changed": ("~", "change", "changed"),
    "disabled": ("~", "disable", "disabled"),
    "removed": ("-", "remove", "removed"),
    "failed": ("!", "fail", "failed"),
    "skipped": (" ", "skip", "skipped"),
}
UNSET = "(none)"
ARROW = "→"
NAME_COLUMN = 32
SHOWN = 120
NAMES_SHOWN = 10

Result = dict[str, Any]


def lines(result: Result, check: bool = False, limit: int = 200) -> list[str]:
    """What a run did or would do, as lines of plain text for a terminal.

    check: whether it was a check run; limit: so many members are shown, the others are counted.
    """
    members = _told(result)
    shown = members[:limit]
    found = [headline(result, check)]
    if shown:
        found += ["", *_rows(shown, check)]
    if len(members) > len(shown):
        found.append(f"  … and {_number(len(members) - len(shown), 'more member')}")
    problems = [f"  ! {_plain(problem['message'])}" for problem in _other_problems(result)]
    if problems:
        found += ["", *problems]
    return [*found, "", *_footer(result, check)]


def headline(result: Result, check: bool) -> str:
    """How many members a run changed or would change, in one sentence."""
    summary = result["summary"]
    if _refused(result):
        what = f": {_number(summary['failed'], 'member')} cannot become as the roster says" if summary["failed"] else ""
        return f"Refused, nothing was written{what}."
    done = [_counted(summary[action], action, check) for action in ACTIONS if summary[action]]
    title = "Done in part" if result.get("error") else "Plan" if check else "Done"
    return f"{title}: {', '.join(done) or 'nothing to do'}; {_as_wanted(summary['unchanged'])} as the roster says."


def _refused(result: Result) -> bool:
    return bool(result.get("error")) and not result["changed"]


def _counted(number: int, action: str, check: bool) -> str:
    _sign, will, was = ACTIONS[action]
    return f"{number} to {will}" if check and action not in ("failed", "skipped") else f"{number} {was}"


def _as_wanted(number: int) -> str:
    return f"{_number(number, 'member')} {'is' if number == 1 else 'are'}"


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _footer(result: Result, check: bool) -> Iterator[str]:
    unmanaged = result.get("unmanaged")
    if unmanaged:
        yield f"Members who are not in the roster: {_names(unmanaged)}."
    calls = result.get("api_calls")
    if calls:
        yield f"Requests to the portal: {_number(calls['read'], 'read')}, {_number(calls['write'], 'write')}."
    if check and result["changed"]:
        yield f"To apply exactly this plan: -e expected_plan={result['plan_checksum']}"


def _names(names: list[str]) -> str:
    """A few names, or how many there are."""
    return str(len(names)) if len(names) > NAMES_SHOWN else ", ".join(_plain(name) for name in names)


def _told(result: Result) -> list[Result]:
    """The members to show: of a refused plan those who stand against it, for nothing was done to the others."""
    if not _refused(result):
        return list(result["members"])
    return [member for member in result["members"] if member["action"] == "failed"]


def _reason(member: Result) -> str:
    """Why a member failed, without the name that stands beside it."""
    return str(member["error"]["message"]).removeprefix(f"{member['username']}: ")


# -- the table of the terminal


def _rows(members: list[Result], check: bool) -> Iterator[str]:
    name_width = min(max(len(_plain(member["username"])) for member in members), NAME_COLUMN)
    fields = [name for member in members for name, _change in _changes(member)]
    field_width = max(map(len, fields), default=0)
    for member in members:
        sign, will, was = ACTIONS.get(member["action"], (" ", "keep", "kept"))
        head = f"  {sign} {will if check else was:<8}  {_plain(member['username']):<{name_width}}"
        for text in _details(member, field_width):
            yield f"{head}  {text}".rstrip()
            head = " " * len(head)


def _details(member: Result, width: int) -> list[str]:
    found = [f"{name:<{width}}  {_cut(change)}" for name, change in _changes(member)]
    if member.get("error"):
        found.append(_plain(_reason(member)))
    found.extend(f"warning: {_plain(warning)}" for warning in member.get("warnings") or ())
    return found or [""]


def _changes(member: Result) -> list[tuple[str, str]]:
    """What changes, field by field; that an account comes or goes is said by the action."""
    created = member["action"] == "created"
    found = []
    for name, change in member["changes"].items():
        if name != "state":
            before, after = change["before"], change["after"]
            found.append((name, value(after) if created else _difference(before, after)))
    return found


def _difference(before: Any, after: Any) -> str:
    """From what to what; of two lists what leaves and what joins."""
    if isinstance(before, list) and isinstance(after, list) and before and after:
        left = [f"- {value(item)}" for item in before if item not in after]
        return ", ".join(left + [f"+ {value(item)}" for item in after if item not in before])
    return f"{value(before)} {ARROW} {value(after)}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def value(given: Any) -> str:
    """A field's value in words; what could move the cursor or hide text is spelled out."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, list):
        return ", ".join(value(item) for item in given) or UNSET
    return UNSET if given is None or given == "" else _plain(str(given))


def _plain(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def _other_problems(result: Result) -> list[Result]:
    """Problems of the run that no line of a member tells already."""
    error = result.get("error")
    if not error:
        return []
    told = {member["error"]["message"] for member in result["members"] if member.get("error")}
    return [problem for problem in error.get("problems") or [error] if problem["message"] not in told]


# -- the page


def markdown(result: Result, check: bool = False, title: str = "") -> str:
    """What a run did or would do as a Markdown page, with every member in it."""
    heading = title or ("Plan for the members" if check else "Changes of the members")
    parts = [f"# {_escaped(heading)}", headline(result, check), _facts_table(result)]
    problems = [f"* {_escaped(problem['message'])}" for problem in _other_problems(result)]
    if problems:
        parts += ["## Problems", "\n".join(problems)]
    members = _told(result)
    if members:
        parts += ["## Members", _members_table(members, check)]
    if result.get("unmanaged"):
        parts.append(f"Members who are not in the roster: {_escaped(_names(result['unmanaged']))}.")
    return "\n\n".join(parts) + "\n"


def _facts_table(result: Result) -> str:
    summary = result["summary"]
    rows = [(action, summary.get(action, 0)) for action in (*ACTIONS, "unchanged", "total")]
    counts = "\n".join(f"| {name} | {number} |" for name, number in rows)
    return f"| members | number |\n| --- | ---: |\n{counts}\n\nChecksum: `{result['plan_checksum']}`"


def _members_table(members: list[Result], check: bool) -> str:
    rows = ["| member | what | field | before | after |", "| --- | --- | --- | --- | --- |"]
    for member in members:
        rows.extend(_page_rows(member, check))
    return "\n".join(rows)


def _page_rows(member: Result, check: bool) -> Iterator[str]:
    _sign, will, was = ACTIONS.get(member["action"], (" ", "keep", "kept"))
    head = (_escaped(member["username"]), will if check else was)
    cells = [
        (name, _escaped(value(change["before"])), _escaped(value(change["after"])))
        for name, change in member["changes"].items()
        if name != "state"
    ]
    if member.get("error"):
        cells.append(("error", "", _escaped(_reason(member))))
    cells.extend(("warning", "", _escaped(warning)) for warning in member.get("warnings") or ())
    for row in cells or [("", "", "")]:
        yield f"| {' | '.join((*head, *row))} |"
        head = ("", "")


# An underscore within a word is no markup.
_MARKUP = re.compile(r"[\\`*\[\]#+|~<>&]|(?<![^\W_])_|_(?![^\W_])")
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no table cell and no HTML comes from it."""
    return _MARKUP.sub(lambda match: _HTML.get(match.group(), "\\" + match.group()), _plain(text))
