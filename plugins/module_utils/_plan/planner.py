# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""What has to change: pure functions from what is wanted and what is there to a plan. No I/O, no Ansible."""

from __future__ import annotations

import hashlib
import json

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import (
    ADMINISTRATOR,
    BUILTIN_ROLES,
    LEVEL_RANK,
    USER_TYPE_RANK,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    InputError,
    NotFound,
    PermissionDenied,
    PortalOpsError,
    UnsupportedError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import BY_NAME, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Current, Member
    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization, Tables
    from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import Resolver

CREATED = "created"
CHANGED = "changed"
REMOVED = "removed"
DISABLED = "disabled"
UNCHANGED = "unchanged"
SKIPPED = "skipped"
FAILED = "failed"
ACTIONS = (CREATED, CHANGED, REMOVED, DISABLED, UNCHANGED, SKIPPED, FAILED)

NEW_PASSWORD = "(a new password)"

BELONGINGS = ("content", "licenses")
"""What a member leaves behind: shown like fields, but read and written by requests of their own."""

NEVER_LIFTED = ("password",)
"""Fields that are only written when the task says so, because they cannot be read back."""


class Spec:
    """What the task wants of one member: only the fields it names, in normal form."""

    __slots__ = ("fields", "index", "key", "state", "transfer_to", "update_password", "username")

    def __init__(self, index: int | None, username: str, key: str, fields: dict[str, Any]) -> None:
        self.index = index
        self.username = username
        self.key = key
        self.state: str = fields.pop("state", "present")
        self.update_password: str = fields.pop("update_password", "on_create")
        self.transfer_to: str | None = fields.pop("transfer_to", None)
        self.fields = fields


class Entry:
    """One member of the plan: what is done, from what to what, and what stands against it.

    C(changes) maps fields to (before, after) in normal form; C(wanted) are the values at the wire (ids, paths).
    C(relative) are categories to add and remove, which depend on what the member has when they are written.
    """

    __slots__ = (
        "action",
        "changes",
        "hands_over",
        "index",
        "key",
        "member",
        "problems",
        "purged",
        "relative",
        "transfer_to",
        "username",
        "wanted",
        "warnings",
    )

    def __init__(self, spec: Spec, member: Member | None, action: str = UNCHANGED) -> None:
        self.index = spec.index
        self.username = member.username if member else spec.username
        self.key = spec.key
        self.member = member
        self.action = action
        self.changes: dict[str, tuple[Any, Any]] = {}
        self.wanted: dict[str, Any] = {}
        self.transfer_to = spec.transfer_to
        self.hands_over = False
        self.purged = False
        self.relative: dict[str, list[str]] | None = None
        self.problems: list[PortalOpsError] = []
        self.warnings: list[str] = []

    @property
    def leaves(self) -> bool:
        """Whether the member gives up what it owns and holds, with the account or before it goes."""
        return self.hands_over or self.action == REMOVED

    def after(self, field: str) -> Any:
        """The field as it will be: wanted, or as it is."""
        if field in self.wanted:
            return self.wanted[field]
        return self.member.values.get(field) if self.member else None

    def before(self, field: str) -> Any:
        return self.member.values.get(field) if self.member else None

    @property
    def loses_administrator(self) -> bool:
        """Whether an enabled administrator ceases to be one."""
        if self.before("role") != ADMINISTRATOR or not self.before("enabled"):
            return False
        return self.action == REMOVED or self.after("role") != ADMINISTRATOR or self.after("enabled") is False


class Plan:
    """Entries that are not unchanged, in the order of their keys; how many were looked at; members nobody listed.

    C(organization) holds changes of the organization itself, as {setting: (before, after)}. C(leaving) are the keys of
    those who are removed, disabled, or hand over what they own: nobody else's belongings may come to them.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.entries: list[Entry] = []
        self.single: Entry | None = None
        self.total = 0
        self.unmanaged: list[str] | None = None
        self.organization: dict[str, tuple[Any, Any]] = {}
        self.problems: list[PortalOpsError] = []

    @property
    def leaving(self) -> set[str]:
        return {entry.key for entry in self.entries if entry.leaves or entry.action == DISABLED}

    @property
    def acting(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.action != UNCHANGED]

    @property
    def is_empty(self) -> bool:
        return not self.acting and not self.organization

    def all_problems(self) -> list[PortalOpsError]:
        return [*self.problems, *(problem for entry in self.entries for problem in entry.problems)]

    def checksum(self) -> str:
        """SHA-256 over the ordered plan of this organization: equal plans of one organization have equal checksums."""
        digest = hashlib.sha256(json.dumps([self.scope, _shown_changes(self.organization)], sort_keys=True).encode())
        for entry in self.acting:
            line = [entry.key, entry.action, _shown_changes(entry.changes), entry.transfer_to]
            digest.update(json.dumps(line, sort_keys=True).encode())
        return digest.hexdigest()


def _shown_changes(changes: dict[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    return {name: [shown(before), shown(after)] for name, (before, after) in changes.items()}


# -- what must be read ---------------------------------------------------------------------------------------------


def fields_named(specs: Iterable[Spec]) -> set[str]:
    """Every field that a spec names."""
    return set().union(*(spec.fields for spec in specs))


def tables_needed(specs: Iterable[Spec], current: Current) -> set[str]:
    """Which of the organization's tables this comparison needs: nothing is read that would not be looked at."""
    needed: set[str] = set()
    for spec in specs:
        if spec.state != "present":
            continue
        member = current.members.get(spec.key)
        values = member.values if member else {}
        fields = spec.fields
        if "categories" in fields:
            needed.add("categories")
        if "user_type" in fields and fields["user_type"] != values.get("user_type"):
            needed.add("user_types")
        role = fields.get("role")
        if (
            role is not None
            and role != values.get("role")
            and not (role in BUILTIN_ROLES and values.get("role", role) in BUILTIN_ROLES)
        ):
            needed.add("roles")
        if len(needed) == 3:
            break
    return needed


# -- the plan ------------------------------------------------------------------------------------------------------


class Planner:
    """Compares what is wanted with what is there.

    creates: whether this module may create and remove accounts; purge: what happens to members nobody listed, and
    transfer_to: who takes over what they own.
    """

    def __init__(
        self,
        organization: Organization,
        tables: Tables,
        current: Current,
        *,
        creates: bool,
        purge: str = "none",
        transfer_to: str | None = None,
    ) -> None:
        self.organization = organization
        self.tables = tables
        self.current = current
        self.creates = creates
        self.purge = purge
        self.transfer_to = transfer_to
        self._resolver: Resolver | None = None
        self._rooted: bool | None = None
        # Pairs of a field that mean the same: what the portal said, and what is wanted (by identity).
        self._same: set[tuple[str, Any, int]] = set()
        if tables.tree is not None:
            from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import Resolver

            self._resolver = Resolver(tables.tree)
            self._rooted = tables.tree.rooted

    def plan(self, specs: list[Spec], *, single: bool = False, spared: Any = lambda key: False) -> Plan:
        """The plan for all specs. C(spared) tells which keys a purge leaves alone."""
        plan = Plan(self.organization.id)
        plan.total = len(specs)
        plan.problems.extend(self._unsupported(specs))
        if not plan.problems:
            for spec in specs:
                entry = self._entry(spec)
                if entry is not None:
                    plan.entries.append(entry)
        if single:
            plan.single = plan.entries[0] if plan.entries else self._only(specs[0], plan.problems)
        if self.current.complete:
            self._leave_or_purge(plan, {spec.key for spec in specs}, spared)
        plan.entries.sort(key=lambda entry: entry.key)
        return plan

    def _only(self, spec: Spec, problems: list[PortalOpsError]) -> Entry:
        """The entry of the one member a task names, for whom nothing is done."""
        entry = Entry(spec, self.current.members.get(spec.key), FAILED if problems else UNCHANGED)
        entry.problems.extend(problems)
        return entry

    def _leave_or_purge(self, plan: Plan, listed: set[str], spared: Any) -> None:
        """Members nobody listed: named, and on request disabled or removed."""
        unlisted = [
            member for key, member in self.current.members.items() if key not in listed and not member.is_system
        ]
        plan.unmanaged = sorted(member.username for member in unlisted)
        if self.purge == "none":
            return
        for member in unlisted:
            if spared(member.key) or (self.purge == "disable" and not member.values["enabled"]):
                continue
            entry = Entry(Spec(None, member.username, member.key, {"transfer_to": self.transfer_to}), member)
            entry.purged = True
            if self.purge == "delete":
                self._remove(entry)
            else:
                entry.action = DISABLED
                self._change(entry, "enabled", True, False)
            plan.entries.append(entry)
            plan.total += 1

    def _unsupported(self, specs: list[Spec]) -> list[PortalOpsError]:
        """Fields that this product does not have, each said once."""
        named = fields_named(specs)
        organization = self.organization
        found: list[PortalOpsError] = []
        if "level" in named and organization.has_user_types:
            found.append(
                _unsupported(
                    "level", "this portal has user types instead of levels", "name user_type instead, such as creatorUT"
                )
            )
        if "user_type" in named and not organization.has_user_types:
            found.append(
                _unsupported(
                    "user_type",
                    "this portal is older than 10.7 and has levels instead of user types",
                    "name level instead: 1 or 2",
                )
            )
        if "credits" in named and not organization.is_online:
            found.append(
                _unsupported("credits", "ArcGIS Enterprise has no credits", "leave credits out for this portal")
            )
        if "categories" in named and not organization.has_categories:
            found.append(
                _unsupported(
                    "categories",
                    "this portal is older than 11.0 and has no member categories",
                    "leave categories out for this portal",
                )
            )
        return found

    def _entry(self, spec: Spec) -> Entry | None:
        """The entry of one member, or None when nothing has to be done."""
        member = self.current.members.get(spec.key)
        foreign = spec.key in self.current.foreign
        if spec.state != "present":
            return self._leaver(spec, member) if member else None if foreign else self._gone(spec)
        if foreign:
            return self._foreign(spec)
        if member is not None:
            return self._compared(spec, member)
        if not self.creates:
            return self._unknown(spec)
        entry = Entry(spec, None)
        self._create(entry, spec)
        return entry

    @staticmethod
    def _failed(spec: Spec, kind: type[PortalOpsError], why: str, **details: str) -> Entry:
        """The entry of somebody who is no member, and what stands against that."""
        entry = Entry(spec, None, FAILED)
        entry.problems.append(kind(f"{spec.username}: {why}", member=spec.username, index=spec.index, **details))
        return entry

    def _foreign(self, spec: Spec) -> Entry:
        return self._failed(
            spec,
            Blocked,
            "this username belongs to an account of another organization; usernames are unique across ArcGIS Online",
            remedy="choose another username",
        )

    def _unknown(self, spec: Spec) -> Entry:
        return self._failed(
            spec,
            NotFound,
            "there is no such member in the organization",
            remedy="create the account with portal_user, or correct the username",
        )

    def _gone(self, spec: Spec) -> Entry | None:
        """Whoever is gone has nothing left to hand over; but only those who may see all members can tell."""
        caller = self.organization.caller
        if caller.may("portal:admin:viewUsers"):
            return None
        return self._failed(
            spec,
            PermissionDenied,
            f"{caller.username} may not view all members (portal:admin:viewUsers), so an account that seems absent may "
            "exist",
            privilege="portal:admin:viewUsers",
            remedy="run with an administrator's account",
        )

    def _leaver(self, spec: Spec, member: Member) -> Entry:
        """Somebody who is removed, or who hands over and stays; what that is, is read later (see C(complete))."""
        entry = Entry(spec, member)
        if spec.state == "absent":
            self._remove(entry)
        else:
            entry.hands_over = True
            entry.action = CHANGED
        return entry

    @staticmethod
    def _remove(entry: Entry) -> None:
        entry.action = REMOVED
        entry.changes["state"] = ("present", "absent")

    # -- creation ------------------------------------------------------------------------------------------------

    def _create(self, entry: Entry, spec: Spec) -> None:
        entry.action = CREATED
        entry.changes["state"] = ("absent", "present")
        for name, value in spec.fields.items():
            target = self._target(entry, name, value)
            if target is not None:
                self._change(entry, name, None, target)

    # -- comparison ----------------------------------------------------------------------------------------------

    def _compared(self, spec: Spec, member: Member) -> Entry | None:
        """The entry of a member, or None when all is as it should be."""
        values, same = member.values, self._same
        # Nothing that is wanted is None, and what is equal to the letter needs no closer look.
        differing = [
            name
            for name, value in spec.fields.items()
            if values.get(name) != value and (name, values.get(name), id(value)) not in same
        ]
        if not differing:
            return None
        entry = Entry(spec, member)
        for name in differing:
            self._compare(entry, spec, name)
        if "provider" in entry.changes:
            before, after = entry.changes["provider"]
            entry.problems.append(
                Blocked(
                    f"{entry.username}: provider is {before!r} and cannot be changed to {after!r}",
                    member=entry.username,
                    index=entry.index,
                    field="provider",
                    remedy="correct the roster, or remove the account and create it anew",
                )
            )
        if entry.changes:
            entry.action = DISABLED if entry.wanted.get("enabled") is False else CHANGED
        return entry if entry.changes or entry.problems else None

    def _compare(self, entry: Entry, spec: Spec, name: str) -> None:
        value = spec.fields[name]
        if name == "password":
            if spec.update_password == "always":
                self._change(entry, name, None, value)
            return
        said = entry.before(name)
        before = self._carried(said) if name == "categories" else said
        target = self._target(entry, name, value)
        if target is None:
            return
        if before is not None and BY_NAME[name].same(before, target):
            self._same.add((name, said, id(value)))
        else:
            self._change(entry, name, before, target)

    def _change(self, entry: Entry, name: str, before: Any, after: Any) -> None:
        entry.wanted[name] = after
        if name == "password":
            before, after = None, NEW_PASSWORD
        elif name == "role":
            before = None if before is None else self.tables.role_name(before)
            after = self.tables.role_name(after)
        entry.changes[name] = (before, after)

    def _target(self, entry: Entry, name: str, value: Any) -> Any:
        """The value as the portal will hold it; None, and a problem on the entry, if it means nothing there."""
        try:
            if name == "role":
                return self.tables.role(value)
            if name == "user_type":
                return self.tables.user_type(value)
        except InputError as error:
            entry.problems.append(
                InputError(
                    f"{entry.username}: {error}", **{**error.details, "member": entry.username, "index": entry.index}
                )
            )
            return None
        return self._paths(entry, value) if name == "categories" else value

    def _carried(self, paths: Any) -> tuple[str, ...]:
        from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import paths_from_portal

        return paths_from_portal(list(paths or ()), self._rooted)

    def _paths(self, entry: Entry, change: dict[str, list[str]]) -> tuple[str, ...] | None:
        if self._resolver is None:
            return None
        from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
            apply_change,
            validate_count,
        )

        carried = self._carried(entry.before("categories"))
        problems: list[InputError] = []
        resolved: dict[str, list[str]] = {}
        for word, paths in change.items():
            # Leftovers that the tree does not know may stay or be taken away, but not given.
            resolved[word], wrong = self._resolver.resolve(
                paths, "categories", entry.username, () if word == "add" else carried
            )
            # Nobody carries a path to remove that the tree does not have: it is gone already, as a second run finds.
            problems.extend(wrong if word != "remove" else ())
        after = apply_change(carried, resolved)
        entry.relative = None if "set" in resolved else resolved
        if not problems:
            problems.extend(validate_count(after, "categories", entry.username))
        entry.problems.extend(problems)
        return None if problems else after


