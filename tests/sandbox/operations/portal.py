# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization: portals/self, its settings, new-member defaults, counts and job status."""

from __future__ import annotations

from typing import Any

from ..appearance import APPEARANCE
from ..call import Call, finite, paged
from ..errors import forbidden, invalid_request
from ..products import USER_TYPES
from ..routing import operation
from ..store import UNLIMITED
from ..views import number, scalars, shown_credits
from ..world import World

MANAGED_TEXT = ("name", "description", "summary", "culture", "cultureFormat", "region", "units", "portalThumbnail")
MANAGED_FLAGS = (
    "updateUserProfileDisabled", "mfaEnabled", "canSignInArcGIS", "canSignInIDP", "canSignInOIDC", "canSharePublic",
    "canSearchPublic", "allSSL", "recycleBinEnabled",
)  # fmt: skip


@operation("portals/{portal}", "self", anonymous=True)
def portal(call: Call) -> Any:
    """The portal as the caller sees it; without ``user`` for anonymous callers."""
    world, caller = call.portal, call.caller
    found = public_facts(world)
    if caller is None or caller.anonymous:
        return found
    found.update(member_facts(world))
    if caller.member is not None:
        found["user"] = own_view(world, caller)
    if caller.app is not None:
        found["appInfo"] = {
            "appId": caller.app.client_id,
            "itemId": caller.app.client_id.lower(),
            "appOwner": caller.app.owner,
            "orgId": world.organization.id,
            "appTitle": caller.app.title,
            "privileges": sorted(caller.app.privileges),
        }
    if caller.administrator or caller.can("portal:admin:viewUsers", "portal:admin:manageCredits"):
        found.update(administrator_facts(world))
    return found


def own_view(world: World, caller: Any) -> dict[str, Any]:
    row = scalars(world, caller.member)
    if world.organization.budgeting and world.switches["self_user_credits"] == "present":
        row.update(shown_credits(world, caller.member, pool=True))
    row["privileges"] = sorted(caller.privileges)
    return row


def public_facts(world: World) -> dict[str, Any]:
    product = world.product
    settings = world.organization.settings
    host = world.base.partition("://")[2]
    found: dict[str, Any] = {
        **APPEARANCE,
        "isPortal": product.is_portal,
        "portalName": "Portal for ArcGIS" if product.is_portal else "ArcGIS Online",
        "portalMode": "singletenant" if product.is_portal else "multitenant",
        "portalHostname": host,
        "currentVersion": product.version,
        "name": world.organization.name,
        "access": "public",
        "allSSL": True,
        "culture": "en",
        "region": "WO",
        "units": "metric",
        "supportsHostedServices": True,
        "supportsOAuth": True,
        "httpPort": 80,
        "httpsPort": 443,
        "isReadOnly": bool(settings.get("isReadOnly")),
        "updateUserProfileDisabled": False,
        "canSignInArcGIS": True,
        "canSignInIDP": True,
        "canSignInOIDC": False,
        "hasMemberCategorySchema": bool(world.organization.schema),
        "helperServices": {},
        "ipCntryCode": "US",
        "eueiEnabled": False,
    }
    if product.is_portal:
        found.update(
            id=product.portal_id, enterpriseVersion=product.enterprise_version, portalDeploymentType="ArcGISEnterprise"
        )
        if product.enterprise_version is None or not product.has_user_types:
            found.pop("enterpriseVersion")
            found.pop("portalDeploymentType")
    return {**found, **{key: value for key, value in settings.items() if key in MANAGED_TEXT + MANAGED_FLAGS}}


def member_facts(world: World) -> dict[str, Any]:
    product, organization = world.product, world.organization
    found: dict[str, Any] = {
        "id": organization.id,
        "created": organization.created,
        "modified": organization.created,
        "description": None,
        "summary": None,
        "canSharePublic": True,
        "canSearchPublic": True,
        "mfaEnabled": False,
        "mfaAdmins": [],
        "maxTokenExpirationMinutes": -1,
        "recycleBinEnabled": bool(organization.settings.get("recycleBinEnabled")),
        "portalThumbnail": None,
        "thumbnail": None,
        "storageUsage": 12369055688,
        "storageQuota": 2199023255552,
    }
    if not product.is_portal:
        found.update(urlKey=organization.url_key, customBaseUrl="maps.arcgis.com")
    return {**found, **organization.settings}


