# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups: the object, search, life, members, and what keeps a member out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.products import VIEWER
from tests.sandbox.runner import Sandbox, SandboxError
from tests.unit.sandbox.http_helper import Http, code_of, members, message_of

NO_GROUP = "Group does not exist or is inaccessible."
TOO_MANY = {
    "code": 400, "messageCode": "ORG_3100", "message": "Exceeded maximum number of users allowed per call.",
    "details": [],
}  # fmt: skip
FIELDS = {
    "id", "title", "owner", "access", "isInvitationOnly", "autoJoin", "isViewOnly", "capabilities", "provider",
    "providerGroupName", "membershipAccess", "leavingDisallowed", "hiddenMembers", "protected", "isReadOnly",
    "isOpenData", "isFav", "displaySettings", "typeKeywords", "tags", "snippet", "description", "phone", "sortField",
    "sortOrder", "thumbnail", "created", "modified", "notificationsEnabled", "orgId", "collaborationInfo",
    "userMembership",
}  # fmt: skip


def users(portal: Sandbox, count: int, **wanted: Any) -> list[str]:
    """Names of members who can join any group."""
    facts = {"effectiveRole": "org_user", "userLicenseTypeId": "creatorUT", "disabled": False, **wanted}
    return [row["username"] for row in members(portal, **facts)[:count]]


def signed_in(portal: Sandbox, name: str) -> Http:
    return Http(portal, portal.inspect("POST", "tokens", {"username": name})["token"])


@pytest.fixture
def crew(online: Sandbox) -> dict[str, Any]:
    """A group with an owner, one manager, and three members."""
    owner, manager, *plain = users(online, 5)
    return online.put_group(owner, title="Water crew", admins=[manager], users=plain, tags=["water", "field"])


@pytest.fixture
def plain(online: Sandbox, crew: dict[str, Any]) -> Iterator[Http]:
    """A member of the organization who is not in the group."""
    http = signed_in(online, users(online, 6)[5])
    yield http
    http.close()


def path(group: dict[str, Any], operation: str = "") -> str:
    return f"community/groups/{group['id']}" + (f"/{operation}" if operation else "")


# -- the object ----------------------------------------------------------------------------------------------------
def test_a_group_has_every_field(admin: Http, crew: dict[str, Any]) -> None:
    group = admin.get(path(crew))
    assert set(group) == FIELDS
    assert (group["title"], group["owner"], group["tags"]) == ("Water crew", crew["owner"], ["water", "field"])
    assert group["userMembership"]["memberType"] == "none"
    assert (group["capabilities"], group["provider"], group["protected"]) == ([], None, False)


def test_membership_is_that_of_the_signed_in_account(online: Sandbox, crew: dict[str, Any]) -> None:
    for name, kind in ((crew["owner"], "owner"), (crew["admins"][0], "admin"), (crew["users"][0], "member")):
        http = signed_in(online, name)
        membership = http.get(path(crew))["userMembership"]
        assert (membership["username"], membership["memberType"]) == (name, kind)
        http.close()


@pytest.mark.parametrize("code", ["COM_0003", "CONT_0006"])
def test_a_missing_group(admin: Http, online: Sandbox, code: str) -> None:
    online.switch(group_not_found=code)
    error = admin.get("community/groups/" + "0" * 32)["error"]
    assert (error["code"], error["messageCode"], error["message"]) == (400, code, NO_GROUP)


