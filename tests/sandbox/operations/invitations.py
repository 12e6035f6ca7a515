# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New members of ArcGIS Online, and invitations that wait for an answer."""

from __future__ import annotations

import re
import secrets
from typing import Any, Optional

from ..call import Call, finite, paged
from ..errors import PortalError, invalid_request, no_operation
from ..products import ADMINISTRATOR, USER_TYPES, role_fits_level
from ..routing import operation
from ..store import UNLIMITED, Invitation, Member, now_ms
from ..world import World
from .accounts import check_password
from .defaults import Defaults, NewMember, add_member
from .group_members import too_many_names
from .user_types import free_seats

INVITE = "portal:admin:inviteUsers"
ONLINE_NAME = re.compile(r"[A-Za-z0-9._@-]{6,128}")
# ms
MINUTE = 60_000
# Minutes that an invitation by mail can last.
EXPIRATIONS = (1440, 4320, 10080, 20160)
# What public scripts read of a pending invitation to an organization.
SPARSE_ROW = ("id", "email", "username", "role", "fromUsername", "created")
MEMBER_LIMIT = (
    "Your organization has reached the maximum number of members your current subscription allows. "
    "This limit includes pending invitations."
)


class NotInvited(Exception):
    """One invitation is refused; the rest of the request is not."""


# -- invite --------------------------------------------------------------------------------------------------------
@operation("portals/{portal}/invite", "invite", write=True, privilege=INVITE, names="invitationList")
def invite(call: Call) -> Any:
    """Create accounts. ``success`` stays true if some usernames were refused."""
    world = call.portal
    rows, sent = sent_rows(call)
    refused = []
    for row in rows:
        need_room(world)
        try:
            if call.refuses(str(row.get("username"))):
                raise NotInvited("refused")
            create_account(call, row, sent)
        except NotInvited as reason:
            if world.switches["invite_refusal"] == "error":
                raise PortalError("Unable to invite user.", 400, None, [str(reason)]) from None
            refused.append(row.get("username"))
    return {"success": True, "notInvited": refused}


