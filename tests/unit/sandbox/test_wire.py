# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the sandbox speaks HTTP: paths, methods, formats, encodings, TLS, limits."""

from __future__ import annotations

import http.client
import time

import pytest
import requests

from tests.sandbox import operations, routing
from tests.sandbox.call import Call
from tests.sandbox.faults import Fault
from tests.sandbox.runner import Sandbox
from tests.sandbox.world import Options, World
from tests.unit.sandbox.http_helper import Http, bare_member


@pytest.mark.parametrize(
    "path",
    [
        "portals/self", "portals/self/", "PORTALS/Self", "/portals//self", "portals/self?f=json",
    ],
)  # fmt: skip
def test_paths_match_loosely(admin: Http, path: str) -> None:
    assert admin.send("GET", path, params={"f": "json"}).json()["user"]["username"] == admin.portal.username


def test_sharing_without_rest(online: Sandbox, admin: Http) -> None:
    assert "user" in admin.get("portals/self", f"{online.url}/sharing")
    assert admin.get("info", f"{online.url}/rest")["owningSystemUrl"] == online.url


def test_enterprise_lies_under_its_context(enterprise: Sandbox, portal_admin: Http) -> None:
    assert "user" in portal_admin.get("portals/self", enterprise.url.replace("/portal", "/PORTAL") + "/sharing/rest")
    bare = requests.get(enterprise.url.replace("/portal", "") + "/sharing/rest/portals/self?f=json", timeout=30)
    assert (bare.status_code, bare.headers["Content-Type"].split(";")[0]) == (404, "text/html")


def test_unknown_operations(admin: Http) -> None:
    assert admin.get("portals/self/noSuchThing")["error"]["messageCode"] == "GWM_0007"
    assert admin.get("nothing/at/all")["error"]["messageCode"] == "GWM_0007"


def test_html_is_the_default_format(admin: Http) -> None:
    for params in ({}, {"f": "html"}, {"f": "odd"}):
        answer = admin.send("GET", "portals/self", params=params)
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert "Token Required" in requests.get(admin.root + "/portals/self/users", timeout=30).text


def test_pjson_is_json_for_readers(admin: Http) -> None:
    answer = admin.send("GET", "portals/self", params={"f": "pjson"})
    assert answer.json()["isPortal"] is False
    assert "\n  " in answer.text
    assert admin.send("GET", "portals/self/users", params={"f": "pjson"}).json()["total"] == 120


WRITES = [
    "portals/self/update", "portals/self/updateUserRole", "portals/self/invite", "portals/self/assignUserCredits",
    "community/users/portal_admin/update", "community/users/portal_admin/disable", "portals/self/removeUsers",
]  # fmt: skip


@pytest.mark.parametrize("path", WRITES)
def test_writes_are_posts(admin: Http, online: Sandbox, path: str) -> None:
    online.reset_counters()
    answer = admin.send("GET", path, params={"f": "json"})
    assert answer.status_code == 200
    assert answer.json() == {
        "error": {"code": 405, "messageCode": "GWM_0005", "message": "Method not supported.", "details": []}
    }
    assert online.counters()["writes"] == 0


def test_query_and_body_are_one(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    answer = admin.send("POST", f"community/users/{name}/update?f=json&region=CH", data={"description": "x & y = ü"})
    assert answer.json()["success"] is True
    assert (online.member(name)["region"], online.member(name)["description"]) == ("CH", "x & y = ü")


@pytest.mark.parametrize("encoding", ["plain", "gzip", "chunked"])
def test_answers_are_sent_in_three_ways(admin: Http, online: Sandbox, encoding: str) -> None:
    online.switch(encoding=encoding)
    answer = admin.send("GET", "portals/self/users", params={"f": "json", "num": 50})
    assert (answer.headers.get("Content-Encoding") == "gzip") is (encoding == "gzip")
    assert (answer.headers.get("Transfer-Encoding") == "chunked") is (encoding == "chunked")
    assert answer.json()["num"] == 50


def test_connections_stay_open(online: Sandbox) -> None:
    connection = http.client.HTTPConnection(online.url.partition("://")[2], timeout=30)
    sockets = set()
    for path in ("info", "portals/self", "community/users", "nothing"):
        connection.request("GET", f"/sharing/rest/{path}?f=json")
        assert connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets) == 1
    assert None not in sockets
    connection.close()


def test_latency(online: Sandbox, admin: Http) -> None:
    online.inspect("PATCH", "options", {"latency_ms": 150})
    begun = time.monotonic()
    admin.get("info")
    assert time.monotonic() - begun >= 0.15


