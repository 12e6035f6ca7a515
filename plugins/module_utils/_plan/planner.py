# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Compares desired members with current ones: pure functions from values to plan entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    InputError,
    NotFound,
    PermissionDenied,
    PortalOpsError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    AddOnTable,
    HoldingChanges,
    Wish,
    after_changes,
    held,
    holding_texts,
    named_holdings,
    resolve_wish,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
    Resolver,
    apply_change,
    paths_from_portal,
    validate_count,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import FIELDS_BY_NAME
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    PART_OWNER,
    Group,
    GroupName,
    ManagedGroups,
    PartChanges,
    contradictions,
    managed_names,
    membership,
    memberships,
    part_changes,
    parts_of,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import (
    CurrentMembers,
    DesiredMember,
    Member,
    may_be_portal_account,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import has_mojibake
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CHANGED,
    CREATED,
    DISABLED,
    FAILED,
    NEW_PASSWORD,
    REMOVED,
    UNCHANGED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    BUILTIN_ROLES,
    USER,
    NameTables,
    fits,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.unsupported import unsupported_fields

#: What a new account needs beside its seat.
REQUIRED_FIELDS = ("first_name", "last_name", "email")


def fields_named(desired: Iterable[DesiredMember]) -> set[str]:
    """Return every field that an entry names."""
    return set().union(*(member.fields for member in desired))


def is_departing(desired: DesiredMember) -> bool:
    """Return whether an entry disables its member, or transfers its content, and keeps the account."""
    return desired.state == "transferred" or (desired.state == "present" and desired.fields.get("enabled") is False)


def tables_needed(desired: Iterable[DesiredMember], current: CurrentMembers) -> set[str]:
    """Return which name tables this comparison needs (of ``roles``, ``user_types``, ``categories``)."""
    needed: set[str] = set()
    for entry in desired:
        if entry.state != "present":
            continue
        member = current.members.get(entry.key)
        values = member.values if member else {}
        fields = entry.fields
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


class Planner:
    """Makes plan entries of one organization."""

    def __init__(
        self,
        organization: Organization,
        tables: NameTables,
        current: CurrentMembers,
        *,
        creates: bool,
        groups: ManagedGroups | None = None,
        leaves_groups: bool = False,
        add_ons: AddOnTable | None = None,
    ) -> None:
        """Take what the entries are compared with.

        Args:
            organization: Product and signed-in account.
            tables: Names of roles, user types, categories.
            current: Members that were read.
            creates: Whether this module creates and removes accounts.
            groups: Groups whose memberships are compared, or None if they do not matter.
            leaves_groups: Whether members who are disabled or transfer their content leave their groups.
            add_ons: Add-on licenses of the organization, or None if they do not matter.
        """
        self.add_ons = add_ons
        self.groups = groups
        self.leaves_groups = leaves_groups
        self.organization = organization
        self.tables = tables
        self.current = current
        self.creates = creates
        tree = tables.tree
        self._resolver = None if tree is None else Resolver(tree)
        self._is_rooted = None if tree is None else tree.rooted

    def plan(self, desired: list[DesiredMember], *, single: bool = False) -> Plan:
        """Return the plan for all entries.

        Args:
            desired: Roster entries in normal form.
            single: Whether the task names its one member by ``username``.
        """
        problems = unsupported_fields(fields_named(desired), self.organization)
        entries = [] if problems else [entry for entry in map(self._entry, desired) if entry is not None]
        shown = None
        if single:
            shown = entries[0] if entries else self._single_entry(desired[0], problems)
        return Plan(self.organization.id, entries, total=len(desired), single=shown, problems=problems)

    def _single_entry(self, desired: DesiredMember, problems: list[PortalOpsError]) -> PlanEntry:
        entry = PlanEntry.of_member(desired, self.current.members.get(desired.key), FAILED if problems else UNCHANGED)
        entry.problems.extend(problems)
        return entry

    def _entry(self, desired: DesiredMember) -> PlanEntry | None:
        """Return the entry of one member, or None if nothing changes."""
        member = self.current.members.get(desired.key)
        if may_be_portal_account(desired.key):
            entry = self._portal_account_entry(desired, member)
            if entry is not None:
                return entry
        is_foreign = desired.key in self.current.foreign
        if desired.state != "present":
            return self._departure(desired, member) if member else self._absence(desired)
        if is_foreign:
            return self._foreign_entry(desired)
        if member is not None:
            return self._changed_member(desired, member)
        return self._new_member(desired)

    # -- members without a plan ------------------------------------------------------------------------------------

    @staticmethod
    def _failed(desired: DesiredMember, kind: type[PortalOpsError], statement: str, **details: Any) -> PlanEntry:
        entry = PlanEntry.of_member(desired, None, FAILED)
        entry.problems.append(entry.error(kind, statement, **details))
        return entry

    def _portal_account_entry(self, desired: DesiredMember, member: Member | None) -> PlanEntry | None:
        """Return the problem of an entry that names an account of the portal itself; such accounts never change."""
        if member is not None and not member.is_portal_account:
            return None
        if member is None and desired.state == "present" and self.creates and desired.key in self.current.free:
            return None
        return self._failed(
            desired,
            Blocked,
            "Is, or can be, an account of the portal itself, which is never changed.",
            remedy="Remove the entry.",
        )

    def _foreign_entry(self, desired: DesiredMember) -> PlanEntry:
        return self._failed(
            desired,
            Blocked,
            self._hidden_statement()
            or "The username belongs to an account of another organization. Usernames are unique in ArcGIS Online.",
            remedy="Choose another username."
            if not self._hidden_statement()
            else "Run with an account that has the privilege portal:admin:viewUsers.",
        )

    def _hidden_statement(self) -> str:
        """Return what an account without the privilege to view members can say of a page without organization."""
        account = self.organization.account
        if account.has_any("portal:admin:viewUsers"):
            return ""
        return (
            "The account is either of another organization or hidden from "
            f"{account.username}, which lacks the privilege portal:admin:viewUsers."
        )

    def _absence(self, desired: DesiredMember) -> PlanEntry | None:
        """Return None for a member that is absent, or a problem if the signed-in account cannot tell.

        The portal shows a hidden member to such an account like an account of another organization.
        """
        account = self.organization.account
        if account.has_any("portal:admin:viewUsers"):
            return None
        return self._failed(
            desired,
            PermissionDenied,
            f"Account {account.username} cannot view all members, so the account can exist: it lacks the privilege "
            "portal:admin:viewUsers.",
            privilege="portal:admin:viewUsers",
            remedy="Run as an administrator.",
        )

    def _missing_entry(self, desired: DesiredMember, remedy: str) -> PlanEntry:
        entry = PlanEntry.of_member(desired, None, FAILED)
        if desired.place is not None:
            # With cells under the wrong names, the username is a secret.
            entry.name = desired.place.capitalize()
        entry.problems.append(entry.error(NotFound, "Member does not exist in the organization.", remedy=remedy))
        return entry

    # -- departures ----------------------------------------------------------------------------------------------

    def _departure(self, desired: DesiredMember, member: Member) -> PlanEntry:
        """Return the entry of a member that is removed or gives up what it owns; the latter is read later."""
        if desired.state == "absent":
            entry = removal_entry(desired, member)
            managed = managed_names(desired.fields.get("groups", {}))
            if managed:
                entry.problems.append(
                    entry.error(
                        Blocked,
                        f"Would be removed and a manager of {join_names(managed)}.",
                        option="groups",
                        remedy="Name another member as manager.",
                    )
                )
            return entry
        entry = PlanEntry.of_member(desired, member, CHANGED)
        entry.transfers_content = True
        self._leave_groups(entry, desired)
        return entry

    # -- creation ------------------------------------------------------------------------------------------------

    def _new_member(self, desired: DesiredMember) -> PlanEntry:
        if not self.creates:
            return self._missing_entry(desired, "Correct the username, or create the member with portal_user.")
        steps = []
        if desired.fields.get("enabled") is False:
            steps.append("remove enabled from the entry")
        missing = self._missing_fields(desired)
        if missing:
            steps.append(f"add {', '.join(missing)}")
        if steps:
            entry = self._missing_entry(
                desired, f"Correct the username, or {' and '.join(steps)} to create the member."
            )
            # The values of the entry are checked too, so that all problems are reported together.
            for name, value in desired.fields.items():
                self._target(entry, name, value)
            return entry
        entry = PlanEntry.of_member(desired, None, CREATED)
        entry.changes["state"] = ("absent", "present")
        for name, value in desired.fields.items():
            target = self._target(entry, name, value)
            if target is not None:
                self._change(entry, name, None, target)
        self._add_default_role(entry, desired)
        return entry

    def _missing_fields(self, desired: DesiredMember) -> list[str]:
        """Return what the entry lacks for a new account."""
        needed = [*REQUIRED_FIELDS, self.organization.seat_field]
        if desired.fields.get("provider") == "enterprise":
            needed.append("idp_username")
        elif not self.organization.is_online:
            needed.append("password")
        return [name for name in needed if not desired.fields.get(name)]

    def _add_default_role(self, entry: PlanEntry, desired: DesiredMember) -> None:
        """Show the role that a new account gets if the entry names none, where the seat allows it."""
        if "role" in desired.fields:
            return
        seat = entry.wanted.get(self.organization.seat_field)
        if fits(USER, seat):
            self._change(entry, "role", None, USER)
            return
        entry.problems.append(
            entry.error(
                Blocked,
                f"New members with {self.organization.seat_field.replace('_', ' ')} {seat} need a role.",
                option="role",
                remedy="Add role to the entry, for example Viewer.",
            )
        )

    # -- comparison ----------------------------------------------------------------------------------------------

    def _changed_member(self, desired: DesiredMember, member: Member) -> PlanEntry | None:
        """Return the entry of an existing member, or None if it matches."""
        values = member.values
        # Nothing desired is None, and what equals to the letter needs no closer look.
        differing = [
            name
            for name, value in desired.fields.items()
            if values.get(name) != value and not (name == "password" and desired.update_password != "always")
        ]
        if not differing and not (self.leaves_groups and is_departing(desired)):
            return None
        entry = PlanEntry.of_member(desired, member)
        for name in differing:
            self._compare(entry, name, desired.fields[name])
        self._leave_groups(entry, desired)
        if "provider" in entry.changes:
            before, after = entry.changes["provider"]
            entry.problems.append(
                entry.error(
                    Blocked,
                    f"Cannot change provider from '{before}' to '{after}'.",
                    option="provider",
                    remedy="Correct the entry, or create a new account and transfer the content to it.",
                )
            )
        if "idp_username" in entry.changes and not self.organization.is_online and entry.before("provider") == "arcgis":
            entry.problems.append(
                entry.error(
                    Blocked,
                    "Accounts with provider 'arcgis' have no idp_username.",
                    option="idp_username",
                    remedy="Remove idp_username, or create a new account with provider 'enterprise'.",
                )
            )
        if entry.changes:
            entry.action = DISABLED if entry.wanted.get("enabled") is False else CHANGED
        return entry if entry.changes or entry.problems else None

    def _compare(self, entry: PlanEntry, name: str, value: Any) -> None:
        current = entry.before(name)
        before = paths_from_portal(list(current or ()), self._is_rooted) if name == "categories" else current
        target = self._target(entry, name, value)
        if target is None or (before is not None and FIELDS_BY_NAME[name].same(before, target)):
            return
        if has_mojibake(target, before):
            entry.problems.append(_mojibake_error(entry, name))
            return
        self._change(entry, name, before, target)

    def _change(self, entry: PlanEntry, name: str, before: Any, after: Any) -> None:
        if name in ("groups", "add_ons") and not after:
            return
        entry.wanted[name] = after
        if name == "password":
            before, after = None, NEW_PASSWORD
        elif name == "groups":
            parts = parts_of(before or ())
            owned = (membership(label, PART_OWNER) for label, part in after if parts.get(label) == PART_OWNER)
            before = (*FIELDS_BY_NAME[name].visible(before), *sorted(owned))
            entry.relative["groups"] = self._identities(after)
            parts.update((label, str(part)) for label, part in entry.wanted[name])
            after = memberships(
                {label: part for label, part in parts.items() if (label, None) not in entry.wanted[name]}
            )
        elif name == "add_ons":
            entry.relative["add_ons"] = self._ids(after)
            before = holding_texts(named_holdings(before, after))
            after = holding_texts(after_changes(after))
        elif name == "role":
            before = None if before is None else self.tables.role_name(before)
            after = self.tables.role_name(after)
        entry.changes[name] = (before, after)

    def _identities(self, changes: PartChanges) -> list[Any]:
        """Return which groups the labels mean, for the checksum: another group can have the same title later."""
        if self.groups is None:
            return []
        groups = [(label, self.groups.groups[label]) for label, _part in changes]
        return [[label, group.id, group.is_shared_update] for label, group in groups]

    def _target(self, entry: PlanEntry, name: str, value: Any) -> Any:
        """Return the value as the portal will have it, or None after adding a problem to the entry."""
        resolve = self._resolvers().get(name)
        if resolve is None:
            return value
        try:
            return resolve(entry, value)
        except InputError as error:
            entry.problems.append(_value_error(entry, name, error))
            return None

    def _resolvers(self) -> dict[str, Callable[[PlanEntry, Any], Any]]:
        return {
            "role": lambda entry, value: self.tables.role(value),
            "user_type": lambda entry, value: self.tables.user_type(value),
            "categories": self._paths,
            "groups": self._part_changes,
            "add_ons": self._holding_changes,
        }

    def _holding_changes(self, entry: PlanEntry, wishes: dict[str, Wish]) -> HoldingChanges | None:
        """Return what differs in the add-ons of a member. Add-ons with a problem are left out, and block the plan."""
        if self.add_ons is None:
            return None
        wanted: dict[str, tuple[str, ...]] = {}
        names: dict[str, str] = {}
        for name, wish in wishes.items():
            try:
                add_on = self.add_ons.resolve(name)
                label = self.add_ons.label(add_on)
                wanted[label] = resolve_wish(add_on, name, wish)
            except InputError as error:
                entry.problems.append(_value_error(entry, "add_ons", error))
                continue
            if names.setdefault(label, name) != name:
                entry.problems.append(
                    entry.error(
                        InputError,
                        f"add_ons names '{label}' twice, as {join_names([names[label], name])}.",
                        option="add_ons",
                        remedy="Name each add-on license once.",
                    )
                )
        current = entry.before("add_ons") or ()
        return tuple(sorted(row for row in wanted.items() if held(current, row[0]) != set(row[1])))

    def _ids(self, changes: HoldingChanges) -> list[Any]:
        """Return which add-ons the labels mean, for the checksum."""
        if self.add_ons is None:
            return []
        return [[label, self.add_ons.by_label[label].id] for label, _targets in changes]

    def _part_changes(self, entry: PlanEntry, change: dict[str, list[GroupName]]) -> PartChanges | None:
        """Return what differs in the groups of a member. Groups with a problem are left out, and block the plan."""
        groups = self.groups
        if groups is None:
            return None
        current = parts_of(entry.before("groups") or ())
        labels: dict[str, str] = {}
        for name in (name for names in change.values() for name in names):
            try:
                group = groups.table.resolve(name.name)
            except InputError as error:
                entry.problems.append(_value_error(entry, "groups", error))
                continue
            label = groups.table.label(group)
            statement = _unmanageable(group, entry, name in change.get("remove", ()), current.get(label))
            if statement:
                entry.problems.append(
                    entry.error(Blocked, f"{statement}.", option="groups", remedy="Remove the group from the entry.")
                )
                continue
            labels[name.name] = label
        clear = {word: [name for name in names if name.name in labels] for word, names in change.items()}
        current.update((label, PART_OWNER) for label, key in groups.owners if key == entry.key)
        contradictory = contradictions(clear, labels)
        if contradictory:
            entry.problems.append(
                entry.error(
                    InputError,
                    f"groups contradicts itself about {join_names(contradictory)}.",
                    option="groups",
                    remedy="Name each group once.",
                )
            )
        return part_changes(clear, labels, current, groups.labels)

    def _leave_groups(self, entry: PlanEntry, desired: DesiredMember) -> None:
        """Let a departing member leave all groups, unless the entry names its groups.

        Groups that it owns change their owner with the transfer, and the portal can keep the former owner in them.
        """
        if self.groups is None or not self.leaves_groups or "groups" in desired.fields or not is_departing(desired):
            return
        parts = parts_of(entry.before("groups") or ())
        is_transfer = desired.state == "transferred"
        changes = tuple(sorted((label, None) for label, part in parts.items() if is_transfer or part != PART_OWNER))
        self._change(entry, "groups", entry.before("groups"), changes)

    def _paths(self, entry: PlanEntry, change: dict[str, list[str]]) -> tuple[str, ...] | None:
        if self._resolver is None:
            return None
        current = paths_from_portal(list(entry.before("categories") or ()), self._is_rooted)
        problems: list[InputError] = []
        resolved: dict[str, list[str]] = {}
        for word, paths in change.items():
            # Paths that the tree does not have can stay or be removed, but not added.
            resolved[word], errors = self._resolver.resolve(
                paths, "categories", entry.name, () if word == "add" else current
            )
            # A path to remove that the tree does not contain is absent already.
            problems.extend(errors if word != "remove" else ())
        after = apply_change(current, resolved)
        if "set" not in resolved:
            entry.relative["categories"] = resolved
        if not problems:
            problems.extend(validate_count(after, "categories", entry.name))
        for problem in problems:
            problem.details["index"] = entry.index
        if problems and entry.place is not None:
            problems = [_value_error(entry, "categories", problems[0])]
        entry.problems.extend(problems)
        return None if problems else after


def _unmanageable(group: Group, entry: PlanEntry, is_removal: bool, part: str | None) -> str:
    """Return why a task must not declare memberships of a group, or an empty text."""
    if group.is_linked:
        return f"Group '{group.title}' is linked to an identity provider, which decides who its members are"
    if group.is_foreign:
        return f"Group '{group.title}' belongs to another organization"
    if is_removal and (part == PART_OWNER or group.owner == entry.key):
        return f"Owns group '{group.title}', and an owner cannot leave"
    return ""


def _value_error(entry: PlanEntry, name: str, error: InputError) -> InputError:
    """Return the error of a value that the organization does not have; without the value if it can be a secret."""
    if entry.place is None:
        return entry.error(type(error), str(error), **error.details)
    return entry.error(
        InputError,
        f"The value of {name} does not exist in the organization, or is not clear ({entry.place}).",
        option=name,
        remedy="Correct the value. The message does not show it, because the file contains passwords.",
    )


def _mojibake_error(entry: PlanEntry, name: str) -> InputError:
    return entry.error(
        InputError,
        f"{name} is the current value, damaged by a program that read it in another encoding.",
        option=name,
        remedy="Export the table again as UTF-8 (in a spreadsheet: CSV UTF-8), or correct the text.",
    )


def removal_entry(desired: DesiredMember, member: Member) -> PlanEntry:
    """Return the entry that removes a member."""
    entry = PlanEntry.of_member(desired, member, REMOVED)
    entry.changes["state"] = ("present", "absent")
    return entry
