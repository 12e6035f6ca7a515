# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: the list, their privileges, their life, and which member holds which."""

from __future__ import annotations

import re
import secrets
from typing import Any, Optional

from ..call import Call, paged, parsed
from ..errors import PortalError, forbidden, invalid_request
from ..products import ADMINISTRATOR, USER, role_fits_level
from ..routing import operation
from ..store import Member, Role, now_ms
from ..world import World
from .accounts import guard_loss
from .groups import CREATE_UPDATE_GROUP

MANAGE = "portal:admin:manageRoles"
NAME_LENGTH = 128
DESCRIPTION_LENGTH = 250
PRIVILEGE = re.compile(r"(portal|features|premium|marketplace|opendata|datastore):(user|publisher|admin):[A-Za-z0-9]+")
ONLINE_ONLY = (
    "portal:user:joinNonOrgGroup", "portal:user:addExternalMembersToGroup",
    "portal:user:manageCollaborationGroupMembers", "portal:admin:manageCredits", "premium:user:featurereport",
)  # fmt: skip
ENTERPRISE_ONLY = (
    "portal:admin:manageServers", "portal:admin:manageWebhooks", "portal:admin:createGPWebhook",
    "portal:publisher:publishServerServices", "portal:publisher:publishServerGPServices",
    "portal:publisher:publishKnowledgeGraph", "portal:publisher:bulkPublishFromDataStores",
    "portal:publisher:registerDataStores", "features:user:manageVersions", "portal:user:viewTracks",
)  # fmt: skip
# Privileges that a privilege needs.
DEPENDENCIES = {"features:user:manageVersions": ("features:user:edit", "features:user:fullEdit")}


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
    """Create a role without privileges. Whether names are unique is a switch."""
    name, description = call.need("name"), call.text("description")
    check_text(call.portal, name, description, None)
    role = Role(secrets.token_hex(8), name, description, USER, [], now_ms())
    call.portal.organization.put_role(role)
    return {"success": True, "id": role.id}


def check_text(world: World, name: str, description: str, role: Optional[Role]) -> None:
    if len(name) > NAME_LENGTH or len(description) > DESCRIPTION_LENGTH:
        raise PortalError("Unable to save role. The name or the description is too long.")
    others = {other.name.casefold() for other in world.organization.roles.values() if other is not role}
    if world.switches["role_names"] == "unique" and name.casefold() in others:
        raise PortalError(f"Unable to save role. A role with the name '{name}' already exists.")


@operation("portals/{portal}/roles/{role}/update", "updateRole", write=True, privilege=MANAGE)
def update_role(call: Call) -> Any:
    role = found_role(call, custom=True)
    name, description = call.text("name") or role.name, call.params.get("description", role.description)
    check_text(call.portal, name, description, role)
    call.portal.organization.put_role(Role(role.id, name, description, role.base, role.privileges, role.created))
    return {"success": True}


@operation("portals/{portal}/roles/{role}/setPrivileges", "setRolePrivileges", write=True, privilege=MANAGE)
def set_privileges(call: Call) -> Any:
    """The JSON can be encoded twice."""
    role = found_role(call, custom=True)
    sent = call.document("privileges")
    if isinstance(sent, str):
        sent = parsed(sent, "privileges")
    listed = sent.get("privileges") if isinstance(sent, dict) else sent
    if not isinstance(listed, list):
        raise invalid_request("'privileges' parameter is not a list of privileges.")
    privileges = known_privileges(call.portal, role, [str(name) for name in listed])
    kept = Role(role.id, role.name, role.description, role.base, privileges, role.created)
    call.portal.organization.put_role(kept)
    return {"success": True}


def known_privileges(world: World, role: Role, names: list[str]) -> list[str]:
    """The privileges that the portal stores. Unknown ones are dropped or refused: a switch."""
    foreign = ONLINE_ONLY if world.product.is_portal else ENTERPRISE_ONLY
    unknown = [
        name
        for name in names
        if name not in role.privileges and (name in foreign or not PRIVILEGE.fullmatch(name))
    ]
    if unknown and world.switches["unknown_privilege"] == "error":
        raise invalid_request(f"Unknown privileges: {', '.join(unknown)}.")
    kept = list(dict.fromkeys(name for name in names if name not in unknown))
    if world.switches["privilege_dependencies"] == "checked":
        for name, needed in DEPENDENCIES.items():
            if name in kept and not set(needed) <= set(kept):
                raise invalid_request(f"Privilege {name} needs {', '.join(needed)}.")
    return kept


@operation("portals/{portal}/roles/{role}/delete", "deleteRole", write=True, privilege=MANAGE)
def delete_role(call: Call) -> Any:
    role = found_role(call, custom=True)
    organization = call.portal.organization
    if organization.role_counts[role.id] and call.portal.switches["delete_used_role"] == "refused":
        raise PortalError("Unable to delete role. The role is assigned to members.")
    for member in [each for each in organization.ordered if each.role == role.id]:
        organization.change(member, role=role.base)
    organization.drop_role(role)
    return {"success": True, "roleId": role.id}


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
    member = call.portal.organization.find(call.text("user"))
    if member is None:
        raise PortalError("Unable to update user role.", 400, None, ["'user' parameter required or invalid."])
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
