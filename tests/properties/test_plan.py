# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every organization and every roster, through the real pipeline on a portal in memory."""

from __future__ import annotations

import copy

from hypothesis import assume, event, given
from hypothesis import strategies as st

from tests.properties.worlds import NAMES, NEW, accounts, entries, portals, rosters, shuffles, spelled
from tests.unit.plugins.module_utils.fakes import Account, FakePortal, Fault, fold, play

SAME = ("changed", "members", "diff", "plan_checksum", "summary", "unmanaged")
#: What a field can change at the portal, beside the key of its own name.
WIRE = {
    "first_name": {"firstName"}, "last_name": {"lastName"}, "full_name": {"fullName"}, "idp_username": {"idpUsername"},
    "role": {"role"}, "user_type": {"userLicenseTypeId"}, "level": {"level"}, "credits": {"assigned"},
    "enabled": {"disabled"}, "categories": {"categories"}, "password": {"password"},
}  # fmt: skip
MEMBER = {"first_name": "A", "last_name": "B", "email": "a@b", "role": "viewer", "user_type": "creatorUT"}
FAULTS = ("before", "after", "html", "busy", "refuse", "ignore", "crash")


def flat(account):
    """Everything a portal knows of a member, side by side; nothing and empty text are the same."""
    known = {**vars(account), **account.profile}
    del known["profile"]
    return {name: value if value not in (None, "null") else "" for name, value in known.items()}


def known(portal):
    """The members of a portal, with the differences that a roster can express."""
    members = {key: flat(account) for key, account in portal.accounts.items()}
    return {key: {**member, "culture": member["culture"].lower()} for key, member in members.items()}


def differences(before, after):
    return {name for name in before if before[name] != after[name]}


@given(st.data())
def test_check_predicts_the_run_and_the_next_plan_is_empty(data):
    portal = data.draw(portals())
    roster = data.draw(rosters(portal))
    before = portal.state()
    check = play(portal, "portal_members", check=True, members=roster)
    assert portal.calls() == [] and portal.state() == before and check["api_calls"]["write"] == 0
    run = play(portal, "portal_members", members=roster, shuffle=data.draw(shuffles()))
    if portal.overdrawn:
        # Whether pending invitations hold seats is not known, so the plan warns about them.
        event("held by invitations")
        assert portal.pending_hold and any("can hold seats" in text for text in check.module.warnings)
        assert run.failed and "no seat is left" in run["msg"]
        return
    if check.failed:
        event("refused")
        assert run.failed and run["error"] == check["error"]
        assert portal.calls() == [] and portal.state() == before
        return
    assert not run.failed, run["msg"]
    for name in SAME:
        assert run.get(name) == check.get(name)
    assert run["api_calls"]["write"] == len(portal.calls())
    assert run["changed"] is (portal.state() != before) is bool(portal.calls())
    again = play(portal, "portal_members", members=roster)
    assert not again.failed and not again["changed"] and again["members"] == []
    assert again["api_calls"]["write"] == 0 and again["diff"] == {"before": {}, "after": {}}


@given(st.data())
def test_the_order_of_a_roster_does_not_matter(data):
    portal = data.draw(portals())
    roster = data.draw(rosters(portal))
    other = data.draw(st.permutations(roster))
    first, second = (play(portal, "portal_members", check=True, members=members) for members in (roster, other))
    assert first["plan_checksum"] == second["plan_checksum"] and first["diff"] == second["diff"]
    assert {line["username"]: line["action"] for line in first["members"]} == {
        line["username"]: line["action"] for line in second["members"]
    }


@given(st.data())
def test_omitted_fields_and_unnamed_members_never_change(data):
    portal = data.draw(portals())
    roster = data.draw(rosters(portal))
    before = copy.deepcopy(portal.accounts)
    play(portal, "portal_members", members=roster, shuffle=data.draw(shuffles()))
    named = {fold(entry["username"]): entry for entry in roster}
    recipients = {fold(entry["transfer_to"]) for entry in roster if "transfer_to" in entry}
    assert set(portal.accounts) - set(before) <= set(named)
    for key, account in before.items():
        entry = named.get(key, {})
        if key not in portal.accounts:
            assert entry.get("state") == "absent"
            continue
        allowed = {"items", "groups"} if key in recipients else set()
        if entry.get("state") == "transferred":
            allowed |= {"items", "groups", "listings", "bundles"}
        allowed |= {wire for name in entry for wire in WIRE.get(name, {name})} - WIRE["password"]
        assert differences(flat(account), flat(portal.accounts[key])) <= allowed


