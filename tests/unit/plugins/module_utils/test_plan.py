# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import copy
import random
import re
from pathlib import Path

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._model import plan as plan_module
from ansible_collections.portalops.arcgis.plugins.module_utils._plan import planner
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import lowered_fields as lowers
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Planner, tables_needed
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.purge import apply_purge
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import specs
from tests.unit.plugins.module_utils.fakes import VIEWER, Account, FakeClient, FakePortal

LEVELLED = {"level": "2"}


class Planned:
    """Specs of some entries against a portal, and the plan that comes of them."""

    def __init__(self, portal, *entries, module="portal_members", purge="none", spared=lambda key: False, single=False):
        self.reader = OrganizationReader(FakeClient(portal))
        self.organization = self.reader.organization
        self.specs = specs(module, {}, entries, "" if single else "members")
        columns = {name for spec in self.specs for name in spec.fields}
        self.directory = Directory(self.reader, columns, ("user_type", "level"))
        names = {spec.key: spec.username for spec in self.specs}
        self.current = self.directory.read(names, whole=purge != "none")
        self.tables = self.reader.tables(tables_needed(self.specs, self.current))
        creates = module in ("portal_user", "portal_members")
        self.planner = Planner(self.organization, self.tables, self.current, creates=creates)
        self.plan = apply_purge(
            self.planner.plan(self.specs, single=single), self.current, self.organization,
            {spec.key for spec in self.specs}, purge=purge, transfer_to=None, is_exempt=spared,
        )  # fmt: skip

    def __getitem__(self, key):
        return next(entry for entry in self.plan.entries if entry.key == key)

    @property
    def problems(self):
        return [str(problem) for problem in self.plan.all_problems()]


def city(product="online", **jane):
    portal = FakePortal(product, [Account("Jane", **jane), Account("omar")])
    portal.roles["R1"] = ("Field Lead", "org_user")
    portal.roles["R2"] = ("Student", "org_user")
    portal.roles["R3"] = ("Student", "org_publisher")
    return portal


NEW = {
    "username": "new_one", "first_name": "N", "last_name": "O", "email": "n@o", "password": "long-enough",
    "user_type": "creatorUT",
}  # fmt: skip


# -- what changes and what does not


def test_what_is_as_wanted_is_not_in_the_plan():
    planned = Planned(city(email="j@x", tags=["b", "a"]), {"username": "JANE", "email": "j@x", "tags": ["a", "b", "a"]})
    assert planned.plan.entries == [] and planned.plan.is_empty and planned.plan.total == 1


@pytest.mark.parametrize(
    ("field", "before", "same", "other"),
    [
        ("first_name", {"firstName": " Ada "}, "Ada", "Eve"), ("description", {"description": "null"}, "", "x"),
        ("description", {"description": "a\r\nb"}, "a\nb", ""), ("culture", {"culture": "en-US"}, "EN-us", "de"),
        ("enabled", {"disabled": True}, False, True), ("role", {"role": "org_user"}, "User", "Publisher"),
        ("role", {"role": "R1"}, "field lead", "R2"), ("role", {"role": VIEWER}, "Viewer", "data editor"),
        ("user_type", {"userLicenseTypeId": "creatorUT"}, "creator", "Viewer"),
        ("credits", {"assigned": 100.0}, 100.005, 100.5), ("credits", {"assigned": -1.0}, "unlimited", 0),
        ("categories", {"categories": ["/Categories/Region/North"]}, ["region/north"], []),
        ("idp_username", {"idpUsername": None}, "", "jane@idp"), ("access", {"access": "org"}, "org", "public"),
    ],
)  # fmt: skip
def test_same_and_other(field, before, same, other):
    assert Planned(city(**before), {"username": "jane", field: same}).plan.is_empty
    (entry,) = Planned(city(**before), {"username": "jane", field: other}).plan.entries
    assert set(entry.changes) == {field} and not entry.problems and entry.name == "Jane"


def test_members_who_have_the_same_are_each_compared_with_what_is_wanted_of_them():
    same = {"role": "R1", "categories": ["/Categories/Region/North"]}
    portal = FakePortal("online", [Account(name, **same) for name in ("ann", "ben", "cyd", "dan")])
    portal.roles["R1"] = ("Field Lead", "org_user")
    as_they_are = {"role": "field lead", "categories": ["region/north"]}
    wanted = [{"username": name, **as_they_are} for name in ("ann", "ben", "cyd", "dan")]
    wanted[1]["categories"] = ["region/south"]
    wanted[3]["role"] = "org_user"
    changes = {entry.key: set(entry.changes) for entry in Planned(portal, *wanted).plan.entries}
    assert changes == {"ben": {"categories"}, "dan": {"role"}}


