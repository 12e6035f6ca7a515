# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from tests.unit.plugins.module_utils.fakes import Account, FakePortal, Fault, play

MODULE = "portal_member_categories"
SALES = {"title": "Department", "categories": [{"title": "Sales"}, {"title": "Survey"}]}
REGION = {"title": "Region", "categories": [{"title": "North"}, {"title": "South"}]}


def city(product="online", **settings):
    paths_by_name = {
        "jane": ["/Categories/Region/North"],
        "omar": ["/Categories/Region/South", "/Categories/Department"],
    }
    return FakePortal(product, [Account(name, categories=paths) for name, paths in paths_by_name.items()], **settings)


def tree_of(portal):
    return portal.tree[0]["categories"]


def reads_of_members(portal):
    return [name for name, _args, _form in portal.log if name in ("users", "user")]


def test_an_equal_tree_costs_no_write_and_no_look_at_members():
    portal = city()
    turned = [{**REGION, "categories": REGION["categories"][::-1]}, SALES]
    run = play(portal, MODULE, categories=turned)
    assert not run.failed and not run["changed"] and portal.calls() == [] and reads_of_members(portal) == []
    assert run["added"] == run["removed"] == run["updated"] == [] and run["diff"] == {"before": {}, "after": {}}


@pytest.mark.parametrize("check", [True, False])
def test_a_tree_is_replaced_as_a_whole(check):
    portal = city()
    run = play(portal, MODULE, check=check, categories=[{**SALES, "description": "d"}, {"title": "New"}])
    assert run["changed"] and run["added"] == ["/New"] and run["updated"] == ["/Department"]
    assert run["removed"] == ["/Region", "/Region/North", "/Region/South"]
    assert portal.calls() == ([] if check else ["assign_schema"])
    if not check:
        assert portal.tree[0]["title"] == "Categories" and [node["title"] for node in tree_of(portal)] == [
            "Department",
            "New",
        ]
        again = play(portal, MODULE, categories=[{**SALES, "description": "d"}, {"title": "New"}])
        assert not again["changed"] and again["api_calls"]["write"] == 0


def test_check_predicts_the_run():
    portal = city()
    check = play(portal, MODULE, check=True, categories=[SALES])
    run = play(portal, MODULE, categories=[SALES])
    for name in ("changed", "added", "removed", "updated", "affected_members", "diff", "plan_checksum", "categories"):
        assert run[name] == check[name], name


def test_members_who_lose_a_category_are_reported_with_their_paths():
    portal = city()
    run = play(portal, MODULE, check=True, categories=[SALES])
    assert run["affected_members"] == [
        {"username": "jane", "categories": ["/Region/North"]}, {"username": "omar", "categories": ["/Region/South"]}
    ]  # fmt: skip
    assert "2 members lose a category: jane, omar" in run.module.warnings[0]


def test_merging_keeps_what_is_there():
    portal = city()
    run = play(portal, MODULE, mode="merged", categories=[{"title": "region", "categories": [{"title": "West"}]}])
    assert run["added"] == ["/Region/West"] and run["removed"] == [] and reads_of_members(portal) == []
    assert [node["title"] for node in tree_of(portal)] == ["Department", "Region"]
    again = play(portal, MODULE, mode="merged", categories=[{"title": "Region", "categories": [{"title": "West"}]}])
    assert not again["changed"]


def test_a_tree_without_a_root_stays_without():
    portal = city()
    portal.tree = portal.tree[0]["categories"]
    run = play(portal, MODULE, categories=[SALES])
    assert not run.failed and [node["title"] for node in portal.tree] == ["Department"]


def test_a_first_tree_gets_a_root():
    portal = city(tree=[])
    run = play(portal, MODULE, categories=[{"title": "Categories", "categories": [SALES]}])
    assert not run.failed and portal.tree[0]["title"] == "Categories" and tree_of(portal)[0]["title"] == "Department"


def test_absent_deletes_the_tree():
    portal = city()
    run = play(portal, MODULE, state="absent")
    assert run["changed"] and portal.calls() == ["delete_schema"] and portal.tree == [] and len(run["removed"]) == 6
    assert not play(portal, MODULE, state="absent")["changed"]


DEEP = {"title": "1", "categories": [{"title": "2", "categories": [{"title": "3", "categories": [{"title": "4"}]}]}]}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ([], "holds no category"), ([DEEP], "/1/2/3"), ([{"title": "a/b"}], "a/b"), ([{"title": "a,b"}], "a,b"),
        ([{"title": f"t{index}"} for index in range(201)], "200"), ([{"title": " "}], "empty title"),
        ([{"title": "A", "categories": [{"title": "x"}, {"title": "X"}]}], "/A/X"),
    ],
)  # fmt: skip
def test_trees_that_no_portal_holds_are_refused_before_any_call(tree, words):
    portal = city()
    run = play(portal, MODULE, categories=tree)
    assert run.failed and words in run["msg"] and portal.log == [] and run["api_calls"] == {"read": 0, "write": 0}
    assert run.code == "invalid_input"


