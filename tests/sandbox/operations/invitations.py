# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New members of Online, and invitations that wait for an answer."""

from __future__ import annotations

import re
import secrets
from typing import Any, Optional

from ..call import Call, finite, paged
from ..errors import PortalError, invalid_request
from ..products import ADMINISTRATOR, USER_TYPES, role_fits_level
from ..routing import operation
from ..store import UNLIMITED, Invitation, Member, now_ms
from .accounts import check_password
from .user_types import free_seats

INVITE = "portal:admin:inviteUsers"
ONLINE_NAME = re.compile(r"[A-Za-z0-9._@-]{6,128}")
MINUTE = 60_000
EXPIRATIONS = (1440, 4320, 10080, 20160)


class NotInvited(Exception):
    """This one invitation is refused, the others are not."""


@operation("portals/{portal}/invite", "invite", write=True, privilege=INVITE, names="invitationList")
def invite(call: Call) -> Any:
    """``success`` stays true when some names were refused."""
    if call.portal.product.is_portal:
        raise invalid_request("There is no such operation.")
    sent = call.document("invitationList")
    rows = sent.get("invitations") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid_request("'invitationList' parameter has no list of invitations.")
    refused = []
    for row in rows:
        try:
            if call.refuses(str(row.get("username"))):
                raise NotInvited("refused")
            call.portal.organization.add(invited(call, row))
        except NotInvited as reason:
            if call.portal.switches["invite_refusal"] == "error":
                raise PortalError("Unable to invite user.", 400, None, [str(reason)]) from None
            refused.append(row.get("username"))
    return {"success": True, "notInvited": refused}


def invited(call: Call, row: dict[str, Any]) -> Member:
    """The account that one invitation makes. Raises NotInvited; PortalError for what is wrong with the whole call."""
    world = call.portal
    username = str(row.get("username") or "")
    if not ONLINE_NAME.fullmatch(username):
        raise NotInvited("The username is not valid.")
    if world.organization.name_taken(username):
        raise NotInvited("The username is taken.")
    role, user_type = role_and_type(call, row)
    if free_seats(world, user_type) <= 0:
        raise NotInvited("There is no license of that user type left.")
    enterprise = row.get("targetUserProvider", "arcgis") == "enterprise"
    password: Optional[str] = row.get("password") or None
    if password and not enterprise:
        check_password(password, username)
    first, last = str(row.get("firstname") or ""), str(row.get("lastname") or "")
    return Member(
        username, secrets.token_hex(16), first_name=first, last_name=last,
        full_name=str(row.get("fullname") or f"{first} {last}".strip()), email=row.get("email"), role=role,
        license_type=user_type, provider="enterprise" if enterprise else "arcgis", idp_username=row.get("idpUsername"),
        password=None if enterprise else password, email_status="verified" if password else "notverified",
        user_type=str(row.get("userType") or "arcgisonly"), created=now_ms(), modified=now_ms(),
        assigned_credits=first_credits(call, row), access="org",
    )  # fmt: skip


def role_and_type(call: Call, row: dict[str, Any]) -> tuple[str, str]:
    organization = call.portal.organization
    role = str(row.get("role") or organization.defaults["role"])
    user_type = str(row.get("userLicenseType") or organization.defaults["userLicenseType"])
    if role not in organization.roles or user_type not in USER_TYPES or user_type not in organization.seats:
        raise PortalError("Invalid values for role and/or user license type parameters.")
    if role == ADMINISTRATOR:
        raise PortalError("Unable to invite user. New members cannot be administrators.")
    if not role_fits_level(role, USER_TYPES[user_type].level):
        raise PortalError("Invalid values for role and/or user license type parameters.")
    return role, user_type


def first_credits(call: Call, row: dict[str, Any]) -> float:
    organization = call.portal.organization
    sent = row.get("userCreditAssignment")
    value = organization.default_credits if sent is None else finite(sent)
    if value is None:
        raise invalid_request("'userCreditAssignment' is not a number.")
    return UNLIMITED if value < 0 or not organization.budgeting else value


@operation("portals/{portal}/inviteByEmail", "inviteByEmail", write=True, privilege=INVITE)
def invite_by_email(call: Call) -> Any:
    organization = call.portal.organization
    user_type = call.text("userLicenseType") or "creatorUT"
    minutes = call.number("expiration", 20160)
    if minutes not in EXPIRATIONS:
        raise invalid_request(f"'expiration' must be one of {', '.join(map(str, EXPIRATIONS))}.")
    for email in call.names("emails"):
        expiration = now_ms() + minutes * MINUTE
        invitation = Invitation(
            secrets.token_hex(16), email, call.text("role") or "org_user", user_type, now_ms(), expiration
        )
        organization.put_invitation(invitation)
    return {"success": True}


def shown(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id, "email": invitation.email, "role": invitation.role,
        "userLicenseType": invitation.user_type,
        "username": invitation.username, "created": invitation.created, "expiration": invitation.expiration,
        "accepted": False, "mustApprove": False, "type": "org",
    }  # fmt: skip


@operation("portals/{portal}/invitations", "invitations", privilege=INVITE)
def invitations(call: Call) -> Any:
    start, num = call.page()
    return paged([shown(row) for row in call.portal.organization.invitations.values()], start, num, "invitations")


@operation("portals/{portal}/invitations/{invitation}/delete", "deleteInvitation", write=True, privilege=INVITE)
def delete_invitation(call: Call) -> Any:
    found = call.portal.organization.invitations.get(call.args["invitation"])
    if found is None:
        raise PortalError("Invitation does not exist or is inaccessible.")
    call.portal.organization.drop_invitation(found)
    return {"success": True}
