# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No guard is ever broken: judged by what a portal was before and after, not by what the plan says of itself."""

from __future__ import annotations

import copy

from hypothesis import event, given
from hypothesis import strategies as st

from tests.properties.worlds import CUSTOM, NAMES, NEW, portals, rosters, shuffles
from tests.unit.plugins.module_utils.fakes import EDITOR, VIEWER, Account, Fault, fold, play

RANK = {"org_admin": 9, "org_publisher": 5, "org_user": 4, EDITOR: 2, VIEWER: 1}
TYPE_RANK = {"viewerUT": 1, "editorUT": 2, "creatorUT": 3, "GISProfessionalStdUT": 4, "1": 1, "11": 2, "2": 3}


def administrators(accounts):
    return {key for key, account in accounts.items() if account.role == "org_admin" and not account.disabled}


def loses_access(portal, before, key):
    """Whether a member can do less than before."""
    account = portal.accounts.get(key)
    if account is None:
        return True
    ranks = {**RANK, CUSTOM: {"portal:admin:viewUsers": 6, "portal:user:createItem": 4}.get(portal.custom, 1)}
    seats = [a.userLicenseTypeId if portal.has_types else a.level for a in (account, before)]
    return (
        (account.disabled and not before.disabled)
        or ranks[account.role] < ranks[before.role]
        or TYPE_RANK[seats[1]] > TYPE_RANK[seats[0]]
    )


def disrupted(portal, before, key):
    """Whether a member is worse off than before."""
    account = portal.accounts.get(key)
    return (
        loses_access(portal, before, key)
        or (before.assigned >= 0 and 0 <= account.assigned < before.spent)
        or before.assigned < 0 <= account.assigned
        or (bool(before.categories) and not account.categories)
    )


@st.composite
def guards(draw):
    limits = st.sampled_from((None, "0", "1", "2", "10%", "34%", "100%"))
    names = st.sampled_from((*NAMES, *NEW, "a*", "*_*", "?en.*"))
    return {
        "max_disruptive": draw(limits),
        "max_removals": draw(limits),
        "min_admins": draw(st.sampled_from((None, 1, 2))),
        "protected": draw(st.lists(names, max_size=2)),
        "required_admins": draw(st.lists(st.sampled_from((*NAMES[:2], "ADMIN")), max_size=1)),
    }


def over(limit, count, total):
    if limit is None or not count:
        return False
    return 100 * count / total > float(limit[:-1]) if limit.endswith("%") else count > int(limit)


def matches(patterns, key):
    import fnmatch

    return any(fnmatch.fnmatchcase(key, fold(pattern)) for pattern in patterns)


def options_of(rules):
    return {name: value for name, value in rules.items() if value is not None}


@given(st.data())
def test_no_guard_is_ever_broken(data):
    portal = data.draw(portals())
    portal.custom = (portal.privileges[CUSTOM] or [""])[0]
    roster, rules = data.draw(rosters(portal)), data.draw(guards())
    purge = data.draw(st.sampled_from(("none", "none", "disable", "delete")))
    if data.draw(st.booleans()):
        # Also where things go wrong on the way.
        portal.faults.append(
            Fault(data.draw(st.sampled_from(("before", "after", "refuse"))), None, data.draw(st.integers(1, 5)))
        )
    before = copy.deepcopy(portal.accounts)
    run = play(
        portal, "portal_members", members=roster, guards=options_of(rules), purge=purge, shuffle=data.draw(shuffles())
    )
    event("refused" if run.code in ("guard", "blocked", "several_problems") else "done")
    worse = {key for key, account in before.items() if disrupted(portal, account, key)}
    removed = set(before) - set(portal.accounts)
    total = len(before)
    assert not over(rules["max_disruptive"], len(worse), total)
    assert not over(rules["max_removals"], len(removed), total)
    assert not any(matches(rules["protected"], key) for key in worse)
    assert not loses_access(portal, before["admin"], "admin"), "the account that is signed in"
    assert administrators(portal.accounts) & administrators(before), "the last administrator of today"
    if not run.failed:
        left = administrators(portal.accounts)
        assert rules["min_admins"] is None or len(left) >= rules["min_admins"]
        assert {fold(name) for name in rules["required_admins"]} <= left


@given(st.data())
def test_a_purge_changes_only_unmanaged_members(data):
    portal = data.draw(portals())
    portal.add(Account("esri_livingatlas"))
    roster = data.draw(rosters(portal, absent=False))
    protected = data.draw(st.lists(st.sampled_from((*NAMES, "*")), max_size=2))
    purge = data.draw(st.sampled_from(("none", "disable", "delete")))
    before = copy.deepcopy(portal.accounts)
    run = play(portal, "portal_members", members=roster, purge=purge, guards={"protected": protected})
    event("refused" if run.failed else purge)
    listed = {fold(entry["username"]) for entry in roster}
    for key, account in before.items():
        if key in listed:
            assert key in portal.accounts
            continue
        gone, off = key not in portal.accounts, key in portal.accounts and portal.accounts[key].disabled
        if purge == "none" or key in ("admin", "esri_livingatlas") or matches(protected, key):
            assert not gone and off is account.disabled
        elif not run.failed:
            assert gone if purge == "delete" else off
    hit = [
        key for key in set(before) - listed
        if key not in portal.accounts or portal.accounts[key].disabled is not before[key].disabled
    ]  # fmt: skip
    assert len(hit) <= 5, "without a guard of the task a purge has a limit of its own"
    assert run.failed or purge == "none" or run["unmanaged"] is not None


@given(st.data())
def test_a_plan_that_is_refused_is_refused_for_all_its_reasons(data):
    """A roster without the members that an error names has no problem that the error could have named."""
    portal = data.draw(portals())
    roster, rules = data.draw(rosters(portal)), data.draw(guards())
    run = play(portal, "portal_members", check=True, members=roster, guards=options_of(rules))
    if not run.failed:
        return
    problems = run["error"].get("problems", [run["error"]])
    members = {fold(str(problem.get("member"))) for problem in problems}
    left = [entry for entry in roster if fold(entry["username"]) not in members]
    again = play(portal, "portal_members", check=True, members=left, guards=options_of(rules))
    if again.failed:
        known = {(p["code"], p.get("guard"), p.get("user_type"), p.get("level")) for p in problems}
        for problem in again["error"].get("problems", [again["error"]]):
            event(f"still {problem['code']}")
            key = (problem["code"], problem.get("guard"), problem.get("user_type"), problem.get("level"))
            recipient = problem.get("option") == "transfer_to"
            assert key in known or key[2] or key[3] or recipient or key[1] in ("min_admins", "required_admins")
