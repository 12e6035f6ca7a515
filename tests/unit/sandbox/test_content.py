# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What members own, and groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members


def owner(portal: Sandbox) -> str:
    """A plain member with two items and a group."""
    name = bare_member(portal)
    for number in range(2):
        portal.inspect("POST", "items", {"owner": name, "title": f"Map {number}"})
    portal.inspect("POST", "groups", {"owner": name, "title": "Crew"})
    return name


def recipient(portal: Sandbox) -> str:
    return bare_member(portal, effectiveRole="org_publisher")


# -- content -------------------------------------------------------------------------------------------------------
def test_what_a_member_owns(admin: Http, online: Sandbox) -> None:
    name = owner(online)
    page = admin.get(f"content/users/{name}", foldersContent="true", num=1)
    assert (page["total"], page["num"], page["nextStart"], page["folders"]) == (2, 1, 2, [])
    assert {"id", "owner", "title", "type", "ownerFolder"} <= set(page["items"][0])
    assert page["items"][0]["owner"] == name
    user = admin.get(f"community/users/{name}")
    membership = user["groups"][0]["userMembership"]
    assert (membership["username"], membership["memberType"]) == (name, "owner")


def test_content_of_others_needs_a_privilege(online: Sandbox) -> None:
    name = owner(online)
    http = Http(online, online.inspect("POST", "tokens", {"username": bare_member(online)})["token"])
    assert code_of(http.get(f"content/users/{name}")) == 403
    http.close()


def test_everything_goes_to_another(admin: Http, online: Sandbox) -> None:
    name, target = owner(online), recipient(online)
    assert admin.post(f"community/users/{name}/reassign", targetUsername=target) == {"success": True}
    assert (len(online.member(target)["items"]), len(online.member(target)["ownedGroups"])) == (2, 1)
    assert admin.post(f"community/users/{name}/delete")["success"] is True


def test_who_cannot_receive(admin: Http, online: Sandbox) -> None:
    name = owner(online)
    viewer = members(online, userLicenseTypeId="viewerUT")[0]["username"]
    for target in ("nonexistent", viewer, name):
        assert code_of(admin.post(f"community/users/{name}/reassign", targetUsername=target)) == 400
    assert code_of(admin.post(f"community/users/{name}/reassign")) == 400
    assert len(online.member(name)["items"]) == 2


def test_many_transfer_in_a_job(admin: Http, online: Sandbox) -> None:
    name, target = owner(online), recipient(online)
    sent = {"targetUser": target, "reassignedUsers": [name], "createSubFolderPerReassignedUser": True}
    job = admin.post("portals/self/reassignUsersContent", reassign=sent)["jobId"]
    states = [admin.get(f"portals/self/jobs/{job}")["status"] for _poll in range(3)]
    assert states == ["processing", "processing", "succeeded"]
    folder = admin.get(f"content/users/{target}")["folders"][0]
    assert folder["title"] == name
    assert admin.get(f"content/users/{target}/{folder['id']}")["total"] == 2
    assert admin.get(f"content/users/{target}")["total"] == 0
    assert admin.get(f"content/users/{target}", foldersContent="true")["total"] == 2
    assert code_of(admin.get(f"content/users/{target}/nofolder")) == 400
    assert code_of(admin.get("portals/self/jobs/nojob")) == 400
    assert code_of(admin.post("portals/self/reassignUsersContent", reassign={"targetUser": target})) == 400


def test_one_item_goes_to_another(admin: Http, online: Sandbox) -> None:
    name, target = owner(online), recipient(online)
    item = online.member(name)["items"][0]
    path = f"content/users/{name}/items/{item}"
    assert admin.get(path)["item"]["id"] == item
    assert admin.post(f"{path}/reassign", targetUsername=target, targetFolderName="/")["success"] is True
    assert online.member(target)["items"] == [item]
    assert admin.post(f"{path}/reassign", targetUsername=target)["error"]["messageCode"] == "CONT_0001"


