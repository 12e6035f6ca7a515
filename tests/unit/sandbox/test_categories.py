# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The category tree, and the categories of members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, message_of

TREE = [{"title": "Categories", "categories": [{"title": "Department", "categories": [{"title": "Sales"}]}]}]


def write(http: Http, tree: Any) -> Any:
    return http.post("portals/self/assignMemberCategorySchema", memberCategorySchema={"memberCategorySchema": tree})


def read(http: Http) -> Any:
    return http.get("portals/self/memberCategorySchema")


def categorize(http: Http, name: str, sent: Any, **more: str) -> Any:
    return http.post(f"community/users/{name}/update", categories=sent, **more)


def test_the_generated_tree_has_one_root_and_three_levels(admin: Http) -> None:
    root = read(admin)["memberCategorySchema"]
    assert [node["title"] for node in root] == ["Categories"]
    department = root[0]["categories"][0]
    assert department["title"] == "Department"
    assert {"title": "Survey"} in department["categories"][2]["categories"]


def test_writing_replaces_the_whole_tree(admin: Http) -> None:
    assert write(admin, TREE) == {"success": True}
    assert read(admin) == {"memberCategorySchema": TREE}
    bare = [{"title": "Region", "description": "where", "categories": [{"title": "North"}]}, {"title": "Shift"}]
    assert write(admin, bare) == {"success": True}
    assert read(admin) == {"memberCategorySchema": bare}


@pytest.mark.parametrize(
    ("tree", "works"),
    [
        ([], False),
        ([{"title": "Categories", "categories": []}], False),
        ([{"title": "a/b"}], False),
        ([{"title": "Redlands, CA"}], False),
        ([{"title": " "}], False),
        ([{"categories": []}], False),
        ([{"title": f"n{number}"} for number in range(200)], True),
        ([{"title": f"n{number}"} for number in range(201)], False),
        ([{"title": "Categories", "categories": [{"title": f"n{number}"} for number in range(200)]}], True),
    ],
)
def test_limits_of_the_tree(admin: Http, tree: Any, works: bool) -> None:
    before = read(admin)
    answer = write(admin, tree)
    if works:
        assert answer == {"success": True}
        return
    assert answer["error"]["messageCode"] == "ORG_1132"
    assert message_of(answer) == "Unable to assign member category schema."
    assert read(admin) == before


@pytest.mark.parametrize("rooted", [True, False])
def test_three_levels_below_the_root(admin: Http, rooted: bool) -> None:
    def chain(depth: int) -> dict[str, Any]:
        return {"title": f"level {depth}", "categories": [chain(depth - 1)]} if depth > 1 else {"title": "leaf"}

    def whole(depth: int) -> list[dict[str, Any]]:
        return [{"title": "Categories", "categories": [chain(depth)]}] if rooted else [chain(depth), {"title": "x"}]

    assert write(admin, whole(3)) == {"success": True}
    assert write(admin, whole(4))["error"]["details"] == ["Member category schema exceeds max tree size or empty."]


def test_what_is_no_tree_is_refused(admin: Http) -> None:
    for sent in ("not json", "5", '{"memberCategorySchema": 7}', '{"memberCategorySchema": ["Sales"]}'):
        assert code_of(admin.post("portals/self/assignMemberCategorySchema", memberCategorySchema=sent)) == 400


@pytest.mark.parametrize(
    ("how", "wanted"), [("empty_list", {"memberCategorySchema": []}), ("missing_key", {}), ("error", None)]
)
def test_deleting_the_tree(admin: Http, online: Sandbox, how: str, wanted: Any) -> None:
    online.switch(schema_missing=how)
    assert admin.post("portals/self/deleteMemberCategorySchema") == {"success": True}
    answer = read(admin)
    assert answer == wanted if wanted is not None else code_of(answer) == 400
    assert admin.get("portals/self")["hasMemberCategorySchema"] is False


@pytest.mark.parametrize(("how", "left"), [("keeps", ["/Categories/Contract/Student"]), ("strips", [])])
def test_paths_of_members_after_the_tree_is_gone(admin: Http, online: Sandbox, how: str, left: list[str]) -> None:
    online.switch(schema_delete=how)
    name = bare_member(online)
    categorize(admin, name, ["/Categories/Contract/Student"])
    admin.post("portals/self/deleteMemberCategorySchema")
    assert admin.get(f"community/users/{name}")["categories"] == left