def test_who_sees_a_group(admin: Http, anonymous: Http, plain: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    for access, seen in (("private", (False, False)), ("org", (False, True)), ("public", (True, True))):
        online.inspect("PATCH", f"groups/{crew['id']}", {"access": access})
        assert tuple("id" in http.get(path(crew)) for http in (anonymous, plain)) == seen
        assert admin.get(path(crew))["access"] == access


def test_the_organization_id_is_onlines(admin: Http, online: Sandbox, crew: dict[str, Any], portal_admin: Http,
                                        enterprise: Sandbox) -> None:  # fmt: skip
    online.switch(group_org_id="missing")
    assert "orgId" not in admin.get(path(crew))
    group = enterprise.put_group(enterprise.username)
    assert "orgId" not in portal_admin.get(path(group))


# -- search --------------------------------------------------------------------------------------------------------
def search(http: Http, query: str, **params: Any) -> list[str]:
    return [row["title"] for row in http.get("community/groups", q=query, num=100, **params)["results"]]


def test_search_by_title_and_organization(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    organization = online.inspect("GET", "organization")["id"]
    inside = (f"orgid:{organization} AND title:crew", f"crew accountid:{organization}")
    for query in ('title:"Water crew"', "water", *inside):
        assert search(admin, query) == ["Water crew"]
    assert search(admin, f"orgid:{organization}x") == []
    assert len(search(admin, f"orgid:{organization}")) == len(online.inspect("GET", "groups"))
    assert search(admin, f"id:{crew['id']}") == ["Water crew"]
    assert search(admin, "*", filter='title:"Water crew"') == ["Water crew"]
    assert admin.post("community/groups", q="water")["total"] == 1


def test_search_pages(admin: Http, online: Sandbox) -> None:
    owner = users(online, 1)[0]
    for number in range(5):
        online.put_group(owner, title=f"Paged {number}")
    page = admin.get("community/groups", q="paged", num=2, start=3)
    assert (page["total"], page["start"], page["num"], page["nextStart"]) == (5, 3, 2, 5)
    assert [row["title"] for row in page["results"]] == ["Paged 2", "Paged 3"]
    assert admin.get("community/groups", q="paged", num=2, start=5)["nextStart"] == -1


def test_search_shows_what_the_account_can_see(plain: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    assert search(plain, "water") == ["Water crew"]
    online.inspect("PATCH", f"groups/{crew['id']}", {"access": "private"})
    assert search(plain, "water") == []


def test_search_lags_behind_writes(admin: Http, online: Sandbox) -> None:
    online.switch(search_lag="2 reads")
    made = admin.post("community/createGroup", title="Brand new", tags="x")["group"]
    assert [search(admin, "brand") for _read in range(3)] == [[], [], ["Brand new"]]
    admin.post(path(made, "update"), title="Renamed")
    assert admin.get(path(made))["title"] == "Renamed"
    assert [search(admin, "brand") for _read in range(3)] == [["Brand new"], ["Brand new"], []]


# -- create and change ---------------------------------------------------------------------------------------------
def test_create(admin: Http, online: Sandbox) -> None:
    sent = {"title": "Roads", "tags": "a,b", "access": "org", "isinvitationOnly": "true", "snippet": "Potholes",
            "capabilities": "updateitemcontrol", "displaySettings": {"itemTypes": ""}}  # fmt: skip
    answer = admin.post("community/createGroup", **sent)
    group = answer["group"]
    assert answer["success"] is True
    assert (group["owner"], group["isInvitationOnly"], group["capabilities"]) == (
        online.username, True, ["updateitemcontrol"],
    )  # fmt: skip
    assert admin.get(path(group))["userMembership"]["memberType"] == "owner"
    assert len(group["id"]) == 32
    assert code_of(admin.post("community/createGroup", tags="x")) == 400
    assert code_of(admin.post("community/createGroup", title="x", access="secret")) == 400


def test_titles_are_free_or_unique(admin: Http, online: Sandbox) -> None:
    for _twice in range(2):
        assert admin.post("community/createGroup", title="Twin", tags="x")["success"] is True
    online.switch(group_titles="unique")
    assert code_of(admin.post("community/createGroup", title="twin", tags="x")) == 400


def test_what_creating_needs(online: Sandbox) -> None:
    viewer = signed_in(online, members(online, effectiveRole=VIEWER, disabled=False)[0]["username"])
    assert code_of(viewer.post("community/createGroup", title="x", tags="x")) == 403
    plain = signed_in(online, users(online, 1)[0])
    refused = ({"capabilities": "updateitemcontrol"}, {"leavingDisallowed": "true"}, {"provider": "enterprise"})
    for sent in refused:
        assert code_of(plain.post("community/createGroup", title="x", tags="x", **sent)) == 403
    assert plain.post("community/createGroup", title="x", tags="x", access="public")["success"] is True
    viewer.close()
    plain.close()


def test_enterprise_knows_members_of_the_organization_only(portal_admin: Http) -> None:
    sent = {"title": "x", "tags": "x"}
    assert code_of(portal_admin.post("community/createGroup", membershipAccess="none", **sent)) == 400
    assert portal_admin.post("community/createGroup", membershipAccess="org", **sent)["success"] is True


def test_update_changes_named_fields_only(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    before = online.group(crew["id"])
    answer = admin.post(path(crew, "update"), snippet="Pipes", capabilities="updateitemcontrol")
    assert answer == {"success": True, "groupId": crew["id"]}
    after = online.group(crew["id"])
    assert {name for name in after if after[name] != before[name]} - {"modified"} == {"snippet"}
    admin.post(path(crew, "update"), snippet="", tags="")
    assert (online.group(crew["id"])["snippet"], online.group(crew["id"])["tags"]) == ("Pipes", ["water", "field"])
    admin.post(path(crew, "update"), snippet="", clearEmptyFields="true", tags=",")
    assert (online.group(crew["id"])["snippet"], online.group(crew["id"])["tags"]) == (None, [])


def test_the_key_of_the_id(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    online.switch(group_id_key="id")
    assert admin.post(path(crew, "update"), snippet="x") == {"success": True, "id": crew["id"]}
    assert admin.post(path(crew, "delete")) == {"success": True, "id": crew["id"]}


def test_who_changes_a_group(online: Sandbox, plain: Http, crew: dict[str, Any]) -> None:
    for operation in ("update", "delete", "reassign", "protect", "addUsers", "removeUsers", "updateUsers", "invite"):
        assert code_of(plain.post(path(crew, operation), users="x", targetUsername="x")) == 403
    manager = signed_in(online, crew["admins"][0])
    assert manager.post(path(crew, "update"), snippet="x")["success"] is True
    assert code_of(manager.post(path(crew, "delete"))) == 403
    manager.close()


def test_protection(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    assert admin.post(path(crew, "protect")) == {"success": True}
    assert admin.get(path(crew))["protected"] is True
    assert code_of(admin.post(path(crew, "delete"))) == 400
    assert admin.post(path(crew, "unprotect")) == {"success": True}
    assert admin.post(path(crew, "delete"))["success"] is True
    assert crew["id"] not in online.member(crew["users"][0])["memberGroups"]
    assert message_of(admin.get(path(crew))) == NO_GROUP


# -- members -------------------------------------------------------------------------------------------------------
def test_user_list(admin: Http, crew: dict[str, Any]) -> None:
    page = admin.get(path(crew, "userList"))
    assert page["owner"]["username"] == crew["owner"]
    kinds = {row["username"]: row["memberType"] for row in page["users"]}
    assert kinds == {crew["admins"][0]: "admin", **dict.fromkeys(crew["users"], "member")}
    assert set(page["users"][0]) == {"username", "fullName", "memberType", "thumbnail", "joined"}
    assert [row["username"] for row in page["users"]] == sorted(kinds)
    assert [row["memberType"] for row in admin.get(path(crew, "userList"), memberType="admin")["users"]] == ["admin"]
    backwards = admin.get(path(crew, "userList"), sortField="membertype", sortOrder="desc")["users"]
    assert backwards[-1]["memberType"] == "admin"
    assert code_of(admin.get(path(crew, "userList"), sortField="shoe")) == 400


def test_user_list_has_pages_of_25(admin: Http, online: Sandbox) -> None:
    names = [row["username"] for row in members(online)]
    group = online.put_group(names[0], users=names[1:111])
    page = admin.get(path(group, "userList"))
    assert (page["total"], page["num"], page["nextStart"]) == (110, 25, 26)
    page = admin.get(path(group, "userList"), num=500)
    assert (page["num"], page["nextStart"]) == (100, 101)
    page = admin.get(path(group, "userList"), num=100, start=101)
    assert (page["num"], page["nextStart"]) == (10, -1)


@pytest.mark.parametrize("kind", ["owner", "admin"])
def test_user_list_may_repeat_the_owner(admin: Http, online: Sandbox, crew: dict[str, Any], kind: str) -> None:
    online.switch(user_list_owner=kind)
    kinds = {row["username"]: row["memberType"] for row in admin.get(path(crew, "userList"))["users"]}
    assert kinds[crew["owner"]] == kind


def test_user_list_is_of_10_9(admin: Http, online: Sandbox, crew: dict[str, Any], legacy_admin: Http,
                              legacy: Sandbox) -> None:  # fmt: skip
    group = legacy.put_group(legacy.username)
    assert code_of(legacy_admin.get(path(group, "userList"))) == 400
    assert legacy_admin.get(path(group, "users"))["owner"] == legacy.username
    legacy.switch(user_list="always")
    assert legacy_admin.get(path(group, "userList"))["total"] == 0
    online.switch(user_list="missing")
    assert code_of(admin.get(path(crew, "userList"))) == 400


def test_users_without_pages(admin: Http, online: Sandbox, plain: Http, crew: dict[str, Any]) -> None:
    assert admin.get(path(crew, "users")) == {name: crew[name] for name in ("owner", "admins", "users")}
    assert code_of(plain.get(path(crew, "users"))) == 403
    online.switch(group_users_overlap="yes")
    names = [crew["owner"], *crew["admins"], *crew["users"]]
    assert admin.get(path(crew, "users"))["users"] == names


def test_hidden_members(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    online.inspect("PATCH", f"groups/{crew['id']}", {"hiddenMembers": True})
    http = signed_in(online, crew["users"][0])
    assert [row["username"] for row in http.get(path(crew, "userList"))["users"]] == crew["admins"]
    assert http.get(path(crew, "users"))["users"] == []
    assert admin.get(path(crew, "userList"))["total"] == 4
    http.close()


def test_the_groups_of_a_member(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    name = crew["users"][0]
    found = next(row for row in admin.get(f"community/users/{name}")["groups"] if row["id"] == crew["id"])
    assert set(found) == FIELDS
    assert (found["userMembership"]["username"], found["userMembership"]["memberType"]) == (name, "member")
    rows = admin.get("portals/self/users", num=100)["users"]
    assert all(row["groups"] == [] for row in rows)


def test_groups_of_many(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    name = crew["users"][0]
    online.put_group(online.username, users=[name])
    found = admin.get("portals/self/usersGroups", users=f"{name},nonexistent")["results"]
    assert [row["username"] for row in found] == [name]
    assert set(found[0]["groups"][0]) == FIELDS
    total = len(found[0]["groups"])
    assert len(admin.get("portals/self/usersGroups", users=name, limit=1)["results"][0]["groups"]) == 1 < total
    online.switch(users_groups="ids", users_groups_limit="1")
    limited = admin.get("portals/self/usersGroups", users=name)["results"][0]["groups"]
    assert [set(row) for row in limited] == [{"id"}]


# -- changing members ----------------------------------------------------------------------------------------------
def test_an_empty_request_is_refused(admin: Http, crew: dict[str, Any]) -> None:
    for operation in ("addUsers", "removeUsers", "updateUsers", "invite"):
        assert code_of(admin.post(path(crew, operation))) == 400


def test_adding_does_not_promote(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    name = crew["users"][0]
    assert admin.post(path(crew, "addUsers"), admins=name) == {"notAdded": [name]}
    assert name in online.group(crew["id"])["users"]
    answer = admin.post(path(crew, "updateUsers"), admins=f"{name},nonexistent,{crew['owner']}")
    assert answer["results"] == [
        {"username": name, "success": True},
        {"username": "nonexistent", "success": False},
        {"username": crew["owner"], "success": False},
    ]
    assert name in online.group(crew["id"])["admins"]
    admin.post(path(crew, "updateUsers"), users=name)
    assert name in online.group(crew["id"])["users"]


def test_the_owner_stays(admin: Http, crew: dict[str, Any]) -> None:
    sent = ",".join([crew["owner"], crew["admins"][0], crew["users"][0].upper()])
    assert admin.post(path(crew, "removeUsers"), users=sent) == {"notRemoved": [crew["owner"]]}
    assert admin.get(path(crew, "userList"))["total"] == 2


@pytest.mark.parametrize("operation", ["addUsers", "removeUsers", "updateUsers"])
def test_more_than_25_names(admin: Http, online: Sandbox, crew: dict[str, Any], operation: str) -> None:
    names = [row["username"] for row in members(online)[:26]]
    assert admin.post(path(crew, operation), users=",".join(names)) == {"error": TOO_MANY}
    assert admin.post(path(crew, operation), users=",".join(names[:25]), admins=names[25]) == {"error": TOO_MANY}
    assert "error" not in admin.post(path(crew, operation), users=",".join(names[:25]))
    online.switch(group_batch="each")
    assert "error" not in admin.post(path(crew, operation), users=",".join(names[:25]), admins=names[25])


def test_updating_may_have_no_limit(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    online.switch(update_users_limit="none")
    names = [row["username"] for row in members(online)[:26]]
    assert len(admin.post(path(crew, "updateUsers"), users=",".join(names))["results"]) == 26


def test_faults_hit_names(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    new = users(online, 7)[5:]
    online.fault(operation="addGroupUsers", kind="partial", names=[new[0]])
    assert admin.post(path(crew, "addUsers"), users=",".join(new)) == {"notAdded": [new[0]]}
    online.fault(operation="removeGroupUsers", kind="not_applied")
    assert admin.post(path(crew, "removeUsers"), users=new[1]) == {"notRemoved": []}
    assert new[1] in online.group(crew["id"])["users"]


# -- who can be in a group -----------------------------------------------------------------------------------------
def test_a_role_that_cannot_join(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    name = users(online, 6)[5]
    role = admin.post("portals/self/createRole", name="Hermit", description="")["id"]
    admin.post(f"portals/self/roles/{role}/setPrivileges", privileges={"privileges": ["portal:user:createItem"]})
    online.change(name, role=role)
    assert admin.post(path(crew, "addUsers"), users=name) == {"notAdded": [name]}


def test_shared_update_needs_create_items(admin: Http, online: Sandbox) -> None:
    owner = members(online, effectiveRole="org_admin")[0]["username"]
    shared = online.put_group(owner, capabilities=["updateitemcontrol"])
    viewer = members(online, effectiveRole=VIEWER)[0]["username"]
    creator = users(online, 1)[0]
    assert admin.post(path(shared, "addUsers"), users=f"{viewer},{creator}") == {"notAdded": [viewer]}
    refused = admin.post("portals/self/updateUserRole", user=creator, role=VIEWER)
    assert "shared update group" in message_of(refused)
    refused = admin.post("portals/self/updateUserRole", user=owner, role="org_publisher")
    assert "shared update group" in message_of(refused)
    admin.post(path(shared, "removeUsers"), users=creator)
    assert admin.post("portals/self/updateUserRole", user=creator, role=VIEWER) == {"success": True}
    other = members(online, effectiveRole="org_admin")[1]["username"]
    publisher = members(online, effectiveRole="org_publisher")[0]["username"]
    assert "shared update" in message_of(admin.post(path(shared, "reassign"), targetUsername=publisher))
    assert admin.post(path(shared, "reassign"), targetUsername=other)["success"] is True
    assert admin.post("portals/self/updateUserRole", user=owner, role="org_publisher") == {"success": True}


def test_512_groups_are_the_most(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    name = users(online, 6)[5]
    for _group in range(512 - len(online.member(name)["memberGroups"])):
        last = online.put_group(online.username, users=[name])
    assert admin.post(path(crew, "addUsers"), users=name) == {"notAdded": [name]}
    online.inspect("DELETE", f"groups/{last['id']}")
    assert admin.post(path(crew, "addUsers"), users=name) == {"notAdded": []}


def test_members_of_other_organizations(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    sent = "outsider_elsewhere,hidden_elsewhere"
    assert admin.post(path(crew, "addUsers"), users=sent) == {"notAdded": sent.split(",")}
    online.inspect("PATCH", f"groups/{crew['id']}", {"membershipAccess": "none"})
    assert admin.post(path(crew, "addUsers"), users=sent) == {"notAdded": ["hidden_elsewhere"]}
    assert admin.post(path(crew, "invite"), users="hidden_elsewhere")["success"] is True
    assert online.group(crew["id"])["invited"][0]["username"] == "hidden_elsewhere"


def test_groups_of_other_organizations(admin: Http, online: Sandbox) -> None:
    name = users(online, 1)[0]
    foreign = online.put_group("outsider_elsewhere", users=[name], orgId="q7zPNeKmTWeh7Aor", access="public")
    assert admin.get(path(foreign))["orgId"] == "q7zPNeKmTWeh7Aor"
    assert foreign["id"] in [row["id"] for row in admin.get(f"community/users/{name}")["groups"]]
    assert code_of(admin.post(path(foreign, "removeUsers"), users=name)) == 403
    organization = online.inspect("GET", "organization")["id"]
    assert foreign["title"] not in search(admin, f"orgid:{organization}")


def sign_in(portal: Sandbox, name: str) -> None:
    portal.change(name, password="Known-pass-123")
    http = Http(portal)
    assert "token" in http.post("generateToken", username=name, password="Known-pass-123", client="requestip")
    http.close()


def test_linked_groups(admin: Http, online: Sandbox) -> None:
    name, at_sign_in = users(online, 2, provider="arcgis")
    linked = online.put_group(
        online.username, provider="enterprise", providerGroupName="GIS-All", joinsAtSignIn=[at_sign_in]
    )
    assert admin.get(path(linked))["providerGroupName"] == "GIS-All"
    assert admin.post(path(linked, "addUsers"), users=name) == {"notAdded": [name]}
    online.switch(linked_group_add="error")
    assert code_of(admin.post(path(linked, "addUsers"), users=name)) == 400
    online.switch(linked_group_add="accepted")
    assert admin.post(path(linked, "addUsers"), users=name) == {"notAdded": []}
    assert online.group(linked["id"])["users"] == [name]
    sign_in(online, name)
    sign_in(online, at_sign_in)
    assert online.group(linked["id"])["users"] == [at_sign_in]


@pytest.mark.parametrize("key", ["users", "groups"])
def test_enterprise_refreshes_linked_groups(portal_admin: Http, enterprise: Sandbox, key: str) -> None:
    name = users(enterprise, 1)[0]
    linked = enterprise.put_group(
        enterprise.username, provider="enterprise", providerGroupName="GIS-All", joinsAtSignIn=[name]
    )
    sent = {key: name if key == "users" else "GIS-All"}
    assert portal_admin.admin(f"security/{key}/refreshMembership", **sent) == {"status": "success"}
    assert enterprise.group(linked["id"])["users"] == [name]


def test_joining_and_leaving(admin: Http, online: Sandbox, plain: Http, crew: dict[str, Any]) -> None:
    name = plain.get("community/self")["username"]
    assert plain.post(path(crew, "join"))["success"] is True
    assert online.group(crew["id"])["requests"] == [name]
    admin.post(path(crew, "update"), autoJoin="true")
    assert plain.post(path(crew, "join"))["success"] is True
    assert name in online.group(crew["id"])["users"]
    assert plain.post(path(crew, "leave"))["success"] is True
    admin.post(path(crew, "update"), isInvitationOnly="true")
    assert code_of(plain.post(path(crew, "join"))) == 400
    admin.post(path(crew, "addUsers"), users=name)
    admin.post(path(crew, "update"), leavingDisallowed="true")
    assert code_of(plain.post(path(crew, "leave"))) == 400
    assert admin.post(path(crew, "removeUsers"), users=name) == {"notRemoved": []}


@pytest.mark.parametrize(("switch", "place"), [("manager", "admins"), ("member", "users"), ("none", None)])
def test_the_former_owner(admin: Http, online: Sandbox, crew: dict[str, Any], switch: str, place: Any) -> None:
    online.switch(group_former_owner=switch)
    target = crew["admins"][0]
    assert admin.post(path(crew, "reassign"), targetUsername=target) == {"success": True, "groupId": crew["id"]}
    after = online.group(crew["id"])
    assert after["owner"] == target
    assert [key for key in ("admins", "users") if crew["owner"] in after[key]] == ([place] if place else [])


def test_who_can_own_a_group(admin: Http, online: Sandbox, crew: dict[str, Any]) -> None:
    viewer = members(online, effectiveRole=VIEWER)[0]["username"]
    outside = users(online, 6)[5]
    assert code_of(admin.post(path(crew, "reassign"), targetUsername=viewer)) == 400
    online.switch(group_reassign_outsider="refused")
    assert code_of(admin.post(path(crew, "reassign"), targetUsername=outside)) == 400
    online.switch(group_reassign_outsider="accepted")
    assert admin.post(path(crew, "reassign"), targetUsername=outside)["success"] is True


def test_the_content_of_a_group_is_what_is_shared_with_it(online: Sandbox) -> None:
    group = online.put_group(online.username, title="Maps")
    item = online.put_item(online.username, title="Map", groups=[group["id"]])
    online.put_item(online.username, title="Other")
    http = signed_in(online, online.username)
    answer = http.get(f"content/groups/{group['id']}", num=1)
    http.close()
    assert answer["total"] == 1 and [row["id"] for row in answer["items"]] == [item["id"]]


def test_a_group_that_is_made_again_can_have_its_id_and_no_other_request_changes_it(online: Sandbox) -> None:
    group = online.put_group(online.username, id="a" * 32, title="Made again")
    assert group["id"] == "a" * 32 and online.group("a" * 32)["title"] == "Made again"
    with pytest.raises(SandboxError, match="unknown group fields: id"):
        online.inspect("PATCH", f"groups/{group['id']}", {"id": "b" * 32})
