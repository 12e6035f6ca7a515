# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is given how many credits."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.plugin_utils._allocations import RuleError, allot

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


def given(*rules: dict[str, Any], **options: Any) -> dict[str, Any]:
    found = allot(MEMBERS, list(rules), ORGANIZATION, **options)
    return {row["username"]: row["credits"] for row in found["members"]}


def test_topping_up_only_raises() -> None:
    assert given({"credits": 500}) == {"ann": 500}
    assert given({"credits": "unlimited"}) == {"ann": "unlimited", "cem": "unlimited"}
    assert given({"credits": 100.004}) == {}


def test_setting_raises_and_lowers() -> None:
    assert given({"credits": 500}, mode="set") == {"ann": 500, "Bob": 500, "cem": 500}


def test_what_is_left_adds_what_is_spent() -> None:
    assert given({"credits": 100, "usernames": ["ANN"]}, count="remaining") == {"ann": 180}
    assert given({"credits": "unlimited", "usernames": ["ann"]}, count="remaining") == {"ann": "unlimited"}


def test_the_first_rule_that_fits_counts() -> None:
    rules = [{"credits": 300, "category": "/Department"}, {"credits": 500, "role": "publisher"}, {"credits": 950}]
    assert given(*rules) == {"ann": 300, "cem": 950}


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ({"role": "org_publisher"}, {"ann"}), ({"role": "two"}, {"cem"}), ({"user_type": "CREATOR"}, {"ann"}),
        ({"category": "/Categories/department/sales"}, {"ann"}), ({"category": "Department"}, {"ann"}),
        ({"usernames": ["bob"]}, set()), ({"role": "two", "user_type": "creatorUT"}, set()),
    ],
)  # fmt: skip
def test_all_conditions_have_to_fit(condition: dict[str, Any], who: set[str]) -> None:
    assert set(given({"credits": 1000, **condition})) == who


def test_the_result_says_what_it_means() -> None:
    found = allot(MEMBERS, [{"credits": 50}], ORGANIZATION, mode="set")
    assert found["below_spent"] == ["ann"]
    assert found["cut"] == ["ann", "Bob", "cem"]
    assert (found["raised"], found["fitting"]) == (0.0, 3)
    assert found["changes"][0] == {"username": "ann", "before": 100, "after": 50, "rule": 1}
    assert allot(MEMBERS, [{"credits": 150.5}], ORGANIZATION)["raised"] == 50.5


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([], "no rule"), ([{}], "rule 1: credits must be"), ([{"credits": -1}], "rule 1"),
        ([{"credits": 1}, {"credits": 1, "rol": "x"}], "rule 2 has rol"),
        ([{"credits": 1, "role": "Editr"}], "no role 'Editr'"),
        ([{"credits": 1, "role": "student"}], "use an id: one, two"),
        ([{"credits": 1, "category": "/Sales"}], "no category"),
    ],
)  # fmt: skip
def test_a_rule_that_means_nothing_is_refused(rules: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(RuleError, match=words):
        allot(MEMBERS, rules, ORGANIZATION)


def test_unknown_words_are_refused() -> None:
    with pytest.raises(RuleError, match="mode is one of"):
        allot(MEMBERS, [{"credits": 1}], ORGANIZATION, mode="reset")