def test_the_recycle_bin(admin: Http, online: Sandbox, portal_admin: Http, enterprise: Sandbox) -> None:
    name = owner(online)
    item = online.member(name)["items"][0]
    path = f"content/users/{name}/items/{item}"
    assert admin.post(f"{path}/delete")["success"] is True
    assert [row["id"] for row in admin.get(f"content/users/{name}", inRecycleBin="true")["items"]] == [item]
    assert admin.get(f"content/users/{name}")["total"] == 1
    assert admin.post(f"{path}/restore")["success"] is True
    assert admin.get(f"content/users/{name}")["total"] == 2
    assert admin.post(f"{path}/delete", permanentDelete="true")["success"] is True
    assert admin.get(f"content/users/{name}", inRecycleBin="true")["total"] == 0
    name = owner(enterprise)
    item = enterprise.member(name)["items"][0]
    assert portal_admin.post(f"content/users/{name}/items/{item}/delete")["success"] is True
    assert enterprise.member(name)["recycledItems"] == []


# -- groups --------------------------------------------------------------------------------------------------------
@pytest.fixture
def crew(online: Sandbox) -> dict[str, Any]:
    chief = recipient(online)
    admins, users = ([row["username"] for row in members(online, disabled=False)[n : n + 1]] for n in (60, 61))
    sent = {"owner": chief, "admins": admins, "users": users, "title": "Crew"}
    made = online.inspect("POST", "groups", sent)
    return {**sent, "path": f"community/groups/{made['id']}", "id": made["id"]}


def test_a_group_and_its_members(admin: Http, crew: dict[str, Any]) -> None:
    assert admin.get(crew["path"])["owner"] == crew["owner"]
    found = admin.get(f"{crew['path']}/users")
    assert found == {"owner": crew["owner"], "admins": crew["admins"], "users": crew["users"]}
    assert admin.get("community/groups/nothing")["error"]["messageCode"] == "COM_0003"


def test_adding_and_removing(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    new = members(online)[70]["username"]
    sent = f"{new},nonexistent,{crew['users'][0]}"
    assert admin.post(f"{crew['path']}/addUsers", users=sent) == {"notAdded": ["nonexistent", crew["users"][0]]}
    assert new in admin.get(f"{crew['path']}/users")["users"]
    changed = admin.post(f"{crew['path']}/updateUsers", admins=[new])
    assert changed == {"results": [{"username": new, "success": True}]}
    assert new in admin.get(f"{crew['path']}/users")["admins"]
    answer = admin.post(f"{crew['path']}/removeUsers", users=f"{new},nonexistent")
    assert answer == {"notRemoved": ["nonexistent"]}
    assert crew["id"] not in online.member(new)["memberGroups"]
    assert admin.post(f"{crew['path']}/invite", users=new, role="group_member", expiration=1440)["success"] is True


def test_twenty_five_at_most(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    names = [row["username"] for row in members(online)]
    assert (
        code_of(admin.post(f"{crew['path']}/addUsers", users=",".join(names[:20]), admins=",".join(names[20:26])))
        == 400
    )
    assert "notAdded" in admin.post(
        f"{crew['path']}/addUsers", users=",".join(names[:20]), admins=",".join(names[20:25])
    )


def test_groups_are_their_managers_business(online: Sandbox, crew: dict[str, Any]) -> None:
    http = Http(online, online.inspect("POST", "tokens", {"username": bare_member(online)})["token"])
    assert code_of(http.post(f"{crew['path']}/addUsers", users="x")) == 403
    assert code_of(http.post(f"{crew['path']}/reassign", targetUsername="x")) == 403
    assert code_of(http.post(f"{crew['path']}/delete")) == 403
    http.close()


def test_a_group_goes_to_another_or_away(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    target = bare_member(online)
    assert admin.post(f"{crew['path']}/reassign", targetUsername=target)["success"] is True
    assert admin.get(f"{crew['path']}/users")["owner"] == target
    found = admin.get("portals/self/usersGroups", users=f"{target},nonexistent")["results"]
    assert [(row["username"], row["groups"][0]["id"]) for row in found] == [(target, crew["id"])]
    assert admin.post(f"{crew['path']}/delete")["success"] is True
    assert online.member(target)["memberGroups"] == []