def sent_rows(call: Call) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The invitations of a request, and the request."""
    if call.portal.product.is_portal:
        raise no_operation()
    sent = call.document("invitationList")
    rows = sent.get("invitations") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid_request("'invitationList' parameter has no list of invitations.")
    most = call.portal.switches["invite_limit"]
    if most != "none" and len(rows) > int(most):
        raise too_many_names()
    return rows, sent


def create_account(call: Call, row: dict[str, Any], sent: dict[str, Any]) -> None:
    """Create the account of one invitation; or an invitation, for an enterprise login where the switch says so."""
    world = call.portal
    row = {**row, "username": free_name(world, str(row.get("username") or ""))}
    member = invited(call, row)
    if member.provider == "enterprise" and world.switches["invite_enterprise"] == "pending":
        world.organization.put_invitation(new_invitation(call, member.email, member.role, member.license_type,
                                                         20160, member.username))  # fmt: skip
        world.organization.send_mail(member.email, "invitation", username=member.username)
        return
    groups = [key.strip() for key in str(row.get("groups") or "").split(",") if key.strip()]
    new = NewMember(member, groups, list(sent.get("apps") or []), list(sent.get("appBundles") or []))
    applied = row.get("applyActUserDefaults")
    if applied is None:
        applied = world.switches["invite_defaults"] == "applied"
    if applied:
        Defaults(world.organization.defaults).fill(new)
    add_member(world, new)
    if not member.password:
        world.organization.send_mail(member.email, "account", username=member.username)


def free_name(world: World, username: str) -> str:
    """The username that the account gets. Raises NotInvited."""
    organization = world.organization
    if not ONLINE_NAME.fullmatch(username):
        raise NotInvited("The username is not valid.")
    if organization.is_lapsed(username) and world.switches["lapsed_name"] == "digit":
        number = 1
        while organization.name_taken(f"{username}{number}"):
            number += 1
        return f"{username}{number}"
    if organization.name_taken(username):
        raise NotInvited("The username is taken.")
    return username


def need_room(world: World) -> None:
    """Refuse if the organization has as many members as it can have."""
    organization = world.organization
    held = organization.pending() if world.switches["invitations_hold_seats"] == "yes" else 0
    if len(organization.members) + held >= organization.max_members:
        raise PortalError(MEMBER_LIMIT)


def invited(call: Call, row: dict[str, Any]) -> Member:
    """The account that one invitation creates.

    Raises:
        NotInvited: If this invitation is refused.
        PortalError: If the whole request is refused.
    """
    world = call.portal
    username = row["username"]
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
    role = str(row.get("role") or organization.defaults.get("role") or "org_user")
    user_type = str(row.get("userLicenseType") or organization.defaults.get("userLicenseType") or "")
    if role not in organization.roles:
        raise NotInvited("The role does not exist.")
    if user_type not in USER_TYPES or user_type not in organization.seats:
        raise PortalError("Invalid values for role and/or user license type parameters.")
    if role == ADMINISTRATOR or organization.roles[role].is_administrative:
        raise PortalError("Unable to invite user. New members cannot have a role with administrative privileges.")
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


# -- pending invitations -------------------------------------------------------------------------------------------
@operation("portals/{portal}/inviteByEmail", "inviteByEmail", write=True, privilege=INVITE)
def invite_by_email(call: Call) -> Any:
    world = call.portal
    user_type = call.text("userLicenseType") or "creatorUT"
    minutes = call.number("expiration", 20160)
    if minutes not in EXPIRATIONS:
        raise invalid_request(f"'expiration' must be one of {', '.join(map(str, EXPIRATIONS))}.")
    for email in call.names("emails"):
        need_room(world)
        invitation = new_invitation(call, email, call.text("role") or "org_user", user_type, minutes, None)
        world.organization.put_invitation(invitation)
        world.organization.send_mail(email, "invitation")
    return {"success": True}


def new_invitation(call: Call, email: Optional[str], role: str, user_type: str, minutes: int,
                   username: Optional[str]) -> Invitation:  # fmt: skip
    sender = call.caller.member.username if call.caller is not None and call.caller.member is not None else None
    return Invitation(
        secrets.token_hex(16), email or "", role, user_type, now_ms(), now_ms() + minutes * MINUTE, username, sender
    )


def shown(world: World, invitation: Invitation) -> dict[str, Any]:
    row = whole_row(world, invitation)
    return {name: row[name] for name in SPARSE_ROW} if world.switches["invitation_rows"] == "sparse" else row


def whole_row(world: World, invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id, "targetType": "organization", "targetId": world.organization.id,
        "email": invitation.email, "role": invitation.role, "userLicenseType": invitation.user_type,
        "username": invitation.username, "fromUsername": invitation.from_username, "created": invitation.created,
        "received": invitation.created, "expiration": invitation.expiration, "accepted": False, "dateAccepted": -1,
        "mustApprove": False, "type": "org",
    }  # fmt: skip


@operation("portals/{portal}/invitations", "invitations", privilege=INVITE)
def invitations(call: Call) -> Any:
    """A page of the pending invitations, without lapsed ones."""
    start, num = call.page()
    world = call.portal
    return paged([shown(world, row) for row in world.organization.pending_invitations()], start, num, "invitations")


@operation("portals/{portal}/invitations/{invitation}", "invitation", privilege=INVITE)
def invitation(call: Call) -> Any:
    return shown(call.portal, find_invitation(call))


def find_invitation(call: Call) -> Invitation:
    found = call.portal.organization.invitations.get(call.args["invitation"])
    if found is None or found.has_lapsed():
        raise PortalError("Invitation does not exist or is inaccessible.")
    return found


@operation("portals/{portal}/invitations/{invitation}/delete", "deleteInvitation", write=True, privilege=INVITE)
def delete_invitation(call: Call) -> Any:
    """Delete a pending invitation. Its username is not free afterwards."""
    call.portal.organization.drop_invitation(find_invitation(call))
    return {"success": True}
