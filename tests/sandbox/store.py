# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization's state: plain objects in dicts keyed by case-folded username, changed only through its methods."""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Callable, Optional, Union

from .groups import Group
from .licenses import Bundle, Listing
from .products import BASE_ROLES, DATA_EDITOR, PRIVILEGES_OF_BASE_ROLE, USER_TYPES, VIEWER, Product

UNLIMITED = -1.0


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass
class Role:
    id: str
    name: str
    description: str
    base: str
    privileges: list[str]
    created: int = 0

    @property
    def built_in(self) -> bool:
        return self.id in PRIVILEGES_OF_BASE_ROLE

    @property
    def is_administrative(self) -> bool:
        return any(name.startswith("portal:admin:") for name in self.privileges)


@dataclass
class Item:
    id: str
    owner: str
    title: str
    type: str
    created: int
    folder: Optional[str] = None
    recycled: bool = False
    access: str = "private"
    groups: list[str] = field(default_factory=list)  # ids of the groups the item is shared with
    is_blocked: bool = False  # a dependency keeps the owner from changing (a view of a view, an offline area)
    keywords: Sequence[str] = ()


@dataclass
class Invitation:
    id: str
    email: str
    role: str
    user_type: str
    created: int
    expiration: int
    username: Optional[str] = None
    from_username: Optional[str] = None

    def has_lapsed(self) -> bool:
        return self.expiration < now_ms()


@dataclass
class App:
    """A registered application with its developer credentials."""

    client_id: str
    client_secret: str
    title: str
    owner: str
    privileges: list[str]


PROFILE = {
    "first_name": "firstName", "last_name": "lastName", "full_name": "fullName", "email": "email",
    "description": "description", "access": "access", "culture": "culture", "culture_format": "cultureFormat",
    "region": "region", "units": "units", "preferred_view": "preferredView",
}  # fmt: skip
"""The texts of a profile: attribute of a member, which is also the column of a roster, and key in the REST API."""


class Member:
    """One account. ``role`` is the effective role id; ``own_level`` counts only without user types.

    Values are replaced, never changed in place, so members share the defaults of the class.
    """

    first_name: Optional[str] = ""
    last_name: Optional[str] = ""
    full_name: Optional[str] = ""
    email: Optional[str] = None
    email_status = "verified"
    description: Optional[str] = None
    tags: Sequence[str] = ()
    access = "org"
    culture: Optional[str] = "en-US"
    culture_format: Optional[str] = "us"
    region: Optional[str] = "US"
    units: Optional[str] = "english"
    preferred_view: Optional[str] = None
    user_type = "arcgisonly"
    idp_username: Optional[str] = None
    provider = "arcgis"
    role = "org_user"
    license_type = "creatorUT"
    own_level = "2"
    disabled = False
    created = 0
    modified = 0
    last_login = -1
    assigned_credits = UNLIMITED
    spent = 0.0
    categories: Sequence[str] = ()
    thumbnail: Optional[str] = None
    mfa = False
    org_id: Optional[str] = None
    favourites: Optional[str] = None
    password: Optional[str] = None
    password_expired = False
    entitlements: Mapping[str, Sequence[str]] = MappingProxyType({})
    bundles: Sequence[str] = ()
    offline: Sequence[str] = ()  # listings whose license is offline
    app_logins: Mapping[str, int] = MappingProxyType({})  # listing -> last use in ms
    updates = 0
    row: Optional[tuple[int, str]] = None

    def __init__(self, username: str, id: str, **fields: Any) -> None:
        self.__dict__.update(fields)
        self.username = username
        self.key = username.casefold()
        self.id = id

    def __lt__(self, other: Member) -> bool:
        return self.key < other.key


