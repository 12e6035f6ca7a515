# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads groups and who is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import DesiredGroup
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    PART_MANAGER,
    PART_MEMBER,
    PART_OWNER,
    Group,
    GroupTable,
    ManagedGroups,
    is_id,
    membership,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import PAGE_SIZE

#: Characters of group IDs, which are 32 hexadecimal digits so far.
_ITEM_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

_PARTS = {"admin": PART_MANAGER, "member": PART_MEMBER, "owner": PART_OWNER}


class GroupReader:
    """Reads the groups of one organization."""

    def __init__(self, client: PortalClient, organization: Organization) -> None:
        self.client = client
        self.organization = organization
        # Whether the portal has userList; None: not tried yet.
        self._has_user_list: bool | None = None

    def table(self, names: Collection[str] = ()) -> GroupTable:
        """Read the groups of the organization that the account sees.

        Args:
            names: Titles and IDs. The search index lags behind, so what has the form of an ID and is not in it is read
                by ID.
        """
        rows, _total = self.client.pages(
            "community/groups",
            "results",
            {"q": f"orgid:{self.organization.id}", "sortField": "title", "sortOrder": "asc"},
        )
        groups = {str(row["id"]): _group(row) for row in rows if row.get("id")}
        missing = [name for name in names if is_id(name) and name not in groups]
        groups.update((group.id, group) for group in self._each(self.read, missing) if group is not None)
        return GroupTable(groups.values())

    def read(self, group_id: str) -> Group | None:
        """Read a group by ID, or None if it does not exist or the account cannot see it.

        Raises:
            UnexpectedAnswer: If the portal shows another group, or an earlier response contained a malformed ID.
        """
        _check_id(group_id)
        try:
            row = self.client.read(f"community/groups/{group_id}")
        except NotFound:
            return None
        if str(row.get("id")) != group_id:
            raise UnexpectedAnswer(f"The portal answered for another group than {group_id}.")
        return _group(row, is_foreign=self._is_foreign(row))

    def _is_foreign(self, row: dict[str, Any]) -> bool:
        """Return whether a group belongs to another organization. If the group does not tell, its owner does."""
        organization = row.get("orgId")
        if organization or not self.organization.is_online:
            return bool(organization) and organization != self.organization.id
        try:
            owner = self.client.read("community/users/" + str(row.get("owner")))
        except (NotFound, Refused):
            return True
        return owner.get("orgId") != self.organization.id

    def refreshed(self, table: GroupTable, desired: Iterable[DesiredGroup]) -> GroupTable:
        """Return the table with the groups that entries name as they are now, because the search index lags behind.

        A title that the index does not have is looked for among the groups of the account and of the desired owner.

        Args:
            table: Groups that the index and earlier reads returned.
            desired: Entries of the task.
        """
        entries = list(desired)
        ids = {
            group_id: None
            for entry in entries
            for group_id in ([entry.group_id] if entry.group_id else [group.id for group in table.find(entry.name)])
        }
        now = dict(zip(ids, self._each(self.read, list(ids))))
        table = table.with_groups(
            [group for group in now.values() if group is not None], [key for key, group in now.items() if group is None]
        )
        missing = [entry for entry in entries if entry.group_id is None and not table.find(entry.name)]
        if not missing:
            return table
        account = self.organization.account
        owners = {} if account.is_application else {account.key: account.username}
        owners.update((member_key(name), name) for entry in missing if (name := entry.settings.get("owner")))
        titles = {entry.name.casefold() for entry in missing}
        owned = [group for groups in self._each(self.owned_by, list(owners.values())) for group in groups]
        ids = {group.id: None for group in owned if group.title.casefold() in titles and group.id not in now}
        return table.with_groups(group for group in self._each(self.read, list(ids)) if group is not None)

    def _each(self, read: Callable[[str], Any], names: list[str]) -> list[Any]:
        return succeeded(self.client.map(read, names))

    def owned_by(self, username: str) -> list[Group]:
        """Read the groups that a member owns, from the page of the member, which is not an index."""
        try:
            page = self.client.read(f"community/users/{user_path(username)}")
        except NotFound:
            return []
        rows = page.get("groups")
        groups = [_group(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return [group for group in groups if group.id and group.owner == member_key(username)]

    def item_count(self, group_id: str) -> int | None:
        """Read how many items a group contains, or None if the account cannot read it."""
        try:
            answer = self.client.read(f"content/groups/{group_id}", {"start": 1, "num": 1})
        except (PermissionDenied, NotFound, Refused):
            return None
        total, items = answer.get("total"), answer.get("items")
        if isinstance(total, int):
            return total
        return len(items) if isinstance(items, list) else None

    def parts(self, group: Group) -> dict[str, str]:
        """Read the part of each member of a group, by member key. The owner counts as its owner only."""
        if self._has_user_list is not False:
            try:
                parts = self._user_list(group)
            except (NotFound, Refused):
                if self._has_user_list:
                    raise
            else:
                self._has_user_list = True
                return parts
        # Portals before ArcGIS Enterprise 10.9 have only the resource without pages.
        answer = self.client.read(f"community/groups/{group.id}/users")
        self._has_user_list = False
        parts = {}
        for key, part in (("users", PART_MEMBER), ("admins", PART_MANAGER)):
            names = answer.get(key)
            if not isinstance(names, list):
                raise _list_error(group)
            parts.update({member_key(str(name)): part for name in names})
        return {**parts, member_key(str(answer.get("owner") or group.owner)): PART_OWNER}

    def _user_list(self, group: Group) -> dict[str, str]:
        """Read all pages of userList; whether its rows repeat the owner differs between portals."""
        parts: dict[str, str] = {}
        owner, start = group.owner, 1
        while start > 0:
            answer = self.client.read(
                f"community/groups/{group.id}/userList", {"start": start, "num": PAGE_SIZE, "sortField": "username"}
            )
            rows = answer.get("users")
            if not isinstance(rows, list):
                raise _list_error(group)
            stated = answer.get("owner")
            if isinstance(stated, dict) and stated.get("username"):
                owner = member_key(str(stated["username"]))
            parts.update(_part_of_row(group, row) for row in rows)
            start = _next_start(group, answer, start, len(rows))
        return {**parts, owner: PART_OWNER}


def _part_of_row(group: Group, row: Any) -> tuple[str, str]:
    """Return member key and part of a row of userList. Without them, a member would seem to be no member."""
    name = row.get("username") if isinstance(row, dict) else None
    part = _PARTS.get(str(row.get("memberType"))) if name else None
    if not isinstance(name, str) or part is None:
        raise _list_error(group)
    return member_key(name), part


def _next_start(group: Group, answer: dict[str, Any], start: int, count: int) -> int:
    """Return the start of the next page, or 0 after the last one."""
    following, total = answer.get("nextStart"), answer.get("total")
    if isinstance(following, int) and following > start and count:
        return following
    is_last = start - 1 + count >= total if isinstance(total, int) else following == -1
    if not is_last:
        raise _list_error(group)
    return 0


def _list_error(group: Group) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"The portal does not show all members of group {group.title}.")


def _check_id(group_id: str) -> None:
    if not _ITEM_ID.fullmatch(group_id):
        raise UnexpectedAnswer("The portal shows a group without a valid ID.")


def _group(row: dict[str, Any], *, is_foreign: bool = False) -> Group:
    if row.get("id"):
        _check_id(str(row["id"]))
    return Group(row, owner=member_key(str(row.get("owner") or "")), is_foreign=is_foreign)


class MembershipReader:
    """Adds memberships in managed groups to members that were read: ``values["groups"]``."""

    def __init__(self, reader: GroupReader, managed: ManagedGroups, keys: Collection[str] | None) -> None:
        """Choose what is read.

        Args:
            reader: Reads groups.
            managed: Groups whose members are read, which are at least the managed ones.
            keys: Keys of the members whose memberships are read, or None for all members.
        """
        self.reader = reader
        self.managed = managed
        self.keys = None if keys is None else frozenset(keys)
        # Pages of the member lists, as far as they are known.
        self._pages: int | None = None

    def with_groups(self, groups: Iterable[Group], keys: Iterable[str]) -> MembershipReader:
        """Return a reader that also reads the memberships of more members, in more groups."""
        more = None if self.keys is None else self.keys.union(keys)
        return MembershipReader(self.reader, self.managed.with_groups(groups), more)

    def from_page(self, user: dict[str, Any]) -> tuple[str, ...] | None:
        """Return the memberships that the page of a member shows, or None if it does not show them."""
        rows = user.get("groups")
        if not isinstance(rows, list):
            return None
        labels = {group.id: label for label, group in self.managed.groups.items()}
        key = member_key(str(user.get("username")))
        texts = []
        for row in rows:
            if not isinstance(row, dict) or row.get("id") not in labels:
                continue
            shown = row.get("userMembership")
            part = _PARTS.get(str(shown.get("memberType"))) if isinstance(shown, dict) else None
            if member_key(str(row.get("owner") or "")) == key:
                part = PART_OWNER
            if part is None:
                return None
            texts.append(membership(labels[str(row["id"])], part))
        return tuple(sorted(texts))

    def fill(
        self,
        current: CurrentMembers,
        keys: Iterable[str],
        read_page: Callable[[str], dict[str, Any] | None],
    ) -> None:
        """Read the memberships of members, by the page of each or by the lists of all groups.

        Args:
            current: Members that were read; those whose page was read have their memberships already.
            keys: Keys of the members that were asked for.
            read_page: Reads the page of a member.
        """
        missing = [
            current.members[key]
            for key in keys
            if (self.keys is None or key in self.keys)
            and key in current.members
            and "groups" not in current.members[key].values
        ]
        if not missing:
            return
        # Before they are read, a list is taken for two pages.
        if len(missing) <= (self._pages or 2 * len(self.managed.groups)) or self._hides_members():
            pages = succeeded(self.reader.client.map(lambda member: read_page(member.username), missing))
            for member, page in zip(missing, pages):
                texts = self.from_page(page or {})
                if texts is not None:
                    member.values["groups"] = texts
            missing = [member for member in missing if "groups" not in member.values]
        if missing:
            by_key = self._lists()
            for member in missing:
                member.values["groups"] = tuple(sorted(by_key.get(member.key, ())))

    def _hides_members(self) -> bool:
        """Return whether the lists lack members that this account cannot see."""
        is_administrator = self.reader.organization.account.is_administrator
        return any(
            group.hides_members and not group.can_manage and not is_administrator
            for group in self.managed.groups.values()
        )

    def _lists(self) -> dict[str, list[str]]:
        """Read the members of all managed groups."""
        if self._hides_members():
            raise UnexpectedAnswer("The portal hides the members of a group from this account.")
        groups = {label: group for label, group in self.managed.groups.items() if not group.is_new}
        answers = succeeded(self.reader.client.map(self.reader.parts, list(groups.values())))
        by_key: dict[str, list[str]] = {}
        pages = 0
        for label, parts in zip(groups, answers):
            pages += max(1, -(-len(parts) // PAGE_SIZE))
            for key, part in parts.items():
                by_key.setdefault(key, []).append(membership(label, part))
        self._pages = pages
        return by_key
