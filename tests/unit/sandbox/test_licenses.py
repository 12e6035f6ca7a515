# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add-on licenses: purchases, holders, assigning, revoking, app bundles, and offline licenses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.products import VIEWER
from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members, message_of

PRO_ONLINE = "2d2a9c99bb2a43548c31cd8e32217af6"
OFFLINE = "None of the specified users can be disconnected."


def listing_named(portal: Sandbox, title: str) -> dict[str, Any]:
    return dict(next(row for row in portal.inspect("GET", "listings") if row["title"] == title))


@pytest.fixture
def pro(online: Sandbox) -> dict[str, Any]:
    return listing_named(online, "ArcGIS Pro")


@pytest.fixture
def drone(online: Sandbox) -> dict[str, Any]:
    return listing_named(online, "ArcGIS Drone2Map")


def give(http: Http, listing: dict[str, Any], names: Any, *entitlements: str, **params: Any) -> Any:
    users = [names] if isinstance(names, str) else names
    sent = {"users": users, "entitlements": list(entitlements)}
    path = f"content/listings/{listing['id']}/provisionUserEntitlements"
    return http.post(path, userEntitlements=sent, **{"suppressCustomerEmail": "true", **params})


def held(portal: Sandbox, name: str, listing: dict[str, Any]) -> list[str]:
    return list(portal.member(name)["entitlements"].get(listing["id"], []))


# -- what the organization has -------------------------------------------------------------------------------------
def test_purchases(admin: Http, pro: dict[str, Any]) -> None:
    answer = admin.get("portals/self/purchases")
    assert set(answer) == {"purchases", "trials", "interests"}
    row = next(row for row in answer["purchases"] if row.get("listing", {}).get("title") == "ArcGIS Pro")
    assert row["listing"]["itemId"] == row["provision"]["itemId"] == pro["id"] == PRO_ONLINE
    assert row["provision"]["endDate"] == -1
    rights = row["provision"]["orgEntitlements"]
    assert {"desktopBasicN", "desktopStdN", "desktopAdvN", "spatialAnalystN"} <= set(rights["entitlements"])
    assert rights["entitlements"]["desktopStdN"] == {"num": pro["num"]["desktopStdN"]}


def test_purchases_by_status(admin: Http) -> None:
    def titles(**params: str) -> set[Any]:
        rows = admin.get("portals/self/purchases", **params)["purchases"]
        return {row.get("listing", {}).get("title") for row in rows}

    assert titles() == titles(status="active") == {"ArcGIS Drone2Map", "ArcGIS Pro", None}
    assert titles(status="expired") == {"ArcGIS Business Analyst"}
    assert titles(status="all") == titles() | titles(status="expired")
    assert code_of(admin.get("portals/self/purchases", status="odd")) == 400


def test_a_purchase_may_lack_its_listing(admin: Http, online: Sandbox) -> None:
    rows = admin.get("portals/self/purchases")["purchases"]
    assert [set(row) for row in rows if "listing" not in row] == [{"provision"}]
    online.switch(purchase_without_listing="absent")
    assert all("listing" in row for row in admin.get("portals/self/purchases")["purchases"])


def test_more_licenses_can_be_held_than_there_are(online: Sandbox) -> None:
    online.reset(members=600)
    pro = listing_named(online, "ArcGIS Pro")
    assert pro["left"]["3DAnalystN"] == -1
    assert len(pro["holders"]) > 10


def test_ids_differ_on_enterprise(portal_admin: Http, enterprise: Sandbox) -> None:
    pro = listing_named(enterprise, "ArcGIS Pro")
    assert pro["id"] != PRO_ONLINE
    rows = portal_admin.get("portals/self/purchases")["purchases"]
    assert pro["id"] in [row["provision"]["itemId"] for row in rows]


