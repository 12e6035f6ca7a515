# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invitations of ArcGIS Online and new-member defaults."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, code_of, members, message_of

NAME = "newcomer_sandbox"


def row(username: str = NAME, **changes: Any) -> dict[str, Any]:
    return {
        "username": username, "password": "Long-enough-1", "firstname": "New", "lastname": "Comer",
        "email": f"{username}@example.com", "role": "org_user", "userLicenseType": "creatorUT",
        "applyActUserDefaults": False, **changes,
    }  # fmt: skip


def invite(http: Http, *rows: dict[str, Any], **more: Any) -> Any:
    return http.post("portals/self/invite", invitationList={"invitations": list(rows), **more})


def pending(portal: Sandbox, **fields: Any) -> list[dict[str, Any]]:
    return list(portal.inspect("POST", "invitations", {"email": "x@example.com", **fields}))


def roomy(portal: Sandbox) -> None:
    portal.inspect("PATCH", "organization", {"seats": {"creatorUT": 900}, "maxUsers": 900})


# -- invite --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("switch", "most"), [("25", 25), ("1", 1), ("none", 40)])
def test_how_many_invitations_fit_in_a_request(admin: Http, online: Sandbox, switch: str, most: int) -> None:
    roomy(online)
    online.switch(invite_limit=switch)
    rows = [row(f"newcomer_{number}") for number in range(most + 1)]
    if switch != "none":
        assert code_of(invite(admin, *rows)) == 400
        assert "error" in admin.get("community/users/newcomer_0")
    assert invite(admin, *rows[:most]) == {"success": True, "notInvited": []}
    assert online.member(f"newcomer_{most - 1}")["role"] == "org_user"


def test_refusals_are_by_row(admin: Http, online: Sandbox) -> None:
    rows = [row("one_of_three"), row("two_of_three", role="Nothing"), row("three_of_three")]
    assert invite(admin, *rows) == {"success": True, "notInvited": ["two_of_three"]}
    assert {"one_of_three", "three_of_three"} <= {each["username"] for each in online.inspect("GET", "members")}


def test_administrative_roles_are_not_given(admin: Http, online: Sandbox) -> None:
    roles = {each["name"]: each["id"] for each in online.inspect("GET", "organization")["roles"]}
    for role in ("org_admin", roles["Member Manager"], roles["Site Operator"]):
        assert code_of(invite(admin, row(role=role))) == 400
    assert invite(admin, row(role=roles["Field Lead"])) == {"success": True, "notInvited": []}


def test_groups_and_add_ons_of_an_invitation(admin: Http, online: Sandbox) -> None:
    groups = [online.put_group(online.username)["id"] for _each in range(2)]
    listing = online.inspect("GET", "listings")[0]
    bundle = online.inspect("GET", "organization")["appBundles"][0]["id"]
    apps = [{"itemId": listing["id"], "entitlements": listing["entitlements"][:1]}]
    invite(admin, row(groups=",".join(groups)), apps=apps, appBundles=[{"itemId": bundle}])
    found = online.member(NAME)
    assert (found["memberGroups"], found["appBundles"]) == (groups, [bundle])
    assert found["entitlements"] == {listing["id"]: listing["entitlements"][:1]}
    assert NAME in online.listing(listing["id"])["holders"]


def test_the_member_limit_counts_pending_invitations(admin: Http, online: Sandbox) -> None:
    online.inspect("PATCH", "organization", {"maxUsers": 123})
    assert "maximum number of members" in message_of(invite(admin, row()))
    assert "pending invitations" in message_of(admin.post("portals/self/inviteByEmail", emails="a@example.com"))
    online.switch(invitations_hold_seats="no")
    assert invite(admin, row())["notInvited"] == []


def test_mail_goes_to_accounts_without_a_password(admin: Http, online: Sandbox) -> None:
    invite(admin, row("with_password"), row("without_one", password=None))
    assert [(mail["kind"], mail["username"]) for mail in online.mails()] == [("account", "without_one")]
    admin.post("portals/self/inviteByEmail", emails="a@example.com")
    assert online.mails()[-1]["to"] == "a@example.com"


def test_enterprise_logins_may_be_pending(admin: Http, online: Sandbox) -> None:
    online.switch(invite_enterprise="pending")
    sent = row(password=None, targetUserProvider="enterprise", idpUsername="new@idp")
    assert invite(admin, sent) == {"success": True, "notInvited": []}
    assert "error" in admin.get(f"community/users/{NAME}")
    found = [each for each in admin.get("portals/self/invitations", num=100)["invitations"] if each["username"]]
    assert [(each["username"], each["fromUsername"]) for each in found] == [(NAME, online.username)]
    assert invite(admin, row()) == {"success": True, "notInvited": [NAME]}


# -- pending and lapsed --------------------------------------------------------------------------------------------
def test_pending_invitations_have_pages(admin: Http, online: Sandbox) -> None:
    for number in range(9):
        pending(online, email=f"p{number}@example.com")
    page = admin.get("portals/self/invitations", num=5)
    assert (page["total"], page["num"], page["nextStart"]) == (12, 5, 6)
    assert {"id", "targetType", "received", "accepted", "mustApprove", "email", "role", "type", "expiration",
            "created", "username", "fromUsername"} <= set(page["invitations"][0])  # fmt: skip
    assert admin.post("portals/self/invitations", num=100, start=6)["nextStart"] == -1
    one = page["invitations"][0]
    assert admin.get(f"portals/self/invitations/{one['id']}") == one
    assert admin.post(f"portals/self/invitations/{one['id']}/delete") == {"success": True}
    assert code_of(admin.get(f"portals/self/invitations/{one['id']}")) == 400


