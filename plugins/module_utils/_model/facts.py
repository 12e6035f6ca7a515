# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What a plan needs to know beyond the members: which facts, and what the portal says of them. Pure values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import AddOn, Holding
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import TransferCheck
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import Group
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import Invitation
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import BUILTIN_RANKS


class Needs:
    """Which facts a plan needs, so that nothing else is read.

    seats: free seats; owners, holders: usernames whose content or add-on licenses matter; recycled: usernames whose
    recycle bin matters; grouped: usernames whose groups matter; access: usernames whose Esri access matters;
    groups, group_lists: labels of groups that change, and of those whose members matter
    (all_group_lists: of all managed groups); deleted_groups: groups whose items and members matter;
    add_ons: labels of add-ons whose holders matter; retyped: usernames whose user type changes;
    transfers: (owner, recipient) of content; joins_groups: whether recipients join the groups of shared items;
    recipients: usernames that receive content; roles: custom roles whose privileges matter; newcomers: usernames to
    create; lookalikes: what they are like; missing: usernames that do not exist; admins, total: administrators,
    members.
    """

    def __init__(self) -> None:
        self.seats = False
        self.admins = False
        self.total = False
        self.owners: list[str] = []
        self.holders: list[str] = []
        self.recycled: list[str] = []
        self.grouped: list[str] = []
        self.groups: list[str] = []
        self.group_lists: list[str] = []
        self.all_group_lists = False
        self.deleted_groups: list[Group] = []
        self.access: list[str] = []
        self.add_ons: list[str] = []
        self.retyped: list[str] = []
        self.transfers: list[tuple[str, str]] = []
        self.joins_groups = False
        self.recipients: list[str] = []
        self.roles: list[str] = []
        self.newcomers: list[str] = []
        self.lookalikes: list[dict[str, Any]] = []
        self.missing: list[str] = []


class Owned:
    """What a member owns: counts of items and groups, and titles of groups whose members can change all items."""

    __slots__ = ("groups", "items")

    def __init__(self, items: int = 0, groups: int = 0) -> None:
        self.items = items
        self.groups = groups

    def __bool__(self) -> bool:
        return bool(self.items or self.groups)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Owned) and (self.items, self.groups) == (other.items, other.groups)

    def __hash__(self) -> int:
        return hash((self.items, self.groups))


class GroupRow:
    """A group of a member: ID, title, owner's key, whether it is a shared update group, and the member's part in it."""

    __slots__ = ("id", "is_shared_update", "is_owned", "title")

    def __init__(self, id_: str, title: str, is_shared_update: bool, is_owned: bool) -> None:
        self.id = id_
        self.title = title
        self.is_shared_update = is_shared_update
        self.is_owned = is_owned


class Recipient:
    """A member who receives content: key, whether it exists and is enabled, role, seat."""

    __slots__ = ("is_enabled", "role", "seat")

    def __init__(self, is_enabled: bool, role: str = "", seat: str | None = None) -> None:
        self.is_enabled = is_enabled
        self.role = role
        self.seat = seat


class Facts:
    """What was read because the plan needs it. A missing key means: not read, or not known.

    free_seats, pending_seats: by user type or level (None: unlimited or unknown); owned, add_ons (item IDs by kind),
    recycled (IDs of items in the recycle bin), esri_access, groups: by member key; recipients: by key; admins: keys of
    enabled administrators; total: members of the organization; role_ranks: roles from narrow to wide;
    role_privileges: of custom roles; unavailable_usernames: key -> suggestion of the portal; lookalikes: key of a
    newcomer -> [(username, reason)]; pending_invitations: all; credit_budgeting: whether it is on after this run;
    near_usernames: usernames near one that does not exist, by key; changed_groups: groups whose memberships change, as
    they are now, by label (None: does not exist any more); group_parts: part of each member of a group, by label;
    group_items: items that a group to delete contains, by ID (None: the account cannot read them); group_members: its
    members, by ID; add_on_table: add-ons by
    label; holders: holders by label and member key; offline: pairs of label and member key of licenses used offline;
    offline_items: item IDs of such licenses of departing members, by member key; retyped: listings that members
    hold whose user type changes, by member key; license_titles: titles of what departing members hold, by item ID;
    transfers: what stops the transfer of a member, by its key;
    joins: label -> part in groups that recipients join, by key; joining: recipients
    who join groups, with their memberships; managed_labels: groups among which an exact list is exact.
    """

    def __init__(self) -> None:
        self.credit_budgeting = False
        self.free_seats: dict[str, int | None] = {}
        self.pending_seats: dict[str, int] = {}
        self.pending_invitations: list[Invitation] = []
        self.owned: dict[str, Owned] = {}
        self.add_ons: dict[str, dict[str, list[str]]] = {}
        self.recycled: dict[str, list[str]] = {}
        self.esri_access: dict[str, bool] = {}
        self.groups: dict[str, list[GroupRow]] = {}
        self.recipients: dict[str, Recipient] = {}
        self.admins: set[str] | None = None
        self.total: int | None = None
        self.role_ranks: dict[str, float] = dict(BUILTIN_RANKS)
        self.role_privileges: dict[str, frozenset[str]] = {}
        self.unavailable_usernames: dict[str, str] = {}
        self.lookalikes: dict[str, list[tuple[str, str]]] = {}
        self.seat_holders: dict[str, list[str]] = {}
        self.near_usernames: dict[str, list[str]] = {}
        self.changed_groups: dict[str, Group | None] = {}
        self.group_parts: dict[str, dict[str, str]] = {}
        self.group_items: dict[str, int | None] = {}
        self.group_members: dict[str, list[str]] = {}
        self.add_on_table: dict[str, AddOn] = {}
        self.holders: dict[str, dict[str, Holding]] = {}
        self.offline: set[tuple[str, str]] = set()
        self.license_titles: dict[str, str] = {}
        self.offline_items: dict[str, list[str]] = {}
        self.retyped: dict[str, list[tuple[AddOn, Holding]]] = {}
        self.transfers: dict[str, TransferCheck] = {}
        self.joins: dict[str, dict[str, str]] = {}
        self.joining: dict[str, Member] = {}
        self.managed_labels: frozenset[str] = frozenset()

    def holdings(self, key: str) -> int:
        """Return how many add-on licenses and app bundles a member holds."""
        return sum(len(items) for items in self.add_ons.get(key, {}).values())


def count_by(values: Iterable[Any]) -> dict[Any, int]:
    """Return how often each value occurs."""
    counts: dict[Any, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts
