# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. It can change in any release.

"""Data of a report: an organization, its members, and what a run changes or changed. Pure.

The data has JSON types only, and a report in JSON is the data itself:
C(kind), C(as_of), C(portal) {name, url, product, version}, C(status) {word, sentence}, C(plan_checksum),
C(counts) {members, enabled, listed, unmanaged, and one for each action}, C(roles) [{id, name, members, after}],
C(seats) [{id, name, used, after, seats, free}], C(credits) {available, allocated, spent, unlimited, roles} or null,
C(groups) [{name, joining, leaving, managers, members}] with usernames,
C(add_ons) [{name, title, id, type, expires, expired, licensed_by, entitlements [{name, bought, held, after, free}]}],
C(unused) {days, before, file, holders [{username, add_on, entitlements, last_used, enabled, kept}], roster} or null,
C(members) [{username, action, changes [{field, before, after}], warnings, error}], C(problems) [{code, message}],
C(unmanaged) [username].
"""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.plugin_utils._add_on_report import add_on_rows, unused_licenses
from ansible_collections.portalops.arcgis.plugins.plugin_utils._plan_text import full_message, row_action

KINDS = ("plan", "drift", "applied", "inventory")
"""What a report describes: a plan, the differences between roster and organization, a result, or only the members."""

ACTIONS = ("failed", "unknown", "removed", "disabled", "created", "changed", "skipped")
"""Actions in the order of a report: problems first, then the most disruptive."""

_UNAPPLIED = ("failed", "unknown", "skipped")


class ReportError(ValueError):
    """The input is not what a report needs."""


def document(
    organization: dict[str, Any],
    members: list[dict[str, Any]],
    result: dict[str, Any] | None,
    kind: str,
    as_of: str,
    unused: tuple[int, str, str] = (90, "", ""),
) -> dict[str, Any]:
    """Return the data of a report.

    Args:
        organization: Result of ``portal_info``, with ``add_on_holders`` for add-on licenses.
        members: Members from ``portal_members_info``, with role, user_type or level, enabled, credits, credits_spent.
        result: Result of ``portal_members``. None for an inventory.
        kind: One of ``KINDS``.
        as_of: Date of the report, as text.
        unused: Arguments of ``unused_licenses``: days, the date that is so many days ago, and the name of the roster
            file.

    Raises:
        ReportError: If the input is not what the report needs.
    """
    if kind not in KINDS:
        raise ReportError(f"Report kind '{kind}' does not exist. Use one of: {', '.join(KINDS)}.")
    if "portal" not in organization:
        raise ReportError("The organization must be the result of portal_info.")
    run = result or {}
    if result is not None and "members" not in run:
        raise ReportError("The result must be the result of portal_members.")
    entries = [_entry(member) for member in run.get("members") or () if member.get("action") in ACTIONS]
    entries.sort(key=lambda entry: (ACTIONS.index(entry["action"]), str(entry["username"]).casefold()))
    counted = _Members(members, entries)
    problems = _problems(run.get("error"))
    portal = organization["portal"]
    # The organization is read after a run, so it contains the changes already.
    waiting = [] if kind == "applied" else [entry for entry in entries if entry["action"] not in _UNAPPLIED]
    return {
        "kind": kind,
        "as_of": as_of,
        "portal": {name: portal.get(name) or "" for name in ("name", "url", "product", "version")},
        "status": _status(kind, entries, problems),
        "plan_checksum": run.get("plan_checksum"),
        "counts": _counts(members, run, entries),
        "roles": _roles(organization, counted),
        "seats": _seats(organization, counted),
        "credits": _credits(organization, members),
        "groups": _groups(entries),
        "add_ons": add_on_rows(organization, waiting),
        "unused": unused_licenses(organization, members, *unused),
        "members": entries,
        "problems": problems,
        "unmanaged": list(run.get("unmanaged") or ()),
    }


# -- changes and problems ------------------------------------------------------------------------------------------


