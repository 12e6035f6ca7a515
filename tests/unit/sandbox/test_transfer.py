# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfer of items and groups, what refuses it, and the recycle bin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.products import VIEWER
from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members, message_of


@pytest.fixture
def owner(online: Sandbox) -> str:
    """A member without content."""
    return bare_member(online)


@pytest.fixture
def recipient(online: Sandbox) -> str:
    return bare_member(online, effectiveRole="org_publisher")


def can(http: Http, owner: str, recipient: str, *items: str) -> dict[str, bool]:
    answer = http.post(f"content/users/{owner}/canReassignItems", items=",".join(items), targetUsername=recipient)
    return {row["itemId"]: row["success"] for row in answer["results"]}


def move(http: Http, owner: str, recipient: str, *items: str, **params: Any) -> dict[str, bool]:
    path = f"content/users/{owner}/reassignItems"
    answer = http.post(path, items=",".join(items), targetUsername=recipient, **params)
    return {row["itemId"]: row["success"] for row in answer["results"]}


# -- who can receive -----------------------------------------------------------------------------------------------
def test_ask_before_moving(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    free, blocked = (online.put_item(owner, isBlocked=value)["id"] for value in (False, True))
    assert can(admin, owner, recipient, free, blocked, "nothing") == {free: True, blocked: False, "nothing": False}
    path = f"content/users/{owner}/items"
    assert admin.post(f"{path}/{free}/canReassign", targetUsername=recipient) == {"success": True, "itemId": free}
    answer = admin.post(f"{path}/{blocked}/canReassign", targetUsername=recipient)
    assert (answer["success"], answer["itemId"], answer["error"]["code"]) == (False, blocked, 400)
    assert online.item(free)["owner"] == owner
    assert code_of(admin.post(f"{path}/{blocked}/reassign", targetUsername=recipient)) == 400
    assert move(admin, owner, recipient, free, blocked) == {free: True, blocked: False}
    assert online.member(recipient)["items"] == [free]


def test_asking_counts_as_a_read(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    item = online.put_item(owner)["id"]
    online.reset_counters()
    can(admin, owner, recipient, item)
    assert (online.counters()["reads"], online.counters()["writes"]) == (1, 0)


def test_the_recipient_needs_a_role_that_receives(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    item = online.put_item(owner)["id"]
    viewer = members(online, effectiveRole=VIEWER)[0]["username"]
    role = admin.post("portals/self/createRole", name="Writer", description="")["id"]
    admin.post(f"portals/self/roles/{role}/setPrivileges", privileges={"privileges": ["portal:user:createItem"]})
    online.change(recipient, role=role)
    for target in (viewer, recipient):
        answer = admin.post(f"content/users/{owner}/canReassignItems", items=item, targetUsername=target)
        assert code_of(answer) == 400


def test_private_shared_items_need_their_groups(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    group = online.put_group(owner)["id"]
    private = online.put_item(owner, groups=[group])["id"]
    public = online.put_item(owner, groups=[group], access="org")["id"]
    assert can(admin, owner, recipient, private, public) == {private: False, public: True}
    online.switch(item_group_rule="all")
    assert can(admin, owner, recipient, private, public) == {private: False, public: False}
    admin.post(f"community/groups/{group}/addUsers", users=recipient)
    assert can(admin, owner, recipient, private, public) == {private: True, public: True}
    online.inspect("PATCH", f"groups/{group}", {"isViewOnly": True})
    assert can(admin, owner, recipient, private) == {private: False}
    admin.post(f"community/groups/{group}/updateUsers", admins=recipient)
    assert can(admin, owner, recipient, private) == {private: True}
    sharing = admin.get(f"content/users/{owner}/items/{public}")["sharing"]
    assert sharing == {"access": "org", "groups": [group]}


def test_shared_update_items_always_need_the_group(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    group = online.put_group(online.username, users=[owner], capabilities=["updateitemcontrol"])["id"]
    item = online.put_item(owner, groups=[group], access="public")["id"]
    assert can(admin, owner, recipient, item) == {item: False}
    admin.post(f"community/groups/{group}/addUsers", users=recipient)
    assert can(admin, owner, recipient, item) == {item: True}


def test_a_deleted_group_shares_nothing(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    group = online.put_group(owner)["id"]
    item = online.put_item(owner, groups=[group])["id"]
    admin.post(f"community/groups/{group}/delete")
    assert online.item(item)["groups"] == []
    assert can(admin, owner, recipient, item) == {item: True}


def test_many_items_are_for_newer_portals(admin: Http, online: Sandbox, owner: str, legacy_admin: Http,
                                          legacy: Sandbox) -> None:  # fmt: skip
    for operation in ("canReassignItems", "reassignItems"):
        path = f"content/users/{legacy.username}/{operation}"
        assert code_of(legacy_admin.post(path, items="x", targetUsername=legacy.username)) == 400
    online.switch(can_reassign_items="missing")
    answer = admin.post(f"content/users/{owner}/canReassignItems", items="x", targetUsername=online.username)
    assert answer["error"]["messageCode"] == "GWM_0007"


def test_100_items_are_the_most(admin: Http, owner: str, recipient: str) -> None:
    items = ",".join(f"item{number}" for number in range(101))
    for operation in ("canReassignItems", "reassignItems"):
        answer = admin.post(f"content/users/{owner}/{operation}", items=items, targetUsername=recipient)
        assert code_of(answer) == 400


def test_folders_come_into_being(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    first, second, third = (online.put_item(owner)["id"] for _each in range(3))
    move(admin, owner, recipient, first, second, targetFoldername="From her")
    path = f"content/users/{owner}/items/{third}/reassign"
    admin.post(path, targetUsername=recipient, targetFolderName="From her")
    page = admin.get(f"content/users/{recipient}")
    assert ([row["title"] for row in page["folders"]], page["total"]) == (["From her"], 0)
    assert admin.get(f"content/users/{recipient}/{page['folders'][0]['id']}")["total"] == 3
    folder = page["folders"][0]["id"]
    assert admin.get(f"content/users/{recipient}/{folder}/items/{first}")["item"]["ownerFolder"] == folder


def test_transfer_needs_the_privilege(online: Sandbox, owner: str, recipient: str) -> None:
    item = online.put_item(owner)["id"]
    http = Http(online, online.inspect("POST", "tokens", {"username": recipient})["token"])
    for operation in ("canReassignItems", "reassignItems", f"items/{item}/canReassign", f"items/{item}/reassign"):
        answer = http.post(f"content/users/{owner}/{operation}", items=item, targetUsername=recipient)
        assert code_of(answer) == 403
    http.close()


# -- everything of a member ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("switch", "code", "moved"), [("error", 400, 0), ("skipped", None, 1), ("partial", 400, 1)]
)  # fmt: skip
def test_one_blocked_item(admin: Http, online: Sandbox, owner: str, recipient: str, switch: str, code: Any,
                          moved: int) -> None:  # fmt: skip
    online.switch(reassign_blocked=switch)
    online.put_item(owner)
    blocked = online.put_item(owner, isBlocked=True)["id"]
    online.put_group(owner)
    answer = admin.post(f"community/users/{owner}/reassign", targetUsername=recipient)
    assert code_of(answer) == code
    after = online.member(recipient)
    assert (len(after["items"]), len(after["ownedGroups"])) == (moved, moved)
    assert blocked in online.member(owner)["items"]


def test_groups_of_the_owner_go_first(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    group = online.put_group(owner)["id"]
    item = online.put_item(owner, groups=[group])["id"]
    assert admin.post(f"community/users/{owner}/reassign", targetUsername=recipient) == {"success": True}
    assert (online.group(group)["owner"], online.item(item)["owner"]) == (recipient, recipient)


def test_a_shared_update_group_needs_its_privilege(admin: Http, online: Sandbox, recipient: str) -> None:
    owner = members(online, effectiveRole="org_admin", items=[], ownedGroups=[])[0]["username"]
    online.put_group(owner, capabilities=["updateitemcontrol"])
    answer = admin.post(f"community/users/{owner}/reassign", targetUsername=recipient)
    assert "shared update" in answer["error"]["details"][0]
    assert admin.post(f"community/users/{owner}/reassign", targetUsername=online.username) == {"success": True}


def test_a_job_fails_with_a_blocked_item(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    online.put_item(owner, isBlocked=True)
    sent = {"targetUser": recipient, "reassignedUsers": [owner], "targetFolderName": owner}
    job = admin.post("portals/self/reassignUsersContent", reassign=sent)["jobId"]
    assert [admin.get(f"portals/self/jobs/{job}")["status"] for _poll in range(3)][-1] == "failed"


def test_items_that_hold_credentials(online: Sandbox) -> None:
    types = {row["type"]: list(row["keywords"]) for row in online.inspect("GET", "items")}
    assert types["API Key"] == ["API Key"]
    assert types["Application"] == ["Registered App"]


# -- the recycle bin -----------------------------------------------------------------------------------------------
def test_the_bin_blocks_a_removal(admin: Http, online: Sandbox, owner: str, recipient: str) -> None:
    items = [online.put_item(owner)["id"] for _each in range(3)]
    path = f"content/users/{owner}"
    answer = admin.post(f"{path}/deleteItems", items=",".join([*items[:2], "nothing"]))
    assert [row["success"] for row in answer["results"]] == [True, True, False]
    assert online.inspect("GET", "bins") == {owner: items[:2]}
    page = admin.get(path, foldersContent="true", inRecycleBin="true", num=1)
    assert (page["total"], page["nextStart"]) == (2, 2)
    assert can(admin, owner, recipient, *items) == {items[0]: False, items[1]: False, items[2]: True}
    move(admin, owner, recipient, items[2])
    assert "recycle bin" in message_of(admin.post(f"community/users/{owner}/delete"))
    assert admin.post(f"{path}/items/{items[0]}/canRestore")["success"] is True
    assert admin.post(f"{path}/items/{items[0]}/restore")["success"] is True
    assert move(admin, owner, recipient, items[0]) == {items[0]: True}
    admin.post(f"{path}/deleteItems", items=items[1], permanentDelete="true")
    assert online.inspect("GET", "bins") == {}
    assert admin.post(f"community/users/{owner}/delete")["success"] is True


def test_what_cannot_be_restored_or_recycled(admin: Http, online: Sandbox, owner: str) -> None:
    item, recycled = online.put_item(owner)["id"], online.put_item(owner, recycled=True)["id"]
    path = f"content/users/{owner}/items"
    assert admin.post(f"{path}/{item}/restore")["error"]["messageCode"] == "CONT_0295"
    assert admin.post(f"{path}/{item}/canRecycle")["success"] is True
    assert admin.post(f"{path}/{recycled}/canRecycle")["error"]["messageCode"] == "CONT_0298"


def test_a_bin_that_is_switched_off(admin: Http, online: Sandbox, owner: str) -> None:
    admin.post("portals/self/update", recycleBinEnabled="false")
    assert admin.get("portals/self")["recycleBinEnabled"] is False
    item = online.put_item(owner)["id"]
    admin.post(f"content/users/{owner}/items/{item}/delete")
    assert online.inspect("GET", "bins") == {}
