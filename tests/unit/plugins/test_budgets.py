# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# What a run can cost, counted by a sandbox portal: calls to read, to write and to read back.

from __future__ import annotations

import math
from unittest import mock

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._module import info, pipeline
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options as module_options
from ansible_collections.portalops.arcgis.plugins.module_utils._module import task as module_task
from tests.sandbox.runner import Sandbox
from tests.unit.plugins.module_utils.fakes import FakeModule, Left

MEMBERS = 820
PAGES = 9
# Sign-in, the organization, its tables.
FIXED = 4

MODULE_FIELDS = {
    "portal_user": ("first_name", "last_name", "full_name", "email", "description", "tags", "access", "enabled"),
    "portal_user_role": ("role",),
    "portal_user_level": ("user_type",),
    "portal_credits": ("credits",),
    "portal_user_categories": ("categories",),
    "portal_members": ("full_name", "email", "tags", "enabled", "role", "user_type", "credits", "categories"),
}


@pytest.fixture(scope="module")
def portal():
    with Sandbox(members=MEMBERS, seed=3) as running:
        yield running
        assert running.trouble() == ""


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for variable in module_options.ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)


def play(portal, name, check=False, **options):
    """The module's answer, with what the portal has counted as ``reads`` and ``writes``."""
    options = {
        "portal_url": portal.url, "portal_username": portal.username, "portal_password": portal.password, **options,
    }  # fmt: skip
    portal.reset_counters()
    with mock.patch.object(module_task, "AnsibleModule", lambda **arguments: FakeModule(options, check, **arguments)):
        runner = {"portal_members_info": info.run_members_info}.get(name, lambda: pipeline.run_members(name))
        with pytest.raises(Left) as left:
            runner()
    answer = left.value.answer
    assert not left.value.failed, answer["msg"]
    counted = portal.counters()
    # The result tells the truth about what the wire has seen.
    assert answer["api_calls"] == {"read": counted["reads"], "write": counted["writes"]}
    return {**answer, "reads": counted["reads"], "writes": counted["writes"], "operations": counted["by_operation"]}


@pytest.fixture(scope="module")
def all_members(portal):
    return play(portal, "portal_members_info")["members"]


@pytest.fixture
def fresh(portal, all_members):
    """The organization as in ``all_members``, whatever an earlier test has changed."""
    portal.reset(seed=3)
    seats = dict.fromkeys(("creatorUT", "GISProfessionalStdUT"), 2 * MEMBERS)
    portal.inspect("PATCH", "organization", {"seats": seats, "maxUsers": 4 * MEMBERS})
    return all_members


def sliced(members, module):
    return [
        {
            name: member[name]
            for name in ("username", *MODULE_FIELDS[module])
            if name in member and member[name] is not None
        }
        for member in members
    ]


def plain_members(members, count):
    """Members that a task can change without a problem."""
    found = [m for m in members if m["role"] == "org_user" and m["enabled"] and m["user_type"] == "creatorUT"]
    assert len(found) >= count
    # From the end, so that the first page does not hold them by chance.
    return found[-count:]


# -- nothing to change


@pytest.mark.parametrize("module", MODULE_FIELDS)
def test_all_members_unchanged_cost_their_pages(portal, all_members, module):
    run = play(portal, module, members=sliced(all_members, module))
    assert run["changed"] is False and run["summary"]["unchanged"] == MEMBERS
    assert run["reads"] <= math.ceil(MEMBERS / 100) + FIXED
    assert run["writes"] == 0


@pytest.mark.parametrize("module", MODULE_FIELDS)
@pytest.mark.parametrize("count", [1, 2, 3, PAGES - 1, PAGES, 60])
def test_some_named_members_cost_a_call_each_but_never_more_than_the_pages(portal, all_members, module, count):
    run = play(portal, module, members=sliced(plain_members(all_members, count), module))
    assert run["changed"] is False and run["reads"] <= min(count, PAGES) + FIXED and run["writes"] == 0


@pytest.mark.parametrize("module", MODULE_FIELDS)
def test_one_member_costs_three_calls_and_the_tables(portal, all_members, module):
    entry = sliced(plain_members(all_members, 1), module)[0]
    if module == "portal_members":
        run = play(portal, module, members=[entry])
    else:
        run = play(portal, module, **entry)
    assert run["changed"] is False and run["writes"] == 0
    # Sign-in, the organization, the member; and the category tree if the entry has paths.
    assert run["reads"] == 3 + ("categories" in entry)


def test_a_purge_without_unmanaged_members_costs_the_pages(portal, all_members):
    run = play(portal, "portal_members", members=sliced(all_members, "portal_members"), purge="delete")
    assert run["changed"] is False and run["reads"] <= PAGES + FIXED and run["writes"] == 0


# -- changes


def tagged(member):
    return {"username": member["username"], "tags": ["budget"]}


