# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What members own, and handing it over."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Optional

from ..call import Call
from ..errors import PortalError, forbidden, invalid_request, no_item
from ..routing import operation
from ..store import Item, Member
from ..world import World
from .accounts import guard_administrators, target

JOB_POLLS = 2
Owned = Mapping[str, Mapping[str, None]]


def shown(world: World, item: Item) -> dict[str, Any]:
    owner = world.organization.members.get(item.owner)
    return {
        "id": item.id, "owner": owner.username if owner else item.owner, "title": item.title, "type": item.type,
        "created": item.created, "modified": item.created, "ownerFolder": item.folder, "access": "private", "size": 0,
        "orgId": world.organization.id, "isOrgItem": True, "tags": [], "protected": False,
    }  # fmt: skip


def need_view(call: Call, member: Member) -> None:
    caller = call.caller
    if caller is None or not (
        caller.is_member(member) or caller.can("portal:admin:viewItems", "portal:admin:viewUsers")
    ):
        raise forbidden()


@operation("content/users/{user}", "content")
def content(call: Call) -> Any:
    """Items of the root folder, or of every folder with foldersContent; and the folders."""
    member = target(call)
    need_view(call, member)
    if call.flag("inRecycleBin"):
        return listing(call, member, None, True, call.portal.organization.bins_of)
    return listing(call, member, None, call.flag("foldersContent"), call.portal.organization.items_of)


@operation("content/users/{user}/items/{item}", "item")
def item(call: Call) -> Any:
    need_view(call, target(call))
    return {"item": shown(call.portal, owned_item(call)), "sharing": {"access": "private", "groups": []}}


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


def new_owner(call: Call, name: str) -> Member:
    """Somebody of this organization who may own content."""
    member = target(call, name)
    if call.portal.organization.level(member) == "1":
        raise PortalError("Unable to reassign. The target user cannot own items or groups.")
    return member


@operation("community/users/{user}/reassign", "reassignUser", write=True, privilege="portal:admin:reassignUsers")
def reassign_user(call: Call) -> Any:
    """Everything a member owns goes to another."""
    member = target(call)
    guard_administrators(call, member)
    hand_over(call.portal, member, new_owner(call, call.need("targetUsername")), None)
    return {"success": True}


def hand_over(world: World, member: Member, receiver: Member, folder: Optional[str]) -> None:
    organization = world.organization
    if member is receiver:
        raise PortalError("Unable to reassign. The target user owns the content already.")
    for key in list(organization.items_of.get(member.key, {})):
        organization.give_item(organization.items[key], receiver, folder)
    for key in list(organization.groups_of.get(member.key, {})):
        organization.give_group(organization.groups[key], receiver, world.switches["group_former_owner"])


@operation(
    "portals/{portal}/reassignUsersContent", "reassignUsersContent", write=True, privilege="portal:admin:reassignUsers"
)
def reassign_users_content(call: Call) -> Any:
    """A job: it is done once it has been asked for a few times."""
    sent = call.document("reassign")
    if not isinstance(sent, dict) or not isinstance(sent.get("reassignedUsers"), list):
        raise invalid_request("'reassign' parameter needs targetUser and reassignedUsers.")
    receiver = new_owner(call, str(sent.get("targetUser", "")))
    leavers = [target(call, str(name)) for name in sent["reassignedUsers"]]
    organization = call.portal.organization
    for member in leavers:
        title = (
            member.username
            if sent.get("createSubFolderPerReassignedUser")
            else str(sent.get("targetFolderName") or member.username)
        )
        folder = secrets.token_hex(16)
        organization.put_folder(receiver, folder, title)
        hand_over(call.portal, member, receiver, folder)
    identifier = secrets.token_hex(16)
    organization.jobs[identifier] = {"type": "reassignUsersContent", "asked": 0, "polls": JOB_POLLS}
    return {"jobId": identifier, "success": True}


def owned_item(call: Call) -> Item:
    item = call.portal.organization.items.get(call.args["item"])
    if item is None or item.owner != call.args["user"].casefold():
        raise no_item()
    return item


@operation(
    "content/users/{user}/items/{item}/reassign", "reassignItem", write=True, privilege="portal:admin:reassignItems"
)
@operation(
    "content/users/{user}/{folder}/items/{item}/reassign",
    "reassignItem",
    write=True,
    privilege="portal:admin:reassignItems",
)
def reassign_item(call: Call) -> Any:
    item = owned_item(call)
    call.portal.organization.give_item(item, new_owner(call, call.need("targetUsername")))
    return {"success": True, "itemId": item.id}


@operation("content/users/{user}/items/{item}/delete", "deleteItem", write=True)
@operation("content/users/{user}/{folder}/items/{item}/delete", "deleteItem", write=True)
def delete_item(call: Call) -> Any:
    """Into the recycle bin where there is one, unless ``permanentDelete`` says otherwise."""
    item = owned_item(call)
    need_owner(call, item)
    organization = call.portal.organization
    if organization.settings.get("recycleBinEnabled") and not item.recycled and not call.flag("permanentDelete"):
        organization.recycle_item(item, True)
    else:
        organization.drop_item(item)
    return {"success": True, "itemId": item.id}


def need_owner(call: Call, item: Item) -> None:
    caller = call.caller
    own = caller is not None and caller.member is not None and caller.member.key == item.owner
    if caller is None or not (own or caller.can("portal:admin:deleteItems")):
        raise forbidden()


@operation("content/users/{user}/items/{item}/restore", "restoreItem", write=True)
def restore_item(call: Call) -> Any:
    item = owned_item(call)
    need_owner(call, item)
    call.portal.organization.recycle_item(item, False)
    return {"success": True, "itemId": item.id}
