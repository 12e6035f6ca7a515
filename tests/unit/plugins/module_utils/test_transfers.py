# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfers of content against sandbox portals: what is known before the first write, and what is left."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current import content
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options as module_options
from tests.sandbox.runner import Sandbox
from tests.unit.plugins.module_utils.fakes import play_at

PRODUCTS = ("online", "enterprise", "enterprise-10.6")
DEFAULTS = {
    "search_lag": "0",
    "item_group_rule": "private",
    "can_reassign_items": "from_11.0",
    "reassign_blocked": "error",
}


@pytest.fixture(scope="module")
def sandboxes():
    """Sandbox portals by product, started when they are first used."""
    started = {}
    with ExitStack() as stack:
        yield (
            lambda product: (
                started.get(product)
                or started.setdefault(product, stack.enter_context(Sandbox(product=product, members=12, seed=7)))
            )
        )
        assert [portal.trouble() for portal in started.values() if portal.trouble()] == []


@pytest.fixture(params=PRODUCTS)
def running(request, sandboxes):
    portal = sandboxes(request.param)
    portal.asks_singly = request.param == "enterprise-10.6"
    return portal


@pytest.fixture
def portal(running, monkeypatch):
    for variable in module_options.ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    running.reset(switches=DEFAULTS)
    return running


class World:
    """A departing member with two items, of which one is shared with a private group; a recipient; a group owner."""

    def __init__(self, portal, **group):
        self.portal = portal
        self.owner, self.recipient, self.third = "departing_member", "receiving_member", "third_member"
        for name in (self.owner, self.recipient, self.third):
            portal.inspect("POST", "members", {"username": name})
        options = {"title": "Field crew", "access": "private", "users": [self.owner], **group}
        self.group = portal.put_group(self.third, **options)["id"]
        self.shared = portal.put_item(self.owner, title="Shared map", groups=[self.group])["id"]
        self.plain = portal.put_item(self.owner, title="Plain map")["id"]
        portal.reset_counters()

    def play(self, check=False, **options):
        entry = {"username": self.owner, "state": "transferred", "transfer_to": self.recipient}
        return play_at(self.portal, "portal_user", check, **{**entry, **options})

    def owners(self):
        return {
            name: self.portal.item(item)["owner"] for name, item in (("shared", self.shared), ("plain", self.plain))
        }

    def parts(self):
        group = self.portal.group(self.group)
        return [
            kind
            for kind, names in (("manager", group["admins"]), ("member", group["users"]))
            if self.recipient.casefold() in [name.casefold() for name in names]
        ]

    def both_moved(self):
        return set(self.owners().values()) == {self.recipient.casefold()}


@pytest.fixture
def world(portal):
    return World(portal)


# -- before the first write ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["from_11.0", "always", "missing"])
def test_a_recipient_outside_the_group_of_an_item_blocks_the_plan(world, rule):
    world.portal.inspect("PATCH", "switches", {"can_reassign_items": rule})
    run = world.play()
    assert run.failed and run.code == "blocked" and world.portal.counters()["writes"] == 0
    assert f"transfer_to '{world.recipient}' is not in groups with which items are shared" in run["msg"]
    assert "Field crew: Shared map" in run["msg"] and "offboard_transfer_groups) to true" in run["msg"]
    assert run["error"]["option"] == "transfer_groups"


@pytest.mark.parametrize("rule", ["from_11.0", "missing"])
@pytest.mark.parametrize("blocked", ["error", "skipped", "partial"])
def test_the_recipient_joins_the_groups_of_items_first(world, rule, blocked):
    world.portal.inspect("PATCH", "switches", {"can_reassign_items": rule, "reassign_blocked": blocked})
    plan = world.play(check=True, transfer_groups=True)
    assert not plan.failed and world.portal.counters()["writes"] == 0
    assert plan.lines[world.recipient]["changes"] == {"groups": {"before": [], "after": ["Field crew"]}}
    run = world.play(transfer_groups=True)
    assert not run.failed and run["diff"] == plan["diff"] and run["plan_checksum"] == plan["plan_checksum"]
    assert run["summary"]["total"] == 2 and run["summary"]["changed"] == 2
    assert world.both_moved() and world.parts() == ["member"]
    # All at once: one request for the group, one for everything.
    assert run["api_calls"]["write"] == 2
    again = world.play(transfer_groups=True)
    assert not again["changed"] and again["api_calls"]["write"] == 0 and again["summary"]["total"] == 1


def test_a_listed_recipient_joins_beside_its_own_changes(world):
    members = [
        {"username": world.owner, "state": "transferred", "transfer_to": world.recipient},
        {"username": world.recipient, "tags": ["received"]},
    ]
    run = play_at(world.portal, "portal_members", members=members, transfer_groups=True)
    assert not run.failed and run["summary"]["total"] == 2
    line = run.lines[world.recipient]
    assert line["index"] == 1 and set(line["changes"]) == {"tags", "groups"} and world.both_moved()
    assert not play_at(world.portal, "portal_members", members=members, transfer_groups=True)["changed"]


