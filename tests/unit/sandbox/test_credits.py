# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credits of members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members


def assign(http: Http, *rows: tuple[str, Any]) -> Any:
    sent = [{"username": name, "credits": credits} for name, credits in rows]
    return http.post("portals/self/assignUserCredits", userAssignments=sent)


def test_a_limit_and_what_is_left(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert assign(admin, (name, 500.0)) == {"success": True, "notAssignedUsers": []}
    online.change(name, spentCredits=20.49002)
    user = admin.get(f"community/users/{name}")
    assert (user["assignedCredits"], user["availableCredits"]) == (500.0, 479.50998)


def test_without_a_limit_the_pool_shows(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, assignedCredits=-1.0)
    user = admin.get(f"community/users/{name}")
    assert (user["assignedCredits"], user["availableCredits"]) == (-1.0, 21839.219)
    rows = admin.get("portals/self/users", num=100)["users"]
    row = next(row for row in rows if row["assignedCredits"] == -1.0)
    assert row["availableCredits"] == -1.0


def test_success_with_names_refused(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    answer = assign(admin, (name, 7), ("nonexistent", 7), (online.username, -1), (name.upper(), "many"))
    assert answer == {"success": True, "notAssignedUsers": ["nonexistent", online.username, name.upper()]}
    assert online.member(name)["assignedCredits"] == 7.0


def test_a_hundred_at_most(admin: Http, online: Sandbox) -> None:
    rows = [(row["username"], 1) for row in members(online)[:101]]
    assert code_of(assign(admin, *rows)) == 400
    assert assign(admin, *rows[:100]) == {"success": True, "notAssignedUsers": []}


def test_zero_is_a_limit(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assign(admin, (name, 0))
    assert admin.get(f"community/users/{name}")["assignedCredits"] == 0.0


def test_unassign_takes_the_limit_off(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assign(admin, (name, 50))
    answer = admin.post("portals/self/unassignUserCredits", usernames=[name, "nonexistent"])
    assert answer == {"success": True, "notUnAssignedUsers": ["nonexistent"]}
    assert online.member(name)["assignedCredits"] == -1.0


def test_assigning_again_keeps_or_refills(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, assignedCredits=100.0, spentCredits=40.0)
    assign(admin, (name, 200))
    assert admin.get(f"community/users/{name}")["availableCredits"] == 160.0
    online.switch(credits_reassign="refills")
    assign(admin, (name, 200))
    assert admin.get(f"community/users/{name}")["availableCredits"] == 200.0


def test_the_pool_may_bound_allocations(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert assign(admin, (name, 1_000_000))["notAssignedUsers"] == []
    online.switch(credit_pool="reserved")
    online.change(name, assignedCredits=-1.0)
    assert assign(admin, (name, 1_000_000))["notAssignedUsers"] == [name]
    assert assign(admin, (name, 10))["notAssignedUsers"] == []


def test_budgeting_off(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, assignedCredits=33.0)
    admin.post("portals/self/update", creditAssignments="disabled")
    assert "assignedCredits" not in admin.get(f"community/users/{name}")
    assert "assignedCredits" not in admin.get("portals/self/users", num=1)["users"][0]
    assert code_of(assign(admin, (name, 5))) == 400
    online.switch(credits_when_off="ignored")
    assert assign(admin, (name, 5)) == {"success": True, "notAssignedUsers": []}
    assert online.member(name)["assignedCredits"] == 33.0


def test_an_organization_can_start_without_budgeting(online: Sandbox) -> None:
    online.reset(budgeting=False)
    http = Http(online, online.inspect("POST", "tokens", {"username": online.username})["token"])
    assert "creditAssignments" not in http.get("portals/self")
    http.close()


@pytest.mark.parametrize("operation", ["assignUserCredits", "unassignUserCredits"])
def test_enterprise_has_no_credits(portal_admin: Http, operation: str) -> None:
    assert code_of(portal_admin.post(f"portals/self/{operation}", userAssignments=[], usernames=[])) == 400


def test_the_privilege(online: Sandbox) -> None:
    http = Http(online, online.inspect("POST", "tokens", {"username": bare_member(online)})["token"])
    assert code_of(assign(http, ("x", 1))) == 403
    http.close()
