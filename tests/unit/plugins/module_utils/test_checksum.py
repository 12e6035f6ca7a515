# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checksum of a plan stands for: an approval does not hold if something else would be lost or given away."""

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._module import options as module_options
from tests.sandbox.runner import Sandbox
from tests.unit.plugins.module_utils.fakes import play_at

DEPARTING, RECIPIENT = "departing_member", "receiving_member"
DELETED = {"title": "Night shift", "state": "absent"}
ABSENT = {"username": DEPARTING, "state": "absent", "transfer_to": RECIPIENT}


@pytest.fixture(scope="module")
def running():
    with Sandbox(members=12, seed=7) as portal:
        yield portal
        assert not portal.trouble()


@pytest.fixture
def portal(running, monkeypatch):
    for variable in module_options.ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    running.reset(switches={"search_lag": "0"})
    for name in (DEPARTING, RECIPIENT):
        running.inspect("POST", "members", {"username": name})
    return running


def group_id(portal):
    return next(group["id"] for group in portal.inspect("GET", "groups") if group["title"] == "Night shift")


def swap_item(portal, **fields):
    """Another item takes the place of the one that was reviewed."""
    (item,) = [row for row in portal.inspect("GET", "items") if row["owner"] == DEPARTING]
    portal.inspect("DELETE", f"items/{item['id']}")
    portal.put_item(DEPARTING, title="Precious", **fields)


CASES = {
    "another item is transferred": (
        lambda portal: portal.put_item(DEPARTING, title="Sketch"),
        {"members": [ABSENT]},
        lambda portal: swap_item(portal, type="API Key"),
    ),
    "another item is deleted for good": (
        lambda portal: portal.put_item(DEPARTING, title="Junk", recycled=True),
        {"members": [ABSENT], "recycle_bin": "delete"},
        lambda portal: swap_item(portal, recycled=True),
    ),
    "another group is transferred": (
        lambda portal: portal.put_group(DEPARTING, title="Night shift"),
        {"members": [ABSENT]},
        lambda portal: [
            portal.inspect("DELETE", f"groups/{group_id(portal)}"), portal.put_group(DEPARTING, title="Other")
        ],
    ),
    "an administrator is removed": (
        lambda portal: None,
        {"members": [{"username": DEPARTING, "state": "absent"}]},
        lambda portal: portal.change(DEPARTING, role="org_admin"),
    ),
    "an administrator is disabled": (
        lambda portal: None,
        {"members": [{"username": DEPARTING, "enabled": False}]},
        lambda portal: portal.change(DEPARTING, role="org_admin"),
    ),
    "the content of an administrator is transferred": (
        lambda portal: portal.put_item(DEPARTING, title="Sketch"),
        {"members": [{**ABSENT, "state": "transferred"}]},
        lambda portal: portal.change(DEPARTING, role="org_admin"),
    ),
    "a group with items is deleted": (
        lambda portal: portal.put_group(RECIPIENT, title="Night shift"),
        {"members": [], "group_settings": [{**DELETED, "delete_with_content": True}]},
        lambda portal: portal.put_item(RECIPIENT, title="Map", groups=[group_id(portal)]),
    ),
    "the group of another owner is deleted": (
        lambda portal: portal.put_group(RECIPIENT, title="Night shift"),
        {"members": [], "group_settings": [DELETED]},
        lambda portal: portal.inspect("PATCH", f"groups/{group_id(portal)}", {"owner": DEPARTING}),
    ),
    "a group with more members is deleted": (
        lambda portal: portal.put_group(RECIPIENT, title="Night shift"),
        {"members": [], "group_settings": [DELETED]},
        lambda portal: portal.inspect("PATCH", f"groups/{group_id(portal)}", {"users": [DEPARTING]}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_approval_does_not_hold_for_something_else(portal, case):
    prepare, options, change = CASES[case]
    prepare(portal)
    approved = play_at(portal, "portal_members", True, **options)["plan_checksum"]
    assert play_at(portal, "portal_members", True, **options)["plan_checksum"] == approved
    change(portal)
    portal.reset_counters()
    run = play_at(portal, "portal_members", expected_plan=approved, **options)
    assert run.failed and run.code == "plan_changed" and portal.counters()["writes"] == 0


@pytest.mark.parametrize("case", CASES)
def test_an_approval_holds_if_nothing_changed(portal, case):
    prepare, options, _change = CASES[case]
    prepare(portal)
    approved = play_at(portal, "portal_members", True, **options)["plan_checksum"]
    run = play_at(portal, "portal_members", expected_plan=approved, **options)
    assert not run.failed and run["changed"] and run["plan_checksum"] == approved


def test_an_approval_of_an_empty_group_does_not_delete_one_with_items(portal):
    portal.put_group(RECIPIENT, title="Night shift")
    options = {"members": [], "group_settings": [DELETED]}
    approved = play_at(portal, "portal_members", True, **options)["plan_checksum"]
    options["group_settings"] = [{**DELETED, "delete_with_content": True}]
    run = play_at(portal, "portal_members", expected_plan=approved, **options)
    assert run.failed and run.code == "plan_changed"


def test_an_approval_without_email_does_not_send_it(portal):
    options = {"members": [{"username": DEPARTING, "add_ons": {"ArcGIS Drone2Map": "all"}}]}
    approved = play_at(portal, "portal_members", True, **options)["plan_checksum"]
    run = play_at(portal, "portal_members", expected_plan=approved, add_ons_email=True, **options)
    assert run.failed and run.code == "plan_changed" and portal.mails() == []


def test_an_approval_of_a_category_tree_stands_for_the_members_that_lose_categories(portal):
    approved = play_at(portal, "portal_member_categories", True, state="absent")["plan_checksum"]
    taken = next(row["categories"] for row in portal.inspect("GET", "members") if row["categories"])
    portal.change(DEPARTING, categories=taken[:1])
    run = play_at(portal, "portal_member_categories", state="absent", expected_plan=approved)
    assert run.failed and run.code == "plan_changed"
    again = play_at(portal, "portal_member_categories", True, state="absent")["plan_checksum"]
    assert play_at(portal, "portal_member_categories", state="absent", expected_plan=again)["changed"]
