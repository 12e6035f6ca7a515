# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New accounts: invitations on Online, createUser on Enterprise, and the rest of portaladmin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members, message_of


def invitation(**changes: Any) -> dict[str, Any]:
    return {
        "username": "newcomer_sandbox", "password": "Long-enough-1", "firstname": "New", "lastname": "Comer",
        "fullname": "New Comer", "email": "new@example.com", "role": "org_user", "userLicenseType": "creatorUT",
        "groups": "", "userCreditAssignment": -1, **changes,
    }  # fmt: skip


def invite(http: Http, *rows: dict[str, Any]) -> Any:
    sent = {"invitations": list(rows), "apps": [], "appBundles": []}
    return http.post("portals/self/invite", invitationList=sent)


# -- Online --------------------------------------------------------------------------------------------------------
def test_an_account_with_a_password_exists_at_once(admin: Http, online: Sandbox) -> None:
    assert invite(admin, invitation()) == {"success": True, "notInvited": []}
    user = admin.get("community/users/newcomer_sandbox")
    assert (user["fullName"], user["firstName"], user["lastName"]) == ("New Comer", "New", "Comer")
    assert (user["role"], user["userLicenseTypeId"], user["assignedCredits"]) == ("org_user", "creatorUT", -1.0)
    assert (user["lastLogin"], user["disabled"], user["provider"]) == (-1, False, "arcgis")
    sent = {"username": "newcomer_sandbox", "password": "Long-enough-1", "client": "requestip"}
    assert "token" in admin.post("generateToken", **sent)
    assert online.member("newcomer_sandbox")["lastLogin"] > 0


def test_saml_members_and_credits(admin: Http, online: Sandbox) -> None:
    row = invitation(password=None, targetUserProvider="enterprise", idpUsername="new@idp", userCreditAssignment=75)
    invite(admin, row)
    user = admin.get("community/users/newcomer_sandbox")
    assert (user["provider"], user["idpUsername"], user["assignedCredits"]) == ("enterprise", "new@idp", 75.0)


def test_the_default_credits(admin: Http) -> None:
    row = invitation()
    del row["userCreditAssignment"]
    invite(admin, row)
    assert admin.get("community/users/newcomer_sandbox")["assignedCredits"] == 100.0


@pytest.mark.parametrize(
    "username",
    ["portal_admin", "PORTAL_ADMIN", "outsider_elsewhere", "once_deleted", "short", "with space", "bad/name"],
)
def test_names_that_are_taken_or_wrong(admin: Http, online: Sandbox, username: str) -> None:
    rows = [invitation(username=username), invitation(username="fine_and_free")]
    assert invite(admin, *rows) == {"success": True, "notInvited": [username]}
    assert online.member("fine_and_free")["username"] == "fine_and_free"
    online.switch(invite_refusal="error")
    assert code_of(invite(admin, invitation(username=username))) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "org_admin"}, {"role": "org_user", "userLicenseType": "viewerUT"},
        {"userLicenseType": "CreatorUT"}, {"password": "short"},
    ],
)  # fmt: skip
def test_values_that_are_refused_outright(admin: Http, changes: dict[str, Any]) -> None:
    assert code_of(invite(admin, invitation(**changes))) == 400
    assert "error" in admin.get("community/users/newcomer_sandbox")


def test_no_seat_no_account(admin: Http, online: Sandbox) -> None:
    online.inspect("PATCH", "organization", {"seats": {"creatorUT": 1}})
    assert invite(admin, invitation())["notInvited"] == ["newcomer_sandbox"]


def test_inviting_is_onlines_way(portal_admin: Http) -> None:
    assert code_of(invite(portal_admin, invitation())) == 400


def test_inviting_needs_the_privilege(online: Sandbox) -> None:
    http = Http(online, online.inspect("POST", "tokens", {"username": bare_member(online)})["token"])
    assert code_of(invite(http, invitation())) == 403
    assert code_of(http.get("portals/self/invitations")) == 403
    http.close()


def test_pending_invitations(admin: Http) -> None:
    before = admin.get("portals/self/invitations", num=2)
    assert (before["total"], len(before["invitations"]), before["nextStart"]) == (3, 2, 3)
    sent: dict[str, Any] = {
        "emails": "a@example.com,b@example.com",
        "role": "org_user",
        "expiration": 1440,
        "message": "Welcome",
    }
    assert admin.post("portals/self/inviteByEmail", **sent) == {"success": True}
    rows = admin.get("portals/self/invitations", num=100)["invitations"]
    assert [row["email"] for row in rows[3:]] == ["a@example.com", "b@example.com"]
    path = f"portals/self/invitations/{rows[3]['id']}/delete"
    assert admin.post(path) == {"success": True}
    assert code_of(admin.post(path)) == 400
    assert admin.get("portals/self/invitations")["total"] == 4
    assert code_of(admin.post("portals/self/inviteByEmail", **{**sent, "expiration": 7})) == 400


