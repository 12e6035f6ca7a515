# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer items and groups to another member, and ask beforehand whether that is possible."""

from __future__ import annotations

import secrets
from typing import Any, Optional

from ..access import effective_privileges
from ..call import Call
from ..errors import PortalError, invalid_request, no_operation
from ..routing import operation
from ..store import Item, Member
from ..world import World
from .accounts import guard_administrators, target
from .content import each_item, owned_item
from .groups import give, owner_refusal

JOB_POLLS = 2
REASSIGN_ITEMS = "portal:admin:reassignItems"
REASSIGN_USERS = "portal:admin:reassignUsers"


# -- what can be transferred ---------------------------------------------------------------------------------------
def new_owner(call: Call, name: str) -> Member:
    """A member of this organization who can own content."""
    member = target(call, name)
    if "portal:user:receiveItems" not in effective_privileges(call.portal.organization, member):
        raise PortalError("Unable to reassign. The target user cannot own items or groups.")
    return member


def item_refusal(world: World, item: Item, recipient: Member) -> Optional[str]:
    """Why an item cannot be transferred; None if it can."""
    if item.recycled:
        return "The item is in the recycle bin."
    if item.is_blocked:
        return "The item has dependencies that keep its owner."
    all_shared = world.switches["item_group_rule"] == "all"
    for group_id in item.groups:
        group = world.organization.groups[group_id]
        matters = item.access == "private" or all_shared or group.has_shared_update
        kinds = ("owner", "admin") if group.get("isViewOnly") else ("owner", "admin", "member")
        if matters and group.kind(recipient.key) not in kinds:
            return "The target user is not a member of a group that the item is shared with."
    return None


def need_transferable(world: World, item: Item, recipient: Member) -> None:
    reason = item_refusal(world, item, recipient)
    if reason:
        raise PortalError(f"Unable to reassign item. {reason}")


@operation("content/users/{user}/canReassignItems", "canReassignItems", methods=("POST",), privilege=REASSIGN_ITEMS)
def can_reassign_items(call: Call) -> Any:
    need_bulk(call)
    recipient = new_owner(call, call.need("targetUsername"))
    return each_item(call, lambda item: need_transferable(call.portal, item, recipient))


def need_bulk(call: Call) -> None:
    """The operations for many items came with Enterprise 11.0."""
    rule = call.portal.switches["can_reassign_items"]
    if rule == "missing" or (rule == "from_11.0" and not call.portal.product.from_version(10, 1)):
        raise no_operation()


@operation(
    "content/users/{user}/items/{item}/canReassign", "canReassignItem", methods=("POST",), privilege=REASSIGN_ITEMS
)
@operation(
    "content/users/{user}/{folder}/items/{item}/canReassign",
    "canReassignItem",
    methods=("POST",),
    privilege=REASSIGN_ITEMS,
)
def can_reassign(call: Call) -> Any:
    item = owned_item(call)
    try:
        need_transferable(call.portal, item, new_owner(call, call.need("targetUsername")))
    except PortalError as error:
        return {"success": False, "itemId": item.id, **error.body()}
    return {"success": True, "itemId": item.id}


# -- items ---------------------------------------------------------------------------------------------------------
@operation("content/users/{user}/reassignItems", "reassignItems", write=True, privilege=REASSIGN_ITEMS)
def reassign_items(call: Call) -> Any:
    need_bulk(call)
    recipient = new_owner(call, call.need("targetUsername"))
    return each_item(call, lambda item: transfer_item(call, item, recipient))


@operation("content/users/{user}/items/{item}/reassign", "reassignItem", write=True, privilege=REASSIGN_ITEMS)
@operation("content/users/{user}/{folder}/items/{item}/reassign", "reassignItem", write=True, privilege=REASSIGN_ITEMS)
def reassign_item(call: Call) -> Any:
    item = owned_item(call)
    transfer_item(call, item, new_owner(call, call.need("targetUsername")))
    return {"success": True, "itemId": item.id}


def transfer_item(call: Call, item: Item, recipient: Member) -> None:
    need_transferable(call.portal, item, recipient)
    title = call.text("targetFolderName") or call.text("targetFoldername")
    folder = folder_of(call.portal, recipient, title) if title not in ("", "/") else None
    call.portal.organization.give_item(item, recipient, folder)


def folder_of(world: World, member: Member, title: str) -> str:
    """The ID of a folder of a member by title; a missing folder is created."""
    for key, known in world.organization.folders_of.get(member.key, {}).items():
        if known == title:
            return key
    folder = secrets.token_hex(16)
    world.organization.put_folder(member, folder, title)
    return folder


# -- everything of a member ----------------------------------------------------------------------------------------
@operation("community/users/{user}/reassign", "reassignUser", write=True, privilege=REASSIGN_USERS)
def reassign_user(call: Call) -> Any:
    """Everything a member owns goes to another. What happens with one refused item is a switch."""
    member = target(call)
    guard_administrators(call, member)
    recipient = new_owner(call, call.need("targetUsername"))
    refused = transfer_all(call.portal, member, recipient, None)
    if refused and call.portal.switches["reassign_blocked"] != "skipped":
        raise PortalError("Unable to reassign user's items and groups.", 400, None, refused)
    return {"success": True}


def transfer_all(world: World, member: Member, recipient: Member, folder: Optional[str]) -> list[str]:
    """Transfer groups, then items. Returns the reasons of refusals."""
    organization = world.organization
    if member is recipient:
        raise PortalError("Unable to reassign. The target user owns the content already.")
    groups = [organization.groups[key] for key in organization.groups_of.get(member.key, {})]
    items = [organization.items[key] for key in organization.items_of.get(member.key, {})]
    reasons = [(group, owner_refusal(world, group, recipient)) for group in groups]
    own = {group.id for group, reason in reasons if reason is None}
    item_reasons = [(item, None if own >= set(item.groups) and not item.is_blocked
                     else item_refusal(world, item, recipient)) for item in items]  # fmt: skip
    refused = [f"Group {group.id}: {reason}" for group, reason in reasons if reason]
    refused += [f"Item {item.id}: {reason}" for item, reason in item_reasons if reason]
    if refused and world.switches["reassign_blocked"] == "error":
        return refused
    for group, reason in reasons:
        if reason is None:
            give(world, group, recipient)
    for item, reason in item_reasons:
        if reason is None:
            organization.give_item(item, recipient, folder)
    return refused


@operation("portals/{portal}/reassignUsersContent", "reassignUsersContent", write=True, privilege=REASSIGN_USERS)
def reassign_users_content(call: Call) -> Any:
    """A job: it is done once it has been read a few times."""
    sent = call.document("reassign")
    if not isinstance(sent, dict) or not isinstance(sent.get("reassignedUsers"), list):
        raise invalid_request("'reassign' parameter needs targetUser and reassignedUsers.")
    recipient = new_owner(call, str(sent.get("targetUser", "")))
    members = [target(call, str(name)) for name in sent["reassignedUsers"]]
    organization = call.portal.organization
    refused: list[str] = []
    for member in members:
        each = sent.get("createSubFolderPerReassignedUser")
        title = member.username if each else str(sent.get("targetFolderName") or member.username)
        refused += transfer_all(call.portal, member, recipient, folder_of(call.portal, recipient, title))
    identifier = secrets.token_hex(16)
    failed = bool(refused) and call.portal.switches["reassign_blocked"] != "skipped"
    organization.jobs[identifier] = {
        "type": "reassignUsersContent", "asked": 0, "polls": JOB_POLLS, "failed": failed, "messages": refused,
    }  # fmt: skip
    return {"jobId": identifier, "success": True}