def test_rate_limit(online: Sandbox, admin: Http) -> None:
    online.inspect("PATCH", "options", {"rate_limit": 2})
    answers = [admin.send("GET", "info", params={"f": "json"}) for _call in range(12)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert limited[0].headers["Retry-After"] == "1"
    time.sleep(1.1)
    assert admin.send("GET", "info", params={"f": "json"}).status_code == 200


def test_tls_with_a_certificate_of_its_own() -> None:
    with Sandbox(product="enterprise", members=12, tls=True, username="keeper") as portal:
        assert portal.url.startswith("https://127.0.0.1:")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(portal.url + "/sharing/rest/info?f=json", timeout=30)
        caller = Http(portal)
        data = {"username": "keeper", "password": portal.password, "client": "requestip"}
        token = caller.post("generateToken", **data)["token"]
        assert caller.get("portals/self", token=token)["user"]["username"] == "keeper"
        assert portal.counters()["by_operation"] == {"generateToken": 1, "self": 1}
        caller.close()
        assert portal.trouble() == ""


def every_path() -> list[tuple[str, str, routing.Operation]]:
    """Every operation with a path that fits it."""
    operations.load()
    found: list[tuple[str, str, routing.Operation]] = []

    def walk(root: str, node: routing.Node, path: str) -> None:
        if node.operation is not None:
            found.append((root, path, node.operation))
        for literal, below in node.literal.items():
            walk(root, below, f"{path}/{literal}")
        if node.capture is not None:
            walk(root, node.capture[1], f"{path}/{{{node.capture[0]}}}")

    for root in ("sharing", "admin"):
        walk(root, routing.ROOTS[root], "")
    return found


PARAMETERS = (
    "users", "user", "userName", "username", "usernames", "userAssignments", "invitationList", "memberCategorySchema",
    "categories", "privileges", "reassign", "userEntitlements", "targetUsername", "role", "level", "userLicenseType",
    "start", "num", "expiration", "emails", "type", "q", "tags", "userLicenseTypeId", "password", "firstname",
    "lastname", "email", "provider", "idpUsername", "creditAssignments", "defaultUserCreditAssignment", "groups",
    "admins", "grant_type", "code",
)  # fmt: skip
GARBAGE = (
    "", "null", "5", "-1", '"x"', "[]", "[5]", "[null]", "{}", '{"a": 1}', "[[1]]", "[{}]", "not json {", "ü\x00,",
    '"{"',
    '{"invitations": [{"username": "abc_def_ghi", "role": 5, "userLicenseType": [], "userCreditAssignment": "x"}]}',
    '{"invitations": [{"username": "abc_def_ghi", "userCreditAssignment": "x"}]}', '{"invitations": "x"}',
    '{"memberCategorySchema": [{"title": "a", "categories": "x"}]}', '{"users": [5], "entitlements": [{}]}',
    '[{"username": null, "credits": "NaN"}]', '[{"username": ["x"], "credits": {}}]', '{"privileges": 5}',
    '{"reassignedUsers": [1], "targetUser": 2}',
)  # fmt: skip


@pytest.mark.parametrize("product", ["online", "enterprise", "enterprise-10.6"])
@pytest.mark.parametrize("value", GARBAGE)
def test_no_parameter_breaks_an_operation(product: str, value: str) -> None:
    """Every operation, called with nonsense in every parameter, still gets an answer, and changes nothing."""
    world = World(Options(product=product, members=15, password="x" * 20))
    organization = world.organization
    names = {
        "portal": "self", "user": organization.ordered[3].username, "role": organization.custom_roles()[-1].id,
        "group": next(iter(organization.groups), "x"), "listing": next(iter(organization.listings), "x"),
        "invitation": next(iter(organization.invitations), "x"), "item": "x", "folder": "x", "job": "x",
    }  # fmt: skip
    for root, path, operation in every_path():
        token = world.access.issue(60, -1, username=world.options.username).value
        pairs = [("f", "json"), ("token", token), *((name, value) for name in PARAMETERS)]
        call = Call("POST", path, root, {}, "127.0.0.1", "", pairs, frozenset({"token"}))
        call.operation, call.args = operation, names
        body, _effect = world.run(call, Fault("*", "not_applied"))
        assert isinstance(body, (dict, list, str)), operation.name


def test_operation_names_are_unique_by_path() -> None:
    paths = [(root, path) for root, path, _operation in every_path()]
    assert len(paths) == len(set(paths))
    assert len(paths) > 75
