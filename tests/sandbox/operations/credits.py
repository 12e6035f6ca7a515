# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credits: allocations of members (Online only)."""

from __future__ import annotations

from typing import Any

from ..call import Call, finite
from ..errors import PortalError, invalid_request
from ..routing import operation
from ..store import UNLIMITED, Member
from ..world import World

ASSIGN_LIMIT = 100
MANAGE = "portal:admin:manageCredits"


def need_credits(call: Call) -> bool:
    """True where allocations can be written; where budgeting is off, an error or nothing at all."""
    world = call.portal
    if not world.product.has_credits:
        raise invalid_request("There is no such operation.")
    if world.organization.budgeting:
        return True
    if world.switches["credits_when_off"] == "error":
        raise PortalError("Credit budgeting is not enabled for this organization.")
    return False


@operation(
    "portals/{portal}/assignUserCredits", "assignUserCredits", write=True, privilege=MANAGE, names="userAssignments"
)
def assign(call: Call) -> Any:
    """``success`` stays true when some names were refused."""
    applies = need_credits(call)
    rows = call.document("userAssignments")
    if not isinstance(rows, list):
        raise invalid_request("'userAssignments' parameter is not a list.")
    if len(rows) > ASSIGN_LIMIT:
        raise PortalError(f"A maximum of {ASSIGN_LIMIT} users can be assigned in each request.")
    refused = [row_name(row) for row in rows if applies and not assigned(call, row)]
    return {"success": True, "notAssignedUsers": refused}


def row_name(row: Any) -> str:
    return str(row.get("username", "")) if isinstance(row, dict) else ""


def assigned(call: Call, row: Any) -> bool:
    """Give one member an allocation; False where that is not possible."""
    world = call.portal
    name = row_name(row)
    member = world.organization.find(name) if name else None
    credits = finite(row.get("credits") if isinstance(row, dict) else None)
    if member is None or credits is None or credits < 0 or call.refuses(name):
        return False
    if world.switches["credit_pool"] == "reserved" and not fits_pool(world, member, credits):
        return False
    spent = 0.0 if world.switches["credits_reassign"] == "refills" else member.spent
    world.organization.change(member, assigned_credits=credits, spent=spent)
    return True


def fits_pool(world: World, member: Member, credits: float) -> bool:
    own = member.assigned_credits if member.assigned_credits != UNLIMITED else 0.0
    return world.organization.reserved_credits() - own + credits <= world.organization.pool


@operation(
    "portals/{portal}/unassignUserCredits", "unassignUserCredits", write=True, privilege=MANAGE, names="usernames"
)
def unassign(call: Call) -> Any:
    """Take the limit off."""
    applies = need_credits(call)
    refused = []
    for name in call.names("usernames") if applies else []:
        member = call.portal.organization.find(name)
        if member is None or call.refuses(name):
            refused.append(name)
            continue
        call.portal.organization.change(member, assigned_credits=UNLIMITED, spent=0.0)
    return {"success": True, "notUnAssignedUsers": refused}
