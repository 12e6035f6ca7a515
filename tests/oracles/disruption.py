# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle of the guards: which changes are disruptive, and which plans are blocked. Pure, no I/O.

From design.md (*Roster options*), the options ``guards`` and ``purge`` of portal_members, and guide_plan_and_approve.
A member before the run is the state that the inspection side of the sandbox shows. A desired entry is a roster entry.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Optional

from .removal import is_of_the_portal

Member = dict[str, Any]
Entry = dict[str, Any]

ROLES = {"iaaaaaaaaaaaaaaa": 0, "viewer": 0, "ibbbbbbbbbbbbbbb": 1, "data editor": 1, "org_user": 2,
         "org_publisher": 3, "org_admin": 4}  # fmt: skip
"""Built-in roles from the lowest to the highest. Custom roles have no rank here."""
USER_TYPES = {"viewerut": 0, "editorut": 1, "fieldworkerut": 1, "creatorut": 2, "gisprofessionalstdut": 3,
              "gisprofessionaladvut": 4}  # fmt: skip
UNLIMITED = -1.0
SAFE_COUNT = 5
SAFE_SHARE = 10


def is_lower(ranks: dict[str, int], before: str, after: Optional[str]) -> bool:
    """Return whether a desired role or user type is lower than the current one. None: it does not change."""
    old, new = ranks.get(str(before).lower()), ranks.get(str(after).lower())
    return after is not None and old is not None and new is not None and new < old


def paths(value: Any) -> Any:
    """Return the paths of a plain list or of ``set``; None where the entry only adds or removes."""
    return value.get("set") if isinstance(value, dict) else value


def loses_last_category(before: Member, wanted: Any) -> bool:
    """Tell whether a member with categories has none after the run."""
    if wanted is None or not before["categories"]:
        return False
    if paths(wanted) is not None:
        return not paths(wanted)
    normal = {path.replace("/Categories", "", 1).strip("/").casefold() for path in before["categories"]}
    removed = {path.replace("/Categories", "", 1).strip("/").casefold() for path in wanted.get("remove", [])}
    added = {path.replace("/Categories", "", 1).strip("/").casefold() for path in wanted.get("add", [])}
    return not (normal - removed) | added


def cuts_credits(before: Member, wanted: Any) -> bool:
    """Tell whether a number replaces no limit, or is below the amount spent."""
    if wanted is None or wanted == "unlimited":
        return False
    return bool(before["assignedCredits"] == UNLIMITED or float(wanted) < before["spentCredits"] - 0.01)


def owns(before: Member) -> bool:
    return bool(before["items"] or before["ownedGroups"])


def disruptions(before: Optional[Member], entry: Entry) -> set[str]:
    """Return the reasons why an entry disrupts a member. None stands for a member who does not exist."""
    if before is None:
        return set()
    state = entry.get("state", "present")
    found = {"remove"} if state == "absent" else set()
    if state != "present":
        return found | ({"transfer"} if owns(before) and entry.get("transfer_to") else set())
    role, user_type = entry.get("role"), entry.get("user_type")
    always = entry.get("update_password") == "always"
    checks = {
        "disable": entry.get("enabled") is False and not before["disabled"],
        "administrator": before["effectiveRole"] == "org_admin" and role not in (None, "org_admin"),
        "role": is_lower(ROLES, before["effectiveRole"], role),
        "user_type": is_lower(USER_TYPES, before["userLicenseTypeId"], user_type),
        "credits": cuts_credits(before, entry.get("credits")),
        "password": bool(entry.get("password")) and always,
        "idp_username": entry.get("idp_username") not in (None, before["idpUsername"]),
        "categories": loses_last_category(before, entry.get("categories")),
    }
    return {name for name, true in checks.items() if true}


OF_SIGNED_IN = {"remove", "disable", "administrator", "role", "user_type", "password"}
"""Disruptions from which the signed-in account is always protected."""


def share_exceeded(count: int, limit: Any, total: int) -> bool:
    """Tell whether a count is over a limit: a number, or a percentage of all members."""
    text = str(limit)
    return count * 100 > float(text[:-1]) * total if text.endswith("%") else count > int(text)


def with_purge(members: dict[str, Member], entries: list[Entry], purge: str, spared: set[str]) -> dict[str, Entry]:
    """Return one entry for each member that the run is about, the purged ones included."""
    wanted = {entry["username"].lower(): entry for entry in entries}
    for name, before in members.items():
        if name in wanted or name in spared or purge == "none" or is_of_the_portal(name):
            continue
        if purge == "delete":
            wanted[name] = {"username": name, "state": "absent"}
        elif not before["disabled"]:
            wanted[name] = {"username": name, "enabled": False}
    return wanted


def matching(names: Any, patterns: list[str]) -> set[str]:
    return {name for name in names for pattern in patterns if fnmatchcase(name.lower(), pattern.lower())}


def is_administrator_after(before: Optional[Member], entry: Entry) -> bool:
    """Tell whether a member is an enabled administrator once the entry is applied."""
    if entry.get("state") == "absent" or (before is None and "role" not in entry):
        return False
    transferred = entry.get("state") == "transferred"
    role = None if transferred else entry.get("role")
    enabled = None if transferred else entry.get("enabled")
    disabled = (before["disabled"] if before else False) if enabled is None else not enabled
    return (role or (before or {})["effectiveRole"]) == "org_admin" and not disabled


def expected_guards(
    members: dict[str, Member], entries: list[Entry], guards: dict[str, Any], purge: str, signed_in: str
) -> set[str]:
    """Return the names of the guards that block the plan; ``signed_in`` and ``purge`` for those without an option."""
    countable = {name: row for name, row in members.items() if not is_of_the_portal(name)}
    protected = matching(countable, guards.get("protected", []))
    wanted = with_purge(countable, entries, purge, {signed_in} | protected)
    reasons = {name: disruptions(countable.get(name), entry) for name, entry in wanted.items()}
    disrupted = {name for name, found in reasons.items() if found}
    removed = {name for name, found in reasons.items() if "remove" in found}
    stopped = {name for name, found in reasons.items() if found & {"remove", "disable"}}
    created = {name for name, entry in wanted.items() if name not in countable and entry.get("state") != "absent"}
    rest = {name: wanted.get(name, {}) for name in {*countable, *created}}
    admins = {name for name, entry in rest.items() if is_administrator_after(countable.get(name), entry)}
    # max_disruptive limits every purge, and max_removals the one that removes.
    limited = {"max_disruptive", "max_removals" if purge == "delete" else "max_disruptive"} & set(guards)
    found = {
        "max_disruptive": share_exceeded(len(disrupted), guards.get("max_disruptive", "100%"), len(countable)),
        "max_removals": share_exceeded(len(removed), guards.get("max_removals", "100%"), len(countable)),
        "max_created": len(created) > int(guards.get("max_created", len(created))),
        "min_admins": len(admins) < int(guards.get("min_admins", 0)),
        "required_admins": bool({name.lower() for name in guards.get("required_admins", [])} - admins),
        "protected": bool(disrupted & protected),
        "signed_in": bool(reasons.get(signed_in, set()) & OF_SIGNED_IN),
        "purge": purge != "none" and not limited and len(stopped) > max(SAFE_COUNT, len(countable) * SAFE_SHARE / 100),
    }
    return {name for name, true in found.items() if true}
