# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups: create, update, search, transfer, protect, and delete."""

from __future__ import annotations

import secrets
from typing import Any, Optional

from ..access import Caller, effective_privileges
from ..call import Call, paged
from ..errors import PortalError, forbidden, invalid_request, no_group
from ..groups import CREATE_ONLY, SHARED_UPDATE, Group, parse_properties
from ..products import ADMINISTRATOR
from ..routing import operation
from ..store import Member, now_ms
from ..views import group_view, username_of
from ..world import World
from .accounts import target

# Privilege that a value of a group property needs.
ACCESS_PRIVILEGES = {"org": "portal:user:shareGroupToOrg", "public": "portal:user:shareGroupToPublic"}
CREATE_UPDATE_GROUP = "portal:admin:createUpdateCapableGroup"


# -- who sees and who changes a group ------------------------------------------------------------------------------
def key_of(caller: Optional[Caller]) -> Optional[str]:
    return caller.member.key if caller is not None and caller.member is not None else None


def can_see(call: Call, group: Group) -> bool:
    """Whether the signed-in account can see a group."""
    caller = call.caller
    access = group.get("access")
    if access == "public":
        return True
    if caller is None or caller.anonymous:
        return False
    own = (group.org_id or call.portal.organization.id) == call.portal.organization.id
    if group.kind(key_of(caller)) != "none":
        return True
    if not own:
        return False
    return caller.can("portal:admin:viewGroups") or (access == "org" and caller.can("portal:user:viewOrgGroups"))


def find_group(call: Call) -> Group:
    """The group in the path.

    Raises:
        PortalError: If the group does not exist or the signed-in account cannot see it.
    """
    group = call.portal.organization.groups.get(call.args["group"])
    if group is None or not can_see(call, group):
        raise no_group(call.portal.switches["group_not_found"])
    return group


def is_manager(call: Call, group: Group) -> bool:
    return group.kind(key_of(call.caller)) in ("owner", "admin")


def need_manager(call: Call, group: Group, privilege: str) -> None:
    """Owner, managers, and accounts with the privilege."""
    in_organization = (group.org_id or call.portal.organization.id) == call.portal.organization.id
    allowed = call.caller is not None and in_organization and call.caller.can(privilege)
    if not (is_manager(call, group) or allowed):
        raise forbidden()


def group_answer(call: Call, group: Group) -> dict[str, Any]:
    return {"success": True, call.portal.switches["group_id_key"]: group.id}


# -- reading -------------------------------------------------------------------------------------------------------
@operation("community/groups/{group}", "group", anonymous=True)
def group(call: Call) -> Any:
    member = call.caller.member if call.caller is not None else None
    return group_view(call.portal, find_group(call), member)


@operation("community/groups", "searchGroups", anonymous=True)
def search(call: Call) -> Any:
    """Search the index, which lags behind writes; only groups that the signed-in account can see."""
    world = call.portal
    query = call.need("q")
    entries = world.group_index.search(query, call.text("filter"))
    groups = world.organization.groups
    visible = [entry for entry in entries if entry.key not in groups or can_see(call, groups[entry.key])]
    field = call.text("sortField") or "title"
    visible.sort(
        key=lambda entry: str(entry.get(field) or "").casefold(), reverse=call.text("sortOrder").lower() == "desc"
    )
    start, num = call.page()
    page = paged(visible, start, num, "results")
    page["results"] = [search_row(call, entry.key, entry.row()) for entry in page["results"]]
    return {"query": query, **page}


def search_row(call: Call, key: str, row: dict[str, Any]) -> dict[str, Any]:
    member = call.caller.member if call.caller is not None else None
    group = call.portal.organization.groups.get(key)
    kind = group.kind(member.key) if group is not None and member is not None else "none"
    membership = {"username": member.username if member else None, "memberType": kind, "applications": 0}
    shows_organization = not call.portal.product.is_portal and call.portal.switches["group_org_id"] == "present"
    hidden = () if shows_organization else ("orgId",)
    return {name: value for name, value in {**row, "userMembership": membership}.items() if name not in hidden}


# -- create and change ---------------------------------------------------------------------------------------------
@operation("community/createGroup", "createGroup", write=True, privilege="portal:user:createGroup")
def create(call: Call) -> Any:
    """Create a group that the signed-in account owns."""
    caller, world = call.caller, call.portal
    if caller is None or caller.member is None:
        raise forbidden(["An application cannot own a group."])
    title = call.need("title")
    properties = sent_properties(call)
    need_property_privileges(call, properties)
    need_free_title(world, title, None)
    created = Group(
        secrets.token_hex(16), title, caller.member.key, now_ms(), properties=properties,
        org_id=world.organization.id, modified=now_ms(),
    )  # fmt: skip
    if "thumbnail" in call.files:
        created.properties["thumbnail"] = "thumbnail.png"
    world.organization.put_group(created)
    return {"success": True, "group": group_view(world, created, caller.member)}


def sent_properties(call: Call) -> dict[str, Any]:
    try:
        properties = parse_properties(call.params, call.flag("clearEmptyFields"))
    except ValueError as error:
        raise invalid_request(str(error)) from None
    if call.portal.product.is_portal and properties.get("membershipAccess", "org") != "org":
        raise invalid_request("'membershipAccess' must be org.")
    return properties


def need_property_privileges(call: Call, properties: dict[str, Any]) -> None:
    """The privilege that each property needs."""
    caller = call.caller
    if caller is None:
        raise forbidden()
    needed = [ACCESS_PRIVILEGES.get(properties.get("access", ""), "")]
    if SHARED_UPDATE in properties.get("capabilities", ()):
        needed.append(CREATE_UPDATE_GROUP)
    if properties.get("leavingDisallowed"):
        needed.append("portal:admin:createLeavingDisallowedGroup")
    if properties.get("provider") == "enterprise":
        needed.append("portal:admin:manageEnterpriseGroups")
    for privilege in needed:
        if privilege:
            caller.need(privilege)