# Who is changed, and the writes that so many changes need.
CHANGES = {
    "portal_user": (tagged, lambda count: count),
    "portal_user_role": (lambda m: {"username": m["username"], "role": "org_publisher"}, lambda count: count),
    "portal_user_level": (
        lambda m: {"username": m["username"], "user_type": "GISProfessionalStdUT"},
        lambda count: math.ceil(count / 100),
    ),
    "portal_credits": (lambda m: {"username": m["username"], "credits": 7.5}, lambda count: math.ceil(count / 100)),
    "portal_user_categories": (lambda m: {"username": m["username"], "categories": []}, lambda count: count),
    # Role, profile with categories, and the shared calls for user types and credits.
    "portal_members": (
        lambda m: {
            "username": m["username"], "role": "org_publisher", "user_type": "GISProfessionalStdUT", "credits": 7.5,
            "tags": ["budget"], "categories": [],
        },
        lambda count: 2 * count + 2 * math.ceil(count / 100),
    ),
}  # fmt: skip


@pytest.mark.parametrize("module", CHANGES)
@pytest.mark.parametrize("count", [1, 3, 102])
def test_changes_take_the_fewest_writes_and_are_read_back_in_the_fewest_reads(portal, fresh, module, count):
    wanted, writes = CHANGES[module]
    # Credits are lowered for all: lower and higher allocations have separate requests.
    chosen = plain_members([m for m in fresh if module == "portal_user" or m["credits"] == "unlimited"], count)
    for member in chosen:
        portal.change(member["username"], categories=["/Categories/Department"], tags=[])
    entries = [wanted(member) for member in chosen]
    planned = play(portal, module, check=True, members=entries)
    assert planned["writes"] == 0
    run = play(portal, module, members=entries)
    assert run["summary"]["changed"] == count and run["writes"] == writes(count)
    # The same plan is read before; what comes on top is the reading back.
    assert run["reads"] - planned["reads"] <= min(count, PAGES)
    again = play(portal, module, members=entries)
    assert again["changed"] is False and again["writes"] == 0


@pytest.mark.parametrize(("count", "writes"), [(1, 1), (25, 1), (26, 2)])
def test_disabling_takes_a_call_for_twenty_five(portal, fresh, count, writes):
    chosen = plain_members(fresh, count)
    run = play(portal, "portal_user", members=[{"username": m["username"], "enabled": False} for m in chosen])
    assert run["summary"]["disabled"] == count and run["writes"] == writes
    back = play(portal, "portal_user", members=[{"username": m["username"], "enabled": True} for m in chosen])
    assert back["summary"]["changed"] == count and back["writes"] == writes


def test_unlimited_credits_take_a_call_for_a_hundred(portal, fresh):
    chosen = plain_members(fresh, 101)
    limited = [{"username": m["username"], "credits": 9} for m in chosen]
    play(portal, "portal_credits", members=limited)
    run = play(portal, "portal_credits", members=[{**entry, "credits": "unlimited"} for entry in limited])
    assert run["summary"]["changed"] == 101 and run["writes"] == 2


def test_creations_take_a_call_for_twenty_five(portal, fresh):
    newcomers = [
        {
            "username": f"budget.person{number}", "first_name": "New", "last_name": f"Person {number}",
            "email": f"new{number}@example.com", "role": "org_user", "user_type": "creatorUT",
        }
        for number in range(26)
    ]  # fmt: skip
    run = play(portal, "portal_members", members=newcomers)
    assert run["summary"]["created"] == 26 and run["writes"] == 2
    again = play(portal, "portal_members", members=newcomers)
    assert again["changed"] is False and again["reads"] <= PAGES + 1 + FIXED and again["writes"] == 0


@pytest.fixture
def crews(portal, fresh):
    """Six groups of 150 members, and who is in them."""
    portal.switch(search_lag="0")
    names = [member["username"] for member in fresh]
    groups = {f"Budget crew {number}": names[number * 100 : number * 100 + 149] for number in range(6)}
    for title, users in groups.items():
        portal.put_group(portal.username, title=title, users=[name for name in users if name != portal.username])
    return groups


def in_groups(members, groups):
    return [
        {"username": member["username"], "groups": [title for title in groups if member["username"] in groups[title]]}
        for member in members
    ]


@pytest.mark.parametrize("module", ["portal_user_groups", "portal_members"])
def test_groups_of_all_members_cost_the_pages_of_the_groups(portal, fresh, crews, module):
    members = [member for member in fresh if member["username"] != portal.username]
    run = play(portal, module, members=in_groups(members, crews))
    assert run["changed"] is False and run["writes"] == 0
    # Each group has two pages, and one page of the search names all groups.
    assert run["operations"]["groupUserList"] == 12 and run["operations"]["searchGroups"] == 1
    assert run["reads"] <= PAGES + FIXED + 13


