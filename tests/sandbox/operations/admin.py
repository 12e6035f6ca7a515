# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""portaladmin: accounts and licences of Enterprise."""

from __future__ import annotations

import re
import secrets
from typing import Any

from ..call import Call
from ..errors import PortalError, forbidden, invalid_request, token_required
from ..products import LEVELS, USER_TYPES, role_fits_level
from ..routing import operation
from ..store import Member, now_ms
from .accounts import check_password, target
from .defaults import Defaults, NewMember, add_member
from .user_types import free_seats

SECURITY = "portal:admin:manageSecurity"
ADD = f"{SECURITY} portal:admin:inviteUsers"
BUILT_IN_NAME = re.compile(r"[A-Za-z0-9_@.-]{6,24}")
PROVIDER_NAME = re.compile(r"[^\s/\"'<>]{1,128}")
BAD_VALUES = "Invalid values for role and/or user license type parameters."


@operation("", "adminRoot", root="admin", privilege=ADD)
def root(call: Call) -> Any:
    return {"resources": ["security", "license"], "currentVersion": call.portal.product.version}


@operation("security/users/createUser", "createUser", write=True, root="admin", privilege=ADD)
def create_user(call: Call) -> Any:
    world = call.portal
    username = stored_name(call)
    if world.organization.name_taken(username):
        raise PortalError(f"User '{username}' already exists.")
    if world.organization.find(call.need("username")) is not None:
        raise PortalError(f"User '{call.text('username')}' already exists.")
    member = new_member(call, username)
    if len(world.organization.members) >= world.organization.max_members:
        raise PortalError("Unable to create user. Maximum number of registered members reached.")
    new = NewMember(member)
    apply_defaults(call, new)
    check_type(call, member)
    add_member(world, new)
    return {
        "status": "success",
        **({"username": member.username} if world.switches["create_name"] == "present" else {}),
    }


def stored_name(call: Call) -> str:
    """The name an account is stored under: ``DOMAIN\\user`` becomes ``user@DOMAIN``."""
    name = call.need("username")
    if call.text("provider", "arcgis") == "enterprise":
        domain, separator, user = name.partition("\\")
        name = f"{user}@{domain}" if separator else name
        if not PROVIDER_NAME.fullmatch(name):
            raise PortalError("Username is not valid.")
    elif not BUILT_IN_NAME.fullmatch(name):
        raise PortalError("Username must be 6 to 24 characters: letters, digits, underscore.")
    return name


def new_member(call: Call, username: str) -> Member:
    provider = call.text("provider") or "arcgis"
    if provider not in ("arcgis", "enterprise"):
        raise invalid_request("'provider' must be one of arcgis, enterprise.")
    first, last = call.need("firstname"), call.need("lastname")
    password = None
    if provider == "arcgis":
        password = call.need("password")
        check_password(password, username)
    idp_username = call.need("idpUsername") if provider == "enterprise" else None
    created = now_ms()
    return Member(
        username, secrets.token_hex(16), first_name=first, last_name=last,
        full_name=call.text("fullname") or f"{first} {last}", email=call.need("email"), provider=provider,
        password=password, idp_username=idp_username, description=call.text("description") or None, created=created,
        modified=created, access="org", role=call.text("role"), license_type=call.text("userLicenseTypeId"),
        own_level=call.text("level") or "2",
    )  # fmt: skip


def apply_defaults(call: Call, new: NewMember) -> None:
    """Fill or override with the new-member defaults (from 11.5, unless ``applyDefaults`` is false)."""
    world, member = call.portal, new.member
    if world.product.applies_defaults and call.flag("applyDefaults", True):
        defaults = world.organization.defaults
        override = world.switches["defaults_win"] == "override"
        if defaults.get("role") and (override or not member.role):
            member.role = defaults["role"]
        if defaults.get("userLicenseType") and (override or not member.license_type):
            member.license_type = defaults["userLicenseType"]
        Defaults(defaults).fill(new)
    member.role = member.role or "org_user"


def check_type(call: Call, member: Member) -> None:
    """The role and, by the age of the portal, the user type or the level, and whether they fit and have a seat."""
    world = call.portal
    organization = world.organization
    if member.role not in organization.roles:
        raise PortalError(BAD_VALUES)
    if member.role == "org_admin" and (call.caller is None or not call.caller.administrator):
        raise PortalError("You do not have permissions to create an administrator.", 403)
    if not world.product.has_user_types:
        member.license_type = "creatorUT"
        if member.own_level not in LEVELS or not role_fits_level(member.role, member.own_level):
            raise PortalError("Invalid values for role and/or level parameters.")
        if organization.level_counts[member.own_level] >= organization.level_seats.get(member.own_level, 0):
            raise PortalError("Unable to create user. Maximum number of users at the level is reached.")
        return
    if not member.license_type:
        raise invalid_request("'userLicenseTypeId' parameter is missing.")
    if member.license_type not in USER_TYPES or member.license_type not in organization.seats:
        raise PortalError("Unrecognized user license type id")
    if not role_fits_level(member.role, USER_TYPES[member.license_type].level):
        raise PortalError(BAD_VALUES)
    if free_seats(world, member.license_type) <= 0:
        raise PortalError("Unable to create user. No license is available for the user type.")


