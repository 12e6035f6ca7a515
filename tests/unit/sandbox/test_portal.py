# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""portals/self, its settings, counts and new-member defaults."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of

ONLINE_FIELDS = {
    "isPortal": bool, "portalName": str, "portalMode": str, "id": str, "urlKey": str, "customBaseUrl": str,
    "portalHostname": str, "currentVersion": str, "user": dict, "subscriptionInfo": dict, "availableCredits": float,
    "creditAssignments": str, "hasMemberCategorySchema": bool, "maxTokenExpirationMinutes": int,
    "updateUserProfileDisabled": bool, "mfaEnabled": bool, "mfaAdmins": list, "canSignInArcGIS": bool,
    "canSignInIDP": bool, "canSignInOIDC": bool, "recycleBinEnabled": bool, "isReadOnly": bool,
    "defaultUserCreditAssignment": float,
}  # fmt: skip


def test_online_as_its_administrator_sees_it(admin: Http) -> None:
    portal = admin.get("portals/self")
    for name, kind in ONLINE_FIELDS.items():
        assert portal[name].__class__ is kind, name
    assert (portal["isPortal"], portal["portalName"], portal["portalMode"]) == (False, "ArcGIS Online", "multitenant")
    assert portal["currentVersion"] == "2025.1"
    assert portal["user"]["orgId"] == portal["id"]
    assert "groups" not in portal["user"]
    assert "enterpriseVersion" not in portal
    seats = portal["subscriptionInfo"]
    assert all(count.__class__ is int for count in seats["userLicenseTypes"].values())
    assert set(seats["maxUsersPerLevel"]) == {"1", "2", "11"}
    assert portal["creditAssignments"] == "enabled"


def test_enterprise_as_its_administrator_sees_it(portal_admin: Http, enterprise: Sandbox) -> None:
    portal = portal_admin.get("portals/self")
    assert (portal["isPortal"], portal["portalMode"], portal["id"]) == (True, "singletenant", "0123456789ABCDEF")
    assert portal["portalName"] != "ArcGIS Online"
    assert (portal["currentVersion"], portal["enterpriseVersion"]) == ("2025.1", "11.5.0")
    assert enterprise.url.endswith("/portal")
    assert portal["portalHostname"] == enterprise.url.partition("://")[2]
    assert not {"urlKey", "creditAssignments", "availableCredits", "defaultUserCreditAssignment"} & set(portal)


def test_legacy_portal_counts_by_level(legacy_admin: Http) -> None:
    portal = legacy_admin.get("portals/self")
    assert portal["currentVersion"] == "5.4"
    assert set(portal["subscriptionInfo"]["maxUsersPerLevel"]) == {"1", "2"}
    assert "userLicenseTypes" not in portal["subscriptionInfo"]
    assert "userLicenseTypeId" not in portal["user"]
    assert "categories" not in portal["user"]


def test_a_version_can_be_lowered(enterprise: Sandbox) -> None:
    enterprise.reset(version="10.1")
    http = Http(enterprise, enterprise.inspect("POST", "tokens", {"username": enterprise.username})["token"])
    portal = http.get("portals/self")
    assert (portal["currentVersion"], portal["enterpriseVersion"]) == ("10.1", "11.0.0")
    assert "memberCategorySchema" in http.get("portals/self/memberCategorySchema")
    enterprise.reset(version="8.4")
    assert code_of(http.get("portals/self/memberCategorySchema")) == 400
    http.close()


def test_anonymous_view_has_no_user(anonymous: Http) -> None:
    portal = anonymous.get("portals/self")
    assert portal["isPortal"] is False
    assert not {"user", "id", "subscriptionInfo", "availableCredits"} & set(portal)


def test_plain_members_see_no_subscription(online: Sandbox) -> None:
    name = bare_member(online)
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    portal = http.get("portals/self")
    assert portal["user"]["username"] == name
    assert "subscriptionInfo" not in portal
    http.close()


