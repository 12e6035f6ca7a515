# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle of groups: which memberships change, what blocks a plan, and what no run changes. Pure, no I/O.

From design.md (*Member options*, *Roster options*) and part 2 of the reference, sections 1, 4, 12, and 14.
A state is a snapshot of the sandbox (see ``harness.py``). A desired entry is a roster entry. A level is ``member``,
``manager``, or None for a member who is not in the group.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Optional

from .disruption import disruptions, share_exceeded
from .removal import is_of_the_portal

State = dict[str, Any]
Group = dict[str, Any]
Entry = dict[str, Any]
Level = Optional[str]
Move = tuple[str, str]
"""Lower-case username and group ID."""

MOST_GROUPS = 512
BATCH = 25
JOIN, CREATE = "portal:user:joinGroup", "portal:user:createItem"
SHARED_UPDATE = "updateitemcontrol"
BUILT_IN = {
    "org_admin": {JOIN, CREATE}, "org_publisher": {JOIN, CREATE}, "org_user": {JOIN, CREATE},
    "iaaaaaaaaaaaaaaa": {JOIN}, "viewer": {JOIN}, "ibbbbbbbbbbbbbbb": {JOIN}, "data editor": {JOIN},
}  # fmt: skip
"""Privileges of the built-in roles that decide about groups, by lower-case ID and name."""
WORDS = {
    "linked": ("linked", "identity provider"),
    "foreign": ("another organization", "other organization", "does not exist"),
    "join": (JOIN,),
    "shared_update": (CREATE, "shared update"),
    "too_many": ("512",),
    "caller": ("portal:admin:assignToGroups",),
    "disabled_manager": ("disabled",),
    "owner": ("owner", "owns"),
    "ambiguous": ("several", "ambiguous", "more than one", "2 groups"),
    "not_found": ("does not exist", "not exist", "not found"),
}
"""Words of which an error contains one, by reason."""
OPERATIONS = ("addGroupUsers", "removeGroupUsers", "updateGroupUsers")


@dataclass
class Forecast:
    """What a run does with the groups of one roster."""

    before: dict[Move, Level] = field(default_factory=dict)
    moves: dict[Move, Level] = field(default_factory=dict)
    blocked: set[tuple[str, str, str]] = field(default_factory=set)
    """Lower-case username, group as the roster names it, and reason."""
    guards: set[str] = field(default_factory=set)
    managed: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    """Questions that the documentation leaves open. A test does not use such a case."""

    @property
    def applies(self) -> bool:
        return not self.blocked and not self.guards

    @property
    def members(self) -> set[str]:
        """Return the members with a change."""
        return {name for name, _group in self.moves}

    def of_group(self, group_id: str) -> dict[str, Level]:
        return {name: level for (name, each), level in self.moves.items() if each == group_id}


# -- groups and their names -------------------------------------------------------------------------------------------
def groups_by_id(state: State) -> dict[str, Group]:
    return {group["id"]: group for group in state["groups"]}


def level_of(group: Group, name: str) -> Level:
    """Return the level of a member. The owner counts as manager."""
    if name in {each.lower() for each in (group["owner"], *group["admins"])}:
        return "manager"
    return "member" if name in {each.lower() for each in group["users"]} else None


def is_owner(group: Group, name: str) -> bool:
    return bool(group["owner"].lower() == name)


def is_linked(group: Group) -> bool:
    return bool(group["provider"])


def is_foreign(state: State, group: Group) -> bool:
    """Tell whether a group belongs to another organization than the signed-in account."""
    return bool(group["orgId"] != state["members"]["portal_admin"]["orgId"])


def is_changeable(state: State, group: Group, name: str) -> bool:
    """Tell whether a run can change the membership of a member in a group at all."""
    return not (is_linked(group) or is_foreign(state, group) or is_owner(group, name))


def find(state: State, text: str) -> list[Group]:
    """Return the groups that a text names: one ID, or a title, trimmed and case-folded, then exact if several match."""
    known = groups_by_id(state)
    if text.strip() in known:
        return [known[text.strip()]]
    own = [group for group in known.values() if not is_foreign(state, group)]
    found = [group for group in own if group["title"].strip().casefold() == text.strip().casefold()]
    exact = [group for group in found if group["title"].strip() == text.strip()]
    return exact if len(found) > 1 and exact else found


