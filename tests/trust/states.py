# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a portal really holds, seen from its inspection side, and what that says about a run's own account.

Nothing here comes from the collection: a mistake there cannot hide itself here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.runner import Sandbox

TEXTS = {
    "first_name": "firstName", "last_name": "lastName", "full_name": "fullName", "email": "email",
    "description": "description", "access": "access", "culture": "culture", "region": "region", "units": "units",
    "provider": "provider", "idp_username": "idpUsername",
}  # fmt: skip
ROOT = "/Categories"
#: What belongs to an account and goes with transfers and removals, by the key under which a run reports it.
REPORT_KEYS = {"content": ("items", "owned_groups"), "licenses": ("entitlements", "bundles")}
BELONGINGS = (*REPORT_KEYS["content"], *REPORT_KEYS["licenses"], "esri_access")


def text(value: Any) -> str:
    return "" if value is None or value == "null" else str(value)


def fields_of(member: dict[str, Any], has_user_types: bool) -> dict[str, Any]:
    """A member of the inspection side in the words of the modules."""
    found: dict[str, Any] = {name: text(member[own]) for name, own in TEXTS.items()}
    credits = float(member["assignedCredits"])
    found.update(
        tags=sorted(member["tags"]),
        categories=sorted(path[len(ROOT) :] if path.startswith(ROOT + "/") else path for path in member["categories"]),
        enabled=not member["disabled"],
        role=member["effectiveRole"],
        credits="unlimited" if credits < 0 else credits,
        items=sorted(member["items"]),
        owned_groups=sorted(member["ownedGroups"]),
        groups=[],
        entitlements=sorted(name for name, held in member["entitlements"].items() if held),
        bundles=sorted(member["appBundles"]),
        esri_access=member["userType"],
        held=member["entitlements"],
    )
    found["user_type" if has_user_types else "level"] = member["userLicenseTypeId" if has_user_types else "level"]
    return found


@dataclass
class State:
    """Members by name in lower case, and the organization's own settings."""

    members: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    role_names: dict[str, str] = field(default_factory=dict)
    invitations: int = 0
    group_titles: dict[str, str] = field(default_factory=dict)
    add_on_titles: dict[str, str] = field(default_factory=dict)

    def changed_fields(self, other: State, name: str) -> set[str]:
        """The fields in which a member differs; ``state`` where it is in one of both only."""
        before, after = self.members.get(name), other.members.get(name)
        if before is None or after is None:
            return set() if before is after else {"state"}
        return {key for key in before if before[key] != after[key]}

    def differences(self, other: State) -> dict[str, set[str]]:
        names = {*self.members, *other.members}
        found = {name: self.changed_fields(other, name) for name in names}
        return {name: keys for name, keys in sorted(found.items()) if keys}

    def same(self, other: State) -> bool:
        return not self.differences(other) and self.settings == other.settings

    def holdings(self) -> Counter[str]:
        """All items and groups of the organization."""
        return Counter(
            key for member in self.members.values() for kind in REPORT_KEYS["content"] for key in member[kind]
        )


def tree_of(nodes: list[dict[str, Any]]) -> list[Any]:
    return sorted([[node["title"], tree_of(node.get("categories") or [])] for node in nodes])


def state_of(portal: Sandbox) -> State:
    organization = portal.inspect("GET", "organization")
    has_user_types = portal.options["product"] != "enterprise-10.6"
    members = {
        member["username"].casefold(): fields_of(member, has_user_types) for member in portal.inspect("GET", "members")
    }
    settings = {
        "budgeting": organization["budgeting"],
        "default_credits": organization["defaultUserCreditAssignment"],
        "schema": tree_of(organization["memberCategorySchema"]),
        "invitations": sorted(row["id"] for row in organization["invitations"]),
    }
    for group in organization["groups"]:
        for name in (*group["admins"], *group["users"]):
            # Members of other organizations are in groups too.
            if name.casefold() in members:
                part = " [manager]" if name in group["admins"] else ""
                members[name.casefold()]["groups"].append(f"{group['title']}{part}")
    titles = {group["id"]: group["title"] for group in organization["groups"]}
    for member in members.values():
        member["groups"].sort()
        # The IDs of the groups of a case differ each time.
        member["owned_groups"] = sorted(titles[key] for key in member["owned_groups"])
    roles = {role["id"]: role["name"] for role in organization["roles"]}
    add_ons = name_add_ons(organization, members.values())
    return State(members, settings, roles, len(organization["invitations"]), titles, add_ons)