# -- Enterprise ----------------------------------------------------------------------------------------------------
def account(**changes: Any) -> dict[str, Any]:
    return {
        "username": "newcomer", "password": "Long-enough-1", "firstname": "New", "lastname": "Comer",
        "email": "new@example.com", "role": "org_user", "userLicenseTypeId": "creatorUT", "provider": "arcgis",
        "description": "made", "applyDefaults": "false", **changes,
    }  # fmt: skip


def create(http: Http, **changes: Any) -> Any:
    sent = {name: value for name, value in account(**changes).items() if value is not None}
    return http.admin("security/users/createUser", **sent)


def refusal(answer: Any) -> str:
    assert set(answer) == {"status", "messages", "code"}
    assert answer["status"] == "error"
    return str(answer["messages"][0])


def test_an_account_is_created(portal_admin: Http) -> None:
    assert create(portal_admin) == {"status": "success"}
    user = portal_admin.get("community/users/newcomer")
    assert (user["fullName"], user["email"], user["description"]) == ("New Comer", "new@example.com", "made")
    assert (user["role"], user["userLicenseTypeId"], user["level"]) == ("org_user", "creatorUT", "2")


def test_the_answer_may_carry_the_name(portal_admin: Http, enterprise: Sandbox) -> None:
    enterprise.switch(create_name="present")
    assert create(portal_admin) == {"status": "success", "username": "newcomer"}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"username": "portal_admin"}, "exists"), ({"username": "Portal_Admin"}, "exists"),
        ({"username": "short"}, "6 to 24"), ({"username": "x" * 25}, "6 to 24"), ({"username": "no space"}, "6 to 24"),
        ({"password": "short"}, "8 characters"), ({"password": "newcomer"}, "username"),
        ({"userLicenseTypeId": "CreatorUT"}, "Unrecognized"),
        ({"role": "account_user"}, "Invalid values"), ({"userLicenseTypeId": "viewerUT"}, "Invalid values"),
        ({"password": None}, "Invalid request"), ({"email": None}, "Invalid request"),
        ({"lastname": ""}, "Invalid request"), ({"userLicenseTypeId": None}, "Invalid request"),
        ({"provider": "google"}, "Invalid request"),
        ({"provider": "enterprise"}, "Invalid request"),
    ],
)  # fmt: skip
def test_refusals_have_a_shape_of_their_own(
    portal_admin: Http, enterprise: Sandbox, changes: dict[str, Any], word: str
) -> None:
    total = enterprise.inspect("GET", "organization")["members"]
    assert word in refusal(create(portal_admin, **changes))
    enterprise.switch(admin_error="error")
    assert word in message_of(create(portal_admin, **changes))
    assert enterprise.inspect("GET", "organization")["members"] == total


def test_no_seat_no_enterprise_account(portal_admin: Http, enterprise: Sandbox) -> None:
    enterprise.inspect("PATCH", "organization", {"seats": {"creatorUT": 1}})
    assert "license" in refusal(create(portal_admin))


def test_accounts_of_the_identity_provider(portal_admin: Http, enterprise: Sandbox) -> None:
    sent = {"username": "ACME\\ncomer", "provider": "enterprise", "idpUsername": "ncomer", "password": None}
    assert create(portal_admin, **sent) == {"status": "success"}
    assert portal_admin.get("community/users/ncomer%40ACME")["username"] == "ncomer@ACME"
    assert "exists" in refusal(create(portal_admin, **sent))
    assert portal_admin.admin("security/users/getEnterpriseUser", username="ncomer")["username"] == "ncomer@ACME"
    assert portal_admin.admin("security/users/searchEnterpriseUsers", filter="ncomer")["totalUsers"] == 1
    assert "not found" in refusal(portal_admin.admin("security/users/getEnterpriseUser", username="nope"))


def test_only_the_name_at_the_identity_provider_changes(portal_admin: Http, enterprise: Sandbox) -> None:
    name = bare_member(enterprise)
    path = "security/users/updateEnterpriseUser"
    assert "enterprise user" in refusal(portal_admin.admin(path, username=name, idpUsername="other@idp"))
    assert enterprise.member(name)["provider"] == "arcgis"
    name = members(enterprise, provider="enterprise")[0]["username"]
    assert portal_admin.admin(path, username=name, idpUsername="other@idp") == {"status": "success"}
    user = portal_admin.get(f"community/users/{name}")
    assert (user["provider"], user["idpUsername"]) == ("enterprise", "other@idp")
    assert portal_admin.admin("security/users/refreshMembership", users=name) == {"status": "success"}