def test_several_problems_of_a_tree_are_reported_together():
    run = play(city(), MODULE, categories=[{"title": "a/b"}, {"title": "c,d"}])
    assert len(run["error"]["problems"]) == 2


def test_a_merged_tree_that_grows_too_large_is_refused():
    portal = city()
    many = [{"title": f"t{index}"} for index in range(195)]
    run = play(portal, MODULE, mode="merged", categories=many)
    assert run.failed and "200" in run["msg"] and portal.calls() == []
    assert not play(portal, MODULE, categories=many, check=True).failed


@pytest.mark.parametrize("product", ["old"])
def test_a_portal_without_categories(product):
    run = play(city(product), MODULE, categories=[SALES])
    assert run.failed and "unsupported" in str(run["error"]) and not run["changed"]


@pytest.mark.parametrize("product", ["online", "enterprise"])
def test_products_with_categories(product):
    assert play(city(product), MODULE, categories=[SALES])["changed"]


def test_guards_count_members_who_lose_a_category():
    portal = city()
    for limit, text in (("1", "and the limit is 1:"), ("50%", "and the limit is 50%:")):
        run = play(portal, MODULE, categories=[SALES], guards={"max_disruptive": limit})
        assert run.failed and text in run["msg"] and "2 of 3 members (66.7%) would lose a category" in run["msg"]
        assert "jane (/Region/North)" in run["msg"] and portal.calls() == []
    assert not play(portal, MODULE, check=True, categories=[SALES], guards={"max_disruptive": "2"}).failed


def test_protected_members_keep_their_categories():
    run = play(city(), MODULE, categories=[SALES], guards={"protected": ["J*"]})
    assert run.failed and run["error"]["guard"] == "protected" and "would lose /Region/North" in run["msg"]
    assert (
        run["categories"][1]["title"] == "Region"
        and run["removed"] == []
        and run["diff"] == {"before": {}, "after": {}}
    )


def test_all_problems_of_a_tree_change_are_reported_together():
    portal = city(portal_self={"isReadOnly": True})
    portal["admin"].role = "Rman"
    portal.roles["Rman"] = ("Manager", "org_user")
    portal.privileges["Rman"] = ["portal:admin:viewUsers"]
    run = play(portal, MODULE, categories=[SALES], guards={"max_disruptive": "0", "protected": ["*"]})
    codes = [problem["code"] for problem in run["error"]["problems"]]
    assert codes == ["blocked", "permission", "guard", "guard", "guard"]
    assert "updateMemberCategorySchema or portal:admin:updateUsers" in run["msg"]


@pytest.mark.parametrize("privilege", ["portal:admin:updateMemberCategorySchema", "portal:admin:updateUsers"])
def test_either_privilege_will_do(privilege):
    portal = city()
    portal["admin"].role = "Rman"
    portal.roles["Rman"] = ("Manager", "org_user")
    portal.privileges["Rman"] = [privilege]
    assert not play(portal, MODULE, categories=[SALES]).failed


def test_rows_that_lack_categories_are_looked_at_by_name():
    run = play(city(row_lacks=("categories",)), MODULE, check=True, categories=[SALES])
    assert len(run["affected_members"]) == 2


@pytest.mark.parametrize(("kind", "writes"), [("before", 2), ("after", 1), ("html", 1), ("busy", 2)])
def test_an_answer_that_never_came(kind, writes):
    portal = city(faults=[Fault(kind, "assign_schema")])
    run = play(portal, MODULE, categories=[SALES])
    assert not run.failed and run["changed"] and len(portal.calls()) == writes


def test_accepted_but_not_applied():
    portal = city(answers={"assign_schema": {"success": True}})
    run = play(portal, MODULE, categories=[SALES])
    assert run.failed and run.code == "not_applied" and not run["changed"] and "its state did not change" in run["msg"]
    assert run["categories"][1]["title"] == "Region"


def test_a_refusal():
    run = play(city(faults=[Fault("refuse", "assign_schema")]), MODULE, categories=[SALES])
    assert run.failed and run.code == "refused" and not run["changed"] and run["api_calls"]["write"] == 1


def test_a_tree_that_cannot_be_read_back_has_changed_all_the_same():
    portal = city()

    def lose(operation, form):
        portal.faults = [Fault("before", "schema", effect=False, count=99)]

    portal.on_write = lose
    run = play(portal, MODULE, categories=[SALES])
    assert run.failed and run.code == "unverified" and run["changed"] and run["categories"][0]["title"] == "Department"


def test_checksums_tell_trees_apart():
    sums = {
        play(city(), MODULE, check=True, categories=tree)["plan_checksum"]
        for tree in ([SALES], [REGION], [SALES, REGION])
    }
    assert len(sums) == 3
