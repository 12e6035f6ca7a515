# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a group: list, add, remove, promote, invite, join, and leave."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ..access import effective_privileges
from ..call import Call, paged
from ..errors import PortalError, invalid_request, no_operation
from ..groups import GROUPS_EACH, Group
from ..routing import operation
from ..store import Member, now_ms
from ..views import username_of
from ..world import World
from .groups import find_group, key_of, member_row, need_manager, sees_all_members

# Names in one request.
BATCH = 25
ASSIGN = "portal:admin:assignToGroups"
# Minutes that an invitation to a group can last.
EXPIRATIONS = (1440, 4320, 10080, 20160)
SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "username": lambda row: row["username"].casefold(),
    "name": lambda row: (row["fullName"] or "").casefold(),
    "membertype": lambda row: row["memberType"],
    "joined": lambda row: row["joined"],
}


# -- reading -------------------------------------------------------------------------------------------------------
@operation("community/groups/{group}/userList", "groupUserList", anonymous=True)
def user_list(call: Call) -> Any:
    """A page of the members; 25 by default, 100 at most."""
    world = call.portal
    rule = world.switches["user_list"]
    if rule == "missing" or (rule == "from_10.9" and not world.product.from_version(8, 4)):
        raise no_operation()
    group = find_group(call)
    kinds = {**dict.fromkeys(group.admins, "admin"), **dict.fromkeys(group.users, "member")}
    if not sees_all_members(call, group):
        kinds = dict.fromkeys(group.admins, "admin")
    repeated = world.switches["user_list_owner"]
    if repeated != "no":
        kinds[group.owner] = repeated
    rows = sort_rows(call, filter_rows(call, [member_row(world, group, key, kind) for key, kind in kinds.items()]))
    start, num = call.page(default=25)
    owner = world.organization.any_account(group.owner)
    page = paged(rows, start, num, "users")
    users = page.pop("users")
    return {
        **page,
        "owner": {"username": username_of(world, group.owner), "fullName": owner.full_name if owner else None},
        "users": users,
    }