def test_a_recipient_that_the_roster_adds_to_the_group_needs_no_option(world):
    members = [
        {"username": world.owner, "state": "transferred", "transfer_to": world.recipient},
        {"username": world.recipient, "groups": {"add": ["Field crew"]}},
    ]
    for transfer_groups in (False, True):
        plan = play_at(world.portal, "portal_members", True, members=members, transfer_groups=transfer_groups)
        assert not plan.failed, plan["msg"]
        assert plan.lines[world.recipient]["changes"] == {"groups": {"before": [], "after": ["Field crew"]}}
    assert not play_at(world.portal, "portal_members", members=members).failed and world.both_moved()


@pytest.mark.parametrize("groups", [{"set": []}, {"remove": ["Field crew"]}])
def test_a_recipient_does_not_join_a_group_that_its_entry_excludes(world, groups):
    members = [
        {"username": world.owner, "state": "transferred", "transfer_to": world.recipient},
        {"username": world.recipient, "groups": groups},
        {"username": "portal_admin", "groups": {"add": ["Field crew"]}},
    ]
    run = play_at(world.portal, "portal_members", members=members, transfer_groups=True)
    assert run.failed and run.code == "blocked" and "Name these groups in the entry of the recipient" in run["msg"]


def test_items_of_a_view_only_group_need_a_manager(portal):
    world = World(portal, isViewOnly=True)
    portal.inspect("PATCH", f"groups/{world.group}", {"users": [world.owner, world.recipient]})
    blocked = world.play()
    assert blocked.failed and "Field crew (as a manager): Shared map" in blocked["msg"]
    run = world.play(transfer_groups=True)
    change = {"groups": {"before": ["Field crew"], "after": ["Field crew [manager]"]}}
    assert not run.failed and run.lines[world.recipient]["changes"] == change
    assert world.both_moved() and world.parts() == ["manager"]


def test_linked_groups_are_not_joined(portal):
    world = World(portal, provider="enterprise", providerGroupName="crew")
    run = world.play(transfer_groups=True)
    assert run.failed and run.code == "blocked" and "no task can add members" in run["msg"]
    assert portal.counters()["writes"] == 0


@pytest.mark.parametrize("rule", ["from_11.0", "missing"])
def test_an_item_that_keeps_its_owner_is_named_with_the_reason(world, rule):
    world.portal.inspect("PATCH", "switches", {"can_reassign_items": rule})
    world.portal.inspect("PATCH", f"items/{world.plain}", {"isBlocked": True})
    run = world.play(transfer_groups=True)
    assert run.failed and run.code == "blocked" and world.portal.counters()["writes"] == 0
    assert f"'Plain map' ({world.plain}): Unable to reassign item. The item has dependencies" in run["msg"]


def test_items_in_own_groups_follow_their_groups(portal):
    world = World(portal)
    own = portal.put_group(world.owner, title="My group", access="private", users=[])["id"]
    portal.inspect("PATCH", f"items/{world.shared}", {"groups": [own]})
    run = world.play()
    assert not run.failed and world.both_moved() and portal.group(own)["owner"] == world.recipient


@pytest.mark.parametrize("in_own_group", [True, False])
def test_an_item_with_another_reason_beside_its_group_is_a_warning(world, in_own_group):
    portal = world.portal
    if in_own_group:
        own = portal.put_group(world.owner, title="My group", access="private", users=[])["id"]
        portal.inspect("PATCH", f"items/{world.shared}", {"groups": [own]})
    assert world.play(check=True, transfer_groups=True).lines[world.owner]["warnings"] == []
    portal.inspect("PATCH", f"items/{world.shared}", {"isBlocked": True})
    (warning,) = world.play(check=True, transfer_groups=True).lines[world.owner]["warnings"]
    assert "can refuse to transfer them for another reason: 'Shared map'" in warning and "dependencies" in warning


def test_live_credentials_are_a_warning(world):
    world.portal.put_item(world.owner, title="Key of the app", type="API Key", typeKeywords=["API Key"])
    plan = world.play(check=True, transfer_groups=True)
    (warning,) = plan.lines[world.owner]["warnings"]
    assert "will own live credentials" in warning and "Key of the app" in warning


# -- what is left --------------------------------------------------------------------------------------------------


@pytest.fixture
def unforeseen(monkeypatch):
    """What stops a transfer appears after the plan was checked."""
    monkeypatch.setattr(content.ContentReader, "refusals", lambda *_arguments: {})