def _entry(member: dict[str, Any]) -> dict[str, Any]:
    changes = dict(member.get("changes") or {})
    if len(changes) > 1:
        # The action already says that an account is created or removed.
        changes.pop("state", None)
    error = member.get("error")
    return {
        "username": member.get("username"),
        "action": row_action(member),
        "changes": [
            {"field": field, "before": change.get("before"), "after": change.get("after")}
            for field, change in changes.items()
        ],
        "warnings": list(member.get("warnings") or ()),
        "error": _problem(error) if error else None,
    }


def _problems(error: dict[str, Any] | None) -> list[dict[str, Any]]:
    if not error:
        return []
    return [_problem(problem) for problem in error.get("problems") or [error]]


def _problem(error: dict[str, Any]) -> dict[str, Any]:
    """Return code and text of an error. The text contains the remedy."""
    return {"code": error.get("code"), "message": full_message(error)}


def _status(kind: str, entries: list[dict[str, Any]], problems: list[dict[str, Any]]) -> dict[str, str]:
    """Return the status as a word for programs and a sentence for readers."""
    if kind == "inventory":
        return {"word": "inventory", "sentence": "The current members of the organization."}
    acting = sum(1 for entry in entries if entry["action"] not in _UNAPPLIED)
    if problems and kind != "applied":
        return {"word": "blocked", "sentence": f"The plan is blocked by {_number(len(problems), 'problem')}."}
    if problems:
        failed = sum(1 for entry in entries if entry["action"] in ("failed", "unknown"))
        return {
            "word": "incomplete",
            "sentence": f"{_number(failed, 'member')} failed. {_number(acting, 'member')} changed.",
        }
    if not acting:
        return {"word": "in_sync", "sentence": "No changes. The organization matches the roster."}
    differs = "differs" if acting == 1 else "differ"
    words = {"plan": "would change", "drift": f"{differs} from the roster", "applied": "changed"}[kind]
    return {"word": "changed" if kind == "applied" else "differs", "sentence": f"{_number(acting, 'member')} {words}."}


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _counts(members: list[dict[str, Any]], run: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, int]:
    summary = run.get("summary") or {}
    return {
        "members": len(members),
        "enabled": sum(1 for member in members if member.get("enabled") is not False),
        "listed": int(summary.get("total") or 0),
        "unchanged": int(summary.get("unchanged") or 0),
        "unmanaged": len(run.get("unmanaged") or ()),
        **{action: sum(1 for entry in entries if entry["action"] == action) for action in ACTIONS},
    }


