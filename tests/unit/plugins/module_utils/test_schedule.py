# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.requests import REQUESTS
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.departures import complete_plan
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import (
    creation_fields,
    make_schedule,
    seats_freed,
)
from tests.unit.plugins.module_utils.fakes import EDITOR, VIEWER, Account, FakePortal
from tests.unit.plugins.module_utils.test_plan import NEW, Planned

NAMES = {id(request): name for name, request in REQUESTS.items()}


def ordered(portal, *entries, free=None, module="portal_members", recycle_bin="refuse", **facts):
    """Steps as lists of jobs (request, keys, argument)."""
    planned = Planned(portal, *entries, module=module)
    assert planned.problems == []
    known = Facts()
    known.free_seats = free or {}
    for name, value in facts.items():
        setattr(known, name, value)
    plan = complete_plan(planned.plan, known, recycle_bin)
    return [
        [(NAMES[id(job.request)], [entry.key for entry in job.entries], job.argument) for job in step]
        for step in make_schedule(plan, known, planned.organization, REQUESTS).steps
    ]


def blocked(portal, *entries, free):
    """What an order lacks: (cycle, temporary seats)."""
    planned = Planned(portal, *entries)
    known = Facts()
    known.free_seats = free
    schedule = make_schedule(planned.plan, known, planned.organization, REQUESTS)
    return [(row.cycle, schedule.temporary) for row in schedule.blocked]


def kinds(found):
    """The kinds of each phase, in no order."""
    return [sorted(job[0] for job in step) for step in found]


def where(found, kind, key):
    return next(index for index, phase in enumerate(found) for job in phase if job[0] == kind and key in job[1])


def city(product="online", count=0, *accounts, **settings):
    return FakePortal(product, [*(Account(f"m{index:03}") for index in range(count)), *accounts], **settings)


def test_nothing_to_do_has_no_phase():
    assert ordered(city("online", 1), {"username": "m000"}) == []


# -- within a member


@pytest.mark.parametrize(
    ("before", "wanted", "first"),
    [
        # the type rises before the role
        (
            {"userLicenseTypeId": "viewerUT", "role": VIEWER},
            {"user_type": "creatorUT", "role": "org_user"},
            "user_type",
        ),
        ({"userLicenseTypeId": "viewerUT", "role": VIEWER}, {"user_type": "editorUT", "role": EDITOR}, "user_type"),
        # the role falls before the type
        ({}, {"user_type": "viewerUT", "role": "viewer"}, "role"),
        ({"userLicenseTypeId": "editorUT", "role": EDITOR}, {"user_type": "viewerUT", "role": "viewer"}, "role"),
        ({"role": "org_publisher"}, {"user_type": "editorUT", "role": "data editor"}, "role"),
        # both rise or fall, and either order fits: the role falls first, the type rises first
        ({"role": "org_publisher"}, {"user_type": "GISProfessionalStdUT", "role": "org_user"}, "user_type"),
        ({"userLicenseTypeId": "GISProfessionalStdUT"}, {"user_type": "creatorUT", "role": "org_publisher"}, "role"),
        # a type without a rank: what fits meanwhile decides
        ({"userLicenseTypeId": "viewerUT", "role": VIEWER}, {"user_type": "oddUT", "role": "org_user"}, "user_type"),
        ({"userLicenseTypeId": "oddUT"}, {"user_type": "viewerUT", "role": "viewer"}, "role"),
    ],
)
def test_order_of_role_and_type(before, wanted, first):
    portal = city("online", 0, Account("jane", **before))
    portal.types["oddUT"] = "Odd"
    found = ordered(portal, {"username": "jane", **wanted})
    assert [kind for phase in kinds(found) for kind in phase] == sorted(
        ["role", "user_type"], key=lambda kind: kind != first
    )


@pytest.mark.parametrize(
    ("before", "wanted", "first"),
    [
        ({"level": "1", "role": VIEWER}, {"level": "2", "role": "org_user"}, "level"),
        ({}, {"level": "1", "role": "viewer"}, "role"), ({}, {"level": "11", "role": "data editor"}, "role"),
    ],
)  # fmt: skip
def test_order_of_role_and_level(before, wanted, first):
    found = ordered(city("old", 0, Account("jane", **before)), {"username": "jane", **wanted})
    assert [phase[0] for phase in kinds(found)] == sorted(["role", "level"], key=lambda kind: kind != first)


def test_role_then_profile_of_one_member_are_steps_of_their_own():
    found = ordered(
        city("online", 1), {"username": "m000", "role": "org_publisher", "email": "x@example.com", "idp_username": "i"}
    )
    assert found == [[("role", ["m000"], None)], [("profile", ["m000"], None)], [("idp_username", ["m000"], None)]]


