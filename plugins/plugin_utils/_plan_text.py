# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. It can change in any release.

"""The result of a module that writes, formatted as terminal lines and as a Markdown page. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError

#: Sign, word in a plan, and word in a result by action.
ACTIONS = {
    "created": ("+", "create", "created"),
    "changed": ("~", "change", "changed"),
    "disabled": ("~", "disable", "disabled"),
    "removed": ("-", "remove", "removed"),
    "failed": ("!", "blocked", "failed"),
    "unknown": ("?", "unknown", "unknown"),
    "skipped": (" ", "skip", "skipped"),
}
#: Actions of the table in the order of their rows: problems first, then the most disruptive.
ROW_ORDER = ("failed", "unknown", "removed", "disabled", "changed", "created", "skipped")
UNSET = "(none)"
ARROW = "→"
#: Largest width of the columns of usernames and of actions, in terminal columns.
NAME_COLUMN = 32
ACTION_COLUMN = 8
#: Smallest width of a value before it is wrapped, in terminal columns.
MIN_VALUE = 10
#: Characters of one value on the terminal. Errors and warnings are never shortened.
MAX_VALUE = 240
#: Unmanaged members whose names are shown. More are counted.
MAX_NAMES = 10

Result = dict[str, Any]


class Segment(NamedTuple):
    """Part of a terminal line with one style: an action, ``unchanged``, ``warning``, or nothing."""

    text: str
    style: str = ""


Line = list[Segment]


def lines(result: Result, check: bool = False, limit: int = 200, width: int = 0) -> list[str]:
    """Format a result as lines of plain text. See ``styled_lines``."""
    return [plain_text(line) for line in styled_lines(result, check, limit, width)]


def plain_text(line: Line) -> str:
    """Return the text of a line without its styles."""
    return "".join(segment.text for segment in line)


def styled_lines(
    result: Result, check: bool = False, limit: int = 200, width: int = 0, files: Iterable[str] = (), hint: str = ""
) -> list[Line]:
    """Format a result for a terminal: headline, members, problems, and facts about the run.

    Args:
        result: Result of a module that writes, with ``members`` and ``summary``.
        check: Whether it is the result of a run in check mode.
        limit: Number of members to show. More are counted. The most disruptive changes come first.
        width: Terminal columns to wrap long texts at. 0 wraps nothing.
        files: Paths of files that contain the whole plan.
        hint: How to get the whole plan if not all members are shown and no file contains it.
    """
    members = _members_to_show(result)
    problems = _other_problems(result)
    table = [*_organization_rows(result), *_group_rows(result), *members[:limit]]
    found: list[Line] = [[Segment(headline(result, check), _headline_style(result))]]
    if table:
        found += [[], *_rows(table, check or is_blocked(result), width)]
    if len(members) > limit:
        found.append([Segment(f"  … and {_number(len(members) - limit, 'more member')}")])
    if problems:
        found += [[], *_problem_lines(problems, limit, width)]
    is_cut = len(members) > limit or len(problems) > limit
    return [*found, [], *_footer(result, check, width, list(files), hint if is_cut else "")]


def headline(result: Result, check: bool) -> str:
    """Return status and counts of a result in one line."""
    counts = _counts(result)
    if is_blocked(result):
        failed = {"group": _failed_groups(result), "member": counts["failed"]}
        what = ", ".join(f"{_number(count, noun)} {_have(count)} problems" for noun, count in failed.items() if count)
        return f"Plan blocked{f': {what}' if what else ''}. Nothing was written."
    changes = [_counted(counts[action], action, check) for action in ACTIONS if counts[action]]
    settings = len(_organization_changes(result))
    if settings:
        changes.append(f"{_number(settings, 'organization setting')} {'to change' if check else 'changed'}")
    for action in ACTIONS:
        groups = sum(1 for row in result.get("groups") or () if row["changed"] and row["action"] == action)
        if groups:
            changes.append(_counted(groups, action, check, "group"))
    unchanged = counts["unchanged"]
    if not changes and not result.get("error"):
        return f"No changes. {_number(unchanged, 'member')} {'matches' if unchanged == 1 else 'match'} the roster."
    title = "Apply incomplete" if result.get("error") else "Plan" if check else "Applied"
    return f"{title}: {', '.join([*changes, f'{unchanged} unchanged'])}."


def is_blocked(result: Result) -> bool:
    """Return whether problems stopped the run before its first write."""
    has_written = result["changed"] or result.get("uncertain") or (result.get("api_calls") or {}).get("write")
    return bool(result.get("error")) and not has_written


def _headline_style(result: Result) -> str:
    if result.get("error"):
        return "failed"
    return "changed" if result["changed"] else "unchanged"


def _counts(result: Result) -> dict[str, int]:
    """Return the summary of a result, with members of unknown state counted apart from failed ones."""
    counts = {**dict.fromkeys(ACTIONS, 0), **result["summary"]}
    counts["unknown"] = sum(1 for member in result["members"] if row_action(member) == "unknown")
    counts["failed"] -= counts["unknown"]
    return counts


def _counted(number: int, action: str, check: bool, what: str = "") -> str:
    _sign, verb, participle = ACTIONS[action]
    is_change = action in ("created", "changed", "disabled", "removed")
    counted = _number(number, what) if what else str(number)
    return f"{counted} to {verb}" if check and is_change else f"{counted} {participle}"


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _footer(result: Result, check: bool, width: int, files: list[str], hint: str) -> Iterator[Line]:
    if result.get("uncertain"):
        text = "Some outcomes are unknown. Run the task again. It skips completed changes."
        yield from ([Segment(row, "warning")] for row in _wrapped(text, width))
    if result.get("unmanaged"):
        yield from ([Segment(row)] for row in _wrapped(_unmanaged(result["unmanaged"]), width, "  "))
    if files or hint:
        text = f"Full {'plan' if check else 'result'}: {', '.join(map(value, files)) or hint}"
        yield from ([Segment(row)] for row in _wrapped(text, width, "  "))
    calls = result.get("api_calls")
    if calls:
        yield [Segment(f"API requests: {_number(calls['read'], 'read')}, {_number(calls['write'], 'write')}.")]
    if check and result["changed"] and result["plan_checksum"] and not result.get("error"):
        yield [Segment("To apply exactly this plan: "), Segment(f"-e expected_plan={result['plan_checksum']}")]


def _unmanaged(names: list[str]) -> str:
    """Name a few members who are not in the roster, or count them."""
    if len(names) > MAX_NAMES:
        return f"Not in the roster: {len(names)} members."
    return f"Not in the roster: {', '.join(map(value, names))}."


# -- members and problems


def _members_to_show(result: Result) -> list[Result]:
    """Return the members to show, in the order of their rows. A blocked plan shows only the members with problems."""
    blocked = is_blocked(result)
    members = [
        member
        for member in result["members"]
        if (member["action"] == "failed" if blocked else member["action"] != "unchanged")
    ]
    problems = _problems_by_member(result)
    rows = [{**member, "reasons": _reasons(member, problems.get(member["username"], ()))} for member in members]
    return sorted(rows, key=lambda member: ROW_ORDER.index(row_action(member)))


def row_action(member: Result) -> str:
    """Return the action of a member, ``unknown`` if the outcome of its write is not known."""
    if member["action"] == "failed" and (member.get("uncertain") or (member.get("error") or {}).get("uncertain")):
        return "unknown"
    return str(member["action"]) if member["action"] in ACTIONS else "skipped"


def _name(row: Result) -> str:
    """Return the name of a member or group as messages begin with it."""
    return str(row["title"] if "title" in row else row["username"])


def _reasons(member: Result, problems: Iterable[Result]) -> list[str]:
    """Return all errors of a member with their remedies, without the name that the row shows. Its own comes first."""
    own = member.get("error")
    errors = [own, *(problem for problem in problems if problem["message"] != own["message"])] if own else []
    return list(dict.fromkeys(full_message(error).removeprefix(f"{_name(member)}: ") for error in errors))


def _problems_by_member(result: Result) -> dict[str, list[Result]]:
    """Return the problems of each failed member by username. The error of a member is only the first of them."""
    found: dict[str, list[Result]] = {
        member["username"]: [] for member in result["members"] if member["action"] == "failed" and member.get("error")
    }
    for problem in (result.get("error") or {}).get("problems") or ():
        owner = problem.get("member") or str(problem["message"]).partition(": ")[0]
        if owner in found:
            found[owner].append(problem)
    return found


def full_message(error: Result) -> str:
    """Return message and remedy of an ``error`` of a result."""
    return PortalOpsError(str(error["message"]), remedy=error.get("remedy")).full_message()


def _other_problems(result: Result) -> list[str]:
    """Return the problems of the run that no row of a member shows."""
    error = result.get("error")
    if not error:
        return []
    rows = [*result["members"], *(result.get("groups") or ())]
    shown = {row["error"]["message"] for row in rows if row.get("error")}
    shown.update(problem["message"] for problems in _problems_by_member(result).values() for problem in problems)
    return [full_message(problem) for problem in error.get("problems") or [error] if problem["message"] not in shown]


def _organization_changes(result: Result) -> dict[str, dict[str, Any]]:
    """Return the changed settings of the organization, from the diff: credit budgeting, and the like."""
    diff = result.get("diff") or {}
    before, after = (((diff.get(side) or {}).get("organization") or {}) for side in ("before", "after"))
    return {name: {"before": before.get(name), "after": new} for name, new in after.items()}


def _organization_rows(result: Result) -> list[Result]:
    changes = _organization_changes(result)
    return [{"username": "(organization)", "action": "changed", "changes": changes}] if changes else []


def _group_rows(result: Result) -> list[Result]:
    """Return rows for the groups of a roster. A blocked plan shows only those with problems."""
    blocked = is_blocked(result)
    return [
        {**row, "username": f"group {row['title']}", "reasons": _reasons(row, ())}
        for row in result.get("groups") or ()
        if (row["action"] == "failed" if blocked else row["action"] != "unchanged")
    ]


def _failed_groups(result: Result) -> int:
    return sum(1 for row in result.get("groups") or () if row["action"] == "failed")


# -- the table on the terminal


def _rows(members: list[Result], planned: bool, width: int) -> Iterator[Line]:
    names = [_printable(member["username"]) for member in members]
    most = min(NAME_COLUMN, max(12, width // 3)) if width else NAME_COLUMN
    name_width = min(max(map(text_width, names)), most)
    field_width = max((len(name) for member in members for name, _change in _changes(member)), default=0)
    indent = " " * (ACTION_COLUMN + name_width + 8)
    for member, name in zip(members, names):
        action = row_action(member)
        sign = ACTIONS[action][0]
        head = [
            Segment(f"  {sign} {_word(action, planned):<{ACTION_COLUMN}}", action),
            Segment(f"  {_padded(name, name_width)}  "),
        ]
        details = _details(member, field_width, _rest(width, len(indent)))
        if text_width(name) > name_width:
            details = [Segment(""), *details]
        for detail in details or [Segment("")]:
            yield _stripped([*head, detail])
            head = [Segment(indent)]


def _details(member: Result, field_width: int, width: int) -> list[Segment]:
    """Return what a row shows beside the username, one segment for each line."""
    value_width = _rest(width, field_width + 2)
    found = []
    for name, change in _changes(member):
        label = f"{name:<{field_width}}  "
        for row in _wrapped(_cut(change), value_width):
            found.append(Segment(label + row))
            label = " " * len(label)
    style = row_action(member)
    for reason in member.get("reasons") or ():
        found += [Segment(row, style) for row in _wrapped(_printable(reason), width)]
    for warning in member.get("warnings") or ():
        found += [Segment(row, "warning") for row in _wrapped(f"warning: {_printable(warning)}", width)]
    return found


def _problem_lines(problems: list[str], limit: int, width: int) -> Iterator[Line]:
    shown = max(limit, 1)
    for problem in problems[:shown]:
        first, *others = _wrapped(_printable(problem), _rest(width, 4))
        yield [Segment("  ! ", "failed"), Segment(first, "failed")]
        yield from ([Segment(f"    {row}", "failed")] for row in others)
    if len(problems) > shown:
        yield [Segment(f"  … and {_number(len(problems) - shown, 'more problem')}")]


def _changes(member: Result) -> list[tuple[str, str]]:
    """Return the changed fields of a member. The action already says that an account is created or removed."""
    created = member["action"] == "created"
    found = []
    for name, change in member["changes"].items():
        if name != "state":
            before, after = change["before"], change["after"]
            found.append((name, value(after) if created else _difference(before, after)))
    return found


def _difference(before: Any, after: Any) -> str:
    """Return old and new value, or what a list loses and gains."""
    if isinstance(before, list) and isinstance(after, list) and before and after:
        lost = [f"- {value(item)}" for item in before if item not in after]
        return ", ".join(lost + [f"+ {value(item)}" for item in after if item not in before])
    return f"{value(before)} {ARROW} {value(after)}"


# -- texts


def value(given: Any) -> str:
    """Return a value as text without characters that move the cursor or hide text."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, list):
        return ", ".join(value(item) for item in given) or UNSET
    return UNSET if given is None or given == "" else _printable(str(given))