@given(st.data())
def test_names_that_differ_in_case_are_one_member(data):
    portal = data.draw(portals())
    name = data.draw(st.sampled_from([account.username for account in portal.accounts.values()]))
    twice = [{"username": name, "description": "one"}, {"username": name.swapcase(), "description": "two"}]
    run = play(portal, "portal_members", members=twice)
    assert run.failed and "members[0]" in run["msg"] and "members[1]" in run["msg"] and portal.calls() == []
    run = play(portal, "portal_members", members=[{**twice[0], "username": spelled(data.draw, name)}])
    assert not run.failed and len([key for key in portal.accounts if key == fold(name)]) == 1
    assert run["changed"] is (portal[name].profile["description"] == "one" and bool(portal.calls()))
    assert portal[name].username == name


@given(st.data())
def test_an_export_is_a_roster_that_changes_nothing(data):
    portal = data.draw(portals())
    portal.add(data.draw(accounts("ivo_weird", portal.product)))
    portal["ivo_weird"].profile.update(provider="google", units=None, firstName="tab\there\x07", lastName="a\r\nb")
    portal["ivo_weird"].categories = data.draw(
        st.lists(st.sampled_from(("/Gone", "/Categories/Gone", "loose", "/Categories/Region/North")), unique=True)
    )
    before = portal.state()
    export = play(portal, "portal_members_info")
    purge = data.draw(st.sampled_from(("none", "disable", "delete")))
    run = play(portal, "portal_members", members=export["members"], purge=purge)
    assert not run.failed, run["msg"]
    assert not run["changed"] and portal.calls() == [] and portal.state() == before and run["unmanaged"] == []


@given(st.data())
def test_credits_are_never_overdrawn_where_some_order_does_not(data):
    limits = st.sampled_from((-1.0, 0.0, 10.0, 100.0, 250.0))
    portal = FakePortal("online", [Account(name, assigned=data.draw(limits)) for name in NAMES])
    portal.pool_reserved = True
    wanted = data.draw(st.dictionaries(st.sampled_from((*NAMES, *NEW)), limits, min_size=1))
    roster = [
        {**MEMBER, "username": name, "credits": "unlimited" if limit < 0 else limit} for name, limit in wanted.items()
    ]
    after = {**{account.username: account.assigned for account in portal.accounts.values()}, **wanted}
    # Room for what is set aside before and afterwards, and for nothing more on the way.
    portal.pool = max(portal.reserved(), sum(limit for limit in after.values() if limit > 0))
    run = play(portal, "portal_members", members=roster, shuffle=data.draw(shuffles()))
    assert portal.overdrawn == [] and not run.failed, run["msg"]
    assert {name: portal[name].assigned for name in after} == after


@given(st.data())
def test_whatever_goes_wrong_the_next_clean_run_converges_and_nothing_is_there_twice(data):
    portal = data.draw(portals())
    roster = data.draw(rosters(portal))
    clean = copy.deepcopy(portal)
    expected = play(clean, "portal_members", members=roster)
    assume(not expected.failed and expected["changed"])
    operations = sorted(set(clean.calls()))
    for _fault in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(FAULTS))
        fault = Fault(
            kind,
            data.draw(st.sampled_from((None, *operations))),
            data.draw(st.integers(1, 4)),
            data.draw(st.integers(1, 6)),
        )
        if kind not in ("ignore", "refuse") and data.draw(st.integers(0, 3)) == 0:
            fault.operation, fault.effect = None, False
        portal.faults.append(fault)
    before = portal.state()
    run = play(portal, "portal_members", members=roster, retries=2, shuffle=data.draw(shuffles()))
    event("failed" if run.failed else "survived")
    assert portal.replayed == [] and portal.overdrawn == []
    if not run.failed:
        assert known(portal) == known(clean)
    if not any(fault.kind == "crash" or not fault.effect for fault in portal.faults):
        # A reading shows what a write did, whatever was answered.
        assert run["changed"] is (portal.state() != before)
    portal.faults = []
    final = play(portal, "portal_members", members=roster)
    assert not final.failed, final["msg"]
    assert known(portal) == known(clean) and portal.replayed == []
    last = play(portal, "portal_members", members=roster)
    assert not last["changed"] and last["api_calls"]["write"] == 0


@given(st.data())
def test_every_module_is_a_slice_of_the_same_pipeline(data):
    """Field by field in modules of their own is the same as all at once."""
    portal = data.draw(portals())
    name = data.draw(st.sampled_from([key for key in portal.accounts if key != portal.caller] or ["admin"]))
    entry = data.draw(entries(portal.accounts[name].username, portal, absent=False))
    slices = {"portal_credits": "credits", "portal_user_categories": "categories"}
    for module, field in slices.items():
        if field not in entry:
            continue
        alone = {"username": entry["username"], field: entry[field]}
        whole = play(portal, "portal_members", check=True, members=[alone])
        one = play(portal, module, check=True, **alone)
        assert one["diff"] == whole["diff"] and one["plan_checksum"] == whole["plan_checksum"]
        assert one["changed"] is whole["changed"] and one.failed is whole.failed
