# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: the list, their life, and the role of a member."""

from __future__ import annotations

import json

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
    assert admin.post(f"{path}/delete") == {"success": True}
    assert code_of(admin.get(path)) == 400
    assert code_of(admin.post("portals/self/roles/iAAAAAAAAAAAAAAA/delete")) == 400


def test_a_role_is_set_by_id(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.post("portals/self/updateuserrole", user=name, role="org_publisher") == {"success": True}
    assert admin.get(f"community/users/{name}")["role"] == "org_publisher"
    assert code_of(admin.post("portals/self/updateUserRole", user=name, role="Publisher")) == 400
    assert code_of(admin.post("portals/self/updateUserRole", username=name, role="org_user")) == 400
    assert (
        admin.post("portals/self/updateUserRole", user="nobody_x", role="org_user")["error"]["messageCode"]
        == "COM_0018"
    )


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