def _unsupported(option: str, why: str, remedy: str) -> UnsupportedError:
    return UnsupportedError(f"{option}: {why}; {remedy}", option=option, remedy=remedy)


# -- what leavers leave behind -------------------------------------------------------------------------------------


def complete(plan: Plan, owned: dict[str, tuple[int, int]], held: dict[str, dict[str, list[str]]]) -> None:
    """Adds to the plan what those who leave own (items, groups) and hold (add-on licenses by kind), both by key.

    Somebody who was to hand over and has nothing is as wanted and no part of the plan any more.
    """
    for entry in plan.entries:
        if not entry.leaves:
            continue
        items, groups = owned.get(entry.key, (0, 0))
        if items or groups:
            entry.changes["content"] = (owns(items, groups), entry.transfer_to)
        licenses = sorted(item for items in held.get(entry.key, {}).values() for item in items)
        if licenses:
            entry.changes["licenses"] = (tuple(licenses), ())
        if entry.hands_over and not entry.changes:
            entry.action = UNCHANGED
    plan.entries = [entry for entry in plan.entries if entry.action != UNCHANGED or entry.problems]


def owns(items: int, groups: int) -> str:
    """What somebody owns, in words."""
    parts = [f"{count} {word if count == 1 else word + 's'}" for count, word in ((items, "item"), (groups, "group"))]
    return " and ".join(part for part in parts if not part.startswith("0 "))


# -- what a change means -------------------------------------------------------------------------------------------


def lowers(entry: Entry, role_ranks: dict[str, float]) -> list[str]:
    """The fields of an entry that fall; a change between values without a known rank counts as a fall, to be safe."""
    ranks: dict[str, dict[str, Any]] = {"role": role_ranks, "user_type": USER_TYPE_RANK, "level": LEVEL_RANK}
    fallen = []
    for name, rank in ranks.items():
        if name in entry.changes and entry.member is not None:
            before, after = rank.get(entry.before(name)), rank.get(entry.wanted[name])
            if before is None or after is None or after < before:
                fallen.append(name)
    return fallen


def narrows_type(entry: Entry) -> bool:
    """Whether the member's user type or level falls, so that a narrower role has to be given first."""
    return bool({"user_type", "level"}.intersection(lowers(entry, {})))