def test_one_password_for_several_is_set_only_where_the_task_says_so():
    portal = FakePortal("online", [Account("ann"), Account("ben")])
    password = "the-same-password"
    wanted = [
        {"username": "ann", "password": password},
        {"username": "ben", "password": password, "update_password": "always"},
    ]
    assert [entry.key for entry in Planned(portal, *wanted).plan.entries] == ["ben"]


def test_before_and_after_in_normal_form():
    portal = city(role="R1", categories=["/Categories/Region/North"], assigned=7.0, tags=["x"])
    wanted = {"username": "jane", "role": "viewer", "categories": {"add": ["Region/South"]}, "credits": 9, "tags": []}
    entry = Planned(portal, wanted)["jane"]
    assert entry.changes == {
        "role": ("Field Lead", "Viewer"), "categories": (("/Region/North",), ("/Region/North", "/Region/South")),
        "credits": (7.0, 9.0), "tags": (("x",), ()),
    }  # fmt: skip
    assert entry.wanted["role"] == VIEWER and entry.action == "changed"


def test_omitted_fields_are_not_looked_at():
    portal = city(email="j@x", tags=["t"], disabled=True, assigned=5.0)
    entry = Planned(portal, {"username": "jane", "role": "org_publisher"})["jane"]
    assert set(entry.wanted) == {"role"}


@pytest.mark.parametrize(("enabled", "action"), [(False, "disabled"), (True, "changed")])
def test_the_action_of_a_switch(enabled, action):
    entry = Planned(city(disabled=enabled), {"username": "jane", "enabled": enabled, "email": "new@x"})["jane"]
    assert entry.action == action


def test_a_password_is_set_on_creation_only_unless_the_task_says_always():
    wanted = {"username": "jane", "password": "a-new-password"}
    assert Planned(city(), wanted).plan.is_empty
    entry = Planned(city(), {**wanted, "update_password": "always"})["jane"]
    assert entry.changes == {"password": (None, "(new password)")} and entry.wanted["password"] == "a-new-password"


def test_the_provider_is_never_changed():
    planned = Planned(city(), {"username": "jane", "provider": "enterprise"})
    assert planned.problems == ["Jane: Cannot change provider from 'arcgis' to 'enterprise'."]
    assert planned.plan.all_problems()[0].code == "blocked"


def test_nothing_is_assumed_of_what_the_portal_does_not_tell():
    portal = city()
    portal.answers["user"] = {"username": "jane", "orgId": portal.id, "role": "org_publisher"}
    entry = Planned(portal, {"username": "jane", "role": "org_user", "user_type": "creatorUT", "credits": 0})["jane"]
    assert entry.changes["role"] == ("org_publisher", "org_user")
    assert entry.changes["user_type"] == (None, "creatorUT") and entry.changes["credits"] == (None, 0.0)


# -- creation and removal


def test_a_creation_wants_all_named_fields():
    entry = Planned(city(), {**NEW, "role": "field lead", "credits": 5, "categories": ["Region/North"]})["new_one"]
    assert entry.action == "created" and entry.changes["state"] == ("absent", "present")
    assert entry.changes["password"] == (None, "(new password)") and entry.changes["role"] == (None, "Field Lead")
    assert entry.wanted["categories"] == ("/Region/North",) and entry.wanted["role"] == "R1"
    assert set(entry.changes) == {*NEW, "role", "credits", "categories", "state"} - {"username"}


@pytest.mark.parametrize("product", ["online", "enterprise"])
def test_a_creation_shows_the_role_that_a_new_account_gets(product):
    assert Planned(city(product), NEW)["new_one"].changes["role"] == (None, "org_user")
    (problem,) = Planned(city(product), {**NEW, "user_type": "viewerUT"}).plan.all_problems()
    assert problem.code == "blocked" and problem.details["option"] == "role"
    assert "New members with user type viewerUT need a role" in str(problem)