def _printable(text: str) -> str:
    """Escape control and format characters, which include those that change the direction of text."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def text_width(text: str) -> int:
    """Return the terminal columns of printable text: wide letters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_letter_width, text))


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _padded(text: str, width: int) -> str:
    return text + " " * (width - text_width(text))


def _stripped(line: Line) -> Line:
    """Remove spaces at the end of a line."""
    while line and not line[-1].text.strip():
        line = line[:-1]
    return [*line[:-1], Segment(line[-1].text.rstrip(), line[-1].style)]


def _rest(width: int, used: int) -> int:
    """Return the columns that are left beside ``used`` ones, enough for a word. 0 if nothing is wrapped."""
    return max(MIN_VALUE, width - used) if width else 0


#: Spaces at which a text can break: not after the sign of a list item or after the name of an add-on license.
_BREAKS = re.compile(r"(?<!^[+-])(?<! [+-])(?<!:) ")


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Break text into rows of at most ``width`` columns, between words where possible.

    Args:
        text: Printable text.
        width: Terminal columns. 0 does not wrap.
        indent: Spaces in front of all rows but the first.
    """
    if not width or text_width(text) <= width:
        return [text]
    rows = []
    row = ""
    for word in _BREAKS.split(text):
        longer = f"{row} {word}" if row else word
        while text_width(longer) > width:
            if row.strip():
                rows.append(row)
                longer = indent + word
            else:
                piece = _fitting(longer, width)
                rows.append(piece)
                longer = indent + longer[len(piece) :]
            row = ""
        row = longer
    return [*rows, row]


def _fitting(text: str, width: int) -> str:
    """Return the start of a text that fits into ``width`` columns, one letter at least."""
    used = 0
    for number, letter in enumerate(text):
        used += _letter_width(letter)
        if used > width and number:
            return text[:number]
    return text


# -- the Markdown page


def markdown(result: Result, check: bool = False, title: str = "") -> str:
    """Format a result as a Markdown page with every member that is not unchanged.

    Args:
        result: Result of a module that writes, with ``members`` and ``summary``.
        check: Whether it is the result of a run in check mode.
        title: Heading of the page. "" for a default.
    """
    heading = title or ("Member plan" if check else "Member changes")
    parts = [f"# {_escaped(heading)}", headline(result, check), _facts_table(result, check or is_blocked(result))]
    problems = [f"* {_escaped(problem)}" for problem in _other_problems(result)]
    if problems:
        parts += ["## Problems", "\n".join(problems)]
    members = [*_organization_rows(result), *_group_rows(result), *_members_to_show(result)]
    if members:
        parts += ["## Members", _members_table(members, check or is_blocked(result))]
    if result.get("unmanaged"):
        parts.append(_escaped(_unmanaged(result["unmanaged"])))
    return "\n\n".join(parts) + "\n"


def _facts_table(result: Result, planned: bool) -> str:
    counts = _counts(result)
    rows = [(_word(action, planned), counts[action]) for action in ACTIONS if action != "unknown" or counts[action]]
    rows += [(name, counts[name]) for name in ("unchanged", "total")]
    table = "\n".join(f"| {name} | {number} |" for name, number in rows)
    return f"| Outcome | Members |\n| --- | ---: |\n{table}\n\nChecksum: `{result['plan_checksum']}`"


def _word(action: str, planned: bool) -> str:
    _sign, verb, participle = ACTIONS[action]
    return verb if planned else participle


def _members_table(members: list[Result], planned: bool) -> str:
    rows = ["| Member | Action | Field | Before | After |", "| --- | --- | --- | --- | --- |"]
    for member in members:
        rows.extend(_page_rows(member, planned))
    return "\n".join(rows)


def _page_rows(member: Result, planned: bool) -> Iterator[str]:
    head = (_escaped(member["username"]), _word(row_action(member), planned))
    cells = [
        (name, _escaped(value(change["before"])), _escaped(value(change["after"])))
        for name, change in member["changes"].items()
        if name != "state"
    ]
    cells.extend(("error", "", _escaped(reason)) for reason in member.get("reasons") or ())
    cells.extend(("warning", "", _escaped(warning)) for warning in member.get("warnings") or ())
    for row in cells or [("", "", "")]:
        yield f"| {' | '.join((*head, *row))} |"
        head = ("", "")


# An underscore within a word is not markup.
_MARKUP = re.compile(r"[\\`*\[\]#+|~<>&]|(?<![^\W_])_|_(?![^\W_])")
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no table cell, and no HTML comes from it."""
    return _MARKUP.sub(lambda match: _HTML.get(match.group(), "\\" + match.group()), _printable(text))
