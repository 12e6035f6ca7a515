# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading members: one, pages, search."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from tests.sandbox.runner import Sandbox
from tests.sandbox.store import PROFILE
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members

TEXT = (str, type(None))
USER_FIELDS: dict[str, Any] = {
    "username": str, "udn": type(None), "id": str, **dict.fromkeys(PROFILE.values(), TEXT), "userType": str,
    "idpUsername": TEXT, "favGroupId": TEXT, "lastLogin": int, "mfaEnabled": bool, "storageUsage": int,
    "storageQuota": int, "orgId": str, "role": str, "level": str, "disabled": bool, "tags": list, "thumbnail": TEXT,
    "access": str, "created": int, "modified": int, "provider": str, "userLicenseTypeId": str, "categories": list,
    "emailStatus": str, "emailStatusDate": int, "mfaEnforcementExempt": bool, "assignedCredits": float,
    "availableCredits": float, "privileges": list, "groups": list,
}  # fmt: skip


def all_rows(http: Http, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    start = 1
    while start > 0:
        page = http.get("portals/self/users", start=start, num=100, **params)
        rows += page["users"]
        start = page["nextStart"]
    return rows


def acting(portal: Sandbox, name: str) -> Http:
    return Http(portal, portal.inspect("POST", "tokens", {"username": name})["token"])


def test_a_member_as_an_administrator_sees_it(admin: Http, online: Sandbox) -> None:
    for row in members(online)[:40]:
        user = admin.get(f"community/users/{row['username']}")
        assert set(user) - {"roleId"} == set(USER_FIELDS)
        for name, kind in USER_FIELDS.items():
            assert isinstance(user[name], kind), name


def test_enterprise_members_have_no_credits(portal_admin: Http, enterprise: Sandbox) -> None:
    user = portal_admin.get(f"community/users/{bare_member(enterprise)}")
    assert not {"assignedCredits", "availableCredits", "emailStatus"} & set(user)
    assert {"userLicenseTypeId", "categories"} <= set(user)


def test_role_and_role_id(admin: Http, online: Sandbox) -> None:
    roles = {role["id"]: role for role in online.inspect("GET", "organization")["roles"]}
    for row in members(online):
        user = admin.get(f"community/users/{row['username']}")
        role = roles[row["effectiveRole"]]
        if role["id"].startswith("org_"):
            assert "roleId" not in user
            assert user["role"] == role["id"]
        else:
            assert (user["role"], user["roleId"]) == (role["base"], role["id"])


def test_viewers_may_show_their_own_id(admin: Http, online: Sandbox) -> None:
    name = members(online, effectiveRole="iAAAAAAAAAAAAAAA")[0]["username"]
    assert admin.get(f"community/users/{name}")["role"] == "org_user"
    online.switch(role_of_viewer="own_id")
    assert admin.get(f"community/users/{name}")["role"] == "iAAAAAAAAAAAAAAA"


def test_names_match_without_case_and_keep_their_spelling(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.get(f"community/users/{name.upper()}")["username"] == name
    assert admin.get(f"COMMUNITY//Users/{name}/")["username"] == name


def test_a_user_id_answers_too(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    assert admin.get(f"community/users/{online.member(name)['id']}")["username"] == name


@pytest.mark.parametrize("name", ["jo@example.com", "c sey", "a\\b", "ümlaut", "a/b", "50%"])
def test_names_are_percent_decoded(online: Sandbox, admin: Http, name: str) -> None:
    online.inspect("POST", "members", {"username": name})
    quoted = "".join(f"%{byte:02X}" for byte in name.encode())
    assert admin.get(f"community/users/{quoted}")["username"] == name


def test_a_missing_user(online: Sandbox, admin: Http) -> None:
    wanted = {
        "code": 400,
        "messageCode": "COM_0018",
        "message": "User does not exist or is inaccessible.",
        "details": [],
    }
    answer = admin.send("GET", "community/users/nonexistent", params={"f": "json"})
    assert (answer.status_code, answer.json()["error"]) == (200, wanted)
    online.switch(not_found_code="without")
    wanted.pop("messageCode")
    assert admin.get("community/users/nonexistent")["error"] == wanted


def test_who_sees_what(online: Sandbox, anonymous: Http) -> None:
    name = bare_member(online)
    plain = acting(online, bare_member(online, access="org"))
    for access, outside, inside in (("private", False, False), ("org", False, True), ("public", True, True)):
        online.change(name, access=access)
        for http, sees in ((anonymous, outside), (plain, inside)):
            answer = http.get(f"community/users/{name}")
            assert ("error" not in answer) is sees or name == plain.get("community/self")["username"]
            assert "email" not in answer or http is plain
    plain.close()


def test_another_organizations_user(admin: Http, anonymous: Http, online: Sandbox) -> None:
    user = admin.get("community/users/outsider_elsewhere")
    assert user["orgId"] not in (None, admin.get("portals/self")["id"])
    assert not {"email", "role", "privileges"} & set(user)
    assert anonymous.get("community/users/outsider_elsewhere")["username"] == "outsider_elsewhere"
    assert admin.get("community/users/hidden_elsewhere")["error"]["messageCode"] == "COM_0018"
    assert "outsider_elsewhere" not in [row["username"] for row in all_rows(admin)]
    assert "error" in admin.post("community/users/outsider_elsewhere/update", description="x")


# -- pages ---------------------------------------------------------------------------------------------------------
def test_a_page(admin: Http) -> None:
    page = admin.get("portals/self/users")
    assert set(page) == {"total", "start", "num", "nextStart", "users"}
    assert (page["total"], page["start"], page["num"], page["nextStart"]) == (120, 1, 10, 11)
    row = page["users"][0]
    assert row["groups"] == []
    assert "privileges" not in row
    assert set(row) - {"roleId"} == set(USER_FIELDS) - {"privileges"}


def test_pages_hold_at_most_a_hundred_and_end(admin: Http) -> None:
    page = admin.get("portals/self/users", num=1000)
    assert (page["num"], len(page["users"]), page["nextStart"]) == (100, 100, 101)
    last = admin.get("portals/self/users", start=101, num=100)
    assert (last["num"], last["nextStart"]) == (20, -1)
    beyond = admin.get("portals/self/users", start=500, num=100)
    assert (beyond["num"], beyond["users"], beyond["nextStart"]) == (0, [], -1)


def test_all_pages_have_all_members_once_in_order(admin: Http, online: Sandbox) -> None:
    names = [row["username"] for row in all_rows(admin)]
    assert names == sorted({row["username"] for row in online.inspect("GET", "members")}, key=str.casefold)


def test_lists_can_be_asked_by_post(admin: Http) -> None:
    assert admin.post("portals/self/users", num=5)["users"] == admin.get("portals/self/users", num=5)["users"]


def test_rows_follow_changes(admin: Http, online: Sandbox) -> None:
    name = admin.get("portals/self/users", num=1)["users"][0]["username"]
    online.change(name, description="changed behind the back")
    assert admin.get("portals/self/users", num=1)["users"][0]["description"] == "changed behind the back"
    online.inspect("DELETE", f"members/{name}")
    assert admin.get("portals/self/users", num=1)["users"][0]["username"] != name
    assert admin.get("portals/self/users", num=1)["total"] == 119


@pytest.mark.parametrize(
    ("value", "user_type", "categories"),
    [("full", True, True), ("without_user_type", False, True), ("without_categories", True, False),
     ("without_both", False, False)],
)  # fmt: skip
def test_rows_may_lack_fields(online: Sandbox, admin: Http, value: str, user_type: bool, categories: bool) -> None:
    online.switch(list_rows=value)
    row = admin.get("portals/self/users", num=1)["users"][0]
    assert ("userLicenseTypeId" in row, "categories" in row) == (user_type, categories)
    assert "userLicenseTypeId" in admin.get(f"community/users/{row['username']}")


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_rows_may_come_in_another_order(online: Sandbox, admin: Http, order: str) -> None:
    names = [row["username"] for row in all_rows(admin)]
    online.switch(row_order=order)
    others = [row["username"] for row in all_rows(admin)]
    assert others != names
    assert sorted(others) == sorted(names)


@pytest.mark.parametrize(
    ("field", "key"),
    [("username", "username"), ("fullName", "fullName"), ("created", "created"), ("lastlogin", "lastLogin"),
     ("level", "level")],
)  # fmt: skip
def test_rows_are_sorted(admin: Http, field: str, key: str) -> None:
    def plain(value: Optional[Any]) -> Any:
        return (value or "").casefold() if not isinstance(value, int) else value

    for order in ("asc", "desc"):
        found = [plain(row[key]) for row in all_rows(admin, sortField=field, sortOrder=order)]
        assert found == sorted(found, reverse=order == "desc")


def test_an_unknown_sort_field_is_refused(admin: Http) -> None:
    assert code_of(admin.get("portals/self/users", sortField="shoesize")) == 400


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("role", "effectiveRole", "org_publisher"),
        ("role", "effectiveRole", "iAAAAAAAAAAAAAAA"),
        ("userLicenseType", "userLicenseTypeId", "viewerUT"),
        ("provider", "provider", "enterprise"),
    ],
)
def test_rows_are_filtered(admin: Http, online: Sandbox, name: str, key: str, value: str) -> None:
    wanted = {row["username"] for row in members(online, **{key: value})}
    assert wanted
    assert {row["username"] for row in all_rows(admin, **{name: value})} == wanted


def test_names_are_filtered_by_a_part(admin: Http, online: Sandbox) -> None:
    row = members(online)[0]
    assert row["username"] in [found["username"] for found in all_rows(admin, username=row["username"][:5].upper())]


@pytest.mark.parametrize(
    ("switch", "spelling", "joined"),
    [
        ("both", "applyFilterIntersection", True),
        ("both", "applyFiltersIntersection", True),
        ("applyFilterIntersection", "applyFiltersIntersection", False),
        ("applyFiltersIntersection", "applyFiltersIntersection", True),
    ],
)
def test_filters_are_joined_by_or_unless_requested(
    admin: Http, online: Sandbox, switch: str, spelling: str, joined: bool
) -> None:
    online.switch(filter_spelling=switch)
    publishers = {row["username"] for row in members(online, effectiveRole="org_publisher")}
    saml = {row["username"] for row in members(online, provider="enterprise")}
    sent = {"role": "org_publisher", "provider": "enterprise", spelling: "true"}
    wanted = publishers & saml if joined else publishers | saml
    assert {row["username"] for row in all_rows(admin, **sent)} == wanted


def test_system_accounts_can_be_left_out(online: Sandbox, admin: Http) -> None:
    system = ["esri_boundaries", "esri_nav", "system_publisher"]
    online.switch(system_accounts="listed")
    rows = all_rows(admin)
    assert [row["username"] for row in rows if row["username"] in system] == system
    assert len(rows) == 123
    assert admin.get("portals/self/users", excludeSystemUsers="true")["total"] == 120
    for name in system:
        assert admin.get(f"community/users/{name}")["username"] == name
        assert admin.post("community/checkUsernames", usernames=name)["usernames"][0]["suggested"] != name
    assert "error" in admin.post("community/users/esri_nav/update", description="x")
    online.inspect("POST", "members", {"username": "esri_nav"})
    assert len(all_rows(admin)) == 123
    assert admin.get("portals/self/users", excludeSystemUsers="true")["total"] == 120


def test_a_member_may_have_a_name_that_begins_with_esri(online: Sandbox) -> None:
    online.reset(esri_member=True)
    http = acting(online, online.username)
    names = [row["username"] for row in all_rows(http, excludeSystemUsers="true")]
    assert "esri_liaison_sandbox" in names
    assert "esri_nav" not in names
    http.close()


def test_last_login_may_be_missing(online: Sandbox, admin: Http) -> None:
    never, once = (bare_member(online, lastLogin=-1), online.username)

    def shown(name: str) -> Any:
        return admin.get(f"community/users/{name}").get("lastLogin", "missing")

    assert (shown(never), shown(once) > 0) == (-1, True)
    online.switch(last_login="missing")
    assert (shown(never), shown(once) > 0) == ("missing", True)
    assert all(row.get("lastLogin") != -1 for row in all_rows(admin))
    online.switch(last_login="hidden")
    assert (shown(never), shown(once)) == ("missing", "missing")


def test_public_pages_show_neither_role_nor_organization(online: Sandbox) -> None:
    name, other = (row["username"] for row in members(online, effectiveRole="org_user", disabled=False)[:2])
    online.change(other, access="org")
    http = acting(online, name)
    page = http.get(f"community/users/{other}")
    assert not {"role", "roleId", "orgId", "userLicenseTypeId", "email", "lastLogin"} & set(page)
    online.switch(public_org_id="always")
    assert http.get(f"community/users/{other}")["orgId"] == online.inspect("GET", "organization")["id"]
    online.switch(public_org_id="never")
    assert "orgId" not in http.get("community/users/outsider_elsewhere")
    http.close()


def test_lists_leave_out_private_members(online: Sandbox) -> None:
    name, other = (row["username"] for row in members(online, effectiveRole="org_user", disabled=False)[:2])
    online.change(other, access="private")
    http = acting(online, name)
    listed = {row["username"] for row in all_rows(http)}
    private = {row["username"] for row in members(online, access="private")} - {name}
    assert other in private
    assert not private & listed
    assert name in listed
    http.close()


def test_plain_members_see_little_of_others(online: Sandbox) -> None:
    http = acting(online, bare_member(online))
    own = http.get("community/self")["username"]
    for row in all_rows(http):
        assert ("email" in row) is (row["username"] == own)
    http.close()


# -- search --------------------------------------------------------------------------------------------------------
def test_search(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    page = admin.get("portals/self/users/search", q=f'username:"{name}"')
    assert set(page) == {"query", "total", "start", "num", "nextStart", "results"}
    assert [row["username"] for row in page["results"]] == [name]
    assert admin.get("portals/self/users/search", q="*", num=500)["num"] == 100
    either = admin.get("portals/self/users/search", q="role:org_admin OR role:org_publisher", num=100)["results"]
    assert {row["role"] for row in either} == {"org_admin", "org_publisher"}
    without = admin.get("portals/self/users/search", q=f"-username:{name}")
    assert without["total"] == 119
    exact = admin.get("portals/self/users/search", q="*", filter=f'username:"{name}"')
    assert exact["total"] == 1
    assert code_of(admin.get("portals/self/users/search")) == 400


def test_search_lags_behind_writes(online: Sandbox, admin: Http) -> None:
    name = bare_member(online)
    online.switch(search_lag="2 reads")
    admin.post(f"community/users/{name}/update", description="zebra")
    assert admin.get(f"community/users/{name}")["description"] == "zebra"
    totals = [admin.get("portals/self/users/search", q="description:zebra")["total"] for _search in range(3)]
    assert totals == [0, 0, 1]


def test_search_lags_by_time(online: Sandbox, admin: Http) -> None:
    online.switch(search_lag="30s")
    online.inspect("POST", "members", {"username": "brand_new"})
    assert admin.get("portals/self/users/search", q="brand_new")["total"] == 0
    online.switch(search_lag="0")
    online.inspect("POST", "members", {"username": "newer_still"})
    assert admin.get("portals/self/users/search", q="newer_still")["total"] == 1


def test_community_search_shows_public_facts_only(anonymous: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, access="public")
    page = anonymous.get("community/users", q=f"username:{name}")
    assert [row["username"] for row in page["results"]] == [name]
    assert not {"role", "level", "email", "assignedCredits"} & set(page["results"][0])
    assert anonymous.get("community/users", q="username:outsider_elsewhere")["total"] == 1


def test_community_search_lags_too(admin: Http, online: Sandbox) -> None:
    online.switch(search_lag="2 reads")
    online.inspect("POST", "members", {"username": "brand_new", "access": "public"})
    assert admin.get("community/users/brand_new")["username"] == "brand_new"
    totals = [admin.get("community/users", q="username:brand_new")["total"] for _search in range(3)]
    assert totals == [0, 0, 1]


def test_check_usernames_by_both_methods(anonymous: Http) -> None:
    wanted = {"usernames": [{"requested": "quite_free_1", "suggested": "quite_free_1"}]}
    assert anonymous.get("community/checkUsernames", usernames="quite_free_1") == wanted
    assert anonymous.post("community/checkUsernames", usernames="quite_free_1") == wanted


def test_check_usernames(anonymous: Http, online: Sandbox) -> None:
    name = bare_member(online)
    rows = anonymous.post("community/checkUsernames", usernames=f"{name},quite_free_1,once_deleted")["usernames"]
    assert rows == [
        {"requested": name, "suggested": f"{name}1"},
        {"requested": "quite_free_1", "suggested": "quite_free_1"},
    ]