@pytest.mark.parametrize(
    "module", ["portal_user_role", "portal_credits", "portal_user_level", "portal_user_categories"]
)
def test_only_modules_of_accounts_create(module):
    field = {"portal_user_role": "role", "portal_credits": "credits", "portal_user_level": "user_type"}.get(module)
    value = {"role": "org_user", "credits": 1, "user_type": "creatorUT"}.get(field, ["Region"])
    planned = Planned(city(), {"username": "unknown", field or "categories": value}, module=module)
    assert planned.problems == ["unknown: Member does not exist in the organization."]
    assert planned["unknown"].action == "failed" and planned.plan.all_problems()[0].code == "not_found"


def test_a_removal():
    entry = Planned(city(), {"username": "jane", "state": "absent", "transfer_to": "omar", "email": "i@x.org"})["jane"]
    assert (entry.action, entry.changes, entry.transfer_to) == ("removed", {"state": ("present", "absent")}, "omar")


def test_an_absent_member_stays_absent():
    assert Planned(city(), {"username": "unknown", "state": "absent"}).plan.is_empty


def test_an_account_of_another_organization_is_never_touched():
    outsider = Account("Outsider")
    outsider.orgId = "elsewhere"
    portal = city()
    portal.outsiders["outsider"] = outsider
    assert Planned(portal, {"username": "outsider", "state": "absent"}, single=True, module="portal_user").plan.is_empty
    planned = Planned(portal, {**NEW, "username": "outsider"}, single=True, module="portal_user")
    assert planned["outsider"].action == "failed" and "another organization" in planned.problems[0]


# -- purge


@pytest.mark.parametrize(("purge", "action"), [("disable", "disabled"), ("delete", "removed")])
def test_purge_plans_all_unmanaged_members(purge, action):
    portal = city()
    portal.add(Account("esri_nav"))
    portal.add(Account("asleep", disabled=True))
    planned = Planned(portal, {"username": "jane"}, purge=purge, spared="admin".__eq__)
    acting = {entry.key: entry.action for entry in planned.plan.acting}
    assert acting == ({"omar": action} if purge == "disable" else {"omar": action, "asleep": action})
    assert all(entry.is_purged and entry.index is None for entry in planned.plan.acting)
    assert planned.plan.unmanaged == ["admin", "asleep", "omar"]
    assert planned.plan.total == 1 + len(acting)


def test_without_purge_the_unlisted_are_named_and_left_alone():
    planned = Planned(city(), {"username": "jane"}, {"username": "OMAR"})
    assert planned.plan.is_empty and planned.plan.unmanaged == ["admin"]


def test_no_member_is_unmanaged_if_not_all_members_were_read():
    assert Planned(city(), {"username": "jane"}).plan.unmanaged is None


# -- what the product lacks


@pytest.mark.parametrize(
    ("product", "field", "value", "words"),
    [
        ("online", "level", "2", "level: This portal has user types instead of levels.*user_type"),
        ("enterprise", "level", "2", "level: This portal has user types"),
        ("old", "user_type", "creatorUT", "user_type: .*10\\.7.*level"),
        ("enterprise", "credits", 5, "credits: ArcGIS Enterprise does not support credits"),
        ("old", "credits", "unlimited", "credits: ArcGIS Enterprise does not support credits"),
        ("old", "categories", [], "categories: .*11\\.0"),
    ],
)
def test_fields_the_product_lacks_are_refused_once(product, field, value, words):
    planned = Planned(city(product), {"username": "jane", field: value}, {"username": "omar", field: value})
    (problem,) = planned.plan.all_problems()
    assert problem.code == "unsupported" and problem.details["option"] == field and problem.details["remedy"]
    assert re.search(words, problem.full_message()) and planned.plan.entries == []


def test_all_of_them_are_reported_together():
    planned = Planned(city("old"), {"username": "jane", "user_type": "x", "credits": 1, "categories": []})
    assert len(planned.problems) == 3


def test_the_one_member_of_a_refused_task_has_failed():
    planned = Planned(city("old"), {"username": "jane", "credits": 1}, module="portal_credits", single=True)
    assert planned.plan.single.action == "failed" and len(planned.plan.single.problems) == 1
    assert len(planned.plan.all_problems()) == 1