@pytest.mark.parametrize(("count", "writes"), [(1, 1), (25, 1), (26, 2), (40, 2)])
def test_joins_take_a_call_for_twenty_five_and_few_reads(portal, fresh, crews, count, writes):
    title = next(iter(crews))
    outside = [member for member in fresh if member["username"] not in crews[title]]
    entries = [{"username": m["username"], "groups": {"add": [title]}} for m in plain_members(outside, count)]
    planned = play(portal, "portal_user_groups", check=True, members=entries)
    run = play(portal, "portal_user_groups", members=entries)
    assert run["summary"]["changed"] == count and run["writes"] == writes
    # Read back by the pages of the members or of the organization, and then of the group.
    assert run["reads"] - planned["reads"] <= min(count, PAGES) + 2
    again = play(portal, "portal_user_groups", members=entries)
    assert again["changed"] is False and again["writes"] == 0


@pytest.fixture
def holders(portal, fresh):
    """Four listings, each with 205 holders: the members by title."""
    names = [member["username"] for member in fresh]
    held = {f"Budget product {number}": names[number * 205 : number * 205 + 205] for number in range(4)}
    for title, users in held.items():
        listing = portal.inspect("POST", "listings", {"title": title, "num": {"use": 240, "more": 240}})
        for name in users:
            portal.change(name, entitlements={listing["id"]: ["use"]})
    return held


def with_add_ons(members, held):
    return [
        {
            "username": member["username"],
            "add_ons": {title: ["use"] if member["username"] in held[title] else [] for title in held},
        }
        for member in members
    ]


@pytest.mark.parametrize("module", ["portal_user_add_ons", "portal_members"])
def test_add_ons_of_all_members_cost_the_pages_of_their_holders(portal, fresh, holders, module):
    run = play(portal, module, members=with_add_ons(fresh, holders))
    assert run["changed"] is False and run["writes"] == 0
    # 10,000 members with four listings of 2,500 holders: 1 + 4 * 25 reads.
    assert run["operations"]["purchases"] == 1 and run["operations"]["listingEntitlements"] == 12
    assert run["reads"] <= PAGES + FIXED + 13


def test_a_roster_without_add_ons_reads_none(portal, fresh, holders):
    entries = [{"username": fresh[0]["username"], "add_ons": {}}, *sliced(fresh[1:], "portal_members")]
    run = play(portal, "portal_members", members=entries)
    assert not {"purchases", "listingEntitlements", "portalAppBundles"} & set(run["operations"])


@pytest.mark.parametrize(("count", "writes"), [(1, 1), (25, 1), (26, 2)])
def test_assignments_take_a_call_for_twenty_five(portal, fresh, holders, count, writes):
    title = "Budget product 3"
    without = [member for member in fresh if member["username"] not in holders[title]]
    entries = [{"username": m["username"], "add_ons": {title: ["use"]}} for m in plain_members(without, count)]
    planned = play(portal, "portal_user_add_ons", check=True, members=entries)
    run = play(portal, "portal_user_add_ons", members=entries)
    assert run["summary"]["changed"] == count and run["writes"] == writes
    # Read again before the request and after it, by the pages of the holders or one by one; then the members.
    assert run["reads"] - planned["reads"] <= min(count, 3 * writes) + min(count, 3) + min(count, PAGES)
    again = play(portal, "portal_user_add_ons", members=entries)
    assert again["changed"] is False and again["writes"] == 0


def test_the_result_grows_with_the_changes_and_not_with_the_members(portal, fresh):
    entries = sliced(fresh, "portal_members")
    entries[-1] = {"username": entries[-1]["username"], "description": "only this one"}
    run = play(portal, "portal_members", check=True, members=entries)
    assert len(run["members"]) == 1 and len(run["diff"]["after"]["members"]) == 1 and run["unmanaged"] == []


@pytest.mark.parametrize("items", [0, 1, 100, 101])
def test_a_departure_reads_its_items_and_asks_once_for_a_hundred(portal, fresh, items):
    recipient = plain_members(fresh, 1)[0]["username"]
    portal.inspect("POST", "members", {"username": "budget_departing"})
    for number in range(items):
        portal.put_item("budget_departing", title=f"Item {number}")
    task = {"username": "budget_departing", "state": "transferred", "transfer_to": recipient, "transfer_groups": True}
    planned = play(portal, "portal_user", check=True, **task)
    pages = max(1, math.ceil(items / 100))
    asked = math.ceil(items / 100)
    assert planned["operations"]["content"] == pages
    assert planned["operations"].get("canReassignItems", 0) == asked
    # Sign-in, organization, member, its groups, its two kinds of licenses, and the recipient.
    assert planned["reads"] == 7 + pages + asked and planned["writes"] == 0
    run = play(portal, "portal_user", **task)
    # Content and groups are read again right before and right after, and the member at the end.
    assert run["writes"] == min(items, 1) and run["reads"] - planned["reads"] <= 5