def test_portals_that_show_no_root(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    categorize(admin, name, ["/Categories/Contract/Student"])
    online.switch(category_root="bare")
    assert read(admin)["memberCategorySchema"][0]["title"] == "Department"
    assert admin.get(f"community/users/{name}")["categories"] == ["/Categories/Contract/Student"]
    write(admin, TREE)
    assert read(admin)["memberCategorySchema"] == TREE[0]["categories"]
    online.switch(category_root="bare_paths")
    assert admin.get(f"community/users/{name}")["categories"] == ["/Contract/Student"]
    categorize(admin, name, ["/Department/Sales"])
    assert admin.get(f"community/users/{name}")["categories"] == ["/Department/Sales"]
    online.switch(category_root="root")
    assert read(admin)["memberCategorySchema"] == TREE
    assert admin.get(f"community/users/{name}")["categories"] == ["/Categories/Department/Sales"]


@pytest.mark.parametrize("form", ["json", "comma"])
def test_categories_of_a_member_are_stored_unvalidated(admin: Http, online: Sandbox, form: str) -> None:
    name = bare_member(online)
    paths = ["/Categories/Department/Sales", "test"]
    assert categorize(admin, name, paths if form == "json" else ",".join(paths))["success"] is True
    assert admin.get(f"community/users/{name}")["categories"] == paths


def test_categories_replace_or_append(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, categories=["/Categories/Contract/Student"])
    categorize(admin, name, ["/Categories/Department"])
    assert online.member(name)["categories"] == ["/Categories/Department"]
    online.switch(category_write="append")
    categorize(admin, name, ["/Categories/Contract", "/Categories/Department"])
    assert online.member(name)["categories"] == ["/Categories/Department", "/Categories/Contract"]


@pytest.mark.parametrize(
    ("how", "sent", "flag", "clears"),
    [
        ("flag_needed", "", "", False), ("flag_needed", "[]", "", False), ("flag_needed", "", "true", True),
        ("flag_needed", "[]", "true", True), ("empty_list", "[]", "", True), ("empty_list", "", "", False),
        ("empty_text", "", "", True), ("empty_text", "[]", "", False),
    ],
)  # fmt: skip
def test_clearing(admin: Http, online: Sandbox, how: str, sent: str, flag: str, clears: bool) -> None:
    online.switch(category_clear=how)
    name = bare_member(online)
    online.change(name, categories=["/Categories/Department"])
    assert categorize(admin, name, sent, clearEmptyFields=flag)["success"] is True
    assert (online.member(name)["categories"] == []) is clears


def test_twenty_each(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    paths = [f"/Categories/{number}" for number in range(21)]
    assert code_of(categorize(admin, name, paths)) == 400
    assert categorize(admin, name, paths[:20])["success"] is True


@pytest.mark.parametrize(
    ("needed", "manager", "updater"),
    [("either", True, True), ("updateUsers", False, True), ("updateMemberCategorySchema", True, False)],
)
def test_the_privilege_for_the_tree(online: Sandbox, admin: Http, needed: str, manager: bool, updater: bool) -> None:
    online.switch(schema_privilege=needed)
    for privilege, works in (("updateMemberCategorySchema", manager), ("updateUsers", updater)):
        role = admin.post("portals/self/createRole", name=privilege, description="")["id"]
        sent = {"privileges": [f"portal:admin:{privilege}"]}
        admin.post(f"portals/self/roles/{role}/setPrivileges", privileges=sent)
        name = bare_member(online)
        online.change(name, role=role)
        http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
        assert (code_of(write(http, TREE)) != 403) is works
        http.close()


def test_members_do_not_categorize_themselves(online: Sandbox) -> None:
    name = bare_member(online)
    http = Http(online, online.inspect("POST", "tokens", {"username": name})["token"])
    assert code_of(categorize(http, name, ["/Categories/Department"])) == 403
    http.close()


def test_old_portals_have_no_categories(legacy_admin: Http, legacy: Sandbox) -> None:
    assert code_of(read(legacy_admin)) == 400
    assert code_of(write(legacy_admin, TREE)) == 400
    assert code_of(legacy_admin.post("portals/self/deleteMemberCategorySchema")) == 400
    name = legacy.inspect("GET", "members")[5]["username"]
    assert categorize(legacy_admin, name, ["/Categories/Department"])["success"] is True
    assert legacy.member(name)["categories"] == []
