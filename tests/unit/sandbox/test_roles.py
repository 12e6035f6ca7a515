# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: the list, their life, and the role of a member."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox import products
from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members, message_of


def test_the_list_has_no_base_roles_and_may_repeat_names(admin: Http) -> None:
    page = admin.get("portals/self/roles", num=100)
    assert {"total", "start", "num", "nextStart", "roles"} == set(page)
    assert {"id", "name", "description"} <= set(page["roles"][0])
    ids = [role["id"] for role in page["roles"]]
    names = [role["name"] for role in page["roles"]]
    assert {"iAAAAAAAAAAAAAAA", "iBBBBBBBBBBBBBBB"} <= set(ids)
    assert not [role_id for role_id in ids if role_id.startswith("org_")]
    assert names.count("Student") == 2
    assert admin.post("portals/self/roles", start=2, num=1)["roles"] == page["roles"][1:2]


def test_privileges_of_a_role(admin: Http) -> None:
    viewer = admin.get("portals/self/roles/iAAAAAAAAAAAAAAA/privileges")["privileges"]
    assert "portal:user:joinGroup" in viewer
    assert not [name for name in viewer if name.startswith("portal:admin:")]
    assert "portal:admin:changeUserRoles" in admin.post("portals/self/roles/org_admin/privileges")["privileges"]
    assert code_of(admin.get("portals/self/roles/nothing/privileges")) == 400


def test_the_life_of_a_role(admin: Http, online: Sandbox) -> None:
    made = admin.post("portals/self/createRole", name="Auditor", description="Reads")
    assert made["success"] is True
    path = f"portals/self/roles/{made['id']}"
    assert admin.post(f"{path}/update", name="Auditors")["success"] is True
    assert admin.get(path)["name"] == "Auditors"
    sent = {"privileges": ["portal:user:viewOrgItems"]}
    assert admin.post(f"{path}/setPrivileges", privileges=json.dumps(json.dumps(sent)))["success"] is True
    assert admin.get(f"{path}/privileges") == sent
    name = bare_member(online)
    assert admin.post("portals/self/updateUserRole", user=name, role=made["id"])["success"] is True
    assert "assigned" in message_of(admin.post(f"{path}/delete"))
    admin.post("portals/self/updateUserRole", user=name, role="org_user")
    assert admin.post(f"{path}/delete") == {"success": True, "roleId": made["id"]}
    assert code_of(admin.get(path)) == 400
    assert code_of(admin.post("portals/self/roles/iAAAAAAAAAAAAAAA/delete")) == 400


