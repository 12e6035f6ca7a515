# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New-member defaults: read, set, delete, and apply them to new accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..call import Call, split_names
from ..errors import PortalError, invalid_request, no_operation
from ..products import USER_TYPES, role_fits_level
from ..routing import operation
from ..store import Member
from ..world import World
from .group_members import refusal

SECURITY = "portal:admin:manageSecurity"
TEXTS = ("role", "userLicenseType", "userType")
LISTS = ("groups", "apps", "appBundles", "categories")
# Add-on licenses and app bundles.
MOST_ADD_ONS = 10


@dataclass
class NewMember:
    """A new account and what it gets after its creation."""

    member: Member
    groups: list[str] = field(default_factory=list)
    apps: list[Any] = field(default_factory=list)
    bundles: list[Any] = field(default_factory=list)


@dataclass
class Defaults:
    """The new-member defaults of an organization. Keys that are not set can be missing."""

    values: Mapping[str, Any]

    def listed(self, name: str) -> list[Any]:
        return list(self.values.get(name) or [])

    def fill(self, new: NewMember) -> None:
        """Add default groups, add-ons, and categories to a new member."""
        new.groups += [key for key in self.listed("groups") if key not in new.groups]
        new.apps += self.listed("apps")
        new.bundles += self.listed("appBundles")
        if self.listed("categories"):
            new.member.categories = self.listed("categories")


def add_member(world: World, new: NewMember) -> None:
    """Add a new member with groups and add-on licenses to the organization."""
    organization, member = world.organization, new.member
    apps = {item_id(app): entitlements(world, app) for app in new.apps}
    member.entitlements = {key: names for key, names in apps.items() if key in organization.listings and names}
    member.bundles = tuple(key for key in map(item_id, new.bundles) if key in organization.bundles)
    organization.add(member)
    for key in new.groups:
        group = organization.groups.get(key)
        if group is not None and not group.is_linked and refusal(world, group, member) is None:
            organization.join(group, member, False)


def item_id(row: Any) -> str:
    """The item ID of an add-on: an object with ``itemId``, or the ID."""
    return str(row.get("itemId", "")) if isinstance(row, dict) else str(row)


def entitlements(world: World, row: Any) -> list[str]:
    """The entitlements of an add-on that the organization has; all of the listing if none is named."""
    listing = world.organization.listings.get(item_id(row))
    if listing is None:
        return []
    named = row.get("entitlements") if isinstance(row, dict) else None
    return [str(name) for name in named if name in listing.num] if named else listing.entitlements


# -- operations ----------------------------------------------------------------------------------------------------
def need_defaults(call: Call) -> None:
    if not call.portal.product.has_defaults:
        raise no_operation()


@operation("portals/{portal}/userDefaultSettings", "userDefaultSettings")
def user_default_settings(call: Call) -> Any:
    need_defaults(call)
    defaults = call.portal.organization.defaults
    if not any(defaults.values()) and call.portal.switches["defaults_unset"] == "empty_object":
        return {}
    return defaults


@operation("portals/{portal}/setUserDefaultSettings", "setUserDefaultSettings", write=True, privilege=SECURITY)
def set_user_default_settings(call: Call) -> Any:
    """Only the keys of the request change. Lists come as JSON or comma lists; an empty one needs clearEmptyFields."""
    need_defaults(call)
    clears = call.flag("clearEmptyFields")
    changes: dict[str, Any] = {}
    for name in (*TEXTS, *LISTS):
        text = call.params.get(name)
        if text is None or (text == "" and not clears and name != "groups"):
            continue
        changes[name] = parse_list(name, text) if name in LISTS else text
    values = {**call.portal.organization.defaults, **changes}
    check_defaults(call.portal, values)
    call.portal.organization.set(defaults=values)
    return {"success": True}


def parse_list(name: str, text: str) -> list[Any]:
    if not text.strip().startswith("["):
        return split_names(text)
    try:
        return list(json.loads(text))
    except ValueError:
        raise invalid_request(f"'{name}' parameter is not valid JSON.") from None


def check_defaults(world: World, values: Mapping[str, Any]) -> None:
    """Refuse defaults that the portal does not take."""
    organization = world.organization
    role, user_type = values.get("role"), values.get("userLicenseType")
    if role and (role not in organization.roles or organization.roles[role].is_administrative):
        raise PortalError("Unable to set user default settings. The role is not allowed.")
    if user_type and user_type not in organization.seats:
        raise PortalError("Unrecognized user license type id")
    level = USER_TYPES[user_type].level if user_type in USER_TYPES else "2"
    if role and user_type and not role_fits_level(role, level):
        raise PortalError("Unable to set user default settings. The role is not compatible with the user type.")
    if len(values.get("apps") or []) + len(values.get("appBundles") or []) > MOST_ADD_ONS:
        raise PortalError(f"Unable to set user default settings. At most {MOST_ADD_ONS} add-ons are allowed.")
    if any(key not in organization.groups for key in values.get("groups") or []):
        raise PortalError("Unable to set user default settings. A group does not exist.")


@operation("portals/{portal}/userDefaultSettings/delete", "deleteUserDefaultSettings", write=True, privilege=SECURITY)
def delete_user_default_settings(call: Call) -> Any:
    need_defaults(call)
    call.portal.organization.set(defaults={**dict.fromkeys(TEXTS), **{name: [] for name in LISTS}})
    return {"success": True}