def need_free_title(world: World, title: str, own_id: Optional[str]) -> None:
    """Refuse a title that another group of the organization has, where titles are unique."""
    if world.switches["group_titles"] == "free":
        return
    own = world.organization.id
    for other in world.organization.groups.values():
        is_own = (other.org_id or own) == own
        if is_own and other.title.casefold() == title.casefold() and other.id != own_id:
            raise PortalError(f"Unable to save group. A group with the title '{title}' already exists.")


@operation("community/groups/{group}/update", "updateGroup", write=True)
def update(call: Call) -> Any:
    """Change only the properties that the request names. Properties that only createGroup sets are ignored."""
    group = find_group(call)
    need_manager(call, group, "portal:admin:updateGroups")
    properties = {name: value for name, value in sent_properties(call).items() if name not in CREATE_ONLY}
    changed = {name: value for name, value in properties.items() if value != group.get(name)}
    need_property_privileges(call, changed)
    title = call.text("title") or None
    if title:
        need_free_title(call.portal, title, group.id)
    if "thumbnail" in call.files:
        properties["thumbnail"] = "thumbnail.png"
    call.portal.organization.change_group(group, title, **properties)
    return group_answer(call, group)


@operation("community/groups/{group}/protect", "protectGroup", write=True)
def protect(call: Call) -> Any:
    return set_protected(call, True)


@operation("community/groups/{group}/unprotect", "unprotectGroup", write=True)
def unprotect(call: Call) -> Any:
    return set_protected(call, False)


def set_protected(call: Call, protected: bool) -> Any:
    group = find_group(call)
    need_manager(call, group, "portal:admin:updateGroups")
    call.portal.organization.change_group(group, protected=protected)
    return {"success": True}


@operation("community/groups/{group}/delete", "deleteGroup", write=True)
def delete(call: Call) -> Any:
    group = find_group(call)
    need_owner(call, group, "portal:admin:deleteGroups")
    if group.get("protected"):
        raise PortalError("Unable to delete group. The group is protected against deletion.")
    call.portal.organization.drop_group(group)
    return group_answer(call, group)


def need_owner(call: Call, group: Group, privilege: str) -> None:
    """The owner, and accounts of the organization with the privilege."""
    in_organization = (group.org_id or call.portal.organization.id) == call.portal.organization.id
    allowed = call.caller is not None and in_organization and call.caller.can(privilege)
    if key_of(call.caller) != group.owner and not allowed:
        raise forbidden()


@operation("community/groups/{group}/reassign", "reassignGroup", write=True)
def reassign(call: Call) -> Any:
    """Change the owner. What the former owner becomes is a switch."""
    group = find_group(call)
    need_owner(call, group, "portal:admin:reassignGroups")
    recipient = target(call, call.need("targetUsername"))
    need_group_owner(call.portal, group, recipient)
    give(call.portal, group, recipient)
    return {"success": True, "groupId": group.id}


def need_group_owner(world: World, group: Group, recipient: Member) -> None:
    """Refuse a recipient who cannot own the group."""
    reason = owner_refusal(world, group, recipient)
    if reason:
        raise PortalError(f"Unable to reassign group. {reason}")


def owner_refusal(world: World, group: Group, recipient: Member) -> Optional[str]:
    """Why a member cannot own a group; None if the member can."""
    privileges = effective_privileges(world.organization, recipient)
    if "portal:user:createGroup" not in privileges:
        return "The target user cannot own items or groups."
    if group.has_shared_update and CREATE_UPDATE_GROUP not in privileges:
        return "The target user cannot own groups with the shared update capability."
    if group.kind(recipient.key) == "none" and world.switches["group_reassign_outsider"] == "refused":
        return "The target user is not a member of the group."
    return None


def give(world: World, group: Group, recipient: Member) -> None:
    world.organization.give_group(group, recipient, world.switches["group_former_owner"])


# -- linked groups -------------------------------------------------------------------------------------------------
def sees_all_members(call: Call, group: Group) -> bool:
    """With hidden members, only the owner, managers, and default administrators see all members."""
    caller = call.caller
    administrator = caller is not None and caller.member is not None and caller.member.role == ADMINISTRATOR
    return not group.get("hiddenMembers") or administrator or is_manager(call, group)


@operation("portals/{portal}/usersGroups", "usersGroups")
def users_groups(call: Call) -> Any:
    """The groups of each named member."""
    world = call.portal
    default = world.switches["users_groups_limit"]
    limit = call.number("limit", 0 if default == "none" else int(default))
    rows = []
    for name in call.names("users"):
        member = world.organization.find(name)
        if member is None:
            continue
        groups = [world.organization.groups[key] for key in world.organization.memberships.get(member.key, {})]
        visible = [each for each in groups if can_see(call, each)]
        chosen = visible[:limit] if limit > 0 else visible
        rows.append({"username": member.username, "groups": [users_groups_entry(world, g, member) for g in chosen]})
    return {"results": rows}


def users_groups_entry(world: World, group: Group, member: Member) -> dict[str, Any]:
    if world.switches["users_groups"] == "ids":
        return {"id": group.id}
    return group_view(world, group, member)


def member_row(world: World, group: Group, key: str, kind: str) -> dict[str, Any]:
    member = world.organization.any_account(key)
    return {
        "username": username_of(world, key),
        "fullName": member.full_name if member else None,
        "memberType": kind,
        "thumbnail": member.thumbnail if member else None,
        "joined": group.joined(key),
    }