@operation("security/users/updateEnterpriseUser", "updateEnterpriseUser", write=True, root="admin", privilege=SECURITY)
def update_enterprise_user(call: Call) -> Any:
    """Change the name at the identity provider. The kind of login of an account never changes."""
    member = target(call, call.need("username"))
    if member.provider != "enterprise":
        raise PortalError(f"User '{member.username}' is not an enterprise user.")
    call.portal.organization.change(member, idp_username=call.need("idpUsername"))
    return {"status": "success"}


@operation("security/users/getEnterpriseUser", "getEnterpriseUser", root="admin", privilege=SECURITY)
def get_enterprise_user(call: Call) -> Any:
    name = call.need("username")
    for member in call.portal.organization.ordered:
        if member.idp_username == name:
            return {
                "username": member.username,
                "idpUsername": name,
                "email": member.email,
                "fullname": member.full_name,
            }
    raise PortalError(f"User '{name}' not found in the enterprise user store.")


@operation("security/users/searchEnterpriseUsers", "searchEnterpriseUsers", root="admin", privilege=SECURITY)
def search_enterprise_users(call: Call) -> Any:
    wanted, most = call.text("filter").casefold(), call.number("maxCount", 100)
    rows = [
        {
            "username": member.username,
            "idpUsername": member.idp_username,
            "fullname": member.full_name,
            "email": member.email,
        }
        for member in call.portal.organization.ordered
        if member.provider == "enterprise" and wanted in member.key
    ]
    return {"users": rows[:most], "totalUsers": len(rows)}


@operation("security/users/refreshMembership", "refreshMembership", write=True, root="admin", privilege=SECURITY)
def refresh_membership(call: Call) -> Any:
    """Apply what the identity provider says about members to the linked groups."""
    organization = call.portal.organization
    for name in call.names("users"):
        organization.refresh_linked_groups(target(call, name))
    return {"status": "success"}


@operation("security/groups/refreshMembership", "refreshGroupMembership", write=True, root="admin", privilege=SECURITY)
def refresh_group_membership(call: Call) -> Any:
    organization = call.portal.organization
    names = set(call.names("groups"))
    linked = [group for group in organization.groups.values() if group.get("providerGroupName") in names]
    for key in {key for group in linked for key in (*group.joins_at_sign_in, *group.added_by_hand)}:
        if key in organization.members:
            organization.refresh_linked_groups(organization.members[key])
    return {"status": "success"}


@operation("security/config", "securityConfig", root="admin", privilege=SECURITY)
def security_config(call: Call) -> Any:
    defaults = call.portal.organization.defaults
    return {
        "defaultRoleForUser": defaults.get("role") or "org_user",
        "defaultUserTypeIdForUser": defaults.get("userLicenseType") or "creatorUT",
        "enableAutomaticAccountCreation": False,
        "disableServicesDirectory": False,
        "allowedProxyHosts": None,
    }


@operation("license", "license", root="admin")
def license_counts(call: Call) -> Any:
    """Seats and members, by user type where there are any."""
    world = call.portal
    rule = world.switches["license_page"]
    if rule == "refused" or call.caller is None or not call.caller.can(*ADD.split()):
        raise forbidden() if rule == "403" else token_required()
    organization = world.organization
    found: dict[str, Any] = {
        "version": world.product.enterprise_version,
        "expiration": 4102444800000,
        "maximumRegisteredMembers": organization.max_members,
        "currentRegisteredMembers": len(organization.members),
    }
    if world.product.has_user_types:
        found["userTypes"] = [
            {
                "id": user_type,
                "maximumRegisteredMembers": seats,
                "currentRegisteredMembers": organization.type_counts[user_type],
                "expiration": 4102444800000,
            }
            for user_type, seats in organization.seats.items()
        ]
    else:
        found["levels"] = [
            {
                "level": level,
                "maximumRegisteredMembers": seats,
                "currentRegisteredMembers": organization.level_counts[level],
            }
            for level, seats in organization.level_seats.items()
        ]
    return found
