# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current.facts import read_facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.needs import find_needs
from tests.unit.plugins.module_utils.fakes import Account, FakePortal
from tests.unit.plugins.module_utils.test_plan import NEW, Planned

FACT_READS = (
    "counts", "license", "invitations", "check_usernames", "content", "listings", "app_bundles", "role_privileges",
    "users", "user",
)  # fmt: skip


def facts(portal, *entries, guards=None, module="portal_members", purge="none"):
    """The facts behind a plan, and what was read for them."""
    planned = Planned(portal, *entries, module=module, purge=purge)
    portal.log.clear()
    needs = find_needs(planned.plan, Guards(guards, purges=purge != "none"), planned.organization)
    found = read_facts(
        needs, planned.directory, planned.current, credit_budgeting=planned.organization.credit_budgeting
    )
    return found, [name for name, _args, _form in portal.log]


def city(product="online", count=3, *accounts, **settings):
    return FakePortal(product, [*(Account(f"m{index}") for index in range(count)), *accounts], **settings)


@pytest.mark.parametrize(
    ("entries", "reads"),
    [
        ([{"username": "m0", "email": "x@y"}], []),
        ([{"username": "m0", "role": "org_publisher", "credits": 5, "categories": ["Region"], "enabled": False}], []),
        ([{"username": "m0", "user_type": "GISProfessionalStdUT"}], ["counts", "invitations", "listings"]),
        ([NEW], ["counts", "invitations", "check_usernames", "users"]),
        ([{"username": "m0", "state": "absent"}], ["content", "user", "listings", "app_bundles", "user"]),
        ([{"username": "unknown", "state": "absent"}, {"username": "m0", "role": "org_user"}], []),
    ],
)
def test_nothing_is_read_that_the_plan_does_not_need(entries, reads):
    assert facts(city(), *entries)[1] == reads


@pytest.mark.parametrize(("product", "reads"), [("enterprise", ["license", "listings"]), ("old", [])])
def test_products_tell_seats_in_other_places(product, reads):
    field = {"user_type": "GISProfessionalStdUT"} if product == "enterprise" else {"level": "11"}
    assert facts(city(product), {"username": "m0", **field})[1] == reads


def test_names_are_checked_in_batches():
    found, reads = facts(city(deleted={"new_007"}), *({**NEW, "username": f"new_{index:03}"} for index in range(120)))
    assert reads.count("check_usernames") == 2 and found.unavailable_usernames == {"new_007": ""}


def test_invitations_are_counted_beside_the_free_seats():
    portal = city(
        seats={"creatorUT": 5, "viewerUT": 1, "editorUT": None}, pending=["creatorUT", "viewerUT", "viewerUT"]
    )
    found, _reads = facts(portal, NEW)
    assert found.free_seats["creatorUT"] == 2 and found.free_seats["viewerUT"] == 1
    assert found.free_seats.get("editorUT") is None
    assert found.pending_seats == {"creatorUT": 1, "viewerUT": 2}


@pytest.mark.parametrize(("count", "pages"), [(3, 0), (250, 3)])
def test_levels_are_counted_over_all_members(count, pages):
    portal = city("old", count, seats={"2": count + 5, "1": 0})
    found, reads = facts(portal, {"username": "m0", "level": "11"}, {"username": "m1", "role": "org_user"})
    assert found.free_seats == {"2": 4, "1": 0} and reads == ["users"] * pages


def test_levels_without_quotas_are_not_counted():
    found, reads = facts(city("old", 250), {"username": "m0", "level": "11"})
    assert found.free_seats == {} and reads == []


def test_who_owns_and_holds_what():
    portal = city("online", 2, Account("jane", items=3, groups=["g"], listings=["pro"]))
    found, _reads = facts(portal, {"username": "jane", "state": "absent"})
    assert found.owned == {"jane": Owned(3, 1)} and found.add_ons == {"jane": {"listings": ["pro"], "bundles": []}}


def test_a_question_without_an_answer_ends_the_run():
    portal = city()
    planned = Planned(portal, {"username": "m0", "state": "absent"})

    def broken(form):
        raise KeyError("content")

    portal.answers["content"] = broken
    needs = find_needs(planned.plan, Guards(), planned.organization)
    with pytest.raises(KeyError):
        read_facts(needs, planned.directory, planned.current, credit_budgeting=True)


@pytest.mark.parametrize(("count", "reads"), [(3, []), (250, ["users"])])
def test_administrators_are_looked_up_where_one_is_lost(count, reads):
    portal = city(
        "online", count, Account("zoe_boss", role="org_admin"), Account("z_off", role="org_admin", disabled=True)
    )
    found, asked = facts(portal, {"username": "zoe_boss", "role": "org_user"}, {"username": "m1"})
    # The groups of an owner of shared update groups block the change of role.
    assert found.admins == {"admin", "zoe_boss"} and asked == ["user", *reads]


@pytest.mark.parametrize("guards", [{"min_admins": 1}, {"required_admins": ["admin"]}])
def test_administrators_are_looked_up_where_a_guard_asks(guards):
    assert facts(city(), {"username": "m0", "email": "x@y"}, guards=guards)[0].admins == {"admin"}
    assert facts(city(), {"username": "m0", "email": "x@y"})[0].admins is None


def test_members_are_counted_where_a_share_asks():
    portal = city("online", 250)
    assert facts(portal, {"username": "m0", "email": "x@y"}, guards={"max_removals": "5%"})[0].total == 251
    found, reads = facts(portal, {"username": "m0", "email": "x@y"}, guards={"max_removals": "5"})
    assert found.total is None and reads == []


def test_ranks_of_custom_roles_are_read_where_a_guard_counts_falls():
    portal = city("online", 1, Account("jane", role="R1"))
    portal.roles.update(R1=("One", "org_user"), R2=("Two", "org_user"))
    portal.privileges.update(R1=["portal:admin:viewUsers"], R2=["portal:user:createItem"])
    entry = {"username": "jane", "role": "R2"}
    found, reads = facts(portal, entry, guards={"max_disruptive": "1"})
    assert (found.role_ranks["R1"], found.role_ranks["R2"]) == (6, 4) and reads == [
        "user",
        "role_privileges",
        "role_privileges",
    ]
    assert facts(portal, entry, guards={"protected": ["x"]})[1] == reads
    # Without a guard, privileges tell whether the member can stay in its groups.
    assert facts(portal, entry)[1] == reads


def test_facts_are_gathered_of_a_plan_with_problems_too():
    portal = city("online", 2, Account("jane", items=1))
    found, _reads = facts(portal, {"username": "m0", "role": "nonsense"}, {"username": "jane", "state": "absent"})
    assert found.owned == {"jane": Owned(1, 0)}


def test_recipients_are_looked_up_once():
    portal = city("online", 2, Account("asleep", disabled=True))
    entries = [
        {"username": name, "state": "absent", "transfer_to": recipient}
        for name, recipient in (("m0", "Asleep"), ("m1", "unknown"))
    ]
    found, _reads = facts(portal, *entries)
    assert {key: row.is_enabled for key, row in found.recipients.items()} == {"asleep": False, "unknown": False}