def matching(state: State, patterns: Iterable[str]) -> set[str]:
    """Return the IDs of the groups that titles, IDs, or patterns match, without regard to case."""
    found: set[str] = set()
    for pattern in patterns:
        found |= {group["id"] for group in find(state, pattern)}
        folded = pattern.strip().casefold()
        for group in state["groups"]:
            names = (group["title"].strip().casefold(), group["id"].casefold())
            if any(fnmatchcase(name, folded) for name in names):
                found.add(group["id"])
    return {key for key in found if not is_foreign(state, groups_by_id(state)[key])}


# -- roster entries ---------------------------------------------------------------------------------------------------
def actions_of(value: Any) -> dict[str, list[tuple[str, bool]]]:
    """Return the groups that an entry sets, adds, and removes, each with whether the member is a manager of it."""
    parts = value if isinstance(value, dict) else {"set": value}
    return {
        action: [(ref["group"], bool(ref.get("manager"))) if isinstance(ref, dict) else (ref, False) for ref in refs]
        for action, refs in parts.items()
    }


def managed_groups(state: State, entries: list[Entry], patterns: Iterable[str], section: Iterable[str]) -> set[str]:
    """Return the IDs of the managed groups: named by a member, matched by ``managed_groups``, or in the roster."""
    actions = [actions_of(entry.get("groups") or []) for entry in entries]
    named = [text for action in actions for refs in action.values() for text, _level in refs]
    found = {group["id"] for text in (*named, *section) for group in find(state, text)}
    return found | matching(state, patterns)


# -- the forecast -----------------------------------------------------------------------------------------------------
@dataclass
class Task:
    """The options of a run that are about groups."""

    entries: list[Entry]
    managed_groups: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    guards: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    """Privileges of custom roles, by ID and by name."""
    signed_in: str = "portal_admin"
    can_assign: bool = True


def privileges_after(state: State, task: Task, entry: Entry) -> set[str]:
    """Return the privileges that a member has once the entry is applied."""
    role = str(entry.get("role") or state["members"][entry["username"].lower()]["effectiveRole"])
    known = {**BUILT_IN, **{name.lower(): names for name, names in task.roles.items()}}
    return known[role.lower()]


def is_disabled_after(state: State, entry: Entry) -> bool:
    enabled = entry.get("enabled")
    return bool(state["members"][entry["username"].lower()]["disabled"] if enabled is None else not enabled)


def forecast(state: State, task: Task) -> Forecast:
    """Return what a run with these options does, or what blocks it."""
    result = Forecast(managed=managed_groups(state, task.entries, task.managed_groups, task.section))
    for entry in task.entries:
        if entry.get("groups") is not None:
            _forecast_member(state, task, entry, result)
    for key in {group for _name, group in result.moves}:
        group = groups_by_id(state)[key]
        if not task.can_assign and level_of(group, task.signed_in) != "manager":
            result.blocked |= {(name, group["title"], "caller") for name in result.of_group(key)}
    result.guards = _guards(state, task, result)
    return result


@dataclass
class Wish:
    """One group that an entry names, with the level that it asks for."""

    entry: Entry
    group: Group
    text: str
    wanted: Level

    @property
    def name(self) -> str:
        return str(self.entry["username"]).lower()

    @property
    def current(self) -> Level:
        return level_of(self.group, self.name)


def _wishes(state: State, entry: Entry, result: Forecast) -> list[Wish]:
    """Return the groups that an entry names. Texts that name no group or several are blocked."""
    name, wishes = entry["username"].lower(), []
    for action, refs in actions_of(entry["groups"]).items():
        for text, manager in refs:
            found = find(state, text)
            if len(found) != 1:
                result.blocked.add((name, text, "ambiguous" if found else "not_found"))
                continue
            wanted = None if action == "remove" else "manager" if manager else "member"
            if action == "add" and level_of(found[0], name) == "manager":
                wanted = "manager"
            wishes.append(Wish(entry, found[0], text, wanted))
    if len({wish.group["id"] for wish in wishes}) < len(wishes):
        result.unclear.add("an entry names a group twice")
    return wishes


