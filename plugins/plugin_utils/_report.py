# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change in any release.

"""The document behind a report: an organization, its members, and what a run changes or changed. Pure.

A document is plain data of JSON types, and a report in JSON is the document itself:
C(kind), C(as_of), C(portal) {name, url, product, version}, C(status) {word, sentence}, C(plan_checksum),
C(counts) {members, enabled, listed, unmanaged, and one for each action}, C(roles) [{id, name, members, after}],
C(seats) [{id, name, used, after, seats, free}], C(credits) {available, allotted, spent, unlimited, roles} or null,
C(members) [{username, action, changes [{field, before, after}], warnings, error}], C(problems) [{code, message}],
C(unmanaged) [username].
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KINDS = ("plan", "drift", "applied", "inventory")
"""What a report is about: what a run would do, how roster and organization differ, what a run did, or neither."""

ACTIONS = ("failed", "removed", "disabled", "created", "changed", "skipped")
"""Actions in the order of a report: what wants a decision stands first."""

_GONE = ("removed",)


class ReportError(ValueError):
    """A report cannot be made of this; the text says why."""


def document(
    organization: dict[str, Any], members: list[dict[str, Any]], result: dict[str, Any] | None, kind: str, as_of: str
) -> dict[str, Any]:
    """The document of a report.

    organization: as C(portal_info) returns it; members: as C(portal_members_info) returns them, with the fields role,
    user_type or level, enabled, credits and credits_spent; result: of C(portal_members), None for an inventory;
    as_of: the day, as text. Raises ReportError.
    """
    if kind not in KINDS:
        raise ReportError(f"there is no report of the kind {kind!r}; use one of {', '.join(KINDS)}")
    if "portal" not in organization:
        raise ReportError("the organization must be what portal_info returns")
    run = result or {}
    if result is not None and "members" not in run:
        raise ReportError("the result must be what portal_members returns")
    entries = [_entry(line) for line in run.get("members") or () if line.get("action") in ACTIONS]
    entries.sort(key=lambda entry: (ACTIONS.index(entry["action"]), str(entry["username"]).casefold()))
    people = _People(members, entries)
    problems = _problems(run.get("error"))
    portal = organization["portal"]
    return {
        "kind": kind,
        "as_of": as_of,
        "portal": {name: portal.get(name) or "" for name in ("name", "url", "product", "version")},
        "status": _status(kind, entries, problems),
        "plan_checksum": run.get("plan_checksum"),
        "counts": _counts(members, run, entries),
        "roles": _roles(organization, people),
        "seats": _seats(organization, people),
        "credits": _credits(organization, members),
        "members": entries,
        "problems": problems,
        "unmanaged": list(run.get("unmanaged") or ()),
    }


# -- who changes how -----------------------------------------------------------------------------------------------


def _entry(line: dict[str, Any]) -> dict[str, Any]:
    changes = dict(line.get("changes") or {})
    if len(changes) > 1:
        # That an account comes into being is said by the action already.
        changes.pop("state", None)
    error = line.get("error")
    return {
        "username": line.get("username"),
        "action": line["action"],
        "changes": [
            {"field": field, "before": change.get("before"), "after": change.get("after")}
            for field, change in changes.items()
        ],
        "warnings": list(line.get("warnings") or ()),
        "error": None if not error else {"code": error.get("code"), "message": error.get("message")},
    }


def _problems(error: dict[str, Any] | None) -> list[dict[str, Any]]:
    if not error:
        return []
    return [
        {"code": problem.get("code"), "message": problem.get("message")} for problem in error.get("problems") or [error]
    ]


def _status(kind: str, entries: list[dict[str, Any]], problems: list[dict[str, Any]]) -> dict[str, str]:
    """How things stand, as a word for programs and a sentence for people."""
    if kind == "inventory":
        return {"word": "inventory", "sentence": "The organization as it is."}
    acting = sum(1 for entry in entries if entry["action"] not in ("failed", "skipped"))
    if problems and kind != "applied":
        return {
            "word": "refused",
            "sentence": f"The plan is refused: {_some(len(problems), 'problem')} to solve first.",
        }
    if problems:
        failed = sum(1 for entry in entries if entry["action"] == "failed")
        return {
            "word": "incomplete",
            "sentence": f"{_some(failed, 'member')} failed, {_some(acting, 'member')} changed all the same.",
        }
    if not acting:
        return {"word": "in_sync", "sentence": "The organization is as the roster says. Nothing to change."}
    differs = "differs" if acting == 1 else "differ"
    words = {"plan": "would change", "drift": f"{differs} from the roster", "applied": "changed"}[kind]
    return {"word": "changed" if kind == "applied" else "differs", "sentence": f"{_some(acting, 'member')} {words}."}


def _some(count: int, word: str) -> str:
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


# -- charts --------------------------------------------------------------------------------------------------------


class _People:
    """How many members have which value of a field, now and when the run is done."""

    def __init__(self, members: list[dict[str, Any]], entries: list[dict[str, Any]]) -> None:
        self.members = members
        self.entries = [entry for entry in entries if entry["action"] not in ("failed", "skipped")]
        self.by_name = {str(member["username"]).casefold(): member for member in members}

    def by(self, field: str) -> dict[str, tuple[int, int]]:
        """(now, after) by value."""
        now: dict[str, int] = {}
        for member in self.members:
            _add(now, member.get(field), 1)
        after = dict(now)
        for entry in self.entries:
            change = next((change for change in entry["changes"] if change["field"] == field), None)
            if entry["action"] in _GONE:
                _add(after, (self.by_name.get(str(entry["username"]).casefold()) or {}).get(field), -1)
            elif change:
                _add(after, change["before"], -1)
                _add(after, change["after"], 1)
        return {value: (now.get(value, 0), after.get(value, 0)) for value in {**now, **after}}


def _add(counts: dict[str, int], value: Any, number: int) -> None:
    if value not in (None, ""):
        counts[str(value)] = counts.get(str(value), 0) + number


def _role_names(organization: dict[str, Any]) -> dict[str, str]:
    """Names of roles by id; a name that several roles have is told apart by their ids."""
    roles = [(str(role["id"]), str(role["name"])) for role in organization.get("roles") or ()]
    names = [name for _id, name in roles]
    return {role: name if names.count(name) == 1 else f"{name} ({role})" for role, name in roles}


def _roles(organization: dict[str, Any], people: _People) -> list[dict[str, Any]]:
    names = _role_names(organization)
    rows = [
        {"id": role, "name": names.get(role, role), "members": now, "after": after}
        for role, (now, after) in people.by("role").items()
    ]
    return sorted(rows, key=lambda row: (-row["members"], row["name"].casefold()))


def _seats(organization: dict[str, Any], people: _People) -> list[dict[str, Any]]:
    """Seats of user types, or of levels where the portal has those; what the portal does not tell is counted."""
    if organization.get("user_types"):
        counted = people.by("user_type")
        rows = [_seat(row, str(row["id"]), str(row["name"]), counted) for row in organization["user_types"]]
    else:
        counted = people.by("level")
        told = organization.get("levels") or ()
        rows = [_seat(row, str(row["level"]), f"Level {row['level']}", counted) for row in told]
    known = {row["id"] for row in rows}
    rows.extend(_seat({}, value, value, counted) for value in sorted(set(counted) - known))
    return [row for row in rows if row["seats"] or row["used"] or row["after"]]


def _seat(told: dict[str, Any], key: str, name: str, counted: dict[str, tuple[int, int]]) -> dict[str, Any]:
    now, after = counted.get(key, (0, 0))
    seats = told.get("seats")
    used = now if told.get("used") is None else int(told["used"])
    free = told.get("free")
    if free is None and seats is not None:
        free = seats - used
    return {"id": key, "name": name, "used": used, "after": used + after - now, "seats": seats, "free": free}


def _credits(organization: dict[str, Any], members: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Credits of the organization and of its members by role; null where there are none or nobody has a limit."""
    pool = organization.get("credits")
    if not pool:
        return None
    names = _role_names(organization)
    by_role: dict[str, list[float]] = {}
    unlimited = 0
    for member in members:
        allotted = member.get("credits")
        if allotted == "unlimited":
            unlimited += 1
        elif allotted is not None:
            sums = by_role.setdefault(str(member.get("role") or ""), [0.0, 0.0])
            sums[0] += float(allotted)
            sums[1] += float(member.get("credits_spent") or 0.0)
    rows: list[dict[str, Any]] = [
        {"id": role, "name": names.get(role, role), "allotted": round(allotted, 2), "spent": round(spent, 2)}
        for role, (allotted, spent) in by_role.items()
    ]
    rows.sort(key=lambda row: (-row["allotted"], str(row["name"]).casefold()))
    return {
        "budgeting": bool(pool.get("budgeting")),
        "available": pool.get("available"),
        "allotted": round(sum(row["allotted"] for row in rows), 2),
        "spent": round(sum(row["spent"] for row in rows), 2),
        "unlimited": unlimited,
        "roles": rows,
    }
