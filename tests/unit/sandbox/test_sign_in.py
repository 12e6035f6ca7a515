# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in: generateToken, OAuth, and what happens to tokens."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, code_of, members, message_of


def sign_in(http: Http, **changes: Any) -> Any:
    data = {
        "username": http.portal.username, "password": http.portal.password, "client": "referer",
        "referer": "https://example.com/", "expiration": 60, **changes,
    }  # fmt: skip
    return http.post("generateToken", **{name: value for name, value in data.items() if value is not None})


def details(answer: Any) -> list[str]:
    assert code_of(answer) == 400
    assert message_of(answer) == "Unable to generate token."
    return list(answer["error"]["details"])


def test_a_token_has_absolute_milliseconds(anonymous: Http) -> None:
    answer = sign_in(anonymous)
    assert set(answer) == {"token", "expires", "ssl"}
    assert isinstance(answer["expires"], int)
    assert abs(answer["expires"] - (time.time() + 3600) * 1000) < 10_000


def test_bad_credentials_have_one_message(anonymous: Http) -> None:
    assert details(sign_in(anonymous, password="not-the-password-1")) == ["Invalid username or password."]
    assert details(sign_in(anonymous, username="nonexistent")) == ["Invalid username or password."]


def test_missing_credentials_are_named(anonymous: Http) -> None:
    texts = ["'username' must be specified.", "'password' must be specified."]
    assert details(anonymous.post("generateToken", client="requestip")) == texts
    assert details(anonymous.post("generateToken", client="requestip", username="x")) == texts[1:]


def test_attempts_to_sign_in_are_counted(anonymous: Http, online: Sandbox) -> None:
    assert online.sign_ins() == {}
    sign_in(anonymous)
    for _attempt in range(5):
        sign_in(anonymous, username="Jane_Doe", password="not-the-password-1")
    assert online.sign_ins() == {
        online.username: {"attempts": 1, "failed": 0, "locked": False},
        "jane_doe": {"attempts": 5, "failed": 5, "locked": True},
    }


def test_username_is_case_sensitive(anonymous: Http) -> None:
    assert details(sign_in(anonymous, username=anonymous.portal.username.upper())) == ["Invalid username or password."]


def test_lock_out_after_too_many_attempts(anonymous: Http) -> None:
    for _attempt in range(5):
        sign_in(anonymous, password="not-the-password-1")
    assert details(sign_in(anonymous)) == ["Too many invalid attempts. Please try again later."]


def test_accounts_that_cannot_sign_in(online: Sandbox, anonymous: Http) -> None:
    saml = members(online, provider="enterprise")[0]["username"]
    online.change(saml, password="Long-enough-1")
    assert details(sign_in(anonymous, username=saml, password="Long-enough-1")) == ["Invalid username or password."]
    plain = members(online, provider="arcgis")[0]["username"]
    online.change(plain, password="Long-enough-1", disabled=True)
    assert "disabled" in details(sign_in(anonymous, username=plain, password="Long-enough-1"))[0]
    online.change(plain, disabled=False, mfaEnabled=True)
    assert "multifactor" in details(sign_in(anonymous, username=plain, password="Long-enough-1"))[0]


@pytest.mark.parametrize("client", ["referer", "ip"])
def test_a_binding_needs_its_value(anonymous: Http, client: str) -> None:
    assert details(sign_in(anonymous, client=client, referer=None)) == [f"'{client}' must be specified."]


def test_a_token_holds_only_with_its_referer(anonymous: Http) -> None:
    token = sign_in(anonymous)["token"]
    anonymous.session.headers["X-Esri-Authorization"] = f"Bearer {token}"
    assert code_of(anonymous.get("portals/self")) == 498
    anonymous.session.headers["Referer"] = "https://example.com/"
    assert anonymous.get("portals/self")["user"]["username"] == anonymous.portal.username
    anonymous.session.headers["Referer"] = "https://example.com/other"
    assert anonymous.get("portals/self") == {"error": {"code": 498, "message": "Invalid token.", "details": []}}


