# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups and who is in them."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import PortalError, forbidden, no_group
from ..routing import operation
from ..store import Group
from ..world import World
from .content import new_owner

BATCH = 25


def found_group(call: Call) -> Group:
    group = call.portal.organization.groups.get(call.args["group"])
    if group is None:
        raise no_group()
    return group


def name_of(world: World, key: str) -> str:
    member = world.organization.members.get(key)
    return member.username if member else key


def need_manager(call: Call, group: Group) -> None:
    caller = call.caller
    key = caller.member.key if caller is not None and caller.member is not None else None
    if caller is None or not (key == group.owner or key in group.admins or caller.can("portal:admin:assignToGroups")):
        raise forbidden()


@operation("community/groups/{group}", "group")
def group(call: Call) -> Any:
    found = found_group(call)
    return {
        "id": found.id, "title": found.title, "owner": name_of(call.portal, found.owner), "access": "org", "tags": [],
        "created": found.created, "modified": found.created, "isInvitationOnly": True, "description": None,
    }  # fmt: skip


@operation("community/groups/{group}/users", "groupUsers")
def group_users(call: Call) -> Any:
    found, world = found_group(call), call.portal
    return {
        "owner": name_of(world, found.owner),
        "admins": [name_of(world, key) for key in found.admins],
        "users": [name_of(world, key) for key in found.users],
    }


def sent_names(call: Call) -> list[tuple[str, bool]]:
    """The names of a call and whether each is to be a manager; 25 at most."""
    names = [(name, False) for name in call.names("users")] if call.text("users") else []
    names += [(name, True) for name in call.names("admins")] if call.text("admins") else []
    if len(names) > BATCH:
        raise PortalError(f"Too many users. A request can hold at most {BATCH} users.")
    return names


@operation("community/groups/{group}/addUsers", "addGroupUsers", write=True, names="users")
def add_users(call: Call) -> Any:
    """Whoever is a member of the group already stands in notAdded."""
    found = found_group(call)
    need_manager(call, found)
    left = []
    for name, manager in sent_names(call):
        member = call.portal.organization.find(name)
        known = member is not None and member.key in (found.owner, *found.admins, *found.users)
        if member is None or known or call.refuses(name):
            left.append(name)
        else:
            call.portal.organization.join(found, member, manager)
    return {"notAdded": left}


@operation("community/groups/{group}/removeUsers", "removeGroupUsers", write=True, names="users")
def remove_users(call: Call) -> Any:
    found = found_group(call)
    need_manager(call, found)
    left = []
    for name, _manager in sent_names(call):
        member = call.portal.organization.find(name)
        if member is None or member.key not in (*found.admins, *found.users) or call.refuses(name):
            left.append(name)
        else:
            call.portal.organization.leave(found, member)
    return {"notRemoved": left}


@operation("community/groups/{group}/updateUsers", "updateGroupUsers", write=True, names="users")
def update_users(call: Call) -> Any:
    """Members become managers, or managers members."""
    found = found_group(call)
    need_manager(call, found)
    rows = []
    for name, manager in sent_names(call):
        member = call.portal.organization.find(name)
        known = member is not None and member.key in (*found.admins, *found.users) and not call.refuses(name)
        if member is not None and known:
            call.portal.organization.join(found, member, manager)
        rows.append({"username": name, "success": known})
    return {"results": rows}


@operation("community/groups/{group}/invite", "inviteToGroup", write=True)
def invite(call: Call) -> Any:
    need_manager(call, found_group(call))
    sent_names(call)
    return {"success": True}


@operation("community/groups/{group}/reassign", "reassignGroup", write=True)
def reassign(call: Call) -> Any:
    found = found_group(call)
    caller = call.caller
    own = caller is not None and caller.member is not None and caller.member.key == found.owner
    if caller is None or not (own or caller.can("portal:admin:reassignGroups")):
        raise forbidden()
    call.portal.organization.give_group(found, new_owner(call, call.need("targetUsername")))
    return {"success": True, "groupId": found.id}


@operation("community/groups/{group}/delete", "deleteGroup", write=True)
def delete(call: Call) -> Any:
    found = found_group(call)
    caller = call.caller
    own = caller is not None and caller.member is not None and caller.member.key == found.owner
    if caller is None or not (own or caller.can("portal:admin:deleteGroups")):
        raise forbidden()
    call.portal.organization.drop_group(found)
    return {"success": True, "groupId": found.id}


@operation("portals/{portal}/usersGroups", "usersGroups")
def users_groups(call: Call) -> Any:
    organization = call.portal.organization
    rows = []
    for name in call.names("users"):
        member = organization.find(name)
        if member is None:
            continue
        groups = [organization.groups[key] for key in organization.memberships.get(member.key, {})]
        rows.append({"username": member.username, "groups": [{"id": g.id, "title": g.title} for g in groups]})
    return {"results": rows}
