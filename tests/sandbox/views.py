# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a member, a portal, a role are shown in answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Optional

from .access import effective_privileges
from .groups import DEFAULTS, LISTS, Group
from .products import DATA_EDITOR, VIEWER
from .store import PROFILE, UNLIMITED, Member

if TYPE_CHECKING:
    from .world import World

PUBLIC_FIELDS = (
    "username", "udn", "id", "fullName", "firstName", "lastName", "preferredView", "description", "tags", "culture",
    "cultureFormat", "region", "units", "thumbnail", "access", "created", "modified", "provider",
)  # fmt: skip


def number(world: World, value: float) -> Any:
    kind = world.switches["number_types"]
    if kind == "int":
        return int(value)
    return str(value) if kind == "string" else float(value)


def shown_role(world: World, member: Member) -> dict[str, str]:
    """``role`` and, only where the role is none of the three base roles, ``roleId``."""
    role = world.organization.roles.get(member.role)
    if role is None or role.id == role.base:
        return {"role": member.role}
    own = role.id in (VIEWER, DATA_EDITOR) and world.switches["role_of_viewer"] == "own_id"
    return {"role": role.id if own else role.base, "roleId": role.id}


def shown_credits(world: World, member: Member, pool: bool) -> dict[str, Any]:
    """A limited member's rest; without a limit the pool in the single view and -1 in lists."""
    if member.assigned_credits == UNLIMITED:
        available = world.organization.pool if pool else UNLIMITED
    else:
        available = max(0.0, round(member.assigned_credits - member.spent, 5))
    return {"assignedCredits": number(world, member.assigned_credits), "availableCredits": number(world, available)}


def shown_categories(world: World, member: Member) -> list[str]:
    if world.switches["category_root"] == "bare_paths":
        return [path[len("/Categories") :] if path.startswith("/Categories/") else path for path in member.categories]
    return list(member.categories)


def scalars(world: World, member: Member) -> dict[str, Any]:
    """The fields that the single view and list rows have in common."""
    organization = world.organization
    row: dict[str, Any] = {
        "username": member.username,
        "udn": None,
        "id": member.id,
        **{key: getattr(member, name) for name, key in PROFILE.items()},
        "userType": member.user_type,
        "idpUsername": member.idp_username,
        "favGroupId": member.favourites,
        "lastLogin": member.last_login,
        "mfaEnabled": member.mfa,
        "storageUsage": 12369055688,
        "storageQuota": 2199023255552,
        "orgId": member.org_id,
        **shown_role(world, member),
        "level": organization.level(member),
        "disabled": member.disabled,
        "tags": list(member.tags),
        "thumbnail": member.thumbnail,
        "created": member.created,
        "modified": member.modified,
        "provider": member.provider,
    }
    if world.product.has_user_types:
        row["userLicenseTypeId"] = member.license_type
    if world.product.has_categories:
        row["categories"] = shown_categories(world, member)
    if not world.product.is_portal:
        row["emailStatus"] = member.email_status
        row["emailStatusDate"] = member.created
        row["mfaEnforcementExempt"] = False
    last_login = world.switches["last_login"]
    if last_login == "hidden" or (last_login == "missing" and member.last_login == -1):
        del row["lastLogin"]
    return row


def list_row(world: World, member: Member) -> str:
    """One row of a member list as JSON text, kept until the member or the way of showing changes."""
    epoch = world.organization.epoch
    if member.row is not None and member.row[0] == epoch:
        return member.row[1]
    text = json.dumps(list_fields(world, member))
    member.row = (epoch, text)
    return text


def list_fields(world: World, member: Member) -> dict[str, Any]:
    row = scalars(world, member)
    without = world.switches["list_rows"]
    if without in ("without_user_type", "without_both"):
        row.pop("userLicenseTypeId", None)
    if without in ("without_categories", "without_both"):
        row.pop("categories", None)
    if world.organization.budgeting:
        row.update(shown_credits(world, member, pool=False))
    row["groups"] = []
    return row


def memberships(world: World, member: Member) -> list[dict[str, Any]]:
    """The groups of a member, whole, each with the membership of that member."""
    groups = world.organization.groups
    return [group_view(world, groups[key], member) for key in world.organization.memberships.get(member.key, {})]


def username_of(world: World, key: str) -> str:
    """The stored spelling of a case-folded username."""
    member = world.organization.any_account(key)
    return member.username if member else key


def group_view(world: World, group: Group, member: Optional[Member]) -> dict[str, Any]:
    """A whole group object. ``member`` is whose membership it shows; None shows no membership."""
    row: dict[str, Any] = {
        **DEFAULTS,
        **group.properties,
        "id": group.id,
        "title": group.title,
        "owner": username_of(world, group.owner),
        "created": group.created,
        "modified": group.modified or group.created,
        "collaborationInfo": {},
    }
    for name in LISTS:
        row[name] = list(row[name])
    if not world.product.from_version(7, 1):
        del row["membershipAccess"]
    if not world.product.is_portal and world.switches["group_org_id"] == "present":
        row["orgId"] = group.org_id or world.organization.id
    row["userMembership"] = {
        "username": member.username if member else None,
        "memberType": group.kind(member.key) if member else "none",
        "applications": len(group.requests),
    }
    return row


def full_view(world: World, member: Member) -> dict[str, Any]:
    """What the member and administrators see."""
    row = scalars(world, member)
    if world.organization.budgeting:
        row.update(shown_credits(world, member, pool=True))
    row["privileges"] = effective_privileges(world.organization, member)
    row["groups"] = memberships(world, member)
    return row


def public_view(world: World, member: Member) -> dict[str, Any]:
    """What an account without ``portal:admin:viewUsers`` sees: no role, no user type, no ``orgId`` of a member."""
    row = scalars(world, member)
    shown = {name: row[name] for name in PUBLIC_FIELDS if name in row}
    rule = world.switches["public_org_id"]
    if rule == "always" or (rule == "of_others" and member.org_id != world.organization.id):
        shown["orgId"] = member.org_id
    return {**shown, "groups": []}


def state(world: World, member: Member) -> dict[str, Any]:
    """Everything the sandbox knows of a member, whatever the switches say (for the inspection side)."""
    organization = world.organization
    return {
        **scalars(world, member),
        "categories": list(member.categories),
        "userLicenseTypeId": member.license_type,
        "assignedCredits": member.assigned_credits,
        "spentCredits": member.spent,
        "effectiveRole": member.role,
        "items": list(organization.items_of.get(member.key, {})),
        "ownedGroups": list(organization.groups_of.get(member.key, {})),
        "memberGroups": list(organization.memberships.get(member.key, {})),
        "entitlements": {key: list(value) for key, value in member.entitlements.items()},
        "appBundles": list(member.bundles),
        "offlineLicenses": list(member.offline),
        "recycledItems": list(organization.bins_of.get(member.key, {})),
        "updates": member.updates,
    }