def test_a_referer_without_client_binds_too(anonymous: Http) -> None:
    token = sign_in(anonymous, client=None)["token"]
    assert code_of(anonymous.get("portals/self", token=token)) == 498


def test_tokens_bound_to_an_address(anonymous: Http) -> None:
    here = sign_in(anonymous, client="requestip", referer=None)["token"]
    assert anonymous.get("portals/self", token=here)["user"]["username"] == anonymous.portal.username
    elsewhere = sign_in(anonymous, client="ip", ip="192.0.2.7", referer=None)["token"]
    assert code_of(anonymous.get("portals/self", token=elsewhere)) == 498


def test_a_get_is_refused_unless_switched_on(online: Sandbox, anonymous: Http) -> None:
    sent = {"username": online.username, "password": online.password, "client": "requestip"}
    assert anonymous.get("generateToken", **sent)["error"]["messageCode"] == "GWM_0005"
    online.switch(token_by_get="allowed")
    assert "token" in anonymous.get("generateToken", **sent)


def test_token_life_is_capped(online: Sandbox, anonymous: Http) -> None:
    online.inspect("PATCH", "organization", {"settings": {"maxTokenExpirationMinutes": 30}})
    assert sign_in(anonymous, expiration=20160)["expires"] < (time.time() + 1900) * 1000


def test_a_short_token_life_can_be_set(online: Sandbox, anonymous: Http) -> None:
    online.inspect("PATCH", "options", {"token_life": 2})
    token = sign_in(anonymous, client="requestip")["token"]
    assert "user" in anonymous.get("portals/self", token=token)
    time.sleep(2.1)
    assert code_of(anonymous.get("portals/self", token=token)) == 498


@pytest.mark.parametrize("loss", ["expire", "revoke"])
def test_tokens_can_be_lost_at_once(online: Sandbox, admin: Http, loss: str) -> None:
    assert "user" in admin.get("portals/self")
    online.inspect("POST", f"tokens/{loss}")
    assert code_of(admin.get("portals/self")) == 498


def test_the_token_may_travel_in_header_query_and_body(online: Sandbox, anonymous: Http) -> None:
    token = online.inspect("POST", "tokens", {"username": online.username})["token"]
    assert "user" in anonymous.get("portals/self", token=token)
    assert "user" in anonymous.post("portals/self", token=token)
    for name in ("X-Esri-Authorization", "Authorization"):
        answer = anonymous.send("GET", "portals/self", params={"f": "json"}, headers={name: f"Bearer {token}"})
        assert "user" in answer.json()


def test_without_a_token_the_answer_is_499(anonymous: Http) -> None:
    error = anonymous.get("portals/self/users")["error"]
    assert (error["code"], error["messageCode"]) == (499, "GWM_0003")


def test_a_portal_token_is_swapped_for_a_servers(admin: Http, anonymous: Http) -> None:
    sent = {"serverUrl": "https://gis.example.com/server", "request": "getToken"}
    token = admin.post("generateToken", **sent)["token"]
    assert "user" in anonymous.get("portals/self", token=token)
    assert code_of(anonymous.post("generateToken", **sent)) == 499


def test_what_a_client_may_ask_first(anonymous: Http, enterprise: Sandbox) -> None:
    info = anonymous.get("info")
    assert info["authInfo"]["tokenServicesUrl"] == f"{anonymous.root}/generateToken"
    assert info["authInfo"]["isTokenBasedSecurity"] is True
    assert anonymous.get("")["currentVersion"] == "2025.1"
    http = Http(enterprise)
    assert http.get("info")["owningSystemUrl"] == enterprise.url
    assert http.get("")["enterpriseVersion"] == "11.5.0"
    http.close()