def filter_rows(call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kind, name = call.text("memberType").lower(), call.text("name").casefold()
    if kind:
        rows = [row for row in rows if row["memberType"] == kind]
    if name:
        rows = [row for row in rows if name in row["username"].casefold() or name in (row["fullName"] or "").casefold()]
    return rows


def sort_rows(call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    field = call.text("sortField", "username").lower() or "username"
    if field not in SORTS:
        raise invalid_request(f"'sortField' must be one of {', '.join(SORTS)}.")
    return sorted(rows, key=SORTS[field], reverse=call.text("sortOrder").lower() == "desc")


@operation("community/groups/{group}/users", "groupUsers")
def users(call: Call) -> Any:
    """Names only, without pages; for members of the group and administrators."""
    group, world = find_group(call), call.portal
    if group.kind(key_of(call.caller)) == "none":
        need_manager(call, group, "portal:admin:viewGroups")
    all_visible = sees_all_members(call, group)
    admins = [username_of(world, key) for key in group.admins]
    plain = [username_of(world, key) for key in group.users] if all_visible else []
    if world.switches["group_users_overlap"] == "yes":
        plain = [username_of(world, group.owner), *admins, *plain]
    return {"owner": username_of(world, group.owner), "admins": admins, "users": plain}


# -- who can be in a group -----------------------------------------------------------------------------------------
def refusal(world: World, group: Group, member: Member) -> Optional[str]:
    """Why a member cannot join a group; None if the member can. The portal never tells the reason."""
    organization = world.organization
    own_group = (group.org_id or organization.id) == organization.id
    if group.kind(member.key) != "none":
        return "already in the group"
    if member.key in organization.system:
        return "a system account"
    if member.org_id != organization.id:
        return None if outsider_can_join(group, member) else "another organization"
    privileges = effective_privileges(organization, member)
    if ("portal:user:joinGroup" if own_group else "portal:user:joinNonOrgGroup") not in privileges:
        return "the role cannot join groups"
    if group.has_shared_update and (not own_group or "portal:user:createItem" not in privileges):
        return "the role cannot create content"
    if len(organization.memberships.get(member.key, {})) >= GROUPS_EACH:
        return "in as many groups as possible"
    return None


def outsider_can_join(group: Group, member: Member) -> bool:
    return member.access == "public" and group.get("membershipAccess") == "none" and not group.has_shared_update


# -- changing ------------------------------------------------------------------------------------------------------
def sent_names(call: Call, limited: bool = True) -> list[tuple[str, bool]]:
    """The names of a request and whether each becomes a manager.

    Raises:
        PortalError: If the request holds more names than the portal takes.
    """
    plain = call.names("users") if call.text("users") else []
    managers = call.names("admins") if call.text("admins") else []
    if not plain and not managers:
        raise invalid_request("'users' parameter is missing.")
    together = call.portal.switches["group_batch"] == "together"
    most = len(plain) + len(managers) if together else max(len(plain), len(managers))
    if limited and most > BATCH:
        raise too_many_names()
    return [(name, False) for name in plain] + [(name, True) for name in managers]


def too_many_names() -> PortalError:
    return PortalError("Exceeded maximum number of users allowed per call.", 400, "ORG_3100")


@operation("community/groups/{group}/addUsers", "addGroupUsers", write=True, names="users")
def add_users(call: Call) -> Any:
    """Add members or managers. ``notAdded`` lists the names that were not added, without a reason."""
    group, world = find_group(call), call.portal
    need_manager(call, group, ASSIGN)
    names = sent_names(call)
    linked = world.switches["linked_group_add"] if group.is_linked else ""
    if linked == "error":
        raise PortalError("Unable to add users. The group is linked to an enterprise group.")
    if linked == "not_added":
        return {"notAdded": [name for name, _manager in names]}
    refused = []
    for name, manager in names:
        member = world.organization.any_account(name)
        if member is None or call.refuses(name) or refusal(world, group, member):
            refused.append(name)
            continue
        world.organization.join(group, member, manager)
        if linked and group.kind(member.key) != "none":
            group.added_by_hand.add(member.key)
    return {"notAdded": refused}


@operation("community/groups/{group}/removeUsers", "removeGroupUsers", write=True, names="users")
def remove_users(call: Call) -> Any:
    """Remove members and managers, never the owner."""
    group, world = find_group(call), call.portal
    need_manager(call, group, ASSIGN)
    refused = []
    for name, _manager in sent_names(call):
        member = world.organization.any_account(name)
        if member is None or call.refuses(name) or group.kind(member.key) not in ("admin", "member"):
            refused.append(name)
        else:
            world.organization.leave(group, member)
    return {"notRemoved": refused}


@operation("community/groups/{group}/updateUsers", "updateGroupUsers", write=True, names="users")
def update_users(call: Call) -> Any:
    """Make members managers (``admins``) or managers members (``users``)."""
    group, world = find_group(call), call.portal
    need_manager(call, group, ASSIGN)
    rows = []
    for name, manager in sent_names(call, world.switches["update_users_limit"] == "25"):
        member = world.organization.any_account(name)
        known = member is not None and group.kind(member.key) in ("admin", "member") and not call.refuses(name)
        if member is not None and known:
            world.organization.join(group, member, manager)
        rows.append({"username": name, "success": known})
    return {"results": rows}


@operation("community/groups/{group}/invite", "inviteToGroup", write=True, names="users")
def invite(call: Call) -> Any:
    """Invite to a group; the answer is success for every name."""
    group = find_group(call)
    need_manager(call, group, ASSIGN)
    role = call.text("role") or "group_member"
    if role not in ("group_member", "group_admin"):
        raise invalid_request("'role' must be one of group_member, group_admin.")
    expiration = call.number("expiration", 10080)
    if expiration not in EXPIRATIONS:
        raise invalid_request(f"'expiration' must be one of {', '.join(map(str, EXPIRATIONS))}.")
    for name, _manager in sent_names(call):
        if not call.portal.organization.held():
            group.invited.append({"username": name, "role": role, "expiration": expiration, "created": now_ms()})
    return {"success": True, "groupId": group.id}


@operation("community/groups/{group}/join", "joinGroup", write=True)
def join(call: Call) -> Any:
    """The signed-in member joins, or asks to join."""
    group, member = find_group(call), signed_in_member(call)
    if refusal(call.portal, group, member) or group.is_linked:
        raise PortalError("Unable to join group.")
    if group.get("isInvitationOnly"):
        raise PortalError("Unable to join group. Members join this group by invitation.")
    if group.get("autoJoin"):
        call.portal.organization.join(group, member, False)
    else:
        group.requests.add(member.key)
    return {"success": True, "groupId": group.id}


@operation("community/groups/{group}/leave", "leaveGroup", write=True)
def leave(call: Call) -> Any:
    """The signed-in member leaves, unless the group is an administrative one."""
    group, member = find_group(call), signed_in_member(call)
    if group.kind(member.key) not in ("admin", "member"):
        raise PortalError("Unable to leave group.")
    if group.get("leavingDisallowed") or group.is_linked:
        raise PortalError("Unable to leave group. Members cannot leave this group.")
    call.portal.organization.leave(group, member)
    return {"success": True, "groupId": group.id}


def signed_in_member(call: Call) -> Member:
    member = call.caller.member if call.caller is not None else None
    if member is None:
        raise invalid_request("The token stands for an application.")
    return member
