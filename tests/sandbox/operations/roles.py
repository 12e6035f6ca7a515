# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: the list, their privileges, their life, and which member holds which."""

from __future__ import annotations

import secrets
from typing import Any

from ..call import Call, paged, parsed
from ..errors import PortalError, forbidden, invalid_request
from ..products import ADMINISTRATOR, USER, role_fits_level
from ..routing import operation
from ..store import Member, Role, now_ms
from ..world import World
from .accounts import guard_loss, target
from .groups import CREATE_UPDATE_GROUP

MANAGE = "portal:admin:manageRoles"


def shown(role: Role) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "created": role.created,
        "modified": role.created,
    }


@operation("portals/{portal}/roles", "roles")
def roles(call: Call) -> Any:
    """Viewer, Data Editor and custom roles; never the three base roles."""
    start, num = call.page()
    return paged([shown(role) for role in call.portal.organization.custom_roles()], start, num, "roles")


def found_role(call: Call, custom: bool = False) -> Role:
    role = call.portal.organization.roles.get(call.args["role"])
    if role is None or (custom and role.built_in):
        raise PortalError("Role does not exist or is inaccessible.")
    return role


@operation("portals/{portal}/roles/{role}", "role")
def one_role(call: Call) -> Any:
    return shown(found_role(call))


@operation("portals/{portal}/roles/{role}/privileges", "rolePrivileges")
def privileges(call: Call) -> Any:
    return {"privileges": list(found_role(call).privileges)}


@operation("portals/{portal}/createRole", "createRole", write=True, privilege=MANAGE)
def create_role(call: Call) -> Any:
    """Names need not be unique."""
    role = Role("".join(secrets.token_hex(8)), call.need("name"), call.text("description"), USER, [], now_ms())
    call.portal.organization.put_role(role)
    return {"success": True, "id": role.id}


@operation("portals/{portal}/roles/{role}/update", "updateRole", write=True, privilege=MANAGE)
def update_role(call: Call) -> Any:
    role = found_role(call, custom=True)
    name, description = call.text("name") or role.name, call.params.get("description", role.description)
    call.portal.organization.put_role(Role(role.id, name, description, role.base, role.privileges, role.created))
    return {"success": True}


@operation("portals/{portal}/roles/{role}/setPrivileges", "setRolePrivileges", write=True, privilege=MANAGE)
def set_privileges(call: Call) -> Any:
    """The JSON may be encoded twice."""
    role = found_role(call, custom=True)
    sent = call.document("privileges")
    if isinstance(sent, str):
        sent = parsed(sent, "privileges")
    listed = sent.get("privileges") if isinstance(sent, dict) else sent
    if not isinstance(listed, list):
        raise invalid_request("'privileges' parameter is not a list of privileges.")
    kept = Role(role.id, role.name, role.description, role.base, [str(name) for name in listed], role.created)
    call.portal.organization.put_role(kept)
    return {"success": True}


@operation("portals/{portal}/roles/{role}/delete", "deleteRole", write=True, privilege=MANAGE)
def delete_role(call: Call) -> Any:
    role = found_role(call, custom=True)
    if call.portal.organization.role_counts[role.id]:
        raise PortalError("Unable to delete role. The role is assigned to members.")
    call.portal.organization.drop_role(role)
    return {"success": True}


# -- the role of a member ------------------------------------------------------------------------------------------
@operation(
    "portals/{portal}/updateUserRole",
    "updateUserRole",
    write=True,
    privilege="portal:admin:changeUserRoles",
    names="user",
)
def update_user_role(call: Call) -> Any:
    """One member a call; the parameter is ``user``."""
    member = target(call, call.need("user"))
    role_id = known_role(call.portal, call.need("role"))
    caller = call.caller
    touches_administrator = ADMINISTRATOR in (member.role, role_id)
    if touches_administrator and (caller is None or not caller.administrator):
        raise forbidden()
    if member.role == ADMINISTRATOR and role_id != ADMINISTRATOR:
        guard_loss(call, member, "demote")
    need_fit(call.portal, member, role_id)
    call.portal.organization.change(member, role=role_id)
    return {"success": True}


def known_role(world: World, role_id: str) -> str:
    """The id, which is case-sensitive and never a name."""
    if role_id not in world.organization.roles:
        raise PortalError("Role does not exist or is inaccessible.")
    return role_id


def need_fit(world: World, member: Member, role_id: str) -> None:
    if not role_fits_level(role_id, world.organization.level(member)):
        what = "user type" if world.product.has_user_types else "level"
        raise PortalError(f"Unable to update user role. The role is not compatible with the user's {what}.")
    need_group_fit(world, member, role_id)


def need_group_fit(world: World, member: Member, role_id: str) -> None:
    """Refuse a role that the shared update groups of a member do not allow."""
    privileges = world.organization.roles[role_id].privileges
    for key in world.organization.memberships.get(member.key, {}):
        group = world.organization.groups[key]
        if not group.has_shared_update:
            continue
        if "portal:user:createItem" not in privileges:
            raise PortalError("Unable to update user role. The user is a member of a shared update group.")
        if group.owner == member.key and CREATE_UPDATE_GROUP not in privileges:
            raise PortalError("Unable to update user role. The user owns a shared update group.")