@pytest.mark.parametrize("rule", ["private", "all"])
@pytest.mark.parametrize("bulk", ["from_11.0", "missing"])
@pytest.mark.parametrize("blocked", ["error", "skipped", "partial"])
def test_all_but_the_refused_item_moves(world, unforeseen, rule, bulk, blocked):
    switches = {"item_group_rule": rule, "can_reassign_items": bulk, "reassign_blocked": blocked}
    world.portal.inspect("PATCH", "switches", switches)
    run = world.play()
    assert run.failed and run["changed"] and run.code == "refused"
    assert f"did not transfer 1 item to {world.recipient}: 'Shared map' ({world.shared}): Unable" in run["msg"]
    assert "Plain map" not in run["msg"]
    assert world.owners() == {"shared": world.owner.casefold(), "plain": world.recipient.casefold()}
    world.portal.inspect("PATCH", f"groups/{world.group}", {"users": [world.owner, world.recipient]})
    assert not world.play().failed and world.both_moved()
    assert world.play()["api_calls"]["write"] == 0


@pytest.mark.parametrize("blocked", ["error", "skipped", "partial"])
def test_groups_whose_new_owner_must_be_a_member_move_too(portal, blocked):
    portal.inspect("PATCH", "switches", {"group_reassign_outsider": "refused", "reassign_blocked": blocked})
    world = World(portal)
    own = portal.put_group(world.owner, title="My group", access="private", users=[])["id"]
    portal.inspect("PATCH", f"items/{world.shared}", {"groups": [own]})
    run = world.play()
    assert not run.failed, run["msg"]
    assert world.both_moved() and portal.group(own)["owner"] == world.recipient
    portal.inspect("PATCH", "switches", {"group_reassign_outsider": "accepted"})


@pytest.mark.parametrize("bulk", ["from_11.0", "missing"])
def test_a_removal_waits_for_the_whole_transfer(world, unforeseen, bulk):
    world.portal.inspect("PATCH", "switches", {"can_reassign_items": bulk})
    run = world.play(state="absent")
    assert run.failed and world.portal.member(world.owner)["username"] == world.owner


def test_a_departure_without_shared_items_costs_one_more_read(portal):
    world = World(portal)
    portal.inspect("DELETE", f"items/{world.shared}")
    portal.reset_counters()
    run = world.play()
    asked = portal.counters()["by_operation"]
    assert asked.get("canReassignItems", 0) == 1 and asked.get("canReassignItem", 0) == (2 if portal.asks_singly else 0)
    assert not run.failed and run["api_calls"]["write"] == 1


def test_hundreds_of_items_are_asked_and_moved_in_hundreds(portal, unforeseen):
    world = World(portal)
    for number in range(120):
        portal.put_item(world.owner, title=f"Layer {number}")
    portal.reset_counters()
    run = world.play()
    counted = portal.counters()["by_operation"]
    assert run.failed and "did not transfer 1 item" in run["msg"]
    assert counted["reassignItems"] == 2 and counted.get("reassignItem", 0) == (122 if portal.asks_singly else 0)


FAULTS = ("reset_before", "reset_after", "truncated", "bad_json", "token_expired", "error", "not_applied")
# Portals have the operations for many items, or those for one.
TRANSFERS = [
    ("online", "reassignUser"), ("online", "reassignItems"), ("online", "reassignGroup"),
    ("enterprise-10.6", "reassignItem"),
]  # fmt: skip
JOINS = [
    ("online", "canReassignItems"), ("online", "addGroupUsers"), ("online", "item"),
    ("enterprise-10.6", "canReassignItem"),
]  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize(("running", "operation"), TRANSFERS, indirect=["running"])
def test_a_run_after_any_fault_of_a_transfer_converges(portal, unforeseen, operation, kind):
    """The portal refuses everything at once, so that groups and items are transferred one after the other."""
    world = World(portal)
    portal.inspect("PATCH", f"items/{world.plain}", {"isBlocked": True})
    own = portal.put_group(world.owner, title="My group", access="private", users=[])["id"]
    portal.inspect("PATCH", f"items/{world.shared}", {"groups": [own]})
    portal.fault(operation=operation, kind=kind)
    world.play()
    portal.inspect("DELETE", "faults")
    portal.inspect("PATCH", f"items/{world.plain}", {"isBlocked": False})
    run = world.play()
    assert not run.failed, run["msg"]
    assert world.both_moved() and portal.group(own)["owner"] == world.recipient
    again = world.play()
    assert not again["changed"] and again["api_calls"]["write"] == 0


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize(("running", "operation"), JOINS, indirect=["running"])
def test_a_run_after_any_fault_of_a_join_converges(world, operation, kind):
    world.portal.fault(operation=operation, kind=kind)
    world.play(transfer_groups=True)
    world.portal.inspect("DELETE", "faults")
    run = world.play(transfer_groups=True)
    assert not run.failed, run["msg"]
    assert world.both_moved() and world.parts() == ["member"]
    assert world.play(transfer_groups=True)["api_calls"]["write"] == 0