def _groups(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups whose memberships change, with the members that join, leave, or get another part."""
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["action"] in _UNAPPLIED:
            continue
        for change in entry["changes"]:
            if change["field"] == "groups":
                _add_memberships(rows, str(entry["username"]), change["before"] or [], change["after"] or [])
    return [rows[name] for name in sorted(rows, key=str.casefold)]


def _add_memberships(rows: dict[str, dict[str, Any]], username: str, before: list[str], after: list[str]) -> None:
    old, new = _parts(before), _parts(after)
    for name in {**old, **new}:
        was, is_now = old.get(name), new.get(name)
        if was == is_now:
            continue
        row = rows.setdefault(name, {"name": name, "joining": [], "leaving": [], "managers": [], "members": []})
        if is_now is None:
            row["leaving"].append(username)
        else:
            row["joining" if was is None else "managers" if is_now else "members"].append(
                f"{username} [manager]" if is_now and was is None else username
            )


def _parts(texts: list[str]) -> dict[str, bool]:
    """Return whether the member is a manager, by group."""
    suffix = " [manager]"
    return {text[: -len(suffix)] if text.endswith(suffix) else text: text.endswith(suffix) for text in texts}


# -- charts --------------------------------------------------------------------------------------------------------


class _Members:
    """Numbers of members by value of a field, now and after the run."""

    def __init__(self, members: list[dict[str, Any]], entries: list[dict[str, Any]]) -> None:
        self.members = members
        self.entries = [entry for entry in entries if entry["action"] not in _UNAPPLIED]
        self.by_name = {str(member["username"]).casefold(): member for member in members}

    def by(self, field: str) -> dict[str, tuple[int, int]]:
        """Return (now, after) by value."""
        now: dict[str, int] = {}
        for member in self.members:
            _add(now, member.get(field), 1)
        after = dict(now)
        for entry in self.entries:
            change = next((change for change in entry["changes"] if change["field"] == field), None)
            if entry["action"] == "removed":
                _add(after, (self.by_name.get(str(entry["username"]).casefold()) or {}).get(field), -1)
            elif change:
                _add(after, change["before"], -1)
                _add(after, change["after"], 1)
        return {value: (now.get(value, 0), after.get(value, 0)) for value in {**now, **after}}


def _add(counts: dict[str, int], value: Any, number: int) -> None:
    if value not in (None, ""):
        counts[str(value)] = counts.get(str(value), 0) + number


def _role_names(organization: dict[str, Any]) -> dict[str, str]:
    """Return the names of roles by ID. A name that several roles have is followed by the ID."""
    roles = [(str(role["id"]), str(role["name"])) for role in organization.get("roles") or ()]
    names = [name for _id, name in roles]
    return {role: name if names.count(name) == 1 else f"{name} ({role})" for role, name in roles}


def _roles(organization: dict[str, Any], counts: _Members) -> list[dict[str, Any]]:
    names = _role_names(organization)
    rows = [
        {"id": role, "name": names.get(role, role), "members": now, "after": after}
        for role, (now, after) in counts.by("role").items()
    ]
    return sorted(rows, key=lambda row: (-row["members"], row["name"].casefold()))


def _seats(organization: dict[str, Any], counts: _Members) -> list[dict[str, Any]]:
    """Return the seats of user types or levels. Used seats that the portal does not report are counted."""
    if organization.get("user_types"):
        counted = counts.by("user_type")
        rows = [_seat(row, str(row["id"]), str(row["name"]), counted) for row in organization["user_types"]]
    else:
        counted = counts.by("level")
        levels = organization.get("levels") or ()
        rows = [_seat(row, str(row["level"]), f"Level {row['level']}", counted) for row in levels]
    known = {row["id"] for row in rows}
    rows.extend(_seat({}, value, value, counted) for value in sorted(set(counted) - known))
    return [row for row in rows if row["seats"] or row["used"] or row["after"]]


def _seat(license_row: dict[str, Any], key: str, name: str, counted: dict[str, tuple[int, int]]) -> dict[str, Any]:
    now, after = counted.get(key, (0, 0))
    seats = license_row.get("seats")
    used = now if license_row.get("used") is None else int(license_row["used"])
    free = license_row.get("free")
    if free is None and seats is not None:
        free = seats - used
    return {"id": key, "name": name, "used": used, "after": used + after - now, "seats": seats, "free": free}


def _credits(organization: dict[str, Any], members: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the credits of the organization, and of its members by role. None if the portal has no credits."""
    pool = organization.get("credits")
    if not pool:
        return None
    names = _role_names(organization)
    by_role: dict[str, list[float]] = {}
    unlimited = 0
    for member in members:
        allocated = member.get("credits")
        if allocated == "unlimited":
            unlimited += 1
        elif allocated is not None:
            sums = by_role.setdefault(str(member.get("role") or ""), [0.0, 0.0])
            sums[0] += float(allocated)
            sums[1] += float(member.get("credits_spent") or 0.0)
    rows: list[dict[str, Any]] = [
        {"id": role, "name": names.get(role, role), "allocated": round(allocated, 2), "spent": round(spent, 2)}
        for role, (allocated, spent) in by_role.items()
    ]
    rows.sort(key=lambda row: (-row["allocated"], str(row["name"]).casefold()))
    return {
        "budgeting": bool(pool.get("budgeting")),
        "available": pool.get("available"),
        "allocated": round(sum(row["allocated"] for row in rows), 2),
        "spent": round(sum(row["spent"] for row in rows), 2),
        "unlimited": unlimited,
        "roles": rows,
    }
