# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The plan: entries that say what changes from what to what. Pure values, made once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, TypeVar

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import shown
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import Group
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import Invitation
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import ADMINISTRATOR

CREATED = "created"
CHANGED = "changed"
REMOVED = "removed"
DISABLED = "disabled"
UNCHANGED = "unchanged"
SKIPPED = "skipped"
FAILED = "failed"
ACTIONS = (CREATED, CHANGED, REMOVED, DISABLED, UNCHANGED, SKIPPED, FAILED)

#: Kinds of entries.
MEMBER = "member"
CREDIT_BUDGETING = "credit_budgeting"
CATEGORY_TREE = "category_tree"
GROUP = "group"
INVITATION = "invitation"

#: Kinds of entries for parts of the organization, which other entries depend on.
ORGANIZATION_KINDS = (CREDIT_BUDGETING, CATEGORY_TREE)

#: Stands for a password in the plan.
NEW_PASSWORD = "(new password)"

#: What a departing member gives up. Shown like fields, but read and written by requests of their own.
OFFBOARD_FIELDS = ("content", "licenses", "recycle_bin", "esri_access")

#: Rounds of PBKDF2 for the passwords in a checksum, about a quarter of a second.
_ROUNDS = 600_000

Changes = dict[str, tuple[Any, Any]]
_Error = TypeVar("_Error", bound=PortalOpsError)


class PlanEntry:
    """One thing that changes: a member, or a part of the organization.

    kind: ``member`` or another kind of this module; key: unique within the kind; name: as results show it;
    action: one of ``ACTIONS``; changes: field -> (before, after) as results show them; wanted: field -> value as the
    portal takes it; member: current state, or None for a new account; relative: category paths to add and remove,
    which depend on what the member has when they are written; problems: why the entry cannot run; place: where the
    entry is in a file with secrets, whose values errors do not show; group: current state of a group, or the group that
    is created; invitation: the invitation that is canceled; basis: what else an approval rests on, as JSON types. It is
    part of the checksum.
    """

    __slots__ = (
        "action",
        "basis",
        "changes",
        "group",
        "index",
        "invitation",
        "is_purged",
        "key",
        "kind",
        "member",
        "name",
        "place",
        "problems",
        "relative",
        "transfer_to",
        "transfers_content",
        "wanted",
        "warnings",
    )

    def __init__(self, kind: str, key: str, name: str, action: str = UNCHANGED, index: int | None = None) -> None:
        self.kind = kind
        self.key = key
        self.name = name
        self.action = action
        self.index = index
        self.member: Member | None = None
        self.group: Group | None = None
        self.invitation: Invitation | None = None
        self.changes: Changes = {}
        self.wanted: dict[str, Any] = {}
        self.transfer_to: str | None = None
        self.transfers_content = False
        self.is_purged = False
        self.relative: dict[str, Any] = {}
        self.basis: list[Any] = []
        self.problems: list[PortalOpsError] = []
        self.place: str | None = None
        self.warnings: list[str] = []

    @classmethod
    def of_member(cls, desired: DesiredMember, member: Member | None, action: str = UNCHANGED) -> PlanEntry:
        """Return the entry of a roster entry, with the portal's spelling of the username."""
        entry = cls(MEMBER, desired.key, member.username if member else desired.username, action, desired.index)
        entry.member = member
        entry.transfer_to = desired.transfer_to
        entry.place = desired.place
        return entry

    def with_(self, **values: Any) -> PlanEntry:
        """Return a copy of this entry with other values."""
        copy = PlanEntry.__new__(PlanEntry)
        for name in self.__slots__:
            setattr(copy, name, values.get(name, getattr(self, name)))
        return copy

    def error(self, kind: type[_Error], statement: str, **details: Any) -> _Error:
        """Return an error about this entry; the message begins with its name."""
        return kind(f"{self.name}: {statement}", **{**details, **self.subject, "index": self.index})

    @property
    def subject(self) -> dict[str, str]:
        """What the entry is about, as details of errors: the member, the group, or the invitation."""
        return {} if self.kind in ORGANIZATION_KINDS else {self.kind: self.name}

    @property
    def ref(self) -> tuple[str, str]:
        """Identifies the entry within a plan."""
        return self.kind, self.key

    @property
    def departs(self) -> bool:
        """Whether the member gives up what it owns and holds, with the account or before it goes."""
        return self.transfers_content or self.action == REMOVED

    def after(self, field: str) -> Any:
        """Return a field as it will be."""
        if field in self.wanted:
            return self.wanted[field]
        return self.member.values.get(field) if self.member else None

    def before(self, field: str) -> Any:
        """Return a field as it is, or None for a new account."""
        return self.member.values.get(field) if self.member else None

    @property
    def loses_administrator(self) -> bool:
        """Whether an enabled administrator ceases to be one."""
        if self.member is None or not self.member.is_administrator:
            return False
        return self.action == REMOVED or self.after("role") != ADMINISTRATOR or self.after("enabled") is False