def test_a_role_is_set_by_id(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.post("portals/self/updateuserrole", user=name, role="org_publisher") == {"success": True}
    assert admin.get(f"community/users/{name}")["role"] == "org_publisher"
    assert code_of(admin.post("portals/self/updateUserRole", user=name, role="Publisher")) == 400
    assert code_of(admin.post("portals/self/updateUserRole", username=name, role="org_user")) == 400
    refused = {
        "code": 400, "message": "Unable to update user role.",
        "details": ["'user' parameter required or invalid."],
    }  # fmt: skip
    assert admin.post("portals/self/updateUserRole", user="unknown_x", role="org_user") == {"error": refused}


@pytest.mark.parametrize("user_type", products.SOLD_USER_TYPES)
@pytest.mark.parametrize("role", [*products.BASE_ROLES, products.VIEWER, products.DATA_EDITOR, "custom"])
def test_role_and_user_type_fit(online: Sandbox, admin: Http, role: str, user_type: str) -> None:
    name = bare_member(online)
    custom = next(row["id"] for row in online.inspect("GET", "organization")["roles"] if row["name"] == "Student")
    level = {"viewerUT": 1, "editorUT": 11, "fieldWorkerUT": 11}.get(user_type, 2)
    fits = {"iAAAAAAAAAAAAAAA": True, "iBBBBBBBBBBBBBBB": level >= 2, "custom": True}.get(role, level == 2)
    online.change(name, role="iAAAAAAAAAAAAAAA", userLicenseTypeId=user_type)
    answer = admin.post("portals/self/updateUserRole", user=name, role=custom if role == "custom" else role)
    assert ("error" not in answer) is fits
    online.change(name, role=custom if role == "custom" else role, userLicenseTypeId="creatorUT")
    moved = admin.post("portals/self/updateUserLicenseType", users=[name], userLicenseType=user_type)
    assert moved["results"][0]["status"] is fits


def test_a_wide_role_on_a_level_1_seat_has_nine_privileges_at_most(online: Sandbox, admin: Http) -> None:
    name = members(online, userLicenseTypeId="viewerUT")[0]["username"]
    role = next(row["id"] for row in online.inspect("GET", "organization")["roles"] if row["name"] == "Field Lead")
    assert admin.post("portals/self/updateUserRole", user=name, role=role) == {"success": True}
    user = admin.get(f"community/users/{name}")
    assert user["roleId"] == role
    assert len(user["privileges"]) <= 9


def test_only_administrators_move_to_or_from_administrator(online: Sandbox) -> None:
    manager_role = next(
        r["id"] for r in online.inspect("GET", "organization")["roles"] if r["name"] == "Member Manager"
    )
    caller, plain = (row["username"] for row in members(online, effectiveRole="org_user", disabled=False)[:2])
    other = members(online, effectiveRole="org_admin")[0]["username"]
    online.change(caller, role=manager_role, userLicenseTypeId="creatorUT")
    http = Http(online, online.inspect("POST", "tokens", {"username": caller})["token"])
    assert http.post("portals/self/updateUserRole", user=plain, role="org_publisher") == {"success": True}
    assert code_of(http.post("portals/self/updateUserRole", user=plain, role="org_admin")) == 403
    assert code_of(http.post("portals/self/updateUserRole", user=other, role="org_user")) == 403
    http.close()


def test_one_does_not_demote_oneself(admin: Http, online: Sandbox) -> None:
    assert code_of(admin.post("portals/self/updateUserRole", user=online.username, role="org_user")) == 400


def role_with(http: Http, *privileges: str) -> Any:
    """A new role after setPrivileges: what the portal stored, or the error."""
    role = http.post("portals/self/createRole", name="Made", description="")["id"]
    path = f"portals/self/roles/{role}"
    answer = http.post(f"{path}/setPrivileges", privileges={"privileges": list(privileges)})
    return answer if "error" in answer else http.get(f"{path}/privileges")["privileges"]


def test_unknown_privileges(admin: Http, online: Sandbox) -> None:
    sent = ("portal:user:createItem", "portal:user", "portal:admin:manageServers", "portal:publisher:PublishVideo")
    assert role_with(admin, *sent) == ["portal:user:createItem", "portal:publisher:PublishVideo"]
    online.switch(unknown_privilege="error")
    assert code_of(role_with(admin, *sent)) == 400


def test_privileges_that_need_others(admin: Http, portal_admin: Http, enterprise: Sandbox) -> None:
    manage = "features:user:manageVersions"
    needed = ("features:user:edit", "features:user:fullEdit")
    assert role_with(admin, manage) == []
    assert role_with(portal_admin, manage) == [manage]
    enterprise.switch(privilege_dependencies="checked")
    assert code_of(role_with(portal_admin, manage)) == 400
    assert role_with(portal_admin, manage, *needed) == [manage, *needed]


def test_the_length_and_the_repetition_of_names(admin: Http, online: Sandbox) -> None:
    for sent in ({"name": "x" * 129}, {"name": "x", "description": "x" * 251}):
        assert code_of(admin.post("portals/self/createRole", **sent)) == 400
    assert admin.post("portals/self/createRole", name="x" * 128, description="x" * 250)["success"] is True
    online.switch(role_names="unique")
    assert code_of(admin.post("portals/self/createRole", name="student", description="")) == 400


def test_a_role_in_use_may_be_deleted(admin: Http, online: Sandbox) -> None:
    online.switch(delete_used_role="base_role")
    role = next(row for row in online.inspect("GET", "organization")["roles"] if row["name"] == "Field Lead")
    name = bare_member(online)
    online.change(name, role=role["id"])
    assert admin.post(f"portals/self/roles/{role['id']}/delete")["success"] is True
    assert online.member(name)["effectiveRole"] == "org_publisher"
