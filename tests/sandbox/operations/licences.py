# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add-on licences and app bundles of members."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import PortalError, forbidden, invalid_request
from ..routing import operation
from ..store import Listing, Member
from .accounts import target

MANAGE = "portal:admin:manageLicenses"


def found_listing(call: Call) -> Listing:
    listing = call.portal.organization.listings.get(call.args["listing"])
    if listing is None:
        raise PortalError("Listing does not exist or is inaccessible.")
    return listing


@operation("portals/{portal}/purchases", "purchases")
def purchases(call: Call) -> Any:
    organization = call.portal.organization
    rows = [
        {
            "listing": {"itemId": listing.id, "title": listing.title},
            "provision": {"itemId": listing.id, "status": "active", "maxUsers": -1, "endDate": -1},
            "itemId": listing.id,
        }
        for listing in organization.listings.values()
    ]
    return {"purchases": rows}


@operation("portals/{portal}/appBundles", "portalAppBundles")
def portal_bundles(call: Call) -> Any:
    rows = [
        {"id": bundle.id, "appBundleItemId": bundle.id, "name": bundle.name, "status": "active"}
        for bundle in call.portal.organization.bundles.values()
    ]
    return {"appBundles": rows, "total": len(rows), "start": 1, "num": len(rows), "nextStart": -1}


def own_or_manager(call: Call) -> Member:
    member = target(call)
    caller = call.caller
    if caller is None or not (caller.is_member(member) or caller.can(MANAGE, "portal:admin:viewUsers")):
        raise forbidden()
    return member


@operation("community/users/{user}/provisionedListings", "provisionedListings")
def provisioned_listings(call: Call) -> Any:
    member = own_or_manager(call)
    organization = call.portal.organization
    rows = [
        {
            "itemId": key,
            "title": organization.listings[key].title if key in organization.listings else key,
            "status": "active",
            "entitlements": list(names),
        }
        for key, names in member.entitlements.items()
    ]
    return {"provisionedListings": rows, "total": len(rows), "start": 1, "num": len(rows), "nextStart": -1}


@operation("community/users/{user}/appBundles", "appBundles")
def app_bundles(call: Call) -> Any:
    member = own_or_manager(call)
    known = call.portal.organization.bundles
    rows = [{"id": key, "name": known[key].name if key in known else key} for key in member.bundles]
    return {"appBundles": rows, "total": len(rows), "start": 1, "num": len(rows), "nextStart": -1}


@operation("content/listings/{listing}/userEntitlements/{user}", "userEntitlements")
def user_entitlements(call: Call) -> Any:
    listing, member = found_listing(call), own_or_manager(call)
    if listing.id not in member.entitlements:
        raise PortalError("Item not licensed by user.")
    names = list(member.entitlements[listing.id])
    return {"username": member.username, "userEntitlements": {"entitlements": names, "username": member.username}}


@operation("content/listings/{listing}/userEntitlements", "listingEntitlements", privilege=MANAGE)
def listing_entitlements(call: Call) -> Any:
    listing = found_listing(call)
    rows = [
        {"username": member.username, "entitlements": list(member.entitlements[listing.id])}
        for member in call.portal.organization.ordered
        if listing.id in member.entitlements
    ]
    start, num = call.page()
    following = start + num if start + num <= len(rows) else -1
    return {"userEntitlements": rows[start - 1 : start - 1 + num], "nextStart": following}


@operation(
    "content/listings/{listing}/provisionUserEntitlements", "provisionUserEntitlements", write=True, privilege=MANAGE
)
def provision_entitlements(call: Call) -> Any:
    """Overwrites the list of each user; an empty list revokes."""
    listing = found_listing(call)
    sent = call.document("userEntitlements")
    if (
        not isinstance(sent, dict)
        or not isinstance(sent.get("users"), list)
        or not isinstance(sent.get("entitlements"), list)
    ):
        raise invalid_request("'userEntitlements' parameter needs users and entitlements.")
    wanted = [str(name) for name in sent["entitlements"]]
    if any(name not in listing.entitlements for name in wanted):
        raise invalid_request("Unknown entitlement.")
    members = [target(call, str(name)) for name in sent["users"]]
    for member in members:
        kept = {key: names for key, names in member.entitlements.items() if key != listing.id}
        call.portal.organization.change(member, entitlements={**kept, listing.id: wanted} if wanted else kept)
    return {"success": True}


@operation("content/listings/{listing}/provisionUserAppBundle", "provisionUserAppBundle", write=True, privilege=MANAGE)
@operation(
    "portals/{portal}/appBundles/{listing}/provisionUserAppBundle",
    "provisionUserAppBundle",
    write=True,
    privilege=MANAGE,
)
def provision_bundle(call: Call) -> Any:
    organization, bundle = call.portal.organization, call.args["listing"]
    if bundle not in organization.bundles:
        raise PortalError("App bundle does not exist or is inaccessible.")
    members = [target(call, name) for name in call.names("users")]
    for member in members:
        kept = tuple(key for key in member.bundles if key != bundle)
        organization.change(member, bundles=kept if call.flag("revoke") else (*kept, bundle))
    return {"success": True}
