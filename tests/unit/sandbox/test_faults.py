# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults, the frozen mode, and what the inspection side tells of them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from tests.sandbox.faults import BAD_JSON, KINDS
from tests.sandbox.runner import Sandbox, SandboxError
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members


def ask(http: Http) -> requests.Response:
    return http.send("GET", "portals/self", params={"f": "json"})


def describe(http: Http, text: str, name: str) -> requests.Response:
    return http.send("POST", f"community/users/{name}/update", data={"f": "json", "description": text})


# -- which call ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "hits"),
    [
        ({}, [1]), ({"count": 2}, [1, 2]), ({"nth": 3}, [3]), ({"nth": 2, "count": 2}, [2, 3]),
        ({"nth": 4, "count": 0}, [4, 5, 6]), ({"share": 1.0}, [1, 2, 3, 4, 5, 6]), ({"share": 0.0}, []),
        ({"share": 1.0, "count": 2}, [1, 2]),
    ],
)  # fmt: skip
def test_which_calls_a_rule_hits(admin: Http, online: Sandbox, rule: dict[str, Any], hits: list[int]) -> None:
    online.fault(operation="self", kind="unavailable", **rule)
    assert [call for call in range(1, 7) if ask(admin).status_code == 503] == hits
    shown = online.inspect("GET", "faults")[0]
    assert (shown["matched"], shown["fired"]) == (6, len(hits))


def test_a_share_is_seeded(admin: Http, online: Sandbox) -> None:
    runs = []
    for seed in (5, 5, 6):
        online.inspect("DELETE", "faults")
        online.fault(operation="self", kind="unavailable", share=0.5, seed=seed)
        runs.append([ask(admin).status_code for _call in range(20)])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(("operation", "hit"), [("*", True), ("read", True), ("write", False), ("users", False)])
def test_which_operations_a_rule_hits(admin: Http, online: Sandbox, operation: str, hit: bool) -> None:
    online.fault(operation=operation, kind="unavailable")
    assert (ask(admin).status_code == 503) is hit


def test_wrong_rules_are_refused(online: Sandbox) -> None:
    for rule in (
        {"kind": "earthquake"},
        {"kind": "bad_json", "variant": "odd"},
        {"kind": "slow", "nth": "x", "seed": []},
    ):
        with pytest.raises(SandboxError):
            online.fault(**rule)


# -- what it looks like --------------------------------------------------------------------------------------------
def test_throttling(admin: Http, online: Sandbox) -> None:
    online.fault(operation="self", kind="throttle", retry_after=7)
    answer = ask(admin)
    assert (answer.status_code, answer.headers["Retry-After"], code_of(answer.json())) == (429, "7", 429)
    online.fault(operation="self", kind="throttle_200")
    assert (ask(admin).status_code, code_of(ask(admin).json())) == (200, None)


@pytest.mark.parametrize(("kind", "status"), [("unavailable", 503), ("edge_403", 403), ("html", 200)])
def test_pages_instead_of_answers(admin: Http, online: Sandbox, kind: str, status: int) -> None:
    online.fault(operation="self", kind=kind, retry_after=3)
    answer = ask(admin)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ("Retry-After" in answer.headers) is (kind == "unavailable")
    assert "user" in ask(admin).json()


def test_a_redirect_leads_elsewhere(admin: Http, online: Sandbox) -> None:
    online.fault(operation="self", kind="redirect")
    answer = ask(admin)
    assert answer.status_code == 302
    assert "other.example.com" in answer.headers["Location"]


def test_an_error_of_ones_own(admin: Http, online: Sandbox) -> None:
    online.fault(operation="self", kind="error", code=400, message="Something odd")
    assert ask(admin).json()["error"] == {"code": 400, "message": "Something odd", "details": []}


@pytest.mark.parametrize("kind", ["truncated", "empty"])
def test_answers_cut_short_after_the_effect(admin: Http, online: Sandbox, kind: str) -> None:
    name = bare_member(online)
    online.fault(operation="updateUser", kind=kind)
    answer = describe(admin, "took effect", name)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert online.member(name)["description"] == "took effect"


@pytest.mark.parametrize(("kind", "effect"), [("reset_before", False), ("reset_after", True)])
def test_connections_that_break(admin: Http, online: Sandbox, kind: str, effect: bool) -> None:
    name = bare_member(online)
    before = online.member(name)["description"]
    online.fault(operation="updateUser", kind=kind)
    with pytest.raises(requests.ConnectionError):
        describe(admin, "took effect", name)
    assert online.member(name)["description"] == ("took effect" if effect else before)
    entry = online.log()[-1]
    assert (entry["operation"], entry["status"], entry["effect"]) == ("updateUser", 0, effect)
    assert describe(admin, "again", name).json()["success"] is True


def test_slow(admin: Http, online: Sandbox) -> None:
    online.fault(operation="self", kind="slow", delay=0.4)
    begun = time.monotonic()
    assert "user" in ask(admin).json()
    assert time.monotonic() - begun >= 0.4


