# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Items of members, and what stops their transfer to another member. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import PART_MANAGER, PART_MEMBER, Group

#: Items that the portal takes in one request (portal-rest-api-2.md, section 3.1).
ITEMS_PER_REQUEST = 100

#: Types and type keywords of items that contain credentials: API keys and registered applications.
_CREDENTIAL_WORDS = frozenset({"api key", "registered app"})


class Item(NamedTuple):
    """An item of a member: ID, title, folder ID (None: the root folder), and whether it contains credentials."""

    id: str
    title: str
    folder: str | None
    has_credentials: bool

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Item:
        """Read a row of a listing of items."""
        keywords = row.get("typeKeywords")
        words = [row.get("type"), *(keywords if isinstance(keywords, list) else ())]
        return cls(
            str(row.get("id") or ""),
            str(row.get("title") or row.get("id") or ""),
            str(row["ownerFolder"]) if row.get("ownerFolder") else None,
            any(str(word).casefold() in _CREDENTIAL_WORDS for word in words),
        )

    def __str__(self) -> str:
        return f"'{self.title}' ({self.id})"


class NeededGroup(NamedTuple):
    """A group that the recipient of an item must be in: ID, the group (None: not visible), and the part in it."""

    id: str
    group: Group | None
    part: str

    @property
    def title(self) -> str:
        return self.group.title if self.group is not None else self.id

    @property
    def can_be_joined(self) -> bool:
        """Whether a task can add members to the group."""
        return self.group is not None and not self.group.is_linked and not self.group.is_foreign


class RefusedItem(NamedTuple):
    """An item that the portal refuses to transfer, and the portal's reason.

    groups: groups that the recipient must be in; follows_group: whether the item is shared with a group that the
    recipient owns before it receives the item.
    """

    item: Item
    reason: str
    groups: tuple[NeededGroup, ...] = ()
    follows_group: bool = False

    @property
    def is_final(self) -> bool:
        """Whether no group can be the reason."""
        return not self.groups and not self.follows_group

    @property
    def is_doubtful(self) -> bool:
        """Whether groups can be the reason, but the portal's text names none."""
        return not self.is_final and bool(self.reason) and "group" not in self.reason.casefold()


class TransferCheck(NamedTuple):
    """What is known of the transfer of one member before it is sent.

    items: all items; shared_update: titles of owned groups whose members can update all items; refused_items: items
    that the portal refuses; is_checked: whether the signed-in account could ask the portal; groups: IDs of owned
    groups.
    """

    items: tuple[Item, ...] = ()
    shared_update: tuple[str, ...] = ()
    refused_items: tuple[RefusedItem, ...] = ()
    is_checked: bool = True
    groups: tuple[str, ...] = ()

    @property
    def credentials(self) -> list[str]:
        """Titles of items that contain credentials."""
        return [item.title for item in self.items if item.has_credentials]


def needed_part(group: Group | None) -> str:
    """Return the part that the recipient needs: only managers contribute to a view-only group."""
    return PART_MANAGER if group is not None and group.row.get("isViewOnly") is True else PART_MEMBER


def in_batches(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    """Return items in as few requests as the portal takes."""
    return (items[start : start + ITEMS_PER_REQUEST] for start in range(0, len(items), ITEMS_PER_REQUEST))


def listed_refusals(refused_items: Iterable[RefusedItem]) -> list[str]:
    """Return each item with the portal's reason."""
    return [f"{each.item}: {each.reason.rstrip('.') or 'The portal gives no reason'}" for each in refused_items]


def refusal_rows(refused_items: Iterable[RefusedItem]) -> list[dict[str, str]]:
    """Return the same for programs, as details of an error."""
    return [{"id": each.item.id, "title": each.item.title, "reason": each.reason} for each in refused_items]