# -- names


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("role", "Feld Lead", ["Role 'Feld Lead' does not exist", "Field Lead"]),
        ("role", "student", ["2 roles are named 'student'", "R2", "R3"]),
        ("user_type", "creatrUT", ["User type 'creatrUT' does not exist", "creatorUT", "viewerUT"]),
        ("categories", ["Region/Nort"], ["/Region/Nort", "/Region/North"]),
        ("categories", {"add": ["Nowhere"]}, ["/Nowhere"]),
    ],
)
@pytest.mark.parametrize("who", ["jane", "new_one"])
def test_names_that_mean_nothing_are_refused_for_the_member(field, value, words, who):
    entry = {**NEW, field: value} if who == "new_one" else {"username": "jane", field: value}
    planned = Planned(city(), entry)
    (problem,) = planned.plan.all_problems()
    assert problem.code == "invalid_input" and problem.details["member"].lower() == who
    assert all(word in problem.full_message() for word in words) and problem.details["remedy"]


def test_tables_are_needed_only_where_ids_do_not_tell():
    portal = city()
    for wanted, tables in (
        ({"role": "org_user"}, set()), ({"role": "org_admin"}, set()), ({"role": "Publisher"}, {"roles"}),
        ({"role": "R1"}, {"roles"}), ({"user_type": "creatorUT"}, set()), ({"user_type": "viewerUT"}, {"user_types"}),
        ({"categories": []}, {"categories"}), ({"email": "x@y"}, set()), ({"state": "absent", "role": "R1"}, set()),
        ({"role": "R1", "user_type": "viewerUT", "categories": []}, {"roles", "user_types", "categories"}),
    ):  # fmt: skip
        planned = Planned(portal, {"username": "jane", **wanted}, {"username": "omar"})
        assert tables_needed(planned.specs, planned.current) == tables


# -- categories


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (["Region/South"], ("/Region/South",)),
        ({"add": ["Region/South"]}, ("/Gone", "/Region/North", "/Region/South")),
        ({"remove": ["Region/North"]}, ("/Gone",)), ({"remove": ["Gone"]}, ("/Region/North",)), ([], ()),
        ({"add": ["Department"], "remove": ["Gone"]}, ("/Department", "/Region/North")),
        (["Gone", "Region/South"], ("/Gone", "/Region/South")),
    ],
)  # fmt: skip
def test_leftovers_may_stay_or_go_but_are_not_given(change, after):
    portal = city(categories=["/Categories/Region/North", "/Categories/Gone"])
    entry = Planned(portal, {"username": "jane", "categories": change})["jane"]
    assert entry.changes["categories"] == (("/Gone", "/Region/North"), after)
    assert "/Gone" in Planned(portal, {"username": "omar", "categories": ["Gone"]}).problems[0]


def test_a_member_has_20_categories_at_most():
    portal = city(categories=["/Categories/Department"])
    portal.tree[0]["categories"] += [{"title": f"T{index}"} for index in range(21)]
    paths = [f"/T{index}" for index in range(20)]
    assert Planned(portal, {"username": "jane", "categories": paths}).problems == []
    (problem,) = Planned(portal, {"username": "jane", "categories": {"add": paths}}).plan.all_problems()
    assert "21 categories" in str(problem) and problem.details["member"] == "Jane"


def test_a_tree_without_a_root():
    portal = city(categories=["/Region/North"])
    portal.tree = portal.tree[0]["categories"]
    assert Planned(portal, {"username": "jane", "categories": ["Categories/Region/North"]}).plan.is_empty


# -- the plan as a whole


ROSTER = (
    {"username": "jane", "role": "Publisher", "credits": 5}, {"username": "omar", "state": "absent"},
    {**NEW, "categories": ["Region"]},
)  # fmt: skip


def test_the_checksum_does_not_depend_on_the_order_of_the_roster():
    sums = set()
    for seed in range(6):
        roster = list(ROSTER)
        random.Random(seed).shuffle(roster)
        sums.add(Planned(city(), *(dict(reversed(list(entry.items()))) for entry in roster)).plan.checksum())
    assert len(sums) == 1


@pytest.mark.parametrize(
    "other",
    [
        ROSTER[:2], (*ROSTER[:2], {**ROSTER[2], "email": "other@x"}), ({**ROSTER[0], "credits": 6}, *ROSTER[1:]),
        (ROSTER[0], {**ROSTER[1], "transfer_to": "jane"}, ROSTER[2]),
    ],
)  # fmt: skip
def test_another_plan_has_another_checksum(other):
    assert Planned(city(), *ROSTER).plan.checksum() != Planned(city(), *other).plan.checksum()


