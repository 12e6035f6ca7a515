# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add-on licenses and app bundles: what the organization has, who holds what, assign, and revoke."""

from __future__ import annotations

from typing import Any, Optional

from ..call import Call, paged
from ..errors import PortalError, forbidden, invalid_request
from ..licenses import CAN_HOLD_PRO, INCLUDES_PRO, PRO_EXTENSIONS, PRO_LEVELS, Listing
from ..products import USER_TYPES
from ..routing import operation
from ..store import Member
from ..world import World
from .accounts import target
from .group_members import too_many_names

MANAGE = "portal:admin:manageLicenses"
# Names in one request.
BATCH = 25
STATUSES = ("active", "expired", "all")


def no_listing() -> PortalError:
    return PortalError("item not provisioned")


def find_listing(call: Call) -> Listing:
    listing = call.portal.organization.listings.get(call.args["listing"])
    if listing is None:
        raise no_listing()
    return listing


# -- what the organization has -------------------------------------------------------------------------------------
@operation("portals/{portal}/purchases", "purchases")
def purchases(call: Call) -> Any:
    """All purchases on one page; active ones by default. A row of a third-party product can lack ``listing``."""
    world = call.portal
    status = call.text("status") or "active"
    if status not in STATUSES:
        raise invalid_request(f"'status' must be one of {', '.join(STATUSES)}.")
    rows = [
        purchase(world, listing)
        for listing in world.organization.listings.values()
        if is_shown(world, listing) and (status == "all" or listing.is_expired() == (status == "expired"))
    ]
    return {"purchases": rows, "trials": [], "interests": []}


def is_shown(world: World, listing: Listing) -> bool:
    if listing.is_third_party and world.switches["purchase_without_listing"] == "absent":
        return False
    return listing.license_by == "licenseByUser" or world.switches["organization_listing"] == "present"


def purchase(world: World, listing: Listing) -> dict[str, Any]:
    row: dict[str, Any] = {
        "provision": {
            "itemId": listing.id, "purchaserOrgId": world.organization.id, "purchased": True,
            "startDate": listing.start, "endDate": listing.end, "canDisconnect": listing.can_disconnect,
            "orgEntitlements": {
                "maxUsers": max(listing.num.values(), default=0),
                "entitlements": {name: {"num": number} for name, number in listing.num.items()},
            },
        },
    }  # fmt: skip
    if not listing.is_third_party:
        row["listing"] = {
            "itemId": listing.id, "title": listing.title, "licenseBy": listing.license_by,
            "allowedUserLevels": listing.allowed_levels,
        }  # fmt: skip
    return row


@operation("portals/{portal}/appBundles", "portalAppBundles")
def portal_bundles(call: Call) -> Any:
    rows = [
        {"id": bundle.id, "appBundleItemId": bundle.id, "name": bundle.name, "status": "active"}
        for bundle in call.portal.organization.bundles.values()
    ]
    start, num = call.page()
    return paged(rows, start, num, "appBundles")


# -- who holds what ------------------------------------------------------------------------------------------------
def own_or_manager(call: Call) -> Member:
    member = target(call)
    caller = call.caller
    if caller is None or not (caller.is_member(member) or caller.can(MANAGE, "portal:admin:viewUsers")):
        raise forbidden()
    return member


@operation("community/users/{user}/provisionedListings", "provisionedListings")
def provisioned_listings(call: Call) -> Any:
    """The add-ons of a member; 10 rows by default. Apps of bundles and of the user type are not listed."""
    member, world = own_or_manager(call), call.portal
    known = world.organization.listings
    held = [known[key] for key in member.entitlements if key in known]
    if world.switches["organization_listing"] == "present":
        held += [listing for listing in known.values() if listing.license_by != "licenseByUser"]
    if not call.flag("includeExpired", True):
        held = [listing for listing in held if not listing.is_expired()]
    start, num = call.page()
    return paged([listing_row(world, listing, member) for listing in held], start, num, "provisionedListings")


def listing_row(world: World, listing: Listing, member: Member) -> dict[str, Any]:
    row = {
        "itemId": listing.id, "title": listing.title, "licenseBy": listing.license_by,
        "allowedUserLevels": listing.allowed_levels, "status": "expired" if listing.is_expired() else "active",
    }  # fmt: skip
    if world.switches["listing_entitlements"] == "present":
        row["entitlements"] = list(member.entitlements.get(listing.id, ()))
    return row