def test_a_removal_transfers_then_revokes_then_deletes():
    entry = {"username": "m000", "state": "absent"}
    assert ordered(city("online", 1), entry) == [[("delete", ["m000"], None)]], "nothing to give up"
    held = {"listings": ["pro"], "bundles": ["apps"]}
    facts = {
        "owned": {"m000": Owned(3, 1)}, "add_ons": {"m000": held}, "esri_access": {"m000": True},
        "recycled": {"m000": ["one", "two"]},
    }  # fmt: skip
    moving = {**entry, "transfer_to": "m001"}
    assert ordered(city("online", 2), moving, recycle_bin="delete", **facts) == [
        [("transfer", ["m000"], None)], [("revoke", ["m000"], ("bundles", "apps"))],
        [("revoke", ["m000"], ("listings", "pro"))], [("delete_recycled", ["m000"], None)],
        [("esri_access", ["m000"], None)], [("delete", ["m000"], None)],
    ]  # fmt: skip
    found = ordered(city("online", 2), moving, recycle_bin="restore", **facts)
    assert where(found, "restore_items", "m000") < where(found, "transfer", "m000") < where(found, "delete", "m000")
    found = ordered(city("enterprise", 2), entry, add_ons={"m000": {"listings": ["pro"]}})
    assert kinds(found) == [["revoke"], ["delete"]]


def test_a_license_of_many_is_revoked_in_one_request():
    held = {f"m{index:03}": {"listings": ["pro"]} for index in range(30)}
    removals = [{"username": name, "state": "absent"} for name in held]
    found = ordered(city("online", 30), *removals, add_ons=held)
    assert [len(job[1]) for job in found[0]] == [25, 5] and {job[2] for job in found[0]} == {("listings", "pro")}
    assert kinds(found[1:]) == [["delete"] * 30]


# -- across members


def test_what_frees_comes_before_what_takes():
    portal = city(
        "online", 2, Account("drop", assigned=100.0), Account("raise", assigned=1.0), Account("free", assigned=9.0),
        Account("off", disabled=True),
    )  # fmt: skip
    found = ordered(
        portal, {"username": "m000", "state": "absent"}, {"username": "m001", "enabled": False}, NEW,
        {"username": "drop", "credits": 50}, {"username": "raise", "credits": 60},
        {"username": "free", "credits": "unlimited"},
        {"username": "off", "enabled": True}, {"username": "admin", "email": "x@example.com"},
    )  # fmt: skip
    assert kinds(found) == [
        ["delete"],
        ["disable"],
        ["unlimited_credits"],
        ["credits"],
        ["invite"],
        ["profile"],
        ["enable"],
        ["credits"],
    ]
    for kind, who in (("delete", "m000"), ("disable", "m001"), ("unlimited_credits", "free"), ("credits", "drop")):
        assert where(found, kind, who) < where(found, "invite", "new_one") < where(found, "credits", "raise")


def test_a_first_limit_takes_credits():
    portal = city("online", 0, Account("jane", assigned=-1.0), Account("drop", assigned=5.0))
    found = ordered(portal, {"username": "jane", "credits": 5}, {"username": "drop", "credits": 0})
    assert where(found, "credits", "drop") < where(found, "credits", "jane")


def test_two_members_swap_the_last_seat():
    portal = city(
        "online",
        0,
        Account("a_a", userLicenseTypeId="GISProfessionalStdUT", role=VIEWER),
        Account("b_b", userLicenseTypeId="creatorUT"),
    )
    swap = [{"username": "a_a", "user_type": "creatorUT"}, {"username": "b_b", "user_type": "GISProfessionalStdUT"}]
    found = ordered(portal, *swap, free={"creatorUT": 0, "GISProfessionalStdUT": 0, "viewerUT": 0, "editorUT": None})
    moves = [job for step in found for job in step]
    assert len(moves) == 3, "one waits elsewhere"
    assert ordered(portal, *swap, free={"creatorUT": 1, "GISProfessionalStdUT": 0}) == [
        [("user_type", ["a_a"], "creatorUT")], [("user_type", ["b_b"], "GISProfessionalStdUT")]
    ]  # fmt: skip


def test_order_does_not_use_seats_that_pending_invitations_can_hold():
    portal = city(
        "online",
        0,
        Account("a_a", userLicenseTypeId="GISProfessionalStdUT", role=VIEWER),
        Account("b_b", userLicenseTypeId="creatorUT"),
    )
    swap = [{"username": "a_a", "user_type": "creatorUT"}, {"username": "b_b", "user_type": "GISProfessionalStdUT"}]
    free = {"creatorUT": 1, "GISProfessionalStdUT": 0, "viewerUT": 1}
    steps = ordered(portal, *swap, free=free, pending_seats={"creatorUT": 1})
    assert [job[2] for step in steps for job in step] == ["viewerUT", "GISProfessionalStdUT", "creatorUT"]
    # If no other order exists, the seats count as free.
    del free["viewerUT"]
    steps = ordered(portal, *swap, free=free, pending_seats={"creatorUT": 1})
    assert [job[2] for step in steps for job in step] == ["creatorUT", "GISProfessionalStdUT"]