class Plan:
    """Entries in the order of their keys, without unchanged ones; how many there are; members outside the roster.

    scope: ID of the organization; total: entries of the task and purged members; unmanaged: usernames outside the
    roster, or None if the run did not read the whole organization; problems: those that concern no single entry;
    single: the entry of the single form, which results always show; ineligible: keys of members who
    cannot receive content, also of those whose own transfer turned out to be empty; counts: kind of the entries that
    ``total`` counts: members, groups, or invitations.
    """

    def __init__(
        self,
        scope: str,
        entries: Iterable[PlanEntry] = (),
        *,
        total: int = 0,
        single: PlanEntry | None = None,
        unmanaged: list[str] | None = None,
        problems: Iterable[PortalOpsError] = (),
        warnings: Iterable[str] = (),
        ineligible: Iterable[str] = (),
        counts: str = MEMBER,
    ) -> None:
        self.scope = scope
        self.counts = counts
        self.entries = sorted(entries, key=lambda entry: entry.ref)
        self.groups = [entry for entry in self.entries if entry.kind == GROUP]
        self.total = total
        self.single = single
        self.unmanaged = unmanaged
        self.problems = list(problems)
        self.warnings = list(warnings)
        self.ineligible = frozenset(ineligible)
        self._checksum: str | None = None

    def with_(self, **values: Any) -> Plan:
        """Return a copy of this plan with other values."""
        names = ("scope", "entries", "total", "single", "unmanaged", "problems", "warnings", "ineligible", "counts")
        return Plan(**{name: values.get(name, getattr(self, name)) for name in names})

    def with_entries(self, entries: Iterable[PlanEntry]) -> Plan:
        """Return this plan with other entries; those that became unchanged and have no problem are left out."""
        kept = [entry for entry in entries if entry.action != UNCHANGED or entry.problems]
        single = self.single
        if single is not None:
            unchanged = PlanEntry(single.kind, single.key, single.name, UNCHANGED, single.index)
            unchanged.group = single.group
            single = next((entry for entry in kept if entry.ref == single.ref), unchanged)
        return self.with_(entries=kept, single=single)

    @property
    def members(self) -> list[PlanEntry]:
        return [entry for entry in self.entries if entry.kind == MEMBER]

    @property
    def acting(self) -> list[PlanEntry]:
        """Entries that change something."""
        return [entry for entry in self.entries if entry.action not in (UNCHANGED, FAILED)]

    @property
    def is_empty(self) -> bool:
        return not self.acting

    def of_kind(self, kind: str) -> PlanEntry | None:
        """Return the first entry of a kind, or None."""
        return next((entry for entry in self.entries if entry.kind == kind), None)

    def ineligible_recipients(self) -> frozenset[str]:
        """Return the keys of members who cannot receive content because they depart or are disabled in this run."""
        return self.ineligible | {entry.key for entry in self.members if entry.departs or entry.action == DISABLED}

    def all_problems(self) -> list[PortalOpsError]:
        return [*self.problems, *(problem for entry in self.entries for problem in entry.problems)]

    def checksum(self) -> str:
        """Return the SHA-256 of everything that the plan changes in this organization, in hexadecimal digits.

        New passwords are part of it through a slow function, so that the checksum does not help to guess them.
        """
        if self._checksum is None:
            self._checksum = self._digest()
        return self._checksum

    def _digest(self) -> str:
        digest = hashlib.sha256(json.dumps(self.scope).encode())
        for entry in self.acting:
            line = [entry.kind, entry.key, entry.action, shown_changes(entry.changes), entry.transfer_to]
            line += [entry.relative[name] for name in ("groups", "add_ons") if name in entry.relative]
            line += entry.basis
            if entry.departs or entry.wanted.get("enabled") is False:
                # An approval to remove a member does not extend to an administrator.
                line += [entry.before("role"), entry.before("enabled")]
            digest.update(json.dumps(line, sort_keys=True).encode())
        passwords = [[entry.key, entry.wanted["password"]] for entry in self.acting if "password" in entry.wanted]
        if passwords:
            digest.update(hashlib.pbkdf2_hmac("sha256", json.dumps(passwords).encode(), digest.digest(), _ROUNDS))
        return digest.hexdigest()


def shown_changes(changes: Changes) -> dict[str, list[Any]]:
    """Return changes as JSON types."""
    return {name: [shown(before), shown(after)] for name, (before, after) in changes.items()}
