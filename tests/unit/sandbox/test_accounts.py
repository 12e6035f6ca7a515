# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing accounts: profile, enable and disable, removal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members, message_of


def role_named(portal: Sandbox, name: str) -> str:
    roles = portal.inspect("GET", "organization")["roles"]
    return str(next(role["id"] for role in roles if role["name"] == name))


@pytest.fixture
def manager(online: Sandbox) -> Iterator[Http]:
    """A member with a custom role that looks after accounts, without being an Administrator."""
    name = bare_member(online)
    online.change(name, role=role_named(online, "Member Manager"))
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    yield http
    http.close()


def update(http: Http, name: str, **data: Any) -> Any:
    return http.post(f"community/users/{name}/update", **data)


# -- profile -------------------------------------------------------------------------------------------------------
def test_only_named_properties_change(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    before = online.member(name)
    answer = update(
        admin, name, fullname="New Name", firstName="New", email="new@example.com", region="CH", access="public"
    )
    assert answer == {"success": True, "username": name}
    after = online.member(name)
    changed = {key for key in after if after[key] != before[key]}
    assert changed - {"modified", "updates"} == {"fullName", "firstName", "email", "region", "access"} & changed
    assert (after["fullName"], after["firstName"], after["lastName"]) == ("New Name", "New", before["lastName"])


@pytest.mark.parametrize(
    "sent", [{"level": "1"}, {"role": "org_admin"}, {"userLicenseTypeId": "viewerUT"}, {"fullName": "X"}, {"shoe": "9"}]
)
def test_unknown_keys_are_ignored_with_success(admin: Http, online: Sandbox, sent: dict[str, str]) -> None:
    name = bare_member(online)
    before = online.member(name)
    assert update(admin, name, **sent)["success"] is True
    assert online.member(name) == before


def test_empty_text_clears_only_with_the_flag(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, description="something", tags=["a"])
    update(admin, name, description="", tags="")
    assert (online.member(name)["description"], online.member(name)["tags"]) == ("something", ["a"])
    update(admin, name, description="", tags="", clearEmptyFields="true")
    assert (online.member(name)["description"], online.member(name)["tags"]) == (None, [])


def test_tags_are_a_comma_list_and_a_comma_clears(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    update(admin, name, tags="b, a,,c")
    assert online.member(name)["tags"] == ["b", "a", "c"]
    update(admin, name, tags=",")
    assert online.member(name)["tags"] == []


def test_full_name_may_follow_its_parts(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, fullName="Kept Name", firstName="Kept", lastName="Name")
    update(admin, name, firstName="Other")
    assert online.member(name)["fullName"] == "Kept Name"
    online.switch(fullname="recomputed")
    update(admin, name, firstName="Third")
    assert online.member(name)["fullName"] == "Third Name"
    update(admin, name, firstName="Fourth", fullname="As Sent")
    assert online.member(name)["fullName"] == "As Sent"


@pytest.mark.parametrize(("key", "value"), [("access", "secret"), ("userType", "neither")])
def test_choices_are_checked(admin: Http, online: Sandbox, key: str, value: str) -> None:
    assert code_of(update(admin, bare_member(online), **{key: value})) == 400


def test_esri_access_is_onlines_alone(admin: Http, online: Sandbox, portal_admin: Http, enterprise: Sandbox) -> None:
    name = bare_member(online)
    update(admin, name, userType="both")
    assert online.member(name)["userType"] == "both"
    name = bare_member(enterprise)
    update(portal_admin, name, userType="both")
    assert enterprise.member(name)["userType"] == "arcgisonly"


def test_the_identity_provider_owns_some_fields(admin: Http, online: Sandbox) -> None:
    row = members(online, provider="enterprise")[0]
    assert update(admin, row["username"], email="other@example.com", description="kept")["success"] is True
    after = online.member(row["username"])
    assert (after["email"], after["description"]) == (row["email"], "kept")


@pytest.mark.parametrize("password", ["short1", "alllettersonly", "{username}"])
def test_the_password_policy(admin: Http, online: Sandbox, password: str) -> None:
    name = bare_member(online)
    assert "assword" in message_of(update(admin, name, password=password.format(username=name)))


def test_a_new_password_signs_in(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert update(admin, name, password="Fresh-pass-123")["success"] is True
    sent = {"username": name, "password": "Fresh-pass-123", "client": "requestip"}
    assert "token" in admin.post("generateToken", **sent)
    assert admin.post(f"community/users/{name}/expirePassword", expiration=-1) == {"success": True}


def test_a_reset_sends_a_mail(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.post(f"community/users/{name}/reset", email="true") == {"success": True}
    assert [(mail["kind"], mail["username"]) for mail in online.mails()] == [("reset", name)]


def test_a_picture_comes_as_multipart(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    files = {"thumbnail": ("me.png", b"\x89PNG", "image/png")}
    answer = admin.send("POST", f"community/users/{name}/update", data={"f": "json", "region": "FR"}, files=files)
    assert answer.json()["success"] is True
    assert (online.member(name)["thumbnail"], online.member(name)["region"]) == ("thumbnail.png", "FR")


def test_security_question_and_answer_go_together(admin: Http, online: Sandbox) -> None:
    assert code_of(update(admin, bare_member(online), securityQuestionIdx="3")) == 400


def test_members_update_only_themselves(online: Sandbox) -> None:
    name, other = (row["username"] for row in members(online, effectiveRole="org_user", disabled=False)[:2])
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    assert update(http, name, description="mine")["success"] is True
    refused = update(http, other, description="not mine")["error"]
    assert (refused["code"], refused["messageCode"]) == (403, "GWM_0003")
    assert refused["message"] == "You do not have permissions to access this resource or perform this operation."
    http.close()


def test_only_administrators_change_administrators(online: Sandbox, manager: Http, admin: Http) -> None:
    other = members(online, effectiveRole="org_admin")[0]["username"]
    plain = members(online, effectiveRole="org_publisher")[0]["username"]
    assert update(manager, plain, description="x")["success"] is True
    assert code_of(update(manager, other, description="x")) == 403
    assert code_of(manager.post(f"community/users/{other}/disable")) == 403
    assert code_of(manager.post(f"community/users/{other}/delete")) == 403
    assert update(admin, other, description="x")["success"] is True


# -- enable and disable --------------------------------------------------------------------------------------------
def test_disable_and_enable(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.post(f"community/users/{name}/disable") == {"success": True}
    assert admin.get(f"community/users/{name}")["disabled"] is True
    assert admin.post(f"community/users/{name}/enable") == {"success": True}
    assert admin.get(f"community/users/{name}")["disabled"] is False


@pytest.mark.parametrize(("form", "keys"), [("status", {"status"}), ("itemId", {"success", "itemId"})])
def test_the_answer_has_three_forms(admin: Http, online: Sandbox, form: str, keys: set[str]) -> None:
    online.switch(enable_answer=form)
    assert set(admin.post(f"community/users/{bare_member(online)}/disable")) == keys


def test_a_disabled_members_token_is_dead_and_the_seat_stays(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    before = online.inspect("GET", "organization")["userTypes"]
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    admin.post(f"community/users/{name}/disable")
    assert code_of(http.get("community/self")) == 498
    assert online.inspect("GET", "organization")["userTypes"] == before
    http.close()


def test_one_does_not_disable_oneself(admin: Http, online: Sandbox) -> None:
    assert code_of(admin.post(f"community/users/{online.username}/disable")) == 400
    assert online.member(online.username)["disabled"] is False


def test_bulk_switching_answers_by_name(admin: Http, online: Sandbox) -> None:
    names = [row["username"] for row in members(online, effectiveRole="org_user")[:3]]
    answer = admin.post("portals/self/disableUsers", users=",".join([*names, "nonexistent", online.username]))
    assert answer == {
        "results": [
            *({"username": name, "status": True} for name in names),
            {"username": "nonexistent", "status": False},
            {"username": online.username, "status": False},
        ]
    }
    assert admin.post("portals/self/enableUsers", users=names)["results"][0]["status"] is True
    assert not online.member(names[0])["disabled"]


def test_bulk_switching_takes_25_at_most(admin: Http, online: Sandbox) -> None:
    names = [row["username"] for row in members(online, effectiveRole="org_user", disabled=False)][:26]
    assert code_of(admin.post("portals/self/disableUsers", users=",".join(names))) == 400
    assert not online.member(names[0])["disabled"]
    assert len(admin.post("portals/self/disableUsers", users=",".join(names[:25]))["results"]) == 25


def test_old_portals_know_no_bulk_switching(legacy_admin: Http) -> None:
    assert code_of(legacy_admin.post("portals/self/disableUsers", users="x")) == 400


# -- removal -------------------------------------------------------------------------------------------------------
def test_delete(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.post(f"community/users/{name}/delete") == {"success": True, "username": name}
    assert admin.get(f"community/users/{name}")["error"]["messageCode"] == "COM_0018"
    assert admin.post(f"community/users/{name}/delete")["error"]["messageCode"] == "COM_0018"
    assert admin.post("community/checkUsernames", usernames=name) == {"usernames": []}


def refused(http: Http, name: str, word: str) -> None:
    answer = http.post(f"community/users/{name}/delete")
    assert code_of(answer) == 400
    assert word in message_of(answer)
    assert http.portal.member(name)["username"] == name


def test_what_hangs_on_an_account_keeps_it(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    item = online.inspect("POST", "items", {"owner": name})
    refused(admin, name, "items")
    admin.post(f"content/users/{name}/items/{item['id']}/delete")
    refused(admin, name, "recycle bin")
    admin.post(f"content/users/{name}/items/{item['id']}/delete", permanentDelete="true")
    group = online.inspect("POST", "groups", {"owner": name})
    refused(admin, name, "groups")
    admin.post(f"community/groups/{group['id']}/delete")
    listing = online.inspect("GET", "organization")["listings"][0]
    online.change(name, entitlements={listing["id"]: listing["entitlements"]})
    refused(admin, name, "licenses")
    online.change(name, entitlements={}, userType="both")
    refused(admin, name, "Esri access")
    online.change(name, userType="arcgisonly")
    assert admin.post(f"community/users/{name}/delete")["success"] is True


def test_neither_oneself_nor_the_last_administrator(admin: Http, online: Sandbox, manager: Http) -> None:
    refused(admin, online.username, "own account")
    for row in members(online, effectiveRole="org_admin"):
        online.change(row["username"], role="org_user")
    app = {"client_id": online.client_id, "client_secret": online.client_secret, "grant_type": "client_credentials"}
    token = manager.post("oauth2/token", **app)["access_token"]
    with_app = Http(online, token)
    for http in (manager, with_app):
        assert "error" in http.post(f"community/users/{online.username}/delete")
        assert "error" in http.post(f"community/users/{online.username}/disable")
    assert "at least one administrator" in message_of(
        with_app.post("portals/self/updateUserRole", user=online.username, role="org_user")
    )
    with_app.close()


def test_remove_users_lists_who_stays(admin: Http, online: Sandbox) -> None:
    gone, stays = bare_member(online), members(online, effectiveRole="org_publisher")[0]["username"]
    online.inspect("POST", "items", {"owner": stays})
    answer = admin.post("portals/self/removeusers", users=f"{gone},{stays},nonexistent")
    assert answer == {"notRemoved": [stays, "nonexistent"]}
    assert "error" in admin.get(f"community/users/{gone}")


def test_remove_users_needs_the_privilege(online: Sandbox) -> None:
    name = bare_member(online)
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    assert code_of(http.post("portals/self/removeUsers", users="x")) == 403
    http.close()


def test_deleted_names_are_free_again_on_enterprise(portal_admin: Http, enterprise: Sandbox) -> None:
    name = bare_member(enterprise)
    portal_admin.post(f"community/users/{name}/delete")
    suggested = portal_admin.post("community/checkUsernames", usernames=name)["usernames"]
    assert suggested == [{"requested": name, "suggested": name}]