def test_own_id_names_the_portal_and_another_does_not(admin: Http) -> None:
    own = admin.get("portals/self")["id"]
    assert admin.get(f"portals/{own}")["user"]["username"] == admin.portal.username
    assert code_of(admin.get("portals/someoneElse0000")) == 403


def test_budgeting_off_takes_the_credit_fields_away(admin: Http) -> None:
    assert admin.post("portals/self/update", creditAssignments="disabled") == {"success": True}
    portal = admin.get("portals/self")
    assert "creditAssignments" not in portal
    assert not {"assignedCredits", "availableCredits"} & set(portal["user"])
    assert admin.post("portals/self/update", creditAssignments="enabled") == {"success": True}
    assert admin.get("portals/self")["user"]["assignedCredits"] == -1.0


def test_only_named_keys_change(admin: Http) -> None:
    assert admin.post("portals/self/update", defaultUserCreditAssignment="250", unknownKey="x") == {"success": True}
    portal = admin.get("portals/self")
    assert portal["defaultUserCreditAssignment"] == 250.0
    assert portal["creditAssignments"] == "enabled"
    admin.post("portals/self/update", name="Renamed", defaultUserCreditAssignment="-1")
    portal = admin.get("portals/self")
    assert (portal["name"], portal["defaultUserCreditAssignment"]) == ("Renamed", -1.0)


def test_own_credit_fields_can_be_switched_off(online: Sandbox, admin: Http) -> None:
    online.switch(self_user_credits="absent")
    assert "assignedCredits" not in admin.get("portals/self")["user"]


@pytest.mark.parametrize(("kind", "value"), [("float", 21839.219), ("int", 21839), ("string", "21839.219")])
def test_credit_numbers_come_in_three_types(online: Sandbox, admin: Http, kind: str, value: Any) -> None:
    online.switch(number_types=kind)
    found = admin.get("portals/self")["availableCredits"]
    assert found == value
    assert found.__class__ is value.__class__


def test_read_only_portals_refuse_writes(online: Sandbox, admin: Http) -> None:
    online.inspect("PATCH", "organization", {"settings": {"isReadOnly": True}})
    assert admin.get("portals/self")["isReadOnly"] is True
    assert "error" in admin.post("portals/self/update", name="x")


def test_counts(online: Sandbox, admin: Http) -> None:
    answer = admin.get("portals/self/users/counts", type="userLicenseType", num=100)
    assert set(answer) == {"results", "nextStart"}
    assert {row["key"]: row["count"] for row in answer["results"]} == online.inspect("GET", "organization")["userTypes"]
    roles = admin.get("portals/self/users/counts", type="role", num=100)["results"]
    assert sum(row["count"] for row in roles) == 120
    page = admin.get("portals/self/users/counts", type="role", num=2)
    assert (len(page["results"]), page["nextStart"]) == (2, 3)
    for kind in ("app", "appBundle"):
        assert "results" in admin.get("portals/self/users/counts", type=kind)
    assert code_of(admin.get("portals/self/users/counts", type="shoeSize")) == 400
    online.switch(counts="missing")
    assert code_of(admin.get("portals/self/users/counts", type="role")) == 400


def test_new_member_defaults(online: Sandbox, admin: Http) -> None:
    defaults = admin.get("portals/self/userDefaultSettings")
    assert set(defaults) == {"role", "userLicenseType", "groups", "userType", "apps", "appBundles", "categories"}
    sent: dict[str, Any] = {"role": "org_publisher", "userLicenseType": "creatorUT"}
    sent["categories"] = ["/Categories/Contract/Student"]
    assert admin.post("portals/self/setUserDefaultSettings", **sent) == {"success": True}
    assert admin.get("portals/self/userDefaultSettings") == {**defaults, **sent}


def test_old_portals_have_no_defaults(legacy_admin: Http) -> None:
    assert code_of(legacy_admin.get("portals/self/userDefaultSettings")) == 400


def test_languages_and_regions(anonymous: Http) -> None:
    assert {"culture", "language"} <= set(anonymous.get("portals/languages")[0])
    assert "WO" in [row["region"] for row in anonymous.get("portals/regions")]
