# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User types and, on portals before them, levels: what there is, how many seats, and who sits where."""

from __future__ import annotations

from typing import Any, Optional

from ..call import Call, paged
from ..errors import PortalError, invalid_request
from ..licenses import INCLUDES_PRO, PRO_ID, PRO_TITLE
from ..products import LEVELS, TYPE_OF_LEVEL, USER_TYPES, role_fits_level
from ..routing import operation
from ..store import Member, Organization
from ..world import World
from .accounts import guard_administrators, target
from .licenses import kept_entitlements, type_refusal

NO_USER = "User does not exist or is inaccessible."
REFUSED = "Unable to update user license type."
OWNS = "Unable to change user's level. User must not own items or groups."


def shown(world: World, type_id: str) -> dict[str, Any]:
    row = USER_TYPES[type_id]
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "level": row.level,
        "apps": included_apps(world, type_id),
        "privileges": [],
    }


def included_apps(world: World, type_id: str) -> list[dict[str, Any]]:
    """The apps that a user type includes; no member needs an add-on license for them."""
    if type_id not in INCLUDES_PRO:
        return []
    pro = next((listing for listing in world.organization.listings.values() if listing.is_pro), None)
    return [
        {
            "id": pro.id if pro else PRO_ID, "title": PRO_TITLE, "type": "Desktop Application", "isAppBundle": False,
            "apps": [], "entitlements": [INCLUDES_PRO[type_id]],
        }
    ]  # fmt: skip


def need_user_types(call: Call) -> None:
    if not call.portal.product.has_user_types:
        raise invalid_request("There is no such operation.")


@operation("portals/{portal}/userLicenseTypes", "userLicenseTypes")
def user_license_types(call: Call) -> Any:
    need_user_types(call)
    organization = call.portal.organization
    rows = [shown(call.portal, type_id) for type_id in organization.seats if type_id in USER_TYPES]
    if call.portal.switches["max_users"] == "present":
        rows = [{**row, "maxUsers": organization.seats[row["id"]]} for row in rows]
    start, num = call.page()
    return paged(rows, start, num, "userLicenseTypes")


@operation("community/users/{user}/userLicenseType", "userLicenseType")
def user_license_type(call: Call) -> Any:
    need_user_types(call)
    return shown(call.portal, target(call).license_type)


def free_seats(world: World, type_id: str) -> int:
    """Free seats of a user type. Whether pending invitations use seats depends on a switch."""
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
    """A refused row has ``status: false`` and, unless a switch says otherwise, the reason in ``error.message``."""
    need_user_types(call)
    type_id = call.need("userLicenseType")
    if type_id not in USER_TYPES or type_id not in call.portal.organization.seats:
        raise PortalError("Unrecognized user license type id")
    rows = []
    for name in call.names("users"):
        reason = REFUSED if call.refuses(name) else move(call, name, type_id)
        row: dict[str, Any] = {"username": name, "status": reason is None}
        if reason and call.portal.switches["license_refusal_reason"] == "given":
            row["error"] = {"code": 400, "message": reason, "details": []}
        rows.append(row)
    return {"results": rows}


def move(call: Call, name: str, type_id: str) -> Optional[str]:
    """Change the user type of a member. Returns the reason of a refusal; None if the change is made."""
    world = call.portal
    member = world.organization.find(name)
    if member is None:
        return NO_USER
    reason = refusal(call, member, type_id)
    if reason is None:
        world.organization.change(member, license_type=type_id, **kept_entitlements(world, member, type_id))
    return reason


def refusal(call: Call, member: Member, type_id: str) -> Optional[str]:
    """Why a member cannot have this user type; None if the member can."""
    world = call.portal
    if member.license_type == type_id:
        return None
    try:
        guard_administrators(call, member)
    except PortalError as error:
        return error.message
    level = USER_TYPES[type_id].level
    if free_seats(world, type_id) <= 0:
        return "No license is available for the user type."
    if not role_fits_level(member.role, level):
        return "The user type is not compatible with the user's role."
    if level == "1" and world.switches["viewer_ownership"] == "refused" and world.organization.owns(member):
        return OWNS
    return type_refusal(world, member, type_id)


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
        changes = kept_entitlements(call.portal, member, TYPE_OF_LEVEL[level])
        call.portal.organization.change(member, license_type=TYPE_OF_LEVEL[level], **changes)
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
