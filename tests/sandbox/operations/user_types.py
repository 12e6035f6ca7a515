# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User types and, on portals before them, levels: what there is, how many seats, and who sits where."""

from __future__ import annotations

from typing import Any, Optional

from ..call import Call, paged
from ..errors import PortalError, invalid_request
from ..products import LEVELS, TYPE_OF_LEVEL, USER_TYPES, role_fits_level
from ..routing import operation
from ..store import Member, Organization
from ..world import World
from .accounts import guard_administrators, target

OWNS = "Unable to change user's level. User must not own items or groups."


def shown(type_id: str) -> dict[str, Any]:
    row = USER_TYPES[type_id]
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "level": row.level,
        "apps": [],
        "privileges": [],
    }


def need_user_types(call: Call) -> None:
    if not call.portal.product.has_user_types:
        raise invalid_request("There is no such operation.")


@operation("portals/{portal}/userLicenseTypes", "userLicenseTypes")
def user_license_types(call: Call) -> Any:
    need_user_types(call)
    rows = [shown(type_id) for type_id in call.portal.organization.seats if type_id in USER_TYPES]
    start, num = call.page()
    return paged(rows, start, num, "userLicenseTypes")


@operation("community/users/{user}/userLicenseType", "userLicenseType")
def user_license_type(call: Call) -> Any:
    need_user_types(call)
    return shown(target(call).license_type)


def free_seats(world: World, type_id: str) -> int:
    """Seats of a user type that nobody sits on, and that no pending invitation holds where that is so."""
    organization = world.organization
    held = organization.pending(type_id) if world.switches["invitations_hold_seats"] == "yes" else 0
    return organization.seats.get(type_id, 0) - organization.type_counts[type_id] - held


@operation(
    "portals/{portal}/updateUserLicenseType",
    "updateUserLicenseType",
    write=True,
    privilege="portal:admin:manageLicenses",
    names="users",
)
def update_user_license_type(call: Call) -> Any:
    """Refusals are ``status: false``, without a reason."""
    need_user_types(call)
    type_id = call.need("userLicenseType")
    if type_id not in USER_TYPES or type_id not in call.portal.organization.seats:
        raise PortalError("Unrecognized user license type id")
    rows = []
    for name in call.names("users"):
        rows.append({"username": name, "status": not call.refuses(name) and move(call, name, type_id)})
    return {"results": rows}


def move(call: Call, name: str, type_id: str) -> bool:
    member = call.portal.organization.find(name)
    if member is None or refusal(call, member, type_id):
        return False
    call.portal.organization.change(member, license_type=type_id)
    return True


def refusal(call: Call, member: Member, type_id: str) -> Optional[str]:
    """Why a member may not have this user type; None where nothing stands against it."""
    world = call.portal
    if member.license_type == type_id:
        return None
    try:
        guard_administrators(call, member)
    except PortalError as error:
        return error.message
    level = USER_TYPES[type_id].level
    if free_seats(world, type_id) <= 0:
        return "no seat"
    if not role_fits_level(member.role, level):
        return "role"
    if level == "1" and world.switches["viewer_ownership"] == "refused" and world.organization.owns(member):
        return OWNS
    return None


# -- levels --------------------------------------------------------------------------------------------------------
@operation(
    "portals/{portal}/updateUserLevel",
    "updateUserLevel",
    write=True,
    privilege="portal:admin:manageLicenses portal:admin:changeUserRoles",
)
def update_user_level(call: Call) -> Any:
    world = call.portal
    member = target(call, level_name(call))
    level = call.need("level")
    if level not in LEVELS:
        raise invalid_request("'level' must be one of 1, 2.")
    guard_administrators(call, member)
    if world.product.has_user_types:
        return level_on_new(call, member, level)
    check_level(world.organization, member, level)
    world.organization.change(member, own_level=level)
    return {"success": True}


def level_name(call: Call) -> str:
    spelling = call.portal.switches["level_parameter"]
    if spelling == "both":
        return call.text("user") or call.need("userName")
    return call.need(spelling)


def level_on_new(call: Call, member: Member, level: str) -> Any:
    how = call.portal.switches["level_on_new"]
    if how == "refused":
        raise PortalError("Unable to change user's level. The operation is not supported by this organization.")
    if how == "honoured":
        reason = refusal(call, member, TYPE_OF_LEVEL[level])
        if reason:
            raise (
                PortalError(OWNS, 400, "ORG_1084") if reason == OWNS else PortalError("Unable to change user's level.")
            )
        call.portal.organization.change(member, license_type=TYPE_OF_LEVEL[level])
    return {"success": True}


def check_level(organization: Organization, member: Member, level: str) -> None:
    if member.own_level == level:
        return
    if level == "1" and organization.owns(member):
        raise PortalError(OWNS, 400, "ORG_1084")
    if level == "1" and (member.entitlements or member.bundles):
        raise PortalError("Unable to change user's level. User has licenses that the level does not allow.")
    if not role_fits_level(member.role, level):
        raise PortalError("Unable to change user's level. The user's role needs a higher level.")
    if organization.level_counts[level] >= organization.level_seats.get(level, 0):
        raise PortalError("Unable to change user's level. Maximum number of users at the level is reached.")
