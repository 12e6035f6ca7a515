# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credit allocations by rules."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.plugin_utils._allocations import RuleError, allocate

ORGANIZATION = {
    "roles": [
        {"id": "org_publisher", "name": "Publisher"},
        {"id": "one", "name": "Student"},
        {"id": "two", "name": "Student"},
    ],
    "user_types": [{"id": "creatorUT", "name": "Creator"}],
    "member_category_paths": ["/Department", "/Department/Sales"],
}  # fmt: skip
MEMBERS: list[dict[str, Any]] = [
    {"username": "ann", "role": "org_publisher", "user_type": "creatorUT", "categories": ["/Department/Sales"],
     "credits": 100, "credits_spent": 80},
    {"username": "Bob", "role": "org_publisher", "user_type": "viewerUT", "categories": [], "credits": "unlimited"},
    {"username": "cem", "role": "two", "user_type": "viewerUT", "categories": ["/Departments"], "credits": 900},
]  # fmt: skip


def allocated(*rules: dict[str, Any], **options: Any) -> dict[str, Any]:
    found = allocate(MEMBERS, list(rules), ORGANIZATION, **options)
    return {row["username"]: row["credits"] for row in found["members"]}


def test_topping_up_only_raises() -> None:
    assert allocated({"credits": 500}) == {"ann": 500}
    assert allocated({"credits": "unlimited"}) == {"ann": "unlimited", "cem": "unlimited"}
    assert allocated({"credits": 100.004}) == {}


def test_members_who_lose_their_limit_are_listed() -> None:
    assert allocate(MEMBERS, [{"credits": "unlimited"}], ORGANIZATION)["unlimited"] == ["ann", "cem"]
    assert allocate(MEMBERS, [{"credits": 500}], ORGANIZATION)["unlimited"] == []


def test_setting_raises_and_lowers() -> None:
    assert allocated({"credits": 500}, mode="set") == {"ann": 500, "Bob": 500, "cem": 500}


def test_the_remaining_credits_are_added_to_the_spent_ones() -> None:
    assert allocated({"credits": 100, "usernames": ["ANN"]}, basis="remaining") == {"ann": 180}
    assert allocated({"credits": "unlimited", "usernames": ["ann"]}, basis="remaining") == {"ann": "unlimited"}


def test_the_first_rule_that_matches_applies() -> None:
    rules = [{"credits": 300, "category": "/Department"}, {"credits": 500, "role": "publisher"}, {"credits": 950}]
    assert allocated(*rules) == {"ann": 300, "cem": 950}


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ({"role": "org_publisher"}, {"ann"}), ({"role": "two"}, {"cem"}), ({"user_type": "CREATOR"}, {"ann"}),
        ({"category": "/Categories/department/sales"}, {"ann"}), ({"category": "Department"}, {"ann"}),
        ({"usernames": ["bob"]}, set()), ({"role": "two", "user_type": "creatorUT"}, set()),
    ],
)  # fmt: skip
def test_all_conditions_must_match(condition: dict[str, Any], who: set[str]) -> None:
    assert set(allocated({"credits": 1000, **condition})) == who


def test_the_result_has_counts_and_names() -> None:
    found = allocate(MEMBERS, [{"credits": 50}], ORGANIZATION, mode="set")
    assert found["below_spent"] == ["ann"]
    assert found["lowered"] == ["ann", "Bob", "cem"]
    assert (found["added"], found["matching"]) == (0.0, 3)
    assert found["changes"][0] == {"username": "ann", "before": 100, "after": 50, "rule": 1}
    assert allocate(MEMBERS, [{"credits": 150.5}], ORGANIZATION)["added"] == 50.5


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([], "No rules"), ([{}], "rule 1: credits must be"), ([{"credits": -1}], "rule 1"),
        ([{"credits": 1}, {"credits": 1, "rol": "x"}], "rule 2: Unknown key 'rol'"),
        ([{"credits": 1, "role": "Editr"}], "Role 'Editr' does not exist"),
        ([{"credits": 1, "role": "student"}], "Use the ID of one: one, two"),
        ([{"credits": 1, "category": "/Sales"}], "Category '/Sales' does not exist"),
    ],
)  # fmt: skip
def test_an_invalid_rule_is_rejected(rules: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(RuleError, match=words):
        allocate(MEMBERS, rules, ORGANIZATION)


def test_unknown_modes_are_rejected() -> None:
    with pytest.raises(RuleError, match="mode must be one of"):
        allocate(MEMBERS, [{"credits": 1}], ORGANIZATION, mode="reset")


@pytest.mark.parametrize("condition", [{"usernames": []}, {"role": ""}, {"user_type": None}, {"category": ""}])
def test_a_blank_condition_does_not_match_every_member(condition: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match="rule 1: .* is blank"):
        allocated({"credits": 100, **condition})


def test_one_username_is_a_name_and_not_letters() -> None:
    assert allocated({"credits": 100, "usernames": "ANN"}, basis="remaining") == {"ann": 180}


@pytest.mark.parametrize("text", ["ANN, bob", "ann;BOB", "ann\nbob\n", " ann ,, bob "])
def test_a_text_of_several_usernames_means_each_of_them(text: str) -> None:
    rules = {"credits": 100, "usernames": text}
    listed = {"credits": 100, "usernames": ["ann", "bob"]}
    assert allocated(rules, basis="remaining") == allocated(listed, basis="remaining")