# -- holders -------------------------------------------------------------------------------------------------------
def test_all_holders_by_page(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    names = [row["username"] for row in members(online, userLicenseTypeId="creatorUT")[:7]]
    for name in names:
        online.change(name, entitlements={drone["id"]: ["drone2mapStandard"]})
    path = f"content/listings/{drone['id']}/userEntitlements"
    total = len(online.listing(drone["id"])["holders"])
    seen: list[str] = []
    start = 1
    while start > 0:
        page = admin.get(path, start=start, num=3)
        seen += [row["username"] for row in page["userEntitlements"]]
        start = page["nextStart"]
    assert len(seen) == len(set(seen)) == total
    assert set(names) <= set(seen)
    assert set(page["userEntitlements"][0]) == {"username", "lastLogin", "disconnected", "entitlements"}
    online.change(names[0], entitlements={drone["id"]: [""]})
    row = next(row for row in admin.get(path)["userEntitlements"] if row["username"] == names[0])
    assert (row["entitlements"], row["disconnected"], row["lastLogin"]) == ([""], False, -1)


def test_one_holder(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    name = bare_member(online)
    path = f"content/listings/{drone['id']}/userEntitlements/{name}"
    assert "not licensed by user" in message_of(admin.get(path))
    online.switch(entitlements_of_non_holder="empty")
    assert admin.get(path) == {"userEntitlements": {}}
    online.change(name, entitlements={drone["id"]: ["drone2mapStandard"]}, offlineLicenses=[drone["id"]])
    row = admin.get(path)["userEntitlements"]
    assert (row["username"], row["disconnected"], row["entitlements"]) == (name, True, ["drone2mapStandard"])
    assert code_of(admin.get(f"content/listings/nothing/userEntitlements/{name}")) == 400


def test_the_add_ons_of_a_member_are_ten_a_page(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    made = [online.inspect("POST", "listings", {"title": f"App {n}", "num": {"a": 5}})["id"] for n in range(12)]
    online.change(name, entitlements={key: ["a"] for key in made})
    path = f"community/users/{name}/provisionedListings"
    page = admin.get(path)
    assert (page["total"], page["num"], page["nextStart"]) == (12, 10, 11)
    page = admin.get(path, start=1, num=100)
    assert [row["itemId"] for row in page["provisionedListings"]] == made
    assert page["nextStart"] == -1
    row = page["provisionedListings"][0]
    assert (row["licenseBy"], row["allowedUserLevels"], "entitlements" in row) == ("licenseByUser", "11, 1, 2", False)
    online.switch(listing_entitlements="present")
    assert admin.get(path)["provisionedListings"][0]["entitlements"] == ["a"]


def test_expired_add_ons_stay_until_revoked(admin: Http, online: Sandbox) -> None:
    name, old = bare_member(online), listing_named(online, "ArcGIS Business Analyst")
    online.change(name, entitlements={old["id"]: ["BusinessAnlyst"]})
    path = f"community/users/{name}/provisionedListings"
    assert admin.get(path)["total"] == 1
    assert admin.get(path, includeExpired="false")["total"] == 0
    assert message_of(give(admin, old, bare_member(online), "BusinessAnlyst")) == "item not provisioned"
    assert give(admin, old, name) == {"success": True}
    assert held(online, name, old) == []


def test_a_listing_for_all_members_is_not_revoked(admin: Http, online: Sandbox) -> None:
    name, shared = bare_member(online), listing_named(online, "ArcGIS Community Maps")
    path = f"community/users/{name}/provisionedListings"
    assert admin.get(path)["total"] == 0
    online.switch(organization_listing="present")
    assert [row["licenseBy"] for row in admin.get(path)["provisionedListings"]] == ["licenseByOrg"]
    assert message_of(give(admin, shared, name)) == "not licensed by user"
    assert admin.post(f"community/users/{name}/delete")["success"] is True


# -- assign and revoke ---------------------------------------------------------------------------------------------
def test_a_list_replaces_and_an_empty_one_revokes(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    name = bare_member(online)
    assert give(admin, drone, name, *drone["entitlements"]) == {"success": True}
    assert give(admin, drone, name, drone["entitlements"][1]) == {"success": True}
    assert held(online, name, drone) == [drone["entitlements"][1]]
    assert name in online.listing(drone["id"])["holders"]
    assert give(admin, drone, name) == {"success": True}
    assert held(online, name, drone) == []
    sent = {"users": [name]}
    answer = admin.post(f"content/listings/{drone['id']}/provisionUserEntitlements", userEntitlements=sent)
    assert answer == {"success": True}
    assert name not in online.listing(drone["id"])["holders"]


def test_a_listing_that_was_not_bought(admin: Http, online: Sandbox) -> None:
    answer = give(admin, {"id": "f" * 32}, bare_member(online), "x")
    assert answer == {"error": {"code": 400, "message": "item not provisioned", "details": []}}


def test_25_members_are_the_most(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    names = [row["username"] for row in members(online)[:26]]
    assert code_of(give(admin, drone, names)) == 400
    assert give(admin, drone, names[:25]) == {"success": True}


def test_licenses_are_counted_by_entitlement(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    names = [row["username"] for row in members(online, effectiveRole="org_user", entitlements={})[:3]]
    online.inspect("PATCH", f"listings/{drone['id']}", {"num": {"drone2mapStandard": 99, "drone2mapAdvanced": 2}})
    assert give(admin, drone, names[:2], "drone2mapAdvanced") == {"success": True}
    assert give(admin, drone, names[:2], "drone2mapAdvanced") == {"success": True}
    assert code_of(give(admin, drone, names[2], "drone2mapAdvanced")) == 400
    assert give(admin, drone, names[2], "drone2mapStandard") == {"success": True}
    online.switch(license_overdraw="accepted")
    assert give(admin, drone, names[2], "drone2mapAdvanced") == {"success": True}
    assert online.listing(drone["id"])["left"]["drone2mapAdvanced"] == -1
    online.switch(license_overdraw="error")
    assert give(admin, drone, names[0]) == {"success": True}
    assert code_of(give(admin, drone, names[0], "drone2mapAdvanced")) == 400


def test_one_bad_name(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    name = bare_member(online)
    assert "error" in give(admin, drone, ["nonexistent", name], "drone2mapStandard")
    assert held(online, name, drone) == []
    online.switch(provision_bad_name="others")
    assert give(admin, drone, ["nonexistent", name], "drone2mapStandard") == {"success": True}
    assert held(online, name, drone) == ["drone2mapStandard"]
    online.fault(operation="provisionUserEntitlements", kind="partial", names=[name])
    assert give(admin, drone, name) == {"success": True}
    assert held(online, name, drone) == ["drone2mapStandard"]


def test_an_unknown_entitlement(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    name = bare_member(online)
    assert code_of(give(admin, drone, name, "drone2mapStandard", "unheard of")) == 400
    online.switch(unknown_entitlement="ignored")
    assert give(admin, drone, name, "drone2mapStandard", "unheard of") == {"success": True}
    assert held(online, name, drone) == ["drone2mapStandard"]


def test_mail_is_sent_unless_suppressed(admin: Http, online: Sandbox, drone: dict[str, Any]) -> None:
    name = bare_member(online)
    give(admin, drone, name, "drone2mapStandard")
    assert online.mails() == []
    give(admin, drone, name, suppressCustomerEmail="false")
    assert [(mail["kind"], mail["username"]) for mail in online.mails()] == [("license", name)]


def test_what_a_user_type_can_hold(admin: Http, online: Sandbox, pro: dict[str, Any]) -> None:
    creator = bare_member(online)
    professional = members(online, userLicenseTypeId="GISProfessionalStdUT", entitlements={})[0]["username"]
    viewer = members(online, effectiveRole=VIEWER)[0]["username"]
    assert give(admin, pro, creator, "desktopAdvN", "spatialAnalystN") == {"success": True}
    assert give(admin, pro, creator, "spatialAnalystN") == {"success": True}
    assert code_of(give(admin, pro, creator, "desktopAdvN", "desktopStdN")) == 400
    assert code_of(give(admin, pro, professional, "desktopAdvN")) == 400
    assert give(admin, pro, professional, "networkAnalystN") == {"success": True}
    assert code_of(give(admin, pro, viewer, "desktopBasicN")) == 400


def test_an_offline_license_stays(admin: Http, online: Sandbox, pro: dict[str, Any]) -> None:
    name = bare_member(online)
    online.change(name, entitlements={pro["id"]: ["desktopAdvN"]}, offlineLicenses=[pro["id"]])
    for wanted in ([], ["desktopStdN"]):
        assert message_of(give(admin, pro, name, *wanted)) == OFFLINE
    sent = {"users": [name], "userLicenseType": "GISProfessionalStdUT"}
    row = admin.post("portals/self/updateUserLicenseType", **sent)["results"][0]
    assert (row["status"], row["error"]["message"]) == (False, OFFLINE)
    assert held(online, name, pro) == ["desktopAdvN"]


def test_enterprise_releases_an_offline_license(portal_admin: Http, enterprise: Sandbox) -> None:
    name, pro = bare_member(enterprise), listing_named(enterprise, "ArcGIS Pro")
    enterprise.change(name, entitlements={pro["id"]: ["desktopAdvN"]}, offlineLicenses=[pro["id"]])
    assert portal_admin.admin("license/releaseLicense", username=name) == {"status": "success"}
    assert give(portal_admin, pro, name) == {"success": True}
    assert portal_admin.admin("license/releaseLicense", username=name)["status"] == "error"


def test_a_type_that_forbids_an_add_on(admin: Http, online: Sandbox, pro: dict[str, Any]) -> None:
    name = bare_member(online)
    online.change(name, role=VIEWER, entitlements={pro["id"]: ["desktopStdN"]})

    def move(user_type: str) -> Any:
        sent = {"users": [name], "userLicenseType": user_type}
        return admin.post("portals/self/updateUserLicenseType", **sent)["results"][0]["status"]

    assert move("GISProfessionalStdUT") is True
    assert move("viewerUT") is False
    online.switch(type_change_addons="kept")
    assert move("viewerUT") is True
    assert held(online, name, pro) == ["desktopStdN"]
    online.change(name, userLicenseTypeId="creatorUT")
    online.switch(type_change_addons="dropped")
    assert move("viewerUT") is True
    assert held(online, name, pro) == []


def test_offline_use_can_be_switched_off(admin: Http, online: Sandbox, pro: dict[str, Any]) -> None:
    path = f"content/listings/{pro['id']}/setDisconnectSettings"
    assert admin.post(path, canDisconnect="false", maxDisconnectDuration=-1) == {"success": True}
    assert online.listing(pro["id"])["canDisconnect"] is False


# -- app bundles ---------------------------------------------------------------------------------------------------
def test_app_bundles_are_given_and_revoked(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    page = admin.get("portals/self/appBundles", num=100)
    bundle = page["appBundles"][0]["appBundleItemId"]
    assert (page["nextStart"], page["appBundles"][0]["name"]) == (-1, "Field apps")
    path = f"content/listings/{bundle}/provisionUserAppBundle"
    assert admin.post(path, users=name) == {"success": True}
    rows = admin.get(f"community/users/{name}/appBundles")["appBundles"]
    assert [(row["id"], row["apps"][0]["title"]) for row in rows] == [(bundle, "ArcGIS Field Maps")]
    assert admin.post(path, users=name, revoke="true") == {"success": True}
    assert admin.get(f"community/users/{name}/appBundles")["appBundles"] == []
    assert code_of(admin.post("content/listings/nothing/provisionUserAppBundle", users=name)) == 400


def test_the_limit_of_app_bundles(admin: Http, online: Sandbox) -> None:
    bundle = online.inspect("GET", "organization")["appBundles"][0]["id"]
    names = ",".join(row["username"] for row in members(online)[:26])
    path = f"content/listings/{bundle}/provisionUserAppBundle"
    assert code_of(admin.post(path, users=names)) == 400
    online.switch(bundle_limit="none")
    assert admin.post(path, users=names) == {"success": True}


def test_licenses_need_the_privilege(online: Sandbox, pro: dict[str, Any]) -> None:
    name = bare_member(online)
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    bundle = online.inspect("GET", "organization")["appBundles"][0]["id"]
    assert code_of(http.post(f"content/listings/{bundle}/provisionUserAppBundle", users="x")) == 403
    assert code_of(give(http, pro, name, "desktopStdN")) == 403
    assert code_of(http.get(f"content/listings/{pro['id']}/userEntitlements")) == 403
    assert code_of(http.get(f"community/users/{online.username}/appBundles")) == 403
    assert http.get(f"community/users/{name}/provisionedListings")["total"] == 0
    http.close()


def test_a_search_finds_the_holders_of_an_app_bundle_and_lags_behind(admin: Http, online: Sandbox) -> None:
    bundle = online.inspect("GET", "organization")["appBundles"][0]["id"]

    def found() -> set[str]:
        rows = admin.get("portals/self/users/search", q=f"appbundle:{bundle}", num=100)["results"]
        assert all("appBundle" not in row for row in rows)
        return {row["username"] for row in rows}

    before = {row["username"] for row in members(online) if bundle in row["appBundles"]}
    assert found() == before
    name = bare_member(online)
    online.switch(search_lag="2 reads")
    admin.post(f"content/listings/{bundle}/provisionUserAppBundle", users=name, revoke="false")
    assert [found() - before for _read in range(3)] == [set(), set(), {name}]