def _forecast_member(state: State, task: Task, entry: Entry, result: Forecast) -> None:
    name, groups = entry["username"].lower(), groups_by_id(state)
    desired: dict[str, Level] = {}
    if "set" in actions_of(entry["groups"]):
        desired = dict.fromkeys(result.managed)
    refused = set()
    for wish in _wishes(state, entry, result):
        desired[wish.group["id"]] = wish.wanted
        for reason in _reasons(state, task, wish, result):
            result.blocked.add((name, wish.text, reason))
            refused.add(wish.group["id"])
    for key, wanted in desired.items():
        current = level_of(groups[key], name)
        if wanted != current and is_changeable(state, groups[key], name) and key not in refused:
            result.before[(name, key)], result.moves[(name, key)] = current, wanted
    _count_groups(state, name, result)


def _reasons(state: State, task: Task, wish: Wish, result: Forecast) -> set[str]:
    """Return the reasons that block one membership."""
    outside = {"linked"} if is_linked(wish.group) else {"foreign"} if is_foreign(state, wish.group) else set()
    if outside and wish.wanted == wish.current:
        result.unclear.add("a linked group or a group of another organization matches already")
    if outside:
        return outside
    if is_owner(wish.group, wish.name):
        return {"owner"} if wish.wanted is None else set()
    return set() if wish.wanted is None else _join_reasons(state, task, wish, result)


def _join_reasons(state: State, task: Task, wish: Wish, result: Forecast) -> set[str]:
    """Return the reasons why a member cannot be in a group at the desired level."""
    privileges, reasons = privileges_after(state, task, wish.entry), set()
    if wish.current is None and JOIN not in privileges:
        reasons.add("join")
    if SHARED_UPDATE in wish.group["capabilities"] and CREATE not in privileges:
        if wish.current is None or wish.entry.get("role"):
            reasons.add("shared_update")
        else:
            result.unclear.add("a member of a shared update group has a role that does not fit")
    if wish.wanted == "manager" and is_disabled_after(state, wish.entry):
        if wish.current == "manager":
            result.unclear.add("a disabled member is a manager already")
        else:
            reasons.add("disabled_manager")
    return reasons


def _count_groups(state: State, name: str, result: Forecast) -> None:
    own = {key: level for (each, key), level in result.moves.items() if each == name}
    joined = sum(result.before[(name, key)] is None for key in own)
    left = sum(level is None for level in own.values())
    if joined and len(state["members"][name]["memberGroups"]) + joined - left > MOST_GROUPS:
        result.blocked.add((name, "", "too_many"))


# -- guards -----------------------------------------------------------------------------------------------------------
def disrupted_members(result: Forecast) -> set[str]:
    """Return the members who leave a group, or are a member where they were a manager."""
    return {
        name for (name, key), level in result.moves.items()
        if level is None or (level == "member" and result.before[(name, key)] == "manager")
    }  # fmt: skip


def _guards(state: State, task: Task, result: Forecast) -> set[str]:
    guards, found = task.guards, set()
    countable = {name: row for name, row in state["members"].items() if not is_of_the_portal(name)}
    disrupted = disrupted_members(result)
    disrupted |= {e["username"].lower() for e in task.entries if disruptions(countable.get(e["username"].lower()), e)}
    if share_exceeded(len(disrupted), guards.get("max_disruptive", "100%"), len(countable)):
        found.add("max_disruptive")
    patterns = [pattern.lower() for pattern in guards.get("protected", [])]
    if any(fnmatchcase(name, pattern) for name in disrupted for pattern in patterns):
        found.add("protected")
    if matching(state, guards.get("protected_groups", [])) & {key for _name, key in result.moves}:
        found.add("protected_groups")
    for key in {group for _name, group in result.moves}:
        group, levels = groups_by_id(state)[key], result.of_group(key)
        leaving = sum(level is None for level in levels.values())
        size = len(group["admins"]) + len(group["users"])
        if leaving and "max_leaving" in guards:
            # The documentation does not say whether the owner is one of the members that a percentage counts.
            verdicts = {share_exceeded(leaving, guards["max_leaving"], count) for count in (size, size + 1)}
            if len(verdicts) > 1:
                result.unclear.add("max_leaving with or without the owner")
            elif verdicts == {True}:
                found.add("max_leaving")
        if guards.get("keep_managers") and not _keeps_manager(state, group, levels, result):
            found.add("keep_managers")
    return found


