# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in: generateToken, the OAuth token resource, and what a client can request before it."""

from __future__ import annotations

from typing import Any

from ..access import Token
from ..call import Call
from ..errors import invalid_request, invalid_token, method_not_supported, no_token, token_required
from ..routing import operation
from ..views import full_view

DEFAULT_MINUTES = 60


@operation("generateToken", "generateToken", anonymous=True)
def generate_token(call: Call) -> Any:
    if call.method == "GET" and call.portal.switches["token_by_get"] == "refused":
        raise method_not_supported()
    if call.text("serverUrl") or call.text("serverURL"):
        return server_token(call)
    username, password = call.text("username"), call.text("password")
    missing = [name for name in ("username", "password") if not call.text(name)]
    if missing:
        raise no_token(*(f"'{name}' must be specified." for name in missing))
    binding = token_binding(call)
    member = call.portal.access.check_password(call.portal.organization, username, password)
    token = call.portal.access.issue(minutes(call, DEFAULT_MINUTES), cap(call), username=member.username, **binding)
    call.portal.organization.signed_in(member)
    return shown(token)


def server_token(call: Call) -> Any:
    """A portal token swapped for one of a federated server: here the same person, bound to nothing."""
    caller = call.caller
    if caller is None or caller.member is None:
        raise token_required() if not call.text("token") else invalid_token()
    return shown(call.portal.access.issue(minutes(call, DEFAULT_MINUTES), cap(call), username=caller.member.username))


def token_binding(call: Call) -> dict[str, str]:
    """What the token is bound to. A referer without ``client`` also binds to the referer."""
    referer, client = call.text("referer"), call.text("client").lower()
    if client == "referer" or (not client and referer):
        if not referer:
            raise no_token("'referer' must be specified.")
        return {"referer": referer}
    if client == "ip":
        if not call.text("ip"):
            raise no_token("'ip' must be specified.")
        return {"ip": call.text("ip")}
    if client in ("", "requestip"):
        return {"ip": call.remote}
    raise no_token("'client' must be one of referer, ip, requestip.")


def minutes(call: Call, default: int) -> float:
    return max(1, call.number("expiration", default))


def cap(call: Call) -> int:
    return int(call.portal.organization.settings.get("maxTokenExpirationMinutes", -1))


def shown(token: Token) -> dict[str, Any]:
    return {"token": token.value, "expires": int(token.expires * 1000), "ssl": True}


@operation("info", "info", anonymous=True)
@operation("rest/info", "info", anonymous=True, root="server")
@operation("info", "info", anonymous=True, root="server")
def info(call: Call) -> Any:
    base = call.portal.base
    return {
        "owningSystemUrl": base,
        "authInfo": {"tokenServicesUrl": f"{base}/sharing/rest/generateToken", "isTokenBasedSecurity": True},
    }


@operation("", "root", anonymous=True)
def root(call: Call) -> Any:
    """The version probe before sign-in."""
    product = call.portal.product
    found = {"currentVersion": product.version}
    if product.enterprise_version:
        found["enterpriseVersion"] = product.enterprise_version
    return found


@operation("community/self", "communitySelf")
def community_self(call: Call) -> Any:
    caller = call.caller
    if caller is None or caller.member is None:
        raise invalid_request("The token stands for an application.")
    return full_view(call.portal, caller.member)