class Organization:
    """Everything that a write can change. ``withhold`` makes writes succeed without taking effect."""

    def __init__(self, product: Product, name: str, url_key: str) -> None:
        self.product = product
        self.id = product.portal_id
        self.name = name
        self.url_key = url_key
        self.created = now_ms()
        self.epoch = 0  # bumped by whatever changes how every member is shown
        self.revision = 0  # bumped by any change of any member
        self.withhold: Union[bool, frozenset[str]] = False
        self.members: dict[str, Member] = {}
        self.ordered: list[Member] = []
        self.by_id: dict[str, Member] = {}
        self.outsiders: dict[str, Member] = {}
        self.taken: set[str] = set()
        self.system: dict[str, Member] = {}  # accounts of the portal itself; no member, no seat
        self.roles: dict[str, Role] = {}
        self.type_counts: Counter[str] = Counter()
        self.role_counts: Counter[str] = Counter()
        self.level_counts: Counter[str] = Counter()
        self.seats: dict[str, int] = {}
        self.level_seats: dict[str, int] = {}
        self.max_members = 0
        self.items: dict[str, Item] = {}
        self.items_of: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.bins_of: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.groups: dict[str, Group] = {}
        self.groups_of: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.memberships: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.folders_of: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.invitations: dict[str, Invitation] = {}
        self.lapsed: set[str] = set()  # usernames of deleted invitations, case-folded
        self.listings: dict[str, Listing] = {}
        self.bundles: dict[str, Bundle] = {}
        self.holders: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.entitlement_counts: Counter[tuple[str, str]] = Counter()
        self.mails: list[dict[str, Any]] = []
        self.apps: dict[str, App] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.schema: list[dict[str, Any]] = []
        self.pool = 0.0
        self.budgeting = False
        self.default_credits: float = UNLIMITED
        self.settings: dict[str, Any] = {}
        self.defaults: dict[str, Any] = {}
        self.observers: list[Callable[[Member], None]] = []
        self.group_observers: list[Callable[[Group], None]] = []
        for role_id, privileges in PRIVILEGES_OF_BASE_ROLE.items():
            base = role_id if role_id in BASE_ROLES else "org_user"
            name = {VIEWER: "Viewer", DATA_EDITOR: "Data Editor"}.get(role_id, role_id)
            self.roles[role_id] = Role(role_id, name, f"{name} (default role)", base, list(privileges))

    # -- reading ---------------------------------------------------------------------------------------------------
    def find(self, name: str) -> Optional[Member]:
        """A member by username in any case, or by user id."""
        return self.members.get(name.casefold()) or self.by_id.get(name)

    def any_account(self, name: str) -> Optional[Member]:
        """As find, and also system accounts and, on Online, users of other organizations: names are global there."""
        return self.find(name) or self.outsiders.get(name.casefold()) or self.system.get(name.casefold())

    def level(self, member: Member) -> str:
        if self.product.has_user_types:
            known = USER_TYPES.get(member.license_type)
            return known.level if known else "2"
        return str(member.own_level)

    def owns(self, member: Member) -> bool:
        return bool(self.items_of.get(member.key) or self.groups_of.get(member.key))

    def administrators(self) -> int:
        """Administrators who can sign in."""
        if self.role_counts["org_admin"] > 10:
            return self.role_counts["org_admin"]
        return sum(1 for m in self.members.values() if m.role == "org_admin" and not m.disabled)

    def reserved_credits(self) -> float:
        return sum(m.assigned_credits for m in self.members.values() if m.assigned_credits != UNLIMITED)

    def custom_roles(self) -> list[Role]:
        return [role for role in self.roles.values() if role.id not in BASE_ROLES]

    def name_taken(self, name: str) -> bool:
        key = name.casefold()
        known = (self.members, self.outsiders, self.system, self.taken)
        return any(key in names for names in known) or key in self.invited_names()

    def invited_names(self) -> set[str]:
        """Usernames of pending and lapsed invitations, case-folded."""
        return {each.username.casefold() for each in self.invitations.values() if each.username} | self.lapsed

    def is_lapsed(self, name: str) -> bool:
        """Whether a username belongs to an invitation that has lapsed or was deleted."""
        key = name.casefold()
        lapsed = {each.username.casefold() for each in self.invitations.values() if each.username and each.has_lapsed()}
        return key in lapsed or key in self.lapsed

    # -- changing --------------------------------------------------------------------------------------------------
    def held(self, member: Optional[Member] = None) -> bool:
        """True where a fault keeps this write from taking effect."""
        if isinstance(self.withhold, frozenset):
            return member is not None and member.key in self.withhold
        return self.withhold

    def change(self, member: Member, **fields: Any) -> None:
        if self.held(member) or not fields:
            return
        self._observe(member)
        self._count(member, -1)
        member.__dict__.update(fields)
        self._count(member, 1)
        member.modified = now_ms()
        member.updates += 1
        self._touch(member)

    def signed_in(self, member: Member) -> None:
        """Signing in shows in lastLogin and does not count as a change."""
        member.last_login = now_ms()
        self.refresh_linked_groups(member)
        self._touch(member)

    def add(self, member: Member) -> None:
        if self.held(member):
            return
        self._observe(member)
        member.org_id = self.id
        self.members[member.key] = member
        self.by_id[member.id] = member
        insort(self.ordered, member)
        self._count(member, 1)
        self.revision += 1

    def load(self, members: Iterable[Member]) -> None:
        """Many new members at once (the generator's way in)."""
        for member in members:
            member.org_id = self.id
            self.members[member.key] = member
            self.by_id[member.id] = member
            self._count(member, 1)
        self.ordered = sorted(self.members.values(), key=lambda member: member.key)
        self.revision += 1

    def remove(self, member: Member) -> None:
        if self.held(member):
            return
        self._observe(member)
        for group_id in list(self.memberships.pop(member.key, {})):
            self._leave(self.groups[group_id], member.key)
        del self.members[member.key]
        self.by_id.pop(member.id, None)
        del self.ordered[bisect_left(self.ordered, member)]
        self._count(member, -1)
        if not self.product.is_portal:
            self.taken.add(member.key)
        self.revision += 1

    def _count(self, member: Member, step: int) -> None:
        self.type_counts[member.license_type] += step
        self.role_counts[member.role] += step
        self.level_counts[self.level(member)] += step
        for listing, names in member.entitlements.items():
            if step > 0:
                self.holders[listing][member.key] = None
            else:
                self.holders[listing].pop(member.key, None)
            for name in names:
                self.entitlement_counts[(listing, name)] += step

    def _observe(self, member: Member) -> None:
        for observer in self.observers:
            observer(member)

    def _touch(self, member: Member) -> None:
        member.row = None
        self.revision += 1

    def set(self, **fields: Any) -> None:
        """Change facts of the organization itself."""
        if self.held():
            return
        self.__dict__.update(fields)
        self.refresh()

    def refresh(self) -> None:
        """Forget every shown row: something that shapes all of them has changed."""
        self.epoch += 1
        self.revision += 1

    # -- roles -----------------------------------------------------------------------------------------------------
    def put_role(self, role: Role) -> None:
        if not self.held():
            self.roles[role.id] = role
            self.refresh()

    def drop_role(self, role: Role) -> None:
        if not self.held():
            del self.roles[role.id]
            self.refresh()

    # -- licenses --------------------------------------------------------------------------------------------------
    def licenses_left(self, listing_id: str, entitlement: str) -> int:
        """The number of licenses that no member holds. Negative if more are held than the organization has."""
        return self.listings[listing_id].num.get(entitlement, 0) - self.entitlement_counts[(listing_id, entitlement)]

    def seed_licenses(self, member: Member, **fields: Any) -> None:
        """Give licenses to a generated member."""
        self._count(member, -1)
        member.__dict__.update(fields)
        self._count(member, 1)

    def send_mail(self, address: Optional[str], kind: str, **facts: Any) -> None:
        """Record a mail that the portal sends."""
        if not self.held():
            self.mails.append({"to": address, "kind": kind, "created": now_ms(), **facts})

    # -- content ---------------------------------------------------------------------------------------------------
    def put_item(self, item: Item) -> None:
        self.items[item.id] = item
        (self.bins_of if item.recycled else self.items_of)[item.owner][item.id] = None

    def give_item(self, item: Item, target: Member, folder: Optional[str] = None) -> None:
        if self.held(target):
            return
        self.items_of[item.owner].pop(item.id, None)
        item.owner, item.folder = target.key, folder
        self.items_of[target.key][item.id] = None

    def put_folder(self, owner: Member, folder: str, title: str) -> None:
        if not self.held(owner):
            self.folders_of[owner.key][folder] = title

    def recycle_item(self, item: Item, recycled: bool) -> None:
        """Into the recycle bin of its owner, or back out of it."""
        if not self.held():
            self.drop_item(item)
            item.recycled = recycled
            self.put_item(item)

    def drop_item(self, item: Item) -> None:
        if self.held():
            return
        self.items_of[item.owner].pop(item.id, None)
        self.bins_of[item.owner].pop(item.id, None)
        self.items.pop(item.id, None)

    # -- groups ----------------------------------------------------------------------------------------------------
    def put_group(self, group: Group) -> None:
        if self.held():
            return
        self._observe_group(group)
        self.groups[group.id] = group
        self.groups_of[group.owner][group.id] = None
        for key in group.member_keys():
            self.memberships[key][group.id] = None

    def change_group(self, group: Group, title: Optional[str] = None, **properties: Any) -> None:
        if self.held():
            return
        self._observe_group(group)
        group.title = title or group.title
        group.properties = {**group.properties, **properties}
        group.modified = now_ms()

    def give_group(self, group: Group, target: Member, former: str = "manager") -> None:
        """Change the owner. ``former`` tells what the former owner becomes: manager, member, or none."""
        if self.held(target):
            return
        self._observe_group(group)
        old = group.owner
        self.groups_of[old].pop(group.id, None)
        self.memberships[old].pop(group.id, None)
        self._leave(group, target.key)
        group.owner = target.key
        if former != "none" and old != target.key:
            (group.admins if former == "manager" else group.users)[old] = now_ms()
            self.memberships[old][group.id] = None
        self.groups_of[target.key][group.id] = None
        self.memberships[target.key][group.id] = None

    def drop_group(self, group: Group) -> None:
        """Delete a group. Its items stay with their owners; their shares end."""
        if self.held():
            return
        self._observe_group(group)
        self.groups_of[group.owner].pop(group.id, None)
        for key in group.member_keys():
            self.memberships[key].pop(group.id, None)
        for item in self.items.values():
            if group.id in item.groups:
                item.groups.remove(group.id)
        self.groups.pop(group.id, None)

    def join(self, group: Group, member: Member, manager: bool) -> None:
        if self.held(member):
            return
        joined = group.admins.get(member.key) or group.users.get(member.key) or now_ms()
        self._leave(group, member.key)
        (group.admins if manager else group.users)[member.key] = joined
        self.memberships[member.key][group.id] = None

    def leave(self, group: Group, member: Member) -> None:
        if self.held(member):
            return
        self._leave(group, member.key)
        group.added_by_hand.discard(member.key)
        self.memberships[member.key].pop(group.id, None)

    def refresh_linked_groups(self, member: Member) -> None:
        """Apply what the identity provider says about a member at sign-in."""
        for group in self.groups.values():
            if not group.is_linked:
                continue
            if member.key in group.joins_at_sign_in:
                self.join(group, member, member.key in group.admins)
            elif member.key in group.added_by_hand:
                self.leave(group, member)

    @staticmethod
    def _leave(group: Group, key: str) -> None:
        group.admins.pop(key, None)
        group.users.pop(key, None)

    def _observe_group(self, group: Group) -> None:
        for observer in self.group_observers:
            observer(group)

    # -- invitations -----------------------------------------------------------------------------------------------
    def put_invitation(self, invitation: Invitation) -> None:
        if not self.held():
            self.invitations[invitation.id] = invitation

    def drop_invitation(self, invitation: Invitation) -> None:
        if self.held():
            return
        self.invitations.pop(invitation.id, None)
        if invitation.username:
            self.lapsed.add(invitation.username.casefold())

    def pending_invitations(self) -> list[Invitation]:
        return [invitation for invitation in self.invitations.values() if not invitation.has_lapsed()]

    def pending(self, user_type: Optional[str] = None) -> int:
        """The number of pending invitations, of one user type or of all."""
        return sum(user_type in (None, invitation.user_type) for invitation in self.pending_invitations())