def _keeps_manager(state: State, group: Group, levels: dict[str, Level], result: Forecast) -> bool:
    """Tell whether a manager besides the owner remains, if the run takes one away."""
    managers = {name.lower() for name in group["admins"]}
    lost = {name for name in levels if name in managers and levels[name] != "manager"}
    remaining = (managers - lost) | {name for name, level in levels.items() if level == "manager"}
    if lost and remaining and all(state["members"].get(name, {}).get("disabled") for name in remaining):
        result.unclear.add("only disabled managers remain")
    return not lost or bool(remaining)


# -- comparison with a run --------------------------------------------------------------------------------------------
UNSEEN = ("modified", "updates")


def memberships(group: Group) -> dict[str, Level]:
    """Return the levels in a group by lower-case username, without the owner."""
    return {
        **{name.lower(): "member" for name in group["users"]},
        **{name.lower(): "manager" for name in group["admins"]},
    }


def state_problems(before: State, after: State, moves: dict[Move, Level]) -> list[str]:
    """Return where the groups and members of the portal are not those that the moves lead to."""
    found = []
    old, new = groups_by_id(before), groups_by_id(after)
    if set(old) != set(new):
        found.append(f"groups {set(old) ^ set(new)} were created or deleted")
    for key in set(old) & set(new):
        expected = memberships(old[key])
        for (name, group), level in moves.items():
            if group == key:
                expected.pop(name, None)
                if level is not None:
                    expected[name] = level
        if memberships(new[key]) != expected:
            found.append(f"{old[key]['title']}: members are {memberships(new[key])}, expected {expected}")
        fields = set(old[key]) - {"admins", "users", *UNSEEN}
        found += [f"{old[key]['title']}: {name} changed" for name in fields if old[key][name] != new[key][name]]
    for name in {*before["members"], *after["members"]}:
        rows = [state["members"].get(name, {}) for state in (before, after)]
        fields = set(rows[0]) | set(rows[1])
        if any(rows[0].get(key) != rows[1].get(key) for key in fields - {"memberGroups", *UNSEEN}):
            found.append(f"{name}: changed beside the groups")
    return found


def names_of(params: dict[str, Any], name: str) -> list[str]:
    """Return the lower-case usernames in one parameter of a request: a comma list or a JSON array."""
    text = str(params.get(name) or "").strip()
    listed = json.loads(text) if text.startswith("[") else text.split(",")
    return [str(each).strip().lower() for each in listed if str(each).strip()]


def group_in(entry: dict[str, Any]) -> str:
    """Return the ID of the group in the path of a request, or an empty text."""
    parts = [part for part in str(entry["path"]).split("/") if part]
    return parts[parts.index("groups") + 1] if "groups" in parts[:-1] else ""


def group_writes(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in log if entry["write"] and entry["operation"] in OPERATIONS]


def write_problems(
    log: list[dict[str, Any]], result: Forecast, allowed: Iterable[str] = (), repeats: bool = False
) -> list[str]:
    """Return where the requests of a run are not those that the moves need.

    Args:
        log: Requests of the run, as the sandbox recorded them.
        result: Forecast of the run.
        allowed: Further write operations.
        repeats: Whether the run can send a name again, after a response that was lost.
    """
    found: list[str] = []
    sent: dict[Move, list[Level]] = {}
    expected_operation = {
        move: "removeGroupUsers" if level is None else "addGroupUsers" if result.before[move] is None else
        "updateGroupUsers" for move, level in result.moves.items()
    }  # fmt: skip
    for entry in log:
        if not entry["write"] or entry["operation"] in ("generateToken", *allowed):
            continue
        if entry["operation"] not in OPERATIONS:
            found.append(f"{entry['operation']} was sent")
            continue
        key, users, admins = group_in(entry), names_of(entry["params"], "users"), names_of(entry["params"], "admins")
        if len(users) + len(admins) > BATCH:
            found.append(f"{entry['operation']}: {len(users)} + {len(admins)} names in one request")
        plain: Level = None if entry["operation"] == "removeGroupUsers" else "member"
        for name, level in [*((each, plain) for each in users), *((each, "manager") for each in admins)]:
            if expected_operation.get((name, key)) != entry["operation"]:
                found.append(f"{entry['operation']} for {name} in group {key}, expected no such request")
            sent.setdefault((name, key), []).append(level)
    for move, levels in sent.items():
        if move in result.moves and (levels[-1] != result.moves[move] or (len(levels) > 1 and not repeats)):
            found.append(f"{move}: sent {levels}, expected {result.moves[move]}")
    found += [f"{move}: not sent" for move in result.moves if move not in sent]
    if not repeats:
        found += _count_problems(log, expected_operation, result)
    return found


def _count_problems(log: list[dict[str, Any]], operations: dict[Move, str], result: Forecast) -> list[str]:
    """Return where a run sends more requests than full batches need, members and managers apart."""
    names = Counter((key, operations[(name, key)], level) for (name, key), level in result.moves.items())
    most: Counter[tuple[str, str]] = Counter()
    for (key, operation, _level), count in names.items():
        most[(key, operation)] += -(-count // BATCH)
    sent = Counter((group_in(entry), entry["operation"]) for entry in group_writes(log))
    return [f"{each}: {count} requests, {most[each]} suffice" for each, count in sent.items() if count > most[each]]


MANAGER = " [manager]"
"""Ends the text of a membership as a manager."""


def shown_levels(state: State, listed: Any, found: list[str]) -> dict[str, Level]:
    """Return the levels by group ID that a result lists, and add what is wrong about the list to ``found``."""
    levels: dict[str, Level] = {}
    for ref in listed or []:
        text, manager = (ref["group"], bool(ref.get("manager"))) if isinstance(ref, dict) else (ref, False)
        if text.endswith(MANAGER):
            text, manager = text[: -len(MANAGER)], True
        groups = find(state, text)
        if len(groups) != 1:
            found.append(f"the result names '{text}', which is {len(groups)} groups")
            continue
        levels[groups[0]["id"]] = "manager" if manager else "member"
    return levels


def result_problems(result: dict[str, Any], state: State, expected: Forecast) -> list[str]:
    """Return where the result of a run without other changes is not what the forecast lets expect."""
    found: list[str] = []
    rows = {row["username"].lower(): row for row in result.get("members", [])}
    if result.get("changed") is not bool(expected.moves):
        found.append(f"changed is {result.get('changed')}, the forecast has {len(expected.moves)} changes")
    for name in expected.members:
        row = rows.get(name)
        if row is None or row["action"] != "changed" or row["changed"] is not True or "groups" not in row["changes"]:
            found.append(f"{name}: the result has no change of groups: {row}")
            continue
        found += _row_problems(row, state, expected)
    for name in set(rows) - expected.members:
        if rows[name]["changed"] or rows[name]["changes"] or rows[name]["action"] != "unchanged":
            found.append(f"{name}: the result has a change, expected none: {rows[name]}")
    if "summary" in result and result["summary"].get("changed") != len(expected.members):
        found.append(f"summary.changed is {result['summary'].get('changed')}, expected {len(expected.members)}")
    return found


def _row_problems(row: dict[str, Any], state: State, expected: Forecast) -> list[str]:
    found: list[str] = []
    name, groups = row["username"].lower(), groups_by_id(state)
    change = row["changes"]["groups"]
    before, after = (shown_levels(state, change[side], found) for side in ("before", "after"))
    wrong = {key for key, level in before.items() if level_of(groups[key], name) != level}
    found += [f"{name}: 'before' is wrong about {groups[key]['title']}" for key in wrong]
    found += [f"{name}: shows the unmanaged group {groups[key]['title']}"
              for key in {*before, *after} - expected.managed]  # fmt: skip
    seen = {key: after.get(key) for key in {*before, *after} if before.get(key) != after.get(key)}
    real = {key: level for (each, key), level in expected.moves.items() if each == name}
    if seen != real:
        found.append(f"{name}: the result shows {seen}, the forecast is {real}")
    return found


def reason_problems(text: str, state: State, expected: Forecast) -> list[str]:
    """Return the problems of a blocked plan that its errors do not name, with the member, group, and reason."""
    folded = text.casefold()
    found = [f"no error names {name}" for name, _group, _reason in expected.blocked if name not in folded]
    for _name, group, reason in expected.blocked:
        if not any(word.casefold() in folded for word in WORDS[reason]):
            found.append(f"no error gives the reason {reason}")
        named = [group.strip(), *(each[key].strip() for each in find(state, group) for key in ("id", "title"))]
        if not any(name.casefold() in folded for name in named):
            found.append(f"no error names the group {group}")
    return found


# -- settings of groups -----------------------------------------------------------------------------------------------
JOINING = {"by_invitation": (True, False), "by_request": (False, False), "open": (False, True)}
"""``isInvitationOnly`` and ``autoJoin``, by the value of ``join``."""
PARAMETERS = {
    "title": {"title"}, "summary": {"snippet"}, "description": {"description"}, "tags": {"tags"}, "access": {"access"},
    "join": {"isinvitationonly", "autojoin"}, "contributors": {"isviewonly"}, "shared_update": {"capabilities"},
}  # fmt: skip
"""Lower-case parameters of an update, by option. Protection and owner have operations of their own."""


def settings_of(group: Group) -> dict[str, Any]:
    """Return the settings of a group as options of ``portal_group``."""
    joining = (group["isInvitationOnly"], group["autoJoin"])
    return {
        "title": group["title"],
        "summary": group["snippet"] or "",
        "description": group["description"] or "",
        "tags": list(group["tags"]),
        "access": group["access"],
        "join": next(name for name, flags in JOINING.items() if flags == joining),
        "contributors": "managers" if group["isViewOnly"] else "all_members",
        "shared_update": SHARED_UPDATE in group["capabilities"],
        "owner": group["owner"],
        "protected": group["protected"],
    }


def properties_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that the sandbox stores for options of ``portal_group``."""
    found: dict[str, Any] = {"summary": "snippet", "description": "description", "tags": "tags", "access": "access"}
    properties = {found[name]: value for name, value in options.items() if name in found}
    if "join" in options:
        properties["isInvitationOnly"], properties["autoJoin"] = JOINING[options["join"]]
    if "contributors" in options:
        properties["isViewOnly"] = options["contributors"] == "managers"
    if "protected" in options:
        properties["protected"] = options["protected"]
    if options.get("shared_update"):
        properties["capabilities"] = [SHARED_UPDATE]
    return properties


def changed_settings(group: Group, options: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the settings that a task changes in an existing group, with the values before and after."""
    now = settings_of(group)
    names = [name for name in options if name in now and name not in ("title", "shared_update")]
    return {name: (now[name], options[name]) for name in names if now[name] != options[name]}


def setting_problems(before: State, after: State, key: str, options: dict[str, Any]) -> list[str]:
    """Return where a run left other settings than the task names, in one group and in all other groups."""
    old, new = groups_by_id(before), groups_by_id(after)
    found = [f"group {each} was created or deleted" for each in set(old) ^ set(new)]
    for each in set(old) & set(new) - {key}:
        if {**old[each], "modified": 0} != {**new[each], "modified": 0}:
            found.append(f"{old[each]['title']}: changed")
    if key not in old or key not in new:
        return found
    expected = {**old[key], **properties_of(options)}
    for name, value in expected.items():
        texts = name in ("snippet", "description")
        same = (value or "") == (new[key][name] or "") if texts else value == new[key][name]
        if not same and name not in ("modified", "owner", "admins", "users", "title"):
            found.append(f"{name} is {new[key][name]!r}, expected {value!r}")
    return found


def update_problems(log: list[dict[str, Any]], key: str, options: dict[str, Any]) -> list[str]:
    """Return where updates of a group send more than the named settings, or go to another group."""
    named = {"f", "token", "clearemptyfields"}
    named |= {parameter for name in options for parameter in PARAMETERS.get(name, set())}
    found = []
    for entry in log:
        if not entry["write"] or entry["operation"] == "generateToken":
            continue
        if entry["operation"] == "updateGroup":
            extra = {name.lower() for name in entry["params"]} - named
            found += [f"an update sends {name}" for name in sorted(extra)]
        if group_in(entry) not in ("", key):
            found.append(f"{entry['operation']} for group {group_in(entry)}")
    return found
