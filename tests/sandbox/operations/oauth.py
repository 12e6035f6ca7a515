# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OAuth: the token resource with its grants, and the sign-in page that Esri's Python client reads."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..access import Token
from ..call import Call
from ..errors import PortalError, RawError
from ..routing import operation
from ..world import Html, Redirect
from .sign_in import cap, minutes

APP_MINUTES = 120
USER_MINUTES = 30
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
# clients that every portal knows
BUILT_IN_CLIENTS = ("arcgisonline", "pythonapi", "arcgispro")
PAGE = "<html><head><title>{title}</title></head><body><script>var oAuthInfo = {info};</script></body></html>"


@dataclass
class Authorization:
    """One sign-in under way: what was asked for, and whose code it became."""

    client_id: str
    redirect_uri: str
    response_type: str
    state: str
    username: str = ""


def oauth_error(error: str, text: str, code: int = 400) -> RawError:
    return RawError({"code": code, "error": error, "error_description": text, "message": text, "details": []})


@operation("oauth2/token", "oauth2Token", anonymous=True)
def token(call: Call) -> Any:
    grants = {
        "client_credentials": client_credentials,
        "authorization_code": authorization_code,
        "refresh_token": refresh_token,
    }
    grant = grants.get(call.text("grant_type"))
    if grant is None:
        raise oauth_error("unsupported_grant_type", "Unsupported grant_type")
    return grant(call)


def seconds(call: Call, made: Token) -> int:
    """An OAuth token's life counts from now, and in seconds."""
    return round(made.expires - call.portal.now())


def client_credentials(call: Call) -> Any:
    app = call.portal.organization.apps.get(call.text("client_id"))
    if app is None:
        raise oauth_error("invalid_client_id", "Invalid client_id")
    if app.client_secret != call.text("client_secret"):
        raise oauth_error("invalid_request", "Invalid client_secret")
    made = call.portal.access.issue(minutes(call, APP_MINUTES), cap(call), client_id=app.client_id)
    return {"access_token": made.value, "expires_in": seconds(call, made)}


def authorization_code(call: Call) -> Any:
    found = call.portal.access.authorizations.pop(call.text("code"), None)
    if found is None or not found.username or found.client_id != call.text("client_id"):
        raise oauth_error("invalid_request", "Invalid code")
    refresh = secrets.token_urlsafe(32)
    call.portal.access.refresh_tokens[refresh] = found.username
    return {**member_token(call, found.username), "refresh_token": refresh, "refresh_token_expires_in": 1209600}


def refresh_token(call: Call) -> Any:
    username = call.portal.access.refresh_tokens.get(call.text("refresh_token"))
    if username is None:
        raise oauth_error("invalid_request", "refresh_token expired", 498)
    return member_token(call, username)


def member_token(call: Call, username: str) -> dict[str, Any]:
    made = call.portal.access.issue(minutes(call, USER_MINUTES), cap(call), username=username)
    return {"access_token": made.value, "expires_in": seconds(call, made), "username": username, "ssl": True}


@operation("oauth2/authorize", "oauth2Authorize", anonymous=True)
def authorize(call: Call) -> Any:
    """The sign-in page; its script carries the state that the form sends back."""
    client = call.text("client_id")
    if client not in BUILT_IN_CLIENTS and client not in call.portal.organization.apps:
        return Html("<html><body>Error: Invalid client_id</body></html>")
    found = Authorization(client, call.text("redirect_uri"), call.text("response_type", "code"), call.text("state"))
    key = secrets.token_urlsafe(24)
    call.portal.access.authorizations[key] = found
    return sign_in_page({"oauth_state": key, "client_id": client, "appTitle": client})


def sign_in_page(info: dict[str, Any]) -> Html:
    return Html(PAGE.format(title="Sign In", info=json.dumps(info)))


@operation("oauth2/signin", "oauth2SignIn", anonymous=True, methods=("POST",))
def sign_in(call: Call) -> Any:
    """The form of the sign-in page: a code on a page of its own, or a token behind a redirect."""
    access = call.portal.access
    key = call.text("oauth_state")
    found = access.authorizations.pop(key, None)
    if found is None:
        return sign_in_page({"oauth_state": "", "messages": ["Invalid state."], "code": "OAUTH_0015"})
    try:
        member = access.check_password(call.portal.organization, call.text("username"), call.text("password"))
    except PortalError as error:
        access.authorizations[key] = found
        return sign_in_page({"oauth_state": key, "messages": error.details})
    call.portal.organization.signed_in(member)
    found.username = member.username
    if found.response_type == "token":
        sent = {**member_token(call, member.username), "ssl": "true", "state": found.state}
        return Redirect(f"{found.redirect_uri}#{urlencode(sent)}")
    code = secrets.token_urlsafe(24)
    access.authorizations[code] = found
    if found.redirect_uri in ("", OUT_OF_BAND):
        return Html(PAGE.format(title=f"SUCCESS code={code}", info="{}"))
    return Redirect(f"{found.redirect_uri}?{urlencode({'code': code, 'state': found.state})}")


@operation("oauth2/revokeToken", "oauth2RevokeToken", anonymous=True, methods=("POST",))
@operation("oauth2/signout", "oauth2SignOut", anonymous=True)
def revoke(call: Call) -> Any:
    call.portal.access.tokens.pop(call.text("auth_token") or call.text("token"), None)
    return {"success": True}
