# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The items of members: list, delete, and restore them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ..call import Call, paged
from ..errors import PortalError, forbidden, invalid_request, no_item
from ..routing import operation
from ..store import Item, Member
from ..world import World
from .accounts import target
from .groups import find_group, key_of

# Items in one request.
BATCH = 100
Owned = Mapping[str, Mapping[str, None]]


def shown(world: World, item: Item) -> dict[str, Any]:
    owner = world.organization.members.get(item.owner)
    return {
        "id": item.id, "owner": owner.username if owner else item.owner, "title": item.title, "type": item.type,
        "typeKeywords": list(item.keywords), "created": item.created, "modified": item.created,
        "ownerFolder": item.folder, "access": item.access, "size": 0, "orgId": world.organization.id,
        "isOrgItem": True, "tags": [], "protected": False,
    }  # fmt: skip


def need_view(call: Call, member: Member) -> None:
    caller = call.caller
    if caller is None or not (
        caller.is_member(member) or caller.can("portal:admin:viewItems", "portal:admin:viewUsers")
    ):
        raise forbidden()


# -- reading -------------------------------------------------------------------------------------------------------
@operation("content/users/{user}", "content")
def content(call: Call) -> Any:
    """Items of the root folder, or of every folder with foldersContent; and the folders."""
    member = target(call)
    need_view(call, member)
    if call.flag("inRecycleBin"):
        return listing(call, member, None, True, call.portal.organization.bins_of)
    return listing(call, member, None, call.flag("foldersContent"), call.portal.organization.items_of)


@operation("content/groups/{group}", "groupContent")
def group_content(call: Call) -> Any:
    """Items that are shared with a group, as far as the signed-in account can see them."""
    group, caller = find_group(call), call.caller
    is_member = group.kind(key_of(caller)) != "none"
    items = [
        item
        for item in call.portal.organization.items.values()
        if group.id in item.groups
        and (is_member or item.access == "public" or (caller is not None and caller.can("portal:admin:viewItems")))
    ]
    start, num = call.page()
    return paged([shown(call.portal, item) for item in items], start, num, "items")


@operation("content/users/{user}/items/{item}", "item")
@operation("content/users/{user}/{folder}/items/{item}", "item")
def item(call: Call) -> Any:
    need_view(call, target(call))
    found = owned_item(call)
    return {"item": shown(call.portal, found), "sharing": {"access": found.access, "groups": list(found.groups)}}


@operation("content/users/{user}/{folder}", "contentFolder")
def content_folder(call: Call) -> Any:
    member = target(call)
    need_view(call, member)
    if call.args["folder"] not in call.portal.organization.folders_of[member.key]:
        raise PortalError("Folder does not exist or is inaccessible.")
    return listing(call, member, call.args["folder"], False, call.portal.organization.items_of)


def listing(call: Call, member: Member, folder: Optional[str], everything: bool, owned: Owned) -> Any:
    organization = call.portal.organization
    items = [organization.items[key] for key in owned.get(member.key, {})]
    chosen = [item for item in items if everything or item.folder == folder]
    start, num = call.page()
    rows = [shown(call.portal, item) for item in chosen[start - 1 : start - 1 + num]]
    following = start + num if rows and start + num <= len(chosen) else -1
    folders = [
        {"username": member.username, "id": key, "title": title, "created": member.created}
        for key, title in organization.folders_of.get(member.key, {}).items()
    ]
    return {
        "username": member.username, "total": len(chosen), "start": start, "num": len(rows), "nextStart": following,
        "currentFolder": {"id": folder} if folder else None, "items": rows, "folders": folders,
    }  # fmt: skip


def owned_item(call: Call, item_id: Optional[str] = None) -> Item:
    """An item of the member in the path.

    Raises:
        PortalError: If the member does not own the item.
    """
    item = call.portal.organization.items.get(item_id or call.args["item"])
    if item is None or item.owner != target(call).key:
        raise no_item()
    return item


def each_item(call: Call, act: Any) -> Any:
    """Do something with each item of a request; a refused item has ``success`` false and an ``error``."""
    names = call.names("items")
    if len(names) > BATCH:
        raise invalid_request(f"A request can hold at most {BATCH} items.")
    rows: list[dict[str, Any]] = []
    for name in names:
        try:
            act(owned_item(call, name))
            rows.append({"itemId": name, "success": True})
        except PortalError as error:
            rows.append({"itemId": name, "success": False, **error.body()})
    return {"results": rows}


# -- delete and restore --------------------------------------------------------------------------------------------
@operation("content/users/{user}/items/{item}/delete", "deleteItem", write=True)
@operation("content/users/{user}/{folder}/items/{item}/delete", "deleteItem", write=True)
def delete_item(call: Call) -> Any:
    """Into the recycle bin if there is one, unless ``permanentDelete`` says otherwise."""
    item = owned_item(call)
    delete(call, item)
    return {"success": True, "itemId": item.id}


@operation("content/users/{user}/deleteItems", "deleteItems", write=True)
def delete_items(call: Call) -> Any:
    return each_item(call, lambda item: delete(call, item))


def delete(call: Call, item: Item) -> None:
    need_owner(call, item)
    organization = call.portal.organization
    if recycles(call.portal) and not item.recycled and not call.flag("permanentDelete"):
        organization.recycle_item(item, True)
    else:
        organization.drop_item(item)


def recycles(world: World) -> bool:
    return not world.product.is_portal and bool(world.organization.settings.get("recycleBinEnabled"))


def need_owner(call: Call, item: Item) -> None:
    caller = call.caller
    own = caller is not None and caller.member is not None and caller.member.key == item.owner
    if caller is None or not (own or caller.can("portal:admin:deleteItems")):
        raise forbidden()


@operation("content/users/{user}/items/{item}/restore", "restoreItem", write=True)
def restore_item(call: Call) -> Any:
    item = owned_item(call)
    need_owner(call, item)
    need_recycled(item)
    call.portal.organization.recycle_item(item, False)
    return {"success": True, "itemId": item.id}


@operation("content/users/{user}/items/{item}/canRestore", "canRestoreItem")
def can_restore(call: Call) -> Any:
    item = owned_item(call)
    need_owner(call, item)
    need_recycled(item)
    return {"success": True, "itemId": item.id}


def need_recycled(item: Item) -> None:
    if not item.recycled:
        raise PortalError("Unable to restore item. The item is not in the recycle bin.", 400, "CONT_0295")


@operation("content/users/{user}/items/{item}/canRecycle", "canRecycleItem")
def can_recycle(call: Call) -> Any:
    item = owned_item(call)
    need_owner(call, item)
    if item.recycled or not recycles(call.portal):
        raise PortalError("Unable to recycle item.", 400, "CONT_0298")
    return {"success": True, "itemId": item.id}