def test_new_member_defaults_apply_unless_switched_off(portal_admin: Http, enterprise: Sandbox) -> None:
    group = enterprise.inspect("POST", "groups", {"owner": enterprise.username})["id"]
    bundle = enterprise.inspect("GET", "organization")["appBundles"][0]["id"]
    more = {"categories": ["/Categories/Contract"], "groups": [group], "appBundles": [bundle]}
    enterprise.inspect("PATCH", "organization", {"defaults": more})
    create(portal_admin, username="without")
    assert (enterprise.member("without")["memberGroups"], enterprise.member("without")["appBundles"]) == ([], [])
    create(portal_admin, username="with_them", applyDefaults=None)
    found = enterprise.member("with_them")
    assert (found["memberGroups"], found["appBundles"]) == ([group], [bundle])
    assert (found["categories"], found["effectiveRole"]) == (["/Categories/Contract"], "org_user")
    create(portal_admin, username="left_open", applyDefaults="true", role=None, userLicenseTypeId=None)
    found = enterprise.member("left_open")
    assert (found["effectiveRole"], found["userLicenseTypeId"]) == ("iAAAAAAAAAAAAAAA", "viewerUT")
    enterprise.switch(defaults_win="override")
    create(portal_admin, username="overridden", applyDefaults="true")
    assert enterprise.member("overridden")["userLicenseTypeId"] == "viewerUT"


def test_before_11_5_there_are_no_defaults_to_apply(enterprise: Sandbox) -> None:
    enterprise.reset(version="10.3")
    http = Http(enterprise, enterprise.inspect("POST", "tokens", {"username": enterprise.username})["token"])
    assert create(http, role=None, applyDefaults="true") == {"status": "success"}
    assert enterprise.member("newcomer")["effectiveRole"] == "org_user"
    http.close()


def test_before_user_types_an_account_takes_a_level(legacy_admin: Http, legacy: Sandbox) -> None:
    sent = {"userLicenseTypeId": None, "applyDefaults": None}
    assert create(legacy_admin, level="2", **sent) == {"status": "success"}
    assert legacy_admin.get("community/users/newcomer")["level"] == "2"
    assert "level" in refusal(create(legacy_admin, username="another", level="1", **sent))
    legacy.inspect("PATCH", "organization", {"levelSeats": {"2": 1}})
    assert "Maximum" in refusal(create(legacy_admin, username="another", level="2", **sent))


def test_where_the_token_of_portaladmin_may_be(portal_admin: Http, enterprise: Sandbox) -> None:
    assert create(portal_admin) == {"status": "success"}
    enterprise.switch(admin_token="body_only")
    refused = create(portal_admin, username="another")
    assert refused["error"]["code"] == 499
    token = enterprise.inspect("POST", "tokens", {"username": enterprise.username})["token"]
    assert create(portal_admin, username="another", token=token) == {"status": "success"}


def test_portaladmin_needs_its_privilege(enterprise: Sandbox) -> None:
    http = Http(enterprise, enterprise.inspect("POST", "tokens", {"username": bare_member(enterprise)})["token"])
    assert http.admin("security/config")["code"] == 403
    role = next(r["id"] for r in enterprise.inspect("GET", "organization")["roles"] if r["name"] == "Member Manager")
    enterprise.change(bare_member(enterprise), role=role)
    adder = Http(enterprise, enterprise.inspect("POST", "tokens", {
        "username": members(enterprise, effectiveRole=role)[0]["username"]})["token"])  # fmt: skip
    assert create(adder) == {"status": "success"}
    assert adder.admin("security/config")["code"] == 403
    assert create(adder, username="another", role="org_admin")["code"] == 403
    http.close()
    adder.close()


@pytest.mark.parametrize("code", [499, 403])
def test_the_license_page_needs_a_privilege(enterprise: Sandbox, portal_admin: Http, code: int) -> None:
    enterprise.switch(license_page=str(code))
    http = Http(enterprise, enterprise.inspect("POST", "tokens", {"username": bare_member(enterprise)})["token"])
    answer = http.get("license", http.admin_root)
    assert code_of(answer) == 499 if code == 499 else answer["code"] == 403
    assert "userTypes" in portal_admin.get("license", portal_admin.admin_root)
    enterprise.switch(license_page="refused")
    assert code_of(portal_admin.get("license", portal_admin.admin_root)) == 499
    http.close()


def test_license_counts(portal_admin: Http, enterprise: Sandbox) -> None:
    found = portal_admin.admin("license")
    assert found["currentRegisteredMembers"] == 120
    assert found["maximumRegisteredMembers"] >= 120
    used = enterprise.inspect("GET", "organization")["userTypes"]
    rows = {row["id"]: row for row in found["userTypes"]}
    assert {
        key: row["currentRegisteredMembers"] for key, row in rows.items() if row["currentRegisteredMembers"]
    } == used
    assert all(row["maximumRegisteredMembers"] >= row["currentRegisteredMembers"] for row in rows.values())


def test_the_security_config_and_the_root(portal_admin: Http) -> None:
    config = portal_admin.admin("security/config")
    assert {"defaultRoleForUser", "defaultUserTypeIdForUser", "enableAutomaticAccountCreation"} <= set(config)
    assert "security" in portal_admin.admin("")["resources"]


def test_online_has_no_portaladmin(admin: Http) -> None:
    answer = admin.send("POST", "license", admin.admin_root, data={"f": "json"})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")