def test_the_checksum_is_of_this_organization_and_of_what_was_before():
    first = Planned(city(), *ROSTER).plan.checksum()
    elsewhere = city()
    elsewhere.id = "OtherOrg"
    for account in elsewhere.accounts.values():
        account.orgId = "OtherOrg"
    assert Planned(elsewhere, *ROSTER).plan.checksum() != first
    assert Planned(city(assigned=4.0), *ROSTER).plan.checksum() != first
    assert Planned(city(email="unrelated"), *ROSTER).plan.checksum() == first


def test_another_password_has_another_checksum_through_a_slow_function(monkeypatch, real_rounds):
    first = Planned(city(), NEW).plan.checksum()
    assert first != Planned(city(), {**NEW, "password": "another-one"}).plan.checksum()
    # Half of the rounds would make it twice as easy to guess a password from a checksum.
    assert real_rounds >= 600_000
    monkeypatch.setattr(plan_module, "_ROUNDS", 2)
    assert first != Planned(city(), NEW).plan.checksum()


def test_planning_is_pure():
    portal = city(categories=["/Categories/Gone"], tags=["x"])
    planned = Planned(portal, *ROSTER, {"username": "admin", "categories": {"add": ["Region"]}})
    reads = dict(planned.reader.client.calls)
    values = copy.deepcopy({key: member.values for key, member in planned.current.members.items()})
    fields = copy.deepcopy([spec.fields for spec in planned.specs])
    again = planned.planner.plan(planned.specs)
    assert again.checksum() == planned.plan.checksum()
    assert planned.reader.client.calls == reads
    assert values == {key: member.values for key, member in planned.current.members.items()}
    assert fields == [spec.fields for spec in planned.specs]


def test_the_planner_imports_nothing_that_does_io():
    tree = ast.parse(Path(planner.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module).partition("module_utils.")[2] for node in tree.body if isinstance(node, ast.ImportFrom)}
    pure = {"_errors", "_plan.unsupported"}
    assert {name for name in names if name and not name.startswith("_model.")} <= pure


# -- what a change means


RANKS = {"org_admin": 9, "org_publisher": 5, "org_user": 4, "R1": 4.0}


@pytest.mark.parametrize(
    ("before", "wanted", "fallen"),
    [
        ({"role": "org_publisher"}, {"role": "org_user"}, ["role"]),
        ({"role": "org_user"}, {"role": "org_publisher"}, []),
        ({"role": "org_user"}, {"role": "R1"}, []), ({"role": "org_user"}, {"role": "R2"}, ["role"]),
        ({}, {"user_type": "viewerUT"}, ["user_type"]), ({}, {"user_type": "GISProfessionalStdUT"}, []),
        ({"userLicenseTypeId": "strangeUT"}, {"user_type": "creatorUT"}, ["user_type"]),
        ({"role": "org_publisher"}, {"role": VIEWER, "user_type": "viewerUT"}, ["role", "user_type"]),
    ],
)  # fmt: skip
def test_falls(before, wanted, fallen):
    assert lowers(Planned(city(**before), {"username": "jane", **wanted})["jane"], RANKS) == fallen


@pytest.mark.parametrize(("before", "wanted", "fallen"), [("2", "1", ["level"]), ("1", "11", []), ("11", "2", [])])
def test_falls_of_levels(before, wanted, fallen):
    assert lowers(Planned(city("old", level=before), {"username": "jane", "level": wanted})["jane"], {}) == fallen


def test_a_creation_falls_from_nowhere():
    assert lowers(Planned(city(), {**NEW, "role": "org_user"})["new_one"], {}) == []


def test_a_category_to_remove_that_no_member_has_is_unchanged():
    planned = Planned(city(), {"username": "jane", "categories": {"remove": ["Nowhere"]}})
    assert planned.plan.all_problems() == []
    assert planned.plan.is_empty


@pytest.mark.parametrize("state", ["absent", "transferred"])
def test_a_hidden_member_is_not_taken_for_absent(state):
    portal = FakePortal("online", [Account("jane_one")])
    portal["jane_one"].orgId = None
    portal["admin"].role, portal.privileges[VIEWER] = VIEWER, ["portal:user:viewOrgUsers"]
    (problem,) = Planned(portal, {"username": "jane_one", "state": state}).plan.all_problems()
    assert problem.code == "permission" and "portal:admin:viewUsers" in str(problem)


def test_an_account_of_another_organization_is_absent():
    portal = FakePortal("online", [Account("jane_one")])
    portal["jane_one"].orgId = "AnotherOrg000001"
    assert Planned(portal, {"username": "jane_one", "state": "absent"}).plan.all_problems() == []
