# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What the info modules return: the organization, and members in roster form."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import NotFound, PermissionDenied, Refused
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import AddOnTable, roster_form
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import paths_from_portal, paths_of
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    FIELDS_BY_NAME,
    FieldError,
    member_key,
    parser,
    shown,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    BUILTIN_ROLES,
    DATA_EDITOR,
    PUBLISHER,
    USER,
    VIEWER,
    NameTables,
)

_DAY = 86_400_000
"""Milliseconds; the portal gives times in milliseconds since 1970."""

_AS_ID = (ADMINISTRATOR, PUBLISHER, USER)


def describe(reader: OrganizationReader) -> dict[str, Any]:
    """Return the organization as ``portal_info`` returns it."""
    organization = reader.organization
    account = organization.account
    tree = reader.tree() if organization.has_categories else None
    return {
        "portal": {
            "url": organization.base,
            "id": organization.id,
            "name": str(organization.portal.get("name") or ""),
            "product": organization.product,
            "version": str(organization.portal.get("currentVersion") or ""),
            "enterprise_version": organization.enterprise_version,
            "read_only": organization.is_read_only,
        },
        "caller": {
            "username": account.username,
            "role": account.role,
            "administrator": account.is_administrator,
            "privileges": sorted(account.privileges or ()),
        },
        "roles": _roles(reader),
        "user_types": _user_types(reader),
        "levels": _levels(organization),
        "credits": _credits(organization),
        "member_categories": tree.categories if tree else [],
        "member_category_paths": paths_of(tree) if tree else [],
    }


def _roles(reader: OrganizationReader) -> list[dict[str, Any]]:
    base = [{"id": role, "name": BUILTIN_ROLES[role], "description": "", "builtin": True} for role in _AS_ID]
    return [*base, *({**role, "builtin": role["id"] in (VIEWER, DATA_EDITOR)} for role in reader.roles())]


def _user_types(reader: OrganizationReader) -> list[dict[str, Any]]:
    if not reader.organization.has_user_types:
        return []
    unknown = {"seats": None, "used": None, "free": None}
    seats = reader.seats()
    pending = reader.pending_seats()
    return [
        {"id": key, "name": label, **seats.get(key, unknown), "pending": pending.get(key, 0)}
        for key, label in reader.user_types().items()
    ]


def _levels(organization: Organization) -> list[dict[str, Any]]:
    if organization.has_user_types:
        return []
    seats = organization.level_seats
    return [{"level": level, "seats": seats.get(level), "used": None, "free": None} for level in ("1", "2")]


def _credits(organization: Organization) -> dict[str, Any] | None:
    if not organization.is_online:
        return None
    return {
        "budgeting": organization.credit_budgeting,
        "available": organization.available_credits,
        "default_credits": shown(organization.default_credits),
    }


class Filter:
    """Which members are returned: those that match all options. now: milliseconds since 1970."""

    def __init__(self, params: dict[str, Any], reader: OrganizationReader, now: int) -> None:
        names = params.get("usernames")
        self.keys = None if names is None else {member_key(name) for name in names}
        self.enabled: bool | None = params.get("enabled")
        days = params.get("inactive_days")
        self.seen_before = None if days is None else now - days * _DAY
        role, user_type = params.get("role"), params.get("user_type")
        needed = ({"roles"} if role else set()) | ({"user_types"} if user_type else set())
        tables = reader.tables(needed)
        self.role = tables.role(role) if role else None
        self.user_type = tables.user_type(user_type) if user_type else None
        self.observed = ("last_seen",) if days is not None else ()

    def columns(self, names: list[str]) -> set[str]:
        """The fields to read: those to return, and those to look at."""
        return {*names, "role", "enabled"} | ({"user_type"} if self.user_type else set())

    def fits(self, member: Member) -> bool:
        values = member.values
        if self.keys is not None and member.key not in self.keys:
            # A page holds others than those it was read for.
            return False
        if self.enabled is not None and values["enabled"] is not self.enabled:
            return False
        if self.role is not None and values["role"] != self.role:
            return False
        if self.user_type is not None and values.get("user_type") != self.user_type:
            return False
        if self.seen_before is None:
            return True
        seen = values.get("last_seen")
        return seen is not None and seen <= self.seen_before


def roster(
    current: CurrentMembers,
    chosen: Filter,
    names: list[str],
    reader: OrganizationReader,
    add_ons: AddOnTable | None = None,
) -> list[dict[str, Any]]:
    """Members in the form of a roster, sorted by name: what this returns changes nothing when it is applied."""
    wanted = [name for name in names if _is_there(name, reader.organization)]
    tables = reader.tables({"roles"} if "role" in wanted else set())
    rooted = _is_rooted(reader) if "categories" in wanted else None
    members = sorted(current.members.values(), key=lambda member: member.key)
    return [
        _line(member, wanted, tables, rooted, add_ons)
        for member in members
        if not member.is_portal_account and chosen.fits(member)
    ]


def _is_there(name: str, organization: Organization) -> bool:
    """Whether the product has the field; a roster must not name what the same portal would refuse."""
    if name == "user_type":
        return organization.has_user_types
    if name == "level":
        return not organization.has_user_types
    if name in ("credits", "credits_spent"):
        return organization.is_online and organization.credit_budgeting
    return organization.has_categories if name == "categories" else True


def _is_rooted(reader: OrganizationReader) -> bool | None:
    try:
        return reader.tree().rooted
    except (PermissionDenied, NotFound, Refused):
        return None


def _line(
    member: Member, names: list[str], tables: NameTables, rooted: bool | None, add_ons: AddOnTable | None
) -> dict[str, Any]:
    line: dict[str, Any] = {"username": member.username}
    for name in names:
        value = member.values.get(name)
        if name == "role" and value:
            value = tables.role_name(value)
        elif name == "categories" and value is not None:
            value = paths_from_portal(list(value), rooted)
        elif name == "groups":
            value = FIELDS_BY_NAME[name].visible(value)
        elif name == "add_ons":
            # An add-on that a member does not hold is not in the roster, so that the roster does not manage it.
            value = (roster_form(value, add_ons) or None) if add_ons else None
        elif name == "provider" and value not in ("arcgis", "enterprise"):
            continue
        if value is None or (value == "" and name in ("access", "units", "role", "provider")):
            continue
        if _is_taken(name, value):
            line[name] = shown(value)
    return line


def _is_taken(name: str, value: Any) -> bool:
    """Whether a roster can contain the value: the portal stores control characters that rosters reject."""
    try:
        parser(name)(value)
    except FieldError:
        return False
    return True