def test_a_lapsed_invitation_holds_nothing(admin: Http, online: Sandbox) -> None:
    made = pending(online, expiration=int(time.time() * 1000) - 1000)
    assert made[-1]["lapsed"] is True
    assert admin.get("portals/self/invitations")["total"] == 3
    assert code_of(admin.post(f"portals/self/invitations/{made[-1]['id']}/delete")) == 400


def test_a_lapsed_name_gets_a_digit(admin: Http, online: Sandbox) -> None:
    pending(online, username=NAME, expiration=int(time.time() * 1000) - 1000)
    assert invite(admin, row()) == {"success": True, "notInvited": []}
    assert "error" in admin.get(f"community/users/{NAME}")
    assert admin.get(f"community/users/{NAME}1")["username"] == f"{NAME}1"
    online.switch(lapsed_name="not_invited")
    assert invite(admin, row()) == {"success": True, "notInvited": [NAME]}


def test_a_deleted_invitation_does_not_free_the_name(admin: Http, online: Sandbox) -> None:
    made = pending(online, username=NAME)[-1]
    assert invite(admin, row()) == {"success": True, "notInvited": [NAME]}
    admin.post(f"portals/self/invitations/{made['id']}/delete")
    assert invite(admin, row()) == {"success": True, "notInvited": []}
    assert "error" in admin.get(f"community/users/{NAME}")


# -- new-member defaults -------------------------------------------------------------------------------------------
def defaults(http: Http) -> Any:
    return http.get("portals/self/userDefaultSettings")


def set_defaults(http: Http, **sent: Any) -> Any:
    return http.post("portals/self/setUserDefaultSettings", **sent)


def test_defaults_are_set_and_deleted(admin: Http, online: Sandbox) -> None:
    group, listing = online.put_group(online.username)["id"], online.inspect("GET", "listings")[0]
    apps = [{"itemId": listing["id"], "entitlements": listing["entitlements"][:1]}]
    sent: dict[str, Any] = {"role": "org_user", "userLicenseType": "creatorUT", "groups": [group], "apps": apps}
    assert set_defaults(admin, **sent) == {"success": True}
    found = defaults(admin)
    assert {name: found[name] for name in sent} == sent
    assert set_defaults(admin, apps="", clearEmptyFields="true") == {"success": True}
    assert set_defaults(admin, groups="") == {"success": True}
    assert (defaults(admin)["apps"], defaults(admin)["groups"], defaults(admin)["role"]) == ([], [], "org_user")
    assert admin.post("portals/self/userDefaultSettings/delete") == {"success": True}
    assert defaults(admin) == {}
    online.switch(defaults_unset="empty_keys")
    assert defaults(admin)["groups"] == []


def test_defaults_that_are_refused(admin: Http, online: Sandbox) -> None:
    roles = {each["name"]: each["id"] for each in online.inspect("GET", "organization")["roles"]}
    before = defaults(admin)
    for sent in (
        {"role": "org_admin"}, {"role": roles["Member Manager"]}, {"role": "nothing"}, {"userLicenseType": "nothing"},
        {"role": "org_user", "userLicenseType": "viewerUT"}, {"groups": ["nothing"]},
        {"apps": [{"itemId": str(number)} for number in range(11)]},
    ):  # fmt: skip
        assert code_of(set_defaults(admin, **sent)) == 400
    assert defaults(admin) == before


def test_defaults_reach_new_accounts_only(admin: Http, online: Sandbox) -> None:
    roomy(online)
    group, listing = online.put_group(online.username)["id"], online.inspect("GET", "listings")[0]
    set_defaults(admin, groups=[group], apps=[{"itemId": listing["id"], "entitlements": listing["entitlements"][:1]}])
    old = members(online)[0]["username"]
    assert group not in online.member(old)["memberGroups"]
    without = row("set_to_false")
    left_open = {name: value for name, value in row("left_open").items() if name != "applyActUserDefaults"}
    invite(admin, without, left_open, row("set_to_true", applyActUserDefaults=True))
    groups = {name: online.member(name)["memberGroups"] for name in ("set_to_false", "left_open", "set_to_true")}
    assert groups == {"set_to_false": [], "left_open": [group], "set_to_true": [group]}
    assert list(online.member("set_to_true")["entitlements"]) == [listing["id"]]
    online.switch(invite_defaults="not_applied")
    invite(admin, {**left_open, "username": "left_open_again"})
    assert online.member("left_open_again")["memberGroups"] == []


def test_whether_a_profile_changes_the_identity_name_is_open(admin: Http, online: Sandbox) -> None:
    name = members(online, provider="enterprise")[0]["username"]
    before = online.member(name)["idpUsername"]
    assert admin.post(f"community/users/{name}/update", idpUsername="other@idp")["success"] is True
    assert online.member(name)["idpUsername"] == before
    online.switch(online_idp_username="changed")
    assert admin.post(f"community/users/{name}/update", idpUsername="other@idp")["success"] is True
    assert online.member(name)["idpUsername"] == "other@idp"


def test_rows_of_invitations_can_have_few_fields(admin: Http, online: Sandbox) -> None:
    pending(online, username="awaited_person", fromUsername="sponsor")
    whole = next(row for row in admin.get("portals/self/invitations")["invitations"] if row["username"])
    assert whole["targetType"] == "organization" and whole["expiration"] > whole["created"]
    online.switch(invitation_rows="sparse")
    sparse = next(row for row in admin.get("portals/self/invitations")["invitations"] if row["username"])
    assert set(sparse) == {"id", "email", "username", "role", "fromUsername", "created"}
    assert admin.get(f"portals/self/invitations/{sparse['id']}") == sparse