def test_no_member_waits_where_the_role_does_not_fit():
    portal = city(
        "online",
        0,
        Account("a_a", userLicenseTypeId="GISProfessionalStdUT"),
        Account("b_b", userLicenseTypeId="creatorUT"),
    )
    swap = [{"username": "a_a", "user_type": "creatorUT"}, {"username": "b_b", "user_type": "GISProfessionalStdUT"}]
    full = {"creatorUT": 0, "GISProfessionalStdUT": 0, "viewerUT": 5, "editorUT": 5}
    assert blocked(portal, *swap, free=full) == [(("GISProfessionalStdUT", "creatorUT"), {})]
    portal["a_a"].role = VIEWER
    assert blocked(portal, *swap, free=full) == [], "who fits elsewhere waits there"


def test_a_removal_gives_its_seat_to_a_creation():
    portal = city("online", 1)
    found = ordered(portal, {"username": "m000", "state": "absent"}, NEW, free={"creatorUT": 0})
    assert where(found, "delete", "m000") < where(found, "invite", "new_one")
    planned = Planned(portal, {"username": "m000", "state": "absent"}, {"username": "admin", "email": "x@example.com"})
    assert seats_freed(planned.plan.acting, planned.organization) == {"creatorUT": 1}


# -- batches


@pytest.mark.parametrize(
    ("before", "wanted", "kind", "sizes"),
    [
        ({"assigned": 9.0}, {"credits": 5}, "credits", [100, 100, 30]),
        ({}, {"credits": 5}, "credits", [100, 100, 30]),
        ({"assigned": 9.0}, {"credits": "unlimited"}, "unlimited_credits", [100, 100, 30]),
        ({}, {"enabled": False}, "disable", [25] * 9 + [5]),
        ({"disabled": True}, {"enabled": True}, "enable", [25] * 9 + [5]),
        ({}, {"user_type": "GISProfessionalStdUT"}, "user_type", [100, 100, 30]),
        ({}, {"email": "x@example.com"}, "profile", [1] * 230),
        ({}, {"role": "org_publisher"}, "role", [1] * 230),
    ],
)  # fmt: skip
def test_batches(before, wanted, kind, sizes):
    portal = city("online", 0, *(Account(f"p{index:03}", **before) for index in range(230)))
    found = ordered(portal, *({"username": f"p{index:03}", **wanted} for index in range(230)))
    jobs = [job for step in found for job in step]
    assert [len(job[1]) for job in jobs] == sizes and {job[0] for job in jobs} == {kind}


@pytest.mark.parametrize(
    ("before", "wanted", "kind"),
    [
        ({}, {"enabled": False}, "disable"),
        ({"disabled": True}, {"enabled": True}, "enable"),
        ({}, {"level": "11"}, "level"),
    ],
)
def test_before_user_types_there_are_no_bulk_calls(before, wanted, kind):
    portal = city("old", 0, *(Account(f"p{index}", role="Rcustom", **before) for index in range(4)))
    found = ordered(portal, *({"username": f"p{index}", **wanted} for index in range(4)))
    assert kinds(found) == [[kind] * 4]


def test_moves_are_batched_by_target():
    portal = city("online", 4)
    wanted = [
        {"username": f"m{index:03}", "user_type": ("GISProfessionalStdUT", "editorUT")[index % 2]} for index in range(4)
    ]
    for entry in wanted:
        if entry["user_type"] == "editorUT":
            entry["role"] = "viewer"
    found = ordered(portal, *wanted)
    assert found[1] == [
        ("user_type", ["m000", "m002"], "GISProfessionalStdUT"), ("user_type", ["m001", "m003"], "editorUT")
    ]  # fmt: skip


# -- creations


@pytest.mark.parametrize(
    ("product", "more", "later"),
    [
        ("online", {}, []), ("enterprise", {}, []),
        ("online", {"role": "viewer", "credits": 5, "full_name": "N", "enabled": True}, []),
        ("enterprise", {"role": "org_admin", "description": "d", "enabled": True}, []),
        ("online", {"role": "org_admin"}, ["role"]),
        ("online", {"description": "d", "tags": ["t"], "access": "org", "categories": ["Region"]}, ["profile"]),
        ("enterprise", {"full_name": "N"}, ["profile"]),
        ("online", {"credits": 5, "categories": ["Region"], "email": "o@example.com"}, ["profile"]),
        ("online", {"role": "org_admin", "culture": "de", "enabled": True}, ["role", "profile"]),
        ("online", {"credits": "unlimited"}, []),
    ],
)  # fmt: skip
def test_a_creation_carries_what_it_can_and_the_rest_follows(product, more, later):
    found = ordered(city(product), {**NEW, **more})
    create = "invite" if product == "online" else "create"
    assert found[0] == [(create, ["new_one"], None)]
    assert [job[0] for step in found[1:] for job in step] == later and len(found) == 1 + len(later)


def test_before_user_types_a_creation_carries_the_level():
    member = {name: value for name, value in NEW.items() if name != "user_type"}
    assert ordered(city("old"), {**member, "level": "2"}) == [[("create", ["new_one"], None)]]


def test_what_a_creation_carries():
    planned = Planned(city(), {**NEW, "role": "org_admin", "enabled": True, "tags": ["t"]})
    fields = creation_fields(planned["new_one"], planned.organization, Facts())
    assert set(fields) == {"state", "first_name", "last_name", "email", "password", "user_type", "enabled"}