@operation("community/users/{user}/appBundles", "appBundles")
def app_bundles(call: Call) -> Any:
    member = own_or_manager(call)
    known = call.portal.organization.bundles
    rows = [{"id": key, "name": known[key].name, "apps": known[key].apps} for key in member.bundles if key in known]
    start, num = call.page()
    return paged(rows, start, num, "appBundles")


def holder_row(listing: Listing, member: Member) -> dict[str, Any]:
    return {
        "username": member.username,
        "lastLogin": member.app_logins.get(listing.id, -1),
        "disconnected": listing.id in member.offline,
        "entitlements": list(member.entitlements.get(listing.id, ())),
    }


@operation("content/listings/{listing}/userEntitlements/{user}", "userEntitlements")
def user_entitlements(call: Call) -> Any:
    listing, member = find_listing(call), own_or_manager(call)
    if listing.id not in member.entitlements:
        if call.portal.switches["entitlements_of_non_holder"] == "empty":
            return {"userEntitlements": {}}
        raise PortalError("Item not licensed by user.")
    return {"userEntitlements": holder_row(listing, member)}


@operation("content/listings/{listing}/userEntitlements", "listingEntitlements", privilege=MANAGE)
def listing_entitlements(call: Call) -> Any:
    """A page of the holders of a listing, in order of username."""
    listing, organization = find_listing(call), call.portal.organization
    keys = sorted(organization.holders[listing.id])
    start, num = call.page(default=100)
    chosen = keys[start - 1 : start - 1 + num]
    following = start + num if chosen and start + num <= len(keys) else -1
    rows = [holder_row(listing, organization.members[key]) for key in chosen]
    return {"userEntitlements": rows, "nextStart": following}


# -- assign and revoke ---------------------------------------------------------------------------------------------
@operation(
    "content/listings/{listing}/provisionUserEntitlements",
    "provisionUserEntitlements",
    write=True,
    privilege=MANAGE,
    names="userEntitlements",
)
def provision_entitlements(call: Call) -> Any:
    """Replace the entitlements of up to 25 members; an empty list revokes all of the listing."""
    listing, world = find_listing(call), call.portal
    names, wanted = sent_entitlements(call)
    if listing.license_by != "licenseByUser":
        raise PortalError("not licensed by user")
    members = named_members(call, names)
    wanted = known_entitlements(world, listing, wanted)
    need_assignable(world, listing, members, wanted)
    for member in members:
        kept = {key: value for key, value in member.entitlements.items() if key != listing.id}
        world.organization.change(member, entitlements={**kept, listing.id: wanted} if wanted else kept)
        if not call.flag("suppressCustomerEmail"):
            world.organization.send_mail(member.email, "license", username=member.username)
    return {"success": True}


def sent_entitlements(call: Call) -> tuple[list[str], list[str]]:
    sent = call.document("userEntitlements")
    entitlements = sent.get("entitlements", []) if isinstance(sent, dict) else None
    if not isinstance(entitlements, list) or not isinstance(sent.get("users"), list):
        raise invalid_request("'userEntitlements' parameter needs users and entitlements.")
    names = [str(name) for name in sent["users"]]
    if len(names) > BATCH:
        raise too_many_names()
    return names, list(dict.fromkeys(str(name) for name in entitlements if name))


def named_members(call: Call, names: list[str]) -> list[Member]:
    """The members of a request. One bad name fails the request, or is left out: a switch."""
    members = []
    for name in names:
        try:
            if call.refuses(name):
                raise PortalError("Unable to update license.")
            members.append(target(call, name))
        except PortalError:
            if call.portal.switches["provision_bad_name"] == "all_fail":
                raise
    return members


def known_entitlements(world: World, listing: Listing, wanted: list[str]) -> list[str]:
    unknown = [name for name in wanted if name not in listing.num]
    if unknown and world.switches["unknown_entitlement"] == "error":
        raise invalid_request("Unknown entitlement.")
    if wanted and listing.is_expired():
        raise no_listing()
    return [name for name in wanted if name not in unknown]