def test_a_token_that_expires_once_or_is_revoked(admin: Http, online: Sandbox) -> None:
    online.fault(operation="self", kind="token_expired")
    assert code_of(ask(admin).json()) == 498
    assert "user" in ask(admin).json()
    online.fault(operation="self", kind="token_revoked")
    assert [code_of(ask(admin).json()) for _call in range(2)] == [498, 498]


def test_success_that_was_not_applied(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    before = online.member(name)
    online.fault(operation="write", kind="not_applied", count=3)
    assert describe(admin, "lost", name).json() == {"success": True, "username": name}
    assert admin.post("portals/self/updateUserRole", user=name, role="org_publisher") == {"success": True}
    assert admin.post("portals/self/deleteMemberCategorySchema") == {"success": True}
    assert online.member(name) == before
    assert admin.get("portals/self")["hasMemberCategorySchema"] is True
    assert not [entry for entry in online.log() if entry["effect"]]


def test_not_applied_for_some_names(admin: Http, online: Sandbox) -> None:
    first, second = (row["username"] for row in members(online, effectiveRole="org_user", disabled=False)[:2])
    online.fault(operation="disableUsers", kind="not_applied", names=[first])
    answer = admin.post("portals/self/disableUsers", users=f"{first},{second}")
    assert [row["status"] for row in answer["results"]] == [True, True]
    assert (online.member(first)["disabled"], online.member(second)["disabled"]) == (False, True)


def partial_calls(names: list[str]) -> list[tuple[str, dict[str, Any], str]]:
    rows = [{"username": name, "credits": 5} for name in names]
    invitations = [
        {"username": f"{name}_2", "role": "org_user", "userLicenseType": "creatorUT", "password": "Long-enough-1"}
        for name in names
    ]
    return [
        ("assignUserCredits", {"userAssignments": rows}, "notAssignedUsers"),
        ("unassignUserCredits", {"usernames": names}, "notUnAssignedUsers"),
        ("removeUsers", {"users": ",".join(names)}, "notRemoved"),
        ("invite", {"invitationList": {"invitations": invitations}}, "notInvited"),
    ]


@pytest.mark.parametrize("which", range(4))
def test_partial_failure_lists(admin: Http, online: Sandbox, which: int) -> None:
    rows = [r for r in members(online, effectiveRole="org_user", userType="arcgisonly") if not r["items"]][:3]
    operation, sent, key = partial_calls([row["username"] for row in rows])[which]
    online.fault(operation=operation, kind="partial")
    refused = admin.post(f"portals/self/{operation}", **sent)[key]
    suffix = "_2" if operation == "invite" else ""
    assert refused == [rows[0]["username"] + suffix, rows[2]["username"] + suffix]


def test_partial_results_by_name(admin: Http, online: Sandbox) -> None:
    names = [row["username"] for row in members(online, effectiveRole="org_user", disabled=False)[:3]]
    online.fault(operation="disableUsers", kind="partial", names=[names[1].upper()])
    answer = admin.post("portals/self/disableUsers", users=names)
    assert [row["status"] for row in answer["results"]] == [True, False, True]
    assert [online.member(name)["disabled"] for name in names] == [True, False, True]
    online.fault(operation="updateUserLicenseType", kind="partial", names=names[:1])
    moved = admin.post("portals/self/updateUserLicenseType", users=names[:2], userLicenseType="GISProfessionalAdvUT")
    assert [row["status"] for row in moved["results"]] == [False, True]


def spoilt(admin: Http, online: Sandbox, variant: str) -> Any:
    online.fault(operation="users", kind="bad_json", variant=variant)
    return admin.send("GET", "portals/self/users", params={"f": "json", "num": 2}).text


def test_answers_of_another_shape(admin: Http, online: Sandbox) -> None:
    found = {variant: spoilt(admin, online, variant) for variant in BAD_JSON}
    parsed = {variant: json.loads(text) for variant, text in found.items()}
    assert parsed["list"][0]["total"] == 120
    assert parsed["missing_keys"] == {}
    assert parsed["nulls"]["total"] is None
    assert parsed["nulls"]["users"][0]["username"] is None
    assert (parsed["wrong_types"]["total"], type(parsed["wrong_types"]["users"])) == ("120", dict)
    assert parsed["endless_paging"]["nextStart"] == 1
    assert len(found["huge"]) > 50_000
    assert "\\u0001" in found["control_characters"]
    assert "NaN" in found["nan"]
    assert "users" in admin.get("portals/self/users")


def test_every_kind_is_tried_here() -> None:
    assert set(KINDS) == {
        "throttle", "throttle_200", "unavailable", "edge_403", "html", "truncated", "reset_before", "reset_after",
        "slow", "token_expired", "token_revoked", "partial", "not_applied", "redirect", "bad_json", "empty", "error",
    }  # fmt: skip


# -- frozen --------------------------------------------------------------------------------------------------------
def test_frozen_refuses_and_records_writes(online: Sandbox, anonymous: Http) -> None:
    assert online.inspect("POST", "frozen", {"on": True}) == {"on": True}
    sent = {"username": online.username, "password": online.password, "client": "requestip"}
    token = anonymous.post("generateToken", **sent)["token"]
    http = Http(online, token)
    name = bare_member(online)
    before = online.member(name)
    assert "user" in http.get("portals/self")
    assert http.post("portals/self/users", num=1)["num"] == 1
    assert code_of(http.post(f"community/users/{name}/update", description="x")) == 400
    assert code_of(http.post("portals/self/noSuchOperation")) == 400
    assert online.member(name) == before
    counters = online.counters()
    assert (counters["writes"], counters["refused_writes"]) == (2, 2)
    refused = [entry for entry in online.log() if entry["write"]]
    assert [(entry["operation"], entry["effect"]) for entry in refused] == [("updateUser", False), ("unknown", False)]
    online.inspect("POST", "frozen", {"on": False})
    assert http.post(f"community/users/{name}/update", description="x")["success"] is True
    http.close()


# -- counters and log ----------------------------------------------------------------------------------------------
def test_counters(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.reset_counters()
    ask(admin)
    admin.get("portals/self/users")
    describe(admin, "x", name)
    online.fault(operation="updateUser", kind="throttle")
    describe(admin, "y", name)
    assert online.counters() == {
        "reads": 2, "writes": 2, "refused_writes": 0, "by_operation": {"self": 1, "users": 1, "updateUser": 2},
    }  # fmt: skip


def test_the_log_has_no_secrets(admin: Http, online: Sandbox) -> None:
    secret = "Sesame-open-1"
    row = {"username": "newcomer_sandbox", "password": secret, "role": "org_user", "userLicenseType": "creatorUT"}
    admin.post("portals/self/invite", invitationList={"invitations": [row]}, token="abcdef-token")
    admin.post("portals/self/invite", invitationList={"invitations": [row]})
    admin.post("generateToken", username="newcomer_sandbox", password=secret)
    admin.post(f"community/users/{bare_member(online)}/update", password=secret, description="the password is not kept")
    log = online.log()
    assert secret not in json.dumps(log)
    assert "abcdef-token" not in json.dumps(log)
    assert [entry["operation"] for entry in log[:3]] == ["invite", "invite", "generateToken"]
    assert log[1]["params"]["invitationList"].startswith('{"invitations"')
    assert online.log(since=log[-1]["n"]) == []
    assert {"n", "method", "path", "operation", "params", "status", "write", "effect"} == set(log[0])


# -- the inspection side -------------------------------------------------------------------------------------------
def test_state_changes_behind_the_clients_back(admin: Http, online: Sandbox) -> None:
    made = online.inspect("POST", "members", {"username": "smuggled_in", "role": "org_publisher"})
    assert made["effectiveRole"] == "org_publisher"
    assert admin.get("community/users/smuggled_in")["role"] == "org_publisher"
    online.change("smuggled_in", userLicenseTypeId="viewerUT")
    assert admin.get("community/users/smuggled_in")["level"] == "1"
    online.inspect("DELETE", "members/smuggled_in")
    assert "error" in admin.get("community/users/smuggled_in")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "members/nonexistent", None), ("GET", "nothing", None), ("PATCH", "members/portal_admin", {"shoe": 9}),
        ("PATCH", "organization", {"shoe": 9}), ("PATCH", "switches", {"counts": "many"}),
        ("PATCH", "switches", {"shoe": "9"}), ("POST", "reset", {"shoe": 9}), ("POST", "members", {}),
        ("POST", "members", {"username": "portal_admin"}), ("PATCH", "options", {"seed": 3}),
    ],
)  # fmt: skip
def test_the_inspection_side_refuses_nonsense(online: Sandbox, method: str, path: str, body: Any) -> None:
    with pytest.raises(SandboxError):
        online.inspect(method, path, body)


def test_reset_gives_the_same_organization_again(online: Sandbox) -> None:
    before = online.inspect("GET", "members")
    online.change(bare_member(online), description="changed")
    online.reset(seed=1)
    assert online.inspect("GET", "members") == before
    online.reset(seed=2)
    assert [row["username"] for row in online.inspect("GET", "members")] != [row["username"] for row in before]


def test_options_are_shown_without_the_password(online: Sandbox) -> None:
    options = online.inspect("GET", "options")
    assert options["members"] == 120
    assert "password" not in options


def test_a_fault_of_no_operation_is_refused(online: Sandbox) -> None:
    answer = requests.post(
        f"{online.facts['inspect']}/faults", json={"operation": "updateUsers", "kind": "error"}, timeout=9
    )
    assert answer.status_code == 400 and "unknown operation updateUsers; near are updateUser" in answer.text


@pytest.mark.parametrize(("name", "value"), [("seats", "many"), ("availableCredits", {"a": 1})])
def test_settings_of_another_kind_are_refused(online: Sandbox, name: str, value: object) -> None:
    answer = requests.patch(f"{online.facts['inspect']}/organization", json={name: value}, timeout=9)
    assert answer.status_code == 400 and name in answer.text
