# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads what members own, and whether the portal lets another member receive it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import item_path, user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotFound,
    PermissionDenied,
    PortalOpsError,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import (
    Item,
    NeededGroup,
    RefusedItem,
    TransferCheck,
    in_batches,
    needed_part,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import GroupRow, Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key, stored_name
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    PART_MANAGER,
    PART_MEMBER,
    PART_OWNER,
    Group,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded

#: Reasons by item ID.
Reasons = dict[str, str]

#: Parts in a group by how the page of a member calls them.
_PARTS = {"owner": PART_OWNER, "admin": PART_MANAGER, "member": PART_MEMBER}


class ContentReader:
    """Reads items and owned groups of members of one organization."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.client = directory.client
        # Whether the portal has canReassignItems (portal-rest-api-2.md, section 12, 15); None: not tried yet.
        self._asks_in_batches: bool | None = None

    # -- what a member owns ----------------------------------------------------------------------------------------

    def owned(self, username: str) -> Owned:
        """Read how many items and groups a member owns."""
        answer = self.client.read(f"content/users/{user_path(username)}", {"foldersContent": True, "num": 1})
        listed = answer.get("items")
        items = answer.get("total", len(listed) if isinstance(listed, list) else None)
        if not isinstance(items, int) or items < 0:
            raise UnexpectedAnswer(f"The portal does not show the content of {username}.")
        return Owned(items, len(self.owned_groups(username)))

    def owned_groups(self, username: str) -> list[GroupRow]:
        """Read the groups that a member owns."""
        return [group for group in self.directory.groups(username) if group.is_owned]

    def items(self, username: str) -> list[Item]:
        """Read all items of a member, in all folders."""
        return self.counted_items(username)[0]

    def counted_items(self, username: str) -> tuple[list[Item], int]:
        """Read all items of a member, and how many the portal counts: it can count items that it does not show."""
        rows, total = self.client.pages(f"content/users/{user_path(username)}", "items", {"foldersContent": True})
        items = [Item.from_row(row) for row in rows]
        if not all(item.id for item in items):
            raise UnexpectedAnswer(f"The portal does not show the content of {username}.")
        return items, max(total, len(items))

    def recycled_items(self, username: str) -> list[str]:
        """Read the IDs of the items in the recycle bin of a member (portal-rest-api-2.md, section 3.2)."""
        try:
            rows, _total = self.client.pages(
                f"content/users/{user_path(username)}", "items", {"foldersContent": True, "inRecycleBin": True}
            )
        except (Refused, NotFound):
            return []
        return [str(row["id"]) for row in rows if row.get("id")]

    def sharing(self, owner: str, item: Item) -> list[str]:
        """Read the IDs of the groups with which an item is shared; none if the item does not show them."""
        try:
            answer = self.client.read(item_path(owner, item))
        except (NotFound, PermissionDenied, Refused):
            return []
        sharing = answer.get("sharing")
        groups = sharing.get("groups") if isinstance(sharing, dict) else None
        return [str(group) for group in groups] if isinstance(groups, list) else []

    # -- whether another member can receive it ---------------------------------------------------------------------

    def refusals(self, owner: str, recipient: str, items: Sequence[Item]) -> Reasons | None:
        """Ask which items the portal would not transfer.

        Args:
            owner: Username of the owner.
            recipient: Username of the recipient.
            items: Items of the owner.

        Returns:
            The portal's reasons by item ID, or None if the signed-in account must not ask.
        """
        reasons: Reasons = {}
        try:
            for batch in in_batches(items):
                reasons.update(self._refusals_of_batch(owner, recipient, batch))
        except PermissionDenied:
            return None
        return reasons

    def _refusals_of_batch(self, owner: str, recipient: str, items: Sequence[Item]) -> Reasons:
        if self._asks_in_batches is False:
            return self._single_refusals(owner, recipient, items)
        data = {"items": ",".join(item.id for item in items), "targetUsername": stored_name(recipient)}
        try:
            answer = self.client.ask(f"content/users/{user_path(owner)}/canReassignItems", data)
        except (Refused, NotFound) as error:
            reason = portal_reason(error)
        else:
            if not isinstance(answer.get("results"), list):
                raise UnexpectedAnswer("The portal does not show which items it can transfer.")
            self._asks_in_batches = True
            return refusal_reasons(answer)
        # Either the portal does not have the operation, or the recipient is refused, whatever the items are.
        if self._asks_in_batches or self._single_refusal(owner, recipient, items[0]) == reason:
            return dict.fromkeys((item.id for item in items), reason)
        self._asks_in_batches = False
        return self._single_refusals(owner, recipient, items)

    def _single_refusals(self, owner: str, recipient: str, items: Sequence[Item]) -> Reasons:
        """Ask for each item, as portals before ArcGIS Enterprise 11.0 require."""
        reasons = succeeded(self.client.map(lambda item: self._single_refusal(owner, recipient, item), items))
        return {item.id: reason for item, reason in zip(items, reasons) if reason is not None}

    def _single_refusal(self, owner: str, recipient: str, item: Item) -> str | None:
        """Return the portal's reason, or None if it would transfer the item, or does not have this operation either."""
        try:
            self.client.ask(f"{item_path(owner, item)}/canReassign", {"targetUsername": stored_name(recipient)})
        except (Refused, NotFound) as error:
            return portal_reason(error) if error.is_verdict else None
        return None

    def parts(self, username: str) -> dict[str, str]:
        """Read the parts of a member in its groups, by group ID."""
        groups = (self.directory.raw(username) or {}).get("groups")
        parts = {}
        for group in groups if isinstance(groups, list) else ():
            if isinstance(group, dict):
                membership = group.get("userMembership")
                kind = membership.get("memberType") if isinstance(membership, dict) else None
                is_owner = member_key(str(group.get("owner") or "")) == member_key(username)
                parts[str(group.get("id"))] = PART_OWNER if is_owner else _PARTS.get(str(kind), PART_MEMBER)
        return parts


class TransferReader:
    """Reads what stops transfers between members, each group and each recipient once."""

    def __init__(self, content: ContentReader) -> None:
        self.content = content
        self._parts: dict[str, dict[str, str]] = {}
        self._groups: dict[str, Group | None] = {}

    def read(
        self, transfers: Sequence[tuple[str, str]], can_receive: Callable[[str, str], bool]
    ) -> dict[str, tuple[Owned, TransferCheck]]:
        """Read what members own, and ask the portal which items it would not transfer.

        Args:
            transfers: Usernames of owner and recipient.
            can_receive: Whether the recipient is another, enabled member: else the portal is not asked.

        Returns:
            What each owner owns, and what is known of its transfer, by key.
        """
        content = self.content

        def ask(pair: tuple[str, str]) -> tuple[list[Item], int, list[GroupRow], Reasons | None]:
            items, count = content.counted_items(pair[0])
            groups = content.owned_groups(pair[0])
            return items, count, groups, content.refusals(*pair, items) if items and can_receive(*pair) else {}

        answers = succeeded(content.client.map(ask, transfers))
        return {
            member_key(pair[0]): (Owned(count, len(groups)), self._checked(pair, items, groups, reasons))
            for pair, (items, count, groups, reasons) in zip(transfers, answers)
        }

    def _checked(
        self, pair: tuple[str, str], items: list[Item], groups: list[GroupRow], reasons: Reasons | None
    ) -> TransferCheck:
        shared_update = tuple(group.title for group in groups if group.is_shared_update)
        refused = [item for item in items if item.id in (reasons or {})]
        owned = {group.id for group in groups}
        refused_items = self._refused_items(*pair, refused, reasons, owned) if reasons and refused else []
        return TransferCheck(
            tuple(items), shared_update, tuple(refused_items), reasons is not None, tuple(sorted(owned))
        )

    def _refused_items(
        self, owner: str, recipient: str, items: list[Item], reasons: Reasons, owned: set[str]
    ) -> list[RefusedItem]:
        """Return refused items with the groups that the recipient lacks, without the groups of the owner.

        The recipient owns those before it receives items.
        """
        content = self.content
        sharing = succeeded(content.client.map(lambda item: content.sharing(owner, item), items))
        others = {group for groups in sharing for group in groups if group not in owned}
        parts = self._parts_of(recipient) if others else {}
        self._read_groups(sorted(group for group in others if parts.get(group) not in (PART_OWNER, PART_MANAGER)))
        refused_items = []
        for item, groups in zip(items, sharing):
            needed = [self._needed(group, parts.get(group)) for group in groups if group not in owned]
            missing = tuple(group for group in needed if group is not None)
            refused_items.append(RefusedItem(item, reasons[item.id], missing, bool(owned.intersection(groups))))
        return refused_items

    def _parts_of(self, recipient: str) -> dict[str, str]:
        key = member_key(recipient)
        if key not in self._parts:
            self._parts[key] = self.content.parts(recipient)
        return self._parts[key]

    def _read_groups(self, ids: list[str]) -> None:
        reader = self.content.directory.group_reader
        unread = [group for group in ids if group not in self._groups]
        self._groups.update(zip(unread, succeeded(self.content.client.map(reader.read, unread))))

    def _needed(self, group_id: str, part: str | None) -> NeededGroup | None:
        if part in (PART_OWNER, PART_MANAGER):
            return None
        group = self._groups[group_id]
        wanted = needed_part(group)
        return None if part == wanted else NeededGroup(group_id, group, wanted)


def refusal_reasons(answer: dict[str, Any]) -> Reasons:
    """Return the items of a response that are not successful, with the portal's reasons."""
    rows = answer.get("results")
    reasons = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("success") not in (True, "true"):
            error = row.get("error")
            text = error.get("message") if isinstance(error, dict) else error
            reasons[str(row.get("itemId"))] = str(text or "")
    return reasons


def portal_reason(error: PortalOpsError) -> str:
    """Return the portal's own words of a refusal."""
    return str(error).partition(": ")[2] or str(error)