def administrator_facts(world: World) -> dict[str, Any]:
    product, organization = world.product, world.organization
    subscription: dict[str, Any] = {"maxUsers": organization.max_members}
    if not product.is_portal or not product.has_user_types:
        subscription["maxUsersPerLevel"] = level_seats(world)
    if product.is_portal:
        return {"subscriptionInfo": {**subscription, "id": product.portal_id, "type": "In House", "state": "active"}}
    pool = number(world, organization.pool)
    subscription.update(
        id="0000000001", type="In House", state="active", expDate=4102444800000, availableCredits=pool,
        userLicenseTypes=dict(organization.seats), maxCredits=None,
    )  # fmt: skip
    found: dict[str, Any] = {"subscriptionInfo": subscription, "availableCredits": pool}
    found["defaultUserCreditAssignment"] = number(world, organization.default_credits)
    if organization.budgeting:
        found["creditAssignments"] = "enabled"
    return found


def level_seats(world: World) -> dict[str, int]:
    """Seats by level, with string keys; where there are user types, the sum over the types of each level."""
    organization = world.organization
    if not world.product.has_user_types:
        return dict(organization.level_seats)
    found = {"1": 0, "2": 0}
    for user_type, seats in organization.seats.items():
        level = USER_TYPES[user_type].level if user_type in USER_TYPES else "2"
        found[level] = found.get(level, 0) + seats
    return found


@operation("portals/{portal}/update", "updatePortal", write=True)
def update_portal(call: Call) -> Any:
    """Only the keys sent change; unknown ones are ignored."""
    world, caller = call.portal, call.caller
    credit_keys = {"creditAssignments", "defaultUserCreditAssignment"} & set(call.params)
    if caller is None or not (caller.administrator or (credit_keys and caller.can("portal:admin:manageCredits"))):
        raise forbidden()
    organization = world.organization
    changes: dict[str, Any] = {}
    if world.product.has_credits and "creditAssignments" in call.params:
        changes["budgeting"] = call.text("creditAssignments") == "enabled"
    if world.product.has_credits and "defaultUserCreditAssignment" in call.params:
        changes["default_credits"] = credit_number(call.text("defaultUserCreditAssignment"))
    if caller.administrator:
        settings = {key: call.text(key) for key in MANAGED_TEXT if key in call.params}
        flags = {key: call.flag(key) for key in MANAGED_FLAGS if key in call.params}
        if settings or flags:
            changes["settings"] = {**organization.settings, **settings, **flags}
            changes["name"] = settings.get("name", organization.name)
    organization.set(**changes)
    return {"success": True}


def credit_number(text: str) -> float:
    value = finite(text)
    if value is None:
        raise invalid_request("'defaultUserCreditAssignment' parameter is not a number.")
    return UNLIMITED if value < 0 else value


@operation("portals/{portal}/users/counts", "counts", privilege="portal:admin:viewUsers")
def counts(call: Call) -> Any:
    world = call.portal
    if world.switches["counts"] == "missing" or not world.product.has_user_types:
        raise invalid_request("There is no such operation.")
    organization = world.organization
    kinds = {
        "role": lambda: dict(organization.role_counts),
        "userLicenseType": lambda: dict(organization.type_counts),
        "appBundle": lambda: tally(key for member in organization.ordered for key in member.bundles),
        "app": lambda: tally(key for member in organization.ordered for key in member.entitlements),
    }
    kind = call.need("type")
    if kind not in kinds:
        raise invalid_request("'type' must be one of role, app, appBundle, userLicenseType.")
    rows = [{"key": key, "count": count} for key, count in sorted(kinds[kind]().items()) if count]
    start, num = call.page()
    page = paged(rows, start, num, "results")
    return {"results": page["results"], "nextStart": page["nextStart"]}


def tally(keys: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


@operation("portals/languages", "languages", anonymous=True)
def languages(call: Call) -> Any:
    rows = (("en", "us", "English"), ("en-US", "us", "English (US)"), ("de", "de", "German"), ("fr", "fr", "French"))
    return [{"culture": culture, "cultureFormat": form, "language": name} for culture, form, name in rows]


@operation("portals/regions", "regions", anonymous=True)
def regions(call: Call) -> Any:
    rows = (("WO", "World"), ("US", "United States"), ("DE", "Germany"), ("FR", "France"), ("CH", "Switzerland"))
    return [{"region": region, "localizedName": name} for region, name in rows]


@operation("portals/{portal}/jobs/{job}", "job")
def job(call: Call) -> Any:
    found = call.portal.organization.jobs.get(call.args["job"])
    if found is None:
        raise invalid_request("There is no such job.")
    found["asked"] += 1
    end = "failed" if found.get("failed") else "succeeded"
    status = end if found["asked"] > found["polls"] else "processing"
    return {
        "id": call.args["job"],
        "jobId": call.args["job"],
        "status": status,
        "statusMessage": "",
        "type": found["type"],
    }
