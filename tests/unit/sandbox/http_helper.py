# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Raw HTTP for the sandbox's own tests: nothing of the collection's client is used here."""

from __future__ import annotations

import json
from typing import Any, Optional

import requests

from tests.sandbox.runner import Sandbox


class Http:
    """One caller: requests with a token in the header, the answer as parsed JSON."""

    def __init__(self, portal: Sandbox, token: Optional[str] = None) -> None:
        self.portal = portal
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = portal.ca_path or True
        self.root = f"{portal.url}/sharing/rest"
        self.admin_root = f"{portal.url}/portaladmin"
        if token:
            self.session.headers["X-Esri-Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, root: Optional[str] = None, **keywords: Any) -> requests.Response:
        return self.session.request(
            method, f"{root or self.root}/{path}", timeout=30, allow_redirects=False, **keywords
        )

    def get(self, path: str, root: Optional[str] = None, **params: Any) -> Any:
        return self.send("GET", path, root, params={"f": "json", **params}).json()

    def post(self, path: str, root: Optional[str] = None, **data: Any) -> Any:
        plain = {key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in data.items()}
        return self.send("POST", path, root, data={"f": "json", **plain}).json()

    def admin(self, path: str, **data: Any) -> Any:
        return self.post(path, self.admin_root, **data)

    def close(self) -> None:
        self.session.close()


def members(portal: Sandbox, **wanted: Any) -> list[dict[str, Any]]:
    """Members of the sandbox with these values in the inspection side's spelling; plain ones first."""
    rows = portal.inspect("GET", "members")
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    found = [row for row in found if row["username"] != portal.username]
    return sorted(
        found, key=lambda row: bool(row["items"] or row["ownedGroups"] or row["entitlements"] or row["appBundles"])
    )


def bare_member(portal: Sandbox, **wanted: Any) -> str:
    """The name of a built-in, enabled member with a Creator seat and the User role who owns nothing."""
    facts: dict[str, Any] = {
        "effectiveRole": "org_user", "userLicenseTypeId": "creatorUT", "provider": "arcgis", "disabled": False,
        "items": [], "ownedGroups": [], "entitlements": {}, "appBundles": [], "userType": "arcgisonly",
    }  # fmt: skip
    return str(members(portal, **{**facts, **wanted})[0]["username"])


def code_of(answer: Any) -> Any:
    return answer.get("error", {}).get("code")


def message_of(answer: Any) -> str:
    return str(answer.get("error", {}).get("message"))