def test_application_sign_in(online: Sandbox, anonymous: Http) -> None:
    sent = {"client_id": online.client_id, "client_secret": online.client_secret, "grant_type": "client_credentials"}
    answer = anonymous.post("oauth2/token/", expiration=30, **sent)
    assert set(answer) == {"access_token", "expires_in"}
    assert 1700 < answer["expires_in"] <= 1800
    portal = anonymous.get("portals/self", token=answer["access_token"])
    assert "user" not in portal
    assert "portal:admin:updateUsers" in portal["appInfo"]["privileges"]
    assert anonymous.get("portals/self/users", token=answer["access_token"])["total"] == 120


def test_application_refusals(online: Sandbox, anonymous: Http) -> None:
    sent = {"client_id": online.client_id, "client_secret": "wrong", "grant_type": "client_credentials"}
    assert anonymous.post("oauth2/token", **sent)["error"] == {
        "code": 400, "error": "invalid_request", "error_description": "Invalid client_secret",
        "message": "Invalid client_secret", "details": [],
    }  # fmt: skip
    assert anonymous.post("oauth2/token", **{**sent, "client_id": "x"})["error"]["error"] == "invalid_client_id"
    assert anonymous.post("oauth2/token", **{**sent, "grant_type": "x"})["error"]["error"] == "unsupported_grant_type"
    expired = anonymous.post("oauth2/token", grant_type="refresh_token", refresh_token="x")["error"]
    assert (expired["code"], expired["message"]) == (498, "refresh_token expired")


def test_application_tokens_can_be_refused(online: Sandbox, anonymous: Http) -> None:
    sent = {"client_id": online.client_id, "client_secret": online.client_secret, "grant_type": "client_credentials"}
    token = anonymous.post("oauth2/token", **sent)["access_token"]
    name = members(online)[0]["username"]
    assert anonymous.post(f"community/users/{name}/update", token=token, description="x")["success"] is True
    online.switch(app_token="updateUser,invite")
    assert code_of(anonymous.post(f"community/users/{name}/update", token=token, description="x")) == 403
    online.switch(app_token="refused")
    assert code_of(anonymous.post("portals/self/enableUsers", token=token, users=name)) == 403
    assert "users" in anonymous.get("portals/self/users", token=token)


def test_sign_in_page_gives_a_code(online: Sandbox, anonymous: Http) -> None:
    asked = {"client_id": "arcgisonline", "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "response_type": "code"}
    page = anonymous.send("GET", "oauth2/authorize", params=asked).text
    found = re.search(r'"oauth_state": "([^"]+)"', page)
    assert found is not None
    form = {"oauth_state": found[1], "username": online.username, "password": "wrong-password-1"}
    assert "Invalid username or password." in anonymous.send("POST", "oauth2/signin", data=form).text
    done = anonymous.send("POST", "oauth2/signin", data={**form, "password": online.password}).text
    code = re.search("SUCCESS code=(.*?)<", done)
    assert code is not None
    sent = {"grant_type": "authorization_code", "client_id": "arcgisonline", "code": code[1]}
    answer = anonymous.post("oauth2/token", **sent)
    assert answer["username"] == online.username
    assert "user" in anonymous.get("portals/self", token=answer["access_token"])
    fresh = anonymous.post("oauth2/token", grant_type="refresh_token", refresh_token=answer["refresh_token"])
    assert "user" in anonymous.get("portals/self", token=fresh["access_token"])
    assert anonymous.post("oauth2/token", **sent)["error"]["error"] == "invalid_request"


def test_sign_in_page_refuses_unknown_clients(anonymous: Http) -> None:
    assert "Invalid client_id" in anonymous.send("GET", "oauth2/authorize", params={"client_id": "x"}).text


def test_the_caller_himself(admin: Http, anonymous: Http) -> None:
    answer = admin.get("community/self")
    assert answer["username"] == admin.portal.username
    assert "portal:admin:updateUsers" in answer["privileges"]
    assert code_of(anonymous.get("community/self")) == 499