def need_assignable(world: World, listing: Listing, members: list[Member], wanted: list[str]) -> None:
    """Refuse the request if a license is offline, does not fit a user type, or is not left."""
    if any(listing.id in member.offline for member in members):
        raise PortalError("None of the specified users can be disconnected.")
    for member in members:
        reason = misfit(world, listing, member.license_type, wanted)
        if reason:
            raise PortalError(reason)
    if world.switches["license_overdraw"] == "accepted":
        return
    for name in wanted:
        gained = sum(name not in member.entitlements.get(listing.id, ()) for member in members)
        if gained and gained > world.organization.licenses_left(listing.id, name):
            raise PortalError("Maximum number of licenses reached.")


def misfit(world: World, listing: Listing, user_type: str, wanted: list[str]) -> Optional[str]:
    """Why a user type cannot hold the entitlements; None if it can."""
    if not wanted or not world.product.has_user_types:
        return None
    if not fits_level(listing, user_type):
        return "The license is not compatible with the user type."
    return pro_misfit(user_type, wanted) if listing.is_pro else None


def fits_level(listing: Listing, user_type: str) -> bool:
    level = USER_TYPES[user_type].level if user_type in USER_TYPES else "2"
    return level in [part.strip() for part in listing.allowed_levels.split(",")]


def pro_misfit(user_type: str, wanted: list[str]) -> Optional[str]:
    levels = [name for name in wanted if name in PRO_LEVELS]
    if len(levels) > 1:
        return "A user can hold one license level of ArcGIS Pro."
    if levels and user_type in INCLUDES_PRO and user_type not in CAN_HOLD_PRO:
        return "The user type includes an ArcGIS Pro license."
    if not levels and user_type not in INCLUDES_PRO and any(name in PRO_EXTENSIONS for name in wanted):
        return "ArcGIS Pro extensions need an ArcGIS Pro license."
    return None


@operation("content/listings/{listing}/provisionUserAppBundle", "provisionUserAppBundle", write=True, privilege=MANAGE,
           names="users")  # fmt: skip
@operation(
    "portals/{portal}/appBundles/{listing}/provisionUserAppBundle",
    "provisionUserAppBundle",
    write=True,
    privilege=MANAGE,
    names="users",
)
def provision_bundle(call: Call) -> Any:
    organization, bundle = call.portal.organization, call.args["listing"]
    if bundle not in organization.bundles:
        raise PortalError("App bundle does not exist or is inaccessible.")
    names = call.names("users")
    if len(names) > BATCH and call.portal.switches["bundle_limit"] == "25":
        raise too_many_names()
    for member in named_members(call, names):
        kept = tuple(key for key in member.bundles if key != bundle)
        organization.change(member, bundles=kept if call.flag("revoke") else (*kept, bundle))
    return {"success": True}


@operation("content/listings/{listing}/setDisconnectSettings", "setDisconnectSettings", write=True, privilege=MANAGE)
def set_disconnect_settings(call: Call) -> Any:
    listing = find_listing(call)
    if not call.portal.organization.held():
        listing.can_disconnect = call.flag("canDisconnect")
    return {"success": True}


@operation("license/releaseLicense", "releaseLicense", write=True, root="admin", privilege=MANAGE)
def release_license(call: Call) -> Any:
    """Take back the offline licenses of a member (Enterprise)."""
    member = target(call, call.need("username"))
    if not member.offline:
        raise PortalError("The user has no license that is offline.")
    call.portal.organization.change(member, offline=())
    return {"status": "success"}


# -- the user type of a member -------------------------------------------------------------------------------------
def type_refusal(world: World, member: Member, user_type: str) -> Optional[str]:
    """Why add-on licenses keep a member from a user type; None if they do not."""
    if member.offline:
        return "None of the specified users can be disconnected."
    if world.switches["type_change_addons"] == "refused" and misfitting(world, member, user_type):
        return "User has licenses that the user type does not allow."
    return None


def misfitting(world: World, member: Member, user_type: str) -> list[str]:
    """The listings that a member holds and that the level of the user type does not allow."""
    known = world.organization.listings
    return [key for key in member.entitlements if key in known and not fits_level(known[key], user_type)]


def kept_entitlements(world: World, member: Member, user_type: str) -> dict[str, Any]:
    """The change of add-ons that comes with another user type, where the portal drops those that do not fit."""
    if world.switches["type_change_addons"] != "dropped":
        return {}
    dropped = misfitting(world, member, user_type)
    if not dropped:
        return {}
    return {"entitlements": {key: names for key, names in member.entitlements.items() if key not in dropped}}