def name_add_ons(organization: dict[str, Any], members: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Put the add-ons of members into the words of the modules; return the titles of add-ons by ID."""
    titles = {listing["id"]: listing["title"] for listing in organization["listings"]}
    bundles = {bundle["id"]: bundle["name"] for bundle in organization["appBundles"]}
    for member in members:
        held = [f"{titles[key]}: {name}" for key, names in member["held"].items() for name in names]
        member["add_ons"] = sorted([*held, *(bundles[key] for key in member["bundles"])])
        del member["held"]
    return {**titles, **bundles}


# -- what a run says against what was --------------------------------------------------------------------------------
def same_value(name: str, value: Any, found: Any, state: State) -> bool:
    if name == "role":
        return value in (found, state.role_names.get(found)) or (not value and not found)
    if name in ("tags", "categories"):
        return sorted(value or []) == sorted(found or [])
    if name == "credits" and not isinstance(value, str) and not isinstance(found, str):
        return abs(float(value or 0) - float(found or 0)) < 0.01
    return bool(value == found) or (not value and not found)


def lies(result: dict[str, Any], before: State, after: State, transfers: bool = False) -> list[str]:
    """Where the result of a run that wrote is not what happened; after ``transfers`` recipients can own more."""
    found: list[str] = []
    differences = before.differences(after)
    settings = before.settings != after.settings
    doubtful = unsure(result)
    if bool(result.get("changed")) != bool(differences or settings) and not doubtful:
        found.append(f"changed is {result.get('changed')}, but these differ: {differences or settings}")
    for line in result.get("members") or []:
        name = line["username"].casefold()
        really = differences.pop(name, set())
        if name not in doubtful:
            found += line_lies(line, name, really, before, after)
    # The recipient of a group is not a member of it any more.
    received = {*REPORT_KEYS["content"], "groups"}
    if transfers:
        differences = {name: keys for name, keys in differences.items() if not keys <= received}
    found += [f"{name}: {sorted(keys)} changed unreported" for name, keys in differences.items()]
    return found


def unsure(result: dict[str, Any]) -> set[str]:
    """Whose outcome the run says it does not know."""
    names = {
        (line["username"] or line["id"]).casefold()
        for line in (*(result.get("members") or []), *(result.get("invitations") or []))
        if (line.get("error") or {}).get("code") == "unverified"
    }
    return names or ({""} if (result.get("error") or {}).get("code") == "unverified" else set())


def only_loses(key: str, had: dict[str, Any] | None, has: dict[str, Any]) -> bool:
    return set(has.get(key) or ()) < set((had or {}).get(key) or ())


def line_lies(line: dict[str, Any], name: str, really: set[str], before: State, after: State) -> list[str]:
    found = []
    if bool(line["changed"]) != bool(really):
        found.append(f"{name}: changed is {line['changed']}, but {sorted(really) or 'nothing'} changed")
    reported = {key: change for key, change in line["changes"].items() if key != "password"}
    found += [f"{name}: {lie}" for lie in belonging_lies(line, reported, name, before, after)]
    state = reported.pop("state", None)
    if state is not None and (state["after"] == "present") != (name in after.members):
        found.append(f"{name}: the run reports the state {state['after']}")
    if "state" not in really:
        # The former owner of a group stays in it as a manager or a member.
        unreported = really - set(reported) - set(BELONGINGS) - ({"groups"} if "owned_groups" in really else set())
        # A departing member gives up all licenses, which the run reports by title only, and only if it gave up all.
        gives_up = line["error"] is not None and line["changed"] and only_loses(
            "add_ons", before.members.get(name), after.members.get(name, {})
        )
        unreported -= {"add_ons"} if "licenses" in line["changes"] or gives_up else set()
        found += [f"{name}: {sorted(unreported)} changed unreported"] if unreported else []
    for key in ("groups", "add_ons"):
        change = reported.pop(key, None)
        if change is not None and name in after.members:
            found += [f"{name}: {lie}" for lie in part_lies(key, change, before.members.get(name), after.members[name])]
    for key, change in reported.items():
        sides = [("before", before), ("after", after)] if line["action"] != "created" else [("after", after)]
        for side, seen in sides:
            value = seen.members.get(name, {}).get(key)
            if name in seen.members and not same_value(key, change[side], value, seen):
                found.append(f"{name}: {key} {side} is reported as {change[side]!r}, and is {value!r}")
    return found


def part_lies(key: str, reported: dict[str, Any], had: dict[str, Any] | None, has: dict[str, Any]) -> list[str]:
    """What a run says of groups or add-ons. It names managed ones only, so the member can have more."""
    sides = {"before": set((had or {key: []})[key]), "after": set(has[key])}
    texts = {side: set(reported[side] or ()) for side in sides}
    found = [
        f"{key} {side} are reported as {sorted(texts[side])}, and are {sorted(shown)}"
        for side, shown in sides.items()
        if not texts[side] <= shown
    ]
    if texts["before"] ^ texts["after"] != sides["before"] ^ sides["after"]:
        found.append(f"{key} are reported to change as {reported}, and change {sides['before']} to {sides['after']}")
    return found


def belonging_lies(
    line: dict[str, Any], reported: dict[str, Any], name: str, before: State, after: State
) -> list[str]:  # fmt: skip
    """What a run reports of content and licenses. Removes both from the reported changes."""
    found = []
    had, has = before.members.get(name), after.members.get(name, {})
    for word, keys in REPORT_KEYS.items():
        change = reported.pop(word, None)
        held = [key for kind in keys for key in (had or {}).get(kind, ())]
        left = [key for kind in keys for key in has.get(kind, ())]
        if change is None:
            gone = set(held) - set(left)
            is_named = word == "licenses" and "add_ons" in reported
            found += [f"{word} changed unreported"] if gone and line["error"] is None and not is_named else []
            continue
        if not held or set(held) & set(left):
            found.append(f"{word} is reported as changed, from {held} to {left}")
        if word == "content":
            sizes = {kind: len((had or {}).get(kind, ())) for kind in keys}
            recipient = after.members.get(str(change["after"]).casefold(), {})
            missing = [key for kind in keys for key in (had or {}).get(kind, ()) if key not in recipient.get(kind, ())]
            words = re.findall(r"(\d+) (item|group)", change["before"])
            counts = {{"item": "items", "group": "owned_groups"}[noun]: int(number) for number, noun in words}
            if {kind: counts.get(kind, 0) for kind in keys} != sizes:
                found.append(f"content before is reported as {change['before']}, was {sizes}")
            found += [f"{change['after']} does not own {missing}"] if missing else []
        elif len(change["before"]) != len(held) or change["after"]:
            found.append(f"licenses are reported as {change}, were {held}")
    return found


# -- which writes were needed ------------------------------------------------------------------------------------------
PROFILE = {*TEXTS, "tags", "categories", "esri_access"}
CARRIED: dict[str, set[str]] = {
    "updateUser": PROFILE,
    "updateUserRole": {"role"},
    "updateUserLevel": {"level"},
    "updateUserLicenseType": {"user_type"},
    "assignUserCredits": {"credits"},
    "unassignUserCredits": {"credits"},
    "enableUser": {"enabled"},
    "enableUsers": {"enabled"},
    "disableUser": {"enabled"},
    "disableUsers": {"enabled"},
    "updateEnterpriseUser": {"idp_username"},
    "createUser": {"state"},
    "invite": {"state"},
    "deleteUser": {"state"},
    "reassignUser": {"items", "owned_groups"},
    "addGroupUsers": {"groups"},
    "updateGroupUsers": {"groups"},
    "removeGroupUsers": {"groups"},
    "provisionUserEntitlements": {"add_ons"},
    "provisionUserAppBundle": {"add_ons"},
}
SETTINGS = {
    "updatePortal": ("budgeting", "default_credits"),
    "assignMemberCategorySchema": ("schema",),
    "deleteMemberCategorySchema": ("schema",),
    "deleteInvitation": ("invitations",),
}


def needless(writes: list[dict[str, Any]], before: State, goal: State) -> list[str]:
    """Writes for which nothing was missing any more; a new or leaving account needs whatever its writes carry."""
    missing = before.differences(goal)
    found = []
    for entry in writes:
        operation = entry["operation"]
        if operation in SETTINGS:
            if all(before.settings[key] == goal.settings[key] for key in SETTINGS[operation]):
                found.append(f"{operation} was not needed")
            continue
        for name in names_in(entry):
            keys = missing.get(name, set())
            if "groups" in keys and not differs_in_group(entry, before, goal, name):
                keys = keys - {"groups"}
            if "add_ons" in keys and not differs_in_add_on(entry, before, goal, name):
                keys = keys - {"add_ons"}
            if "state" not in keys and not keys & CARRIED.get(operation, set()):
                found.append(f"{operation} for {name} was not needed")
    return found


def differs_in_group(entry: dict[str, Any], before: State, goal: State, name: str) -> bool:
    """Whether the part of a member in the group of a logged write differs; true for other writes."""
    if "/community/groups/" not in entry["path"]:
        return True
    title = before.group_titles[entry["path"].split("/community/groups/")[1].split("/")[0]]
    texts = {title, f"{title} [manager]"}
    return bool(texts & (set(before.members[name]["groups"]) ^ set(goal.members[name]["groups"])))


def differs_in_add_on(entry: dict[str, Any], before: State, goal: State, name: str) -> bool:
    """Whether what a member holds of the add-on of a logged write differs; true for other writes."""
    if "/content/listings/" not in entry["path"]:
        return True
    title = before.add_on_titles[entry["path"].split("/content/listings/")[1].split("/")[0]]
    changed = set(before.members[name]["add_ons"]) ^ set(goal.members[name]["add_ons"])
    return any(text == title or text.startswith(f"{title}: ") for text in changed)


def names_in(entry: dict[str, Any]) -> list[str]:
    """The members that a logged write names."""
    import json
    from urllib.parse import unquote

    params, path = entry["params"], entry["path"]
    if "/community/groups/" in path:
        both = f"{params.get('users', '')},{params.get('admins', '')}"
        return [name.casefold() for name in both.split(",") if name]
    if "/community/users/" in path:
        return [unquote(path.split("/community/users/")[1].split("/")[0]).casefold()]
    if "userAssignments" in params:
        return [row["username"].casefold() for row in json.loads(params["userAssignments"])]
    if "invitationList" in params:
        return [row["username"].casefold() for row in json.loads(params["invitationList"])["invitations"]]
    if "userEntitlements" in params:
        return [name.casefold() for name in json.loads(params["userEntitlements"])["users"]]
    sent = params.get("users") or params.get("usernames") or params.get("user") or params.get("username") or ""
    names = json.loads(sent) if sent.startswith("[") else sent.split(",")
    return [str(name).casefold() for name in names if name]


def twice_created(log: list[dict[str, Any]]) -> list[str]:
    """Names for which more than one request to create an account took effect."""
    made = [entry for entry in log if entry["operation"] == "createUser" and entry["effect"]]
    counts = Counter(name for entry in made for name in names_in(entry))
    return [name for name, count in counts.items() if count > 1]
