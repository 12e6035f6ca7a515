# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-on licenses: how a task names them, what a plan orders and blocks, and how odd answers are read."""

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current import add_ons as current
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    AddOn,
    AddOnTable,
    Holding,
    after_changes,
    current_sets,
    holding_texts,
    holds_exactly,
    named_holdings,
    parse_add_ons,
    resolve_wish,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import FieldError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import CHANGED, Plan, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import (
    add_on_problems,
    add_on_warnings,
    order_add_ons,
    over_assigned,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import disruptions

PRO = AddOn("pro1", "ArcGIS Pro", {"desktopBasicN": 5, "desktopStdN": 5, "desktopAdvN": 5, "spatialAnalystN": 2})
DRONE = AddOn("drone1", "Drone2Map", {"standard": 1, "advanced": 1})
BUNDLE = AddOn("bundle1", "Field apps", {"": None}, is_bundle=True)


# -- what a task says --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "wish"),
    [
        (["desktopStdN", "spatialAnalystN"], ("desktopStdN", "spatialAnalystN")),
        ("desktopStdN; spatialAnalystN", ("desktopStdN", "spatialAnalystN")),
        (["desktopStdN", "DESKTOPSTDN"], ("desktopStdN",)),
        ("all", "all"),
        (["ALL"], "all"),
        ([], ()),
        ("none", ()),
        ("[]", ()),
        (True, True),
        ("false", False),
    ],
)
def test_a_wish_is_a_list_a_word_or_a_flag(value, wish):
    assert parse_add_ons({"ArcGIS Pro": value}) == {"ArcGIS Pro": wish}


@pytest.mark.parametrize(
    ("value", "statement"),
    [
        ("ArcGIS Pro", "must be a mapping of add-on licenses"),
        (["ArcGIS Pro"], "must be a mapping of add-on licenses"),
        ({"ArcGIS Pro": None}, "has no list of entitlements for 'ArcGIS Pro'"),
        ({"ArcGIS Pro": 7}, "has no list of entitlements for 'ArcGIS Pro'"),
        ({"ArcGIS Pro": ""}, "has no list of entitlements for 'ArcGIS Pro'"),
        ({"ArcGIS Pro": [""]}, "has an entitlement of 'ArcGIS Pro' that"),
        ({"ArcGIS Pro": [{}]}, "has an entitlement of 'ArcGIS Pro' that"),
        ({"": []}, "has an add-on license whose title"),
        ({"ArcGIS Pro": [], "arcgis pro": []}, "names 'arcgis pro' twice"),
    ],
)
def test_other_forms_are_errors_with_a_remedy(value, statement):
    with pytest.raises(FieldError) as raised:
        parse_add_ons(value)
    assert statement in str(raised.value) and raised.value.remedy


# -- what the organization has -----------------------------------------------------------------------------------------
def test_an_add_on_is_found_by_id_and_by_title_without_case():
    table = AddOnTable([PRO, BUNDLE])
    assert table.resolve("pro1") is PRO and table.resolve("arcgis PRO") is PRO and table.resolve("Field apps") is BUNDLE
    assert table.label(PRO) == "ArcGIS Pro"


def test_a_title_of_several_needs_an_id_and_labels_are_ids_then():
    table = AddOnTable([DRONE, AddOn("drone2", "drone2map", {})])
    assert table.resolve("Drone2Map") is DRONE, "the exact spelling decides"
    with pytest.raises(InputError, match="drone1, drone2") as raised:
        table.resolve("DRONE2MAP")
    assert raised.value.details["remedy"] == "Use the ID of one."
    assert table.label(DRONE) == "drone1"


def test_an_unknown_title_and_one_for_all_members_are_errors():
    table = AddOnTable([PRO, AddOn("maps1", "Community Maps", {}, is_for_all=True)])
    with pytest.raises(InputError) as raised:
        table.resolve("ArcGIS Prow")
    assert raised.value.details["remedy"] == "Did you mean 'ArcGIS Pro'?"
    with pytest.raises(InputError, match="licensed to all members"):
        table.resolve("Community Maps")


def test_entitlements_get_the_spelling_of_the_portal():
    assert resolve_wish(PRO, "p", ("SPATIALANALYSTN", "desktopstdn")) == ("desktopStdN", "spatialAnalystN")
    assert resolve_wish(DRONE, "d", "all") == ("advanced", "standard")
    assert resolve_wish(BUNDLE, "b", True) == ("",) and resolve_wish(BUNDLE, "b", False) == ()


@pytest.mark.parametrize(
    ("add_on", "wish", "statement"),
    [
        (PRO, ("spatialAnalyst",), "has no entitlement 'spatialAnalyst'"),
        (PRO, "all", "license levels desktopBasicN, desktopStdN, desktopAdvN"),
        (PRO, ("desktopStdN", "desktopAdvN"), "license levels desktopStdN, desktopAdvN"),
        (PRO, True, "is a listing with entitlements"),
        (BUNDLE, ("",), "is an app bundle"),
    ],
)
def test_an_impossible_wish_is_an_error_with_a_remedy(add_on, wish, statement):
    with pytest.raises(InputError, match=statement) as raised:
        resolve_wish(add_on, "name", wish)
    assert raised.value.details["remedy"] and raised.value.details["option"] == "add_ons"


def test_holdings_are_compared_by_the_named_add_ons_only():
    held = (("ArcGIS Pro", "desktopStdN"), ("Field apps", ""), ("Drone2Map", "standard"))
    changes = (("ArcGIS Pro", ("desktopStdN",)), ("Field apps", ("",)))
    assert holds_exactly(held, changes) and not holds_exactly(held, (("Drone2Map", ()),)) and holds_exactly((), ())
    assert holding_texts(named_holdings(held, changes)) == ("ArcGIS Pro: desktopStdN", "Field apps")
    assert current_sets(held, changes) == changes
    assert after_changes(changes) == (("ArcGIS Pro", "desktopStdN"), ("Field apps", ""))


# -- the order ---------------------------------------------------------------------------------------------------------
def entry(name, wanted, held=(), user_type="creatorUT", new_type=None):
    member = Member(name, {"user_type": user_type, "role": "org_user", "enabled": True, "add_ons": held})
    made = PlanEntry.of_member(DesiredMember(0, name, name, {}), member, CHANGED)
    made.wanted["add_ons"] = wanted
    made.changes["add_ons"] = (holding_texts(named_holdings(held, wanted)), holding_texts(after_changes(wanted)))
    if new_type:
        made.wanted["user_type"], made.changes["user_type"] = new_type, (user_type, new_type)
    return made


def drone(name, before, after):
    return entry(name, (("Drone2Map", after),), tuple(("Drone2Map", part) for part in before))


def facts(*add_ons, holders=(), offline=()):
    """Return facts in which each of ``holders`` (title, name, entitlements) is a holder."""
    made = Facts()
    made.add_on_table = {add_on.title: add_on for add_on in add_ons}
    made.holders = {add_on.title: {} for add_on in add_ons}
    for title, name, parts in holders:
        made.holders[title][name] = Holding(tuple(parts))
    made.offline = set(offline)
    return made


def shape(batches):
    return [(batch.label, batch.targets, [each.name for each in batch.entries]) for batch in batches]


def test_what_frees_goes_first_and_members_with_one_set_share_a_request():
    entries = [drone("ann", ["standard"], ()), drone("bob", [], ("standard",)), drone("eve", [], ("standard",))]
    order = order_add_ons(entries, facts(DRONE, holders=[("Drone2Map", "ann", ["standard"])]))
    assert shape(order.early) == [("Drone2Map", (), ["ann"])]
    assert [shape(step) for step in order.late] == [[("Drone2Map", ("standard",), ["bob", "eve"])]]
    assert order.temporary == {}


def test_entitlements_that_only_the_run_frees_are_counted_again():
    entries = [drone("ann", ["standard"], ()), drone("bob", [], ("advanced", "standard"))]
    order = order_add_ons(entries, facts(DRONE, holders=[("Drone2Map", "ann", ["standard"])]))
    assert [batch.scarce for batch in order.early] == [()]
    assert [[batch.scarce for batch in step] for step in order.late] == [[("standard",)]]


def test_exchanges_wait_until_a_license_is_free():
    holders = [("Drone2Map", "ann", ["standard"]), ("Drone2Map", "bob", ["advanced"])]
    entries = [drone("ann", ["standard"], ("advanced",)), drone("bob", ["advanced"], ())]
    order = order_add_ons(entries, facts(DRONE, holders=holders))
    assert shape(order.early) == [("Drone2Map", (), ["bob"])]
    assert [shape(step) for step in order.late] == [[("Drone2Map", ("advanced",), ["ann"])]]


def test_members_who_exchange_the_last_licenses_give_them_up_first():
    holders = [("Drone2Map", "ann", ["standard"]), ("Drone2Map", "bob", ["advanced"])]
    entries = [drone("ann", ["standard"], ("advanced",)), drone("bob", ["advanced"], ("standard",))]
    order = order_add_ons(entries, facts(DRONE, holders=holders))
    assert shape(order.early) == [("Drone2Map", (), ["ann", "bob"])]
    assert [shape(step) for step in order.late] == [
        [("Drone2Map", ("advanced",), ["ann"]), ("Drone2Map", ("standard",), ["bob"])]
    ]
    assert order.temporary == {"ann": "Drone2Map", "bob": "Drone2Map"}


# -- problems ----------------------------------------------------------------------------------------------------------
def problems(entries, known):
    return [str(problem) for problem in add_on_problems(Plan("org", entries), known, "user_type")]


def test_too_few_licenses_are_named_with_who_frees_and_who_takes_them():
    entries = [
        drone("ann", ["standard"], ()),
        drone("bob", [], ("standard",)),
        drone("eve", [], ("standard",)),
    ]
    known = facts(DRONE, holders=[("Drone2Map", "ann", ["standard"])])
    assert problems(entries, known) == [
        "add_ons: Drone2Map: 2 licenses of standard needed, 0 free. Freed by ann. Needed by bob, eve."
    ]
    assert problems(entries[:2], known) == []
    assert add_on_warnings(Plan("org", entries[:2]), known, "user_type") == [
        "Drone2Map: standard is freed by ann and taken by bob."
    ]


def test_more_held_than_bought_is_a_warning_unless_the_plan_takes_more():
    holders = [("Drone2Map", name, ["standard"]) for name in ("kim", "lee", "ann")]
    known = facts(DRONE, holders=holders)
    assert problems([drone("ann", ["standard"], ())], known) == []
    plan = Plan("org", [drone("ann", ["standard"], ())])
    assert over_assigned(plan, known.holders, known.add_on_table) == [
        "Drone2Map: More licenses of standard are held than bought (1 too many)."
    ]
    (message,) = problems([drone("bob", [], ("standard",))], known)
    assert "1 license of standard needed, none free, and 2 more held than bought" in message


def test_licenses_of_departing_members_are_free():
    leaving = drone("ann", ["standard"], ())
    leaving.wanted, leaving.changes, leaving.transfers_content = {}, {"content": ("1 item", "kim")}, True
    known = facts(DRONE, holders=[("Drone2Map", "ann", ["standard"])])
    assert problems([leaving, drone("bob", [], ("standard",))], known) == []


def test_an_offline_license_blocks_its_change_and_a_change_of_the_user_type():
    known = facts(DRONE, offline=[("Drone2Map", "ann")])
    (message,) = problems([drone("ann", ["standard"], ())], known)
    assert message == "ann: The license of Drone2Map is used offline, so the license cannot change."
    moved = entry("ann", (), (("Drone2Map", "standard"),), new_type="GISProfessionalStdUT")
    assert problems([moved], known) == [
        "ann: The license of Drone2Map is used offline, so the user type cannot change."
    ]


def test_a_user_type_that_cannot_have_the_license_blocks_an_assignment_and_a_move():
    limited = AddOn("pro1", "ArcGIS Pro", dict(PRO.counts), levels=frozenset({"2"}))
    known = facts(limited)
    wanted = (("ArcGIS Pro", ("desktopStdN",)),)
    (message,) = problems([entry("ann", wanted, user_type="viewerUT")], known)
    assert message == "ann: User type viewerUT cannot have the add-on license ArcGIS Pro."
    assert problems([entry("ann", wanted, user_type="viewerUT", new_type="creatorUT")], known) == []
    moved = entry("ann", (), (("ArcGIS Pro", "desktopStdN"),), new_type="viewerUT")
    assert problems([moved], known) == ["ann: User type viewerUT cannot have the add-on license ArcGIS Pro."]
    freed = entry("ann", (("ArcGIS Pro", ()),), (("ArcGIS Pro", "desktopStdN"),), new_type="viewerUT")
    assert problems([freed], known) == []


def test_a_listing_that_the_entry_does_not_name_blocks_a_user_type_that_cannot_have_it():
    moved = entry("ann", (), (), new_type="viewerUT")
    known = facts()
    limited = AddOn("pro1", "ArcGIS Pro", {}, levels=frozenset({"2"}))
    known.retyped = {"ann": [(limited, Holding(("desktopStdN",))), (DRONE, Holding(("standard",)))]}
    assert problems([moved], known) == ["ann: User type viewerUT cannot have the add-on license ArcGIS Pro."]
    known.retyped = {"ann": [(DRONE, Holding(("standard",), is_offline=True))]}
    (message,) = problems([moved], known)
    assert message == "ann: The license of Drone2Map is used offline, so the user type cannot change."


def test_expired_licenses_are_revoked_and_not_assigned():
    expired = AddOn("drone1", "Drone2Map", {"standard": 5}, is_expired=True)
    assert problems([drone("ann", ["standard"], ())], facts(expired)) == []
    (message,) = problems([drone("ann", [], ("standard",))], facts(expired))
    assert message == "ann: The add-on license Drone2Map has expired."


def test_extensions_alone_need_a_user_type_with_arcgis_pro():
    wanted = (("ArcGIS Pro", ("spatialAnalystN",)),)
    (message,) = problems([entry("ann", wanted, user_type="editorUT")], facts(PRO))
    assert "Extensions of ArcGIS Pro need a license level" in message
    assert problems([entry("ann", wanted)], facts(PRO)) == []


def test_a_level_that_the_user_type_includes_is_a_warning():
    wanted = (("ArcGIS Pro", ("desktopStdN",)),)
    plan = Plan("org", [entry("ann", wanted, user_type="GISProfessionalStdUT")])
    assert add_on_warnings(plan, facts(PRO), "user_type") == [
        "ann: User type GISProfessionalStdUT includes ArcGIS Pro already."
    ]


def test_an_unknown_number_of_licenses_is_a_warning():
    unknown = AddOn("drone1", "Drone2Map", {"standard": None})
    plan = Plan("org", [drone("ann", [], ("standard",))])
    assert problems(plan.entries, facts(unknown)) == []
    assert add_on_warnings(plan, facts(unknown), "user_type") == [
        "Drone2Map: The portal does not show how many licenses of standard the organization has."
    ]


def test_losing_an_entitlement_is_disruptive_and_gaining_one_is_not():
    assert disruptions(drone("ann", ["standard"], ()), {}) == ["loses an add-on license"]
    assert disruptions(drone("ann", ["standard"], ("advanced",)), {}) == ["loses an add-on license"]
    assert disruptions(drone("ann", ["standard"], ("advanced", "standard")), {}) == []


# -- odd answers -------------------------------------------------------------------------------------------------------
class Client:
    """Answers reads by path."""

    def __init__(self, answers):
        self.answers = answers
        self.paths = []

    def read(self, path, params=None):
        self.paths.append((path, (params or {}).get("start")))
        answer = self.answers[path]
        if isinstance(answer, list):
            return answer[(params["start"] - 1) // 100]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def map(self, function, items):
        return [function(item) for item in items]


def purchase(identifier, title=None, end=-1, **counts):
    row = {
        "provision": {
            "itemId": identifier,
            "endDate": end,
            "orgEntitlements": {"entitlements": {name: {"num": count} for name, count in counts.items()}},
        }
    }
    return row if title is None else {**row, "listing": {"itemId": identifier, "title": title}}


def test_odd_purchases_stop_nothing_and_one_without_a_listing_is_known_by_its_id():
    rows = [
        purchase("odd", a=3), {}, "text", {"provision": {}}, purchase("pro1", "ArcGIS Pro", b=-2),
        purchase("old", "Old", end=1000, c=4), purchase("two", "Two", d=4), purchase("two", "Two", d=3),
        purchase("two", "Two", end=1000, d=9), {"provision": {"itemId": "bare"}, "listing": None},
    ]  # fmt: skip
    client = Client(
        {
            "portals/self/purchases": {"purchases": rows},
            "portals/self/appBundles": {
                "appBundles": [{"appBundleItemId": "b1", "name": "Field apps"}],
                "nextStart": -1,
            },
        }
    )
    table = current.AddOnReader(client).table([{"Field apps": True}])
    assert set(table.by_id) == {"odd", "pro1", "old", "two", "bare", "b1"}
    assert table.by_id["two"].counts == {"d": 7} and not table.by_id["two"].is_expired
    assert table.by_id["old"].is_expired and table.by_id["pro1"].counts == {"b": -2}
    assert table.label(table.by_id["odd"]) == "odd" and table.by_id["b1"].is_bundle


def test_app_bundles_are_read_only_if_a_task_can_mean_one():
    client = Client({"portals/self/purchases": {"purchases": [purchase("pro1", "ArcGIS Pro", b=2)]}})
    assert set(current.AddOnReader(client).table([{"ArcGIS Pro": ("b",)}, {"pro1": ()}]).by_id) == {"pro1"}
    assert client.paths == [("portals/self/purchases", None)]


def test_all_pages_of_holders_are_read_and_an_empty_text_is_no_entitlement():
    pages = [
        {"userEntitlements": [{"username": f"u{n}", "entitlements": [""]} for n in range(100)], "nextStart": 101},
        {
            "userEntitlements": [{"username": "Ann", "entitlements": ["standard"], "disconnected": True}],
            "nextStart": -1,
        },
    ]
    client = Client({"content/listings/drone1/userEntitlements": pages})
    holders = current.AddOnReader(client).holders(DRONE)
    assert len(holders) == 101 and holders["u0"].entitlements == ()
    assert holders["ann"].entitlements == ("standard",) and holders["ann"].is_offline
    assert len(client.paths) == 2


def test_holders_of_a_bundle_are_searched_and_differences_confirmed():
    names = [f"u{number}" for number in range(101)]
    client = Client({
        "portals/self/users/search": [{"results": [{"username": "u1"}, {"username": "u2"}], "nextStart": -1}],
        "community/users/u1/appBundles": [{"appBundles": [], "nextStart": -1}],
        "community/users/u3/appBundles": [{"appBundles": [{"id": "bundle1"}], "nextStart": -1}],
    })
    wishes = {("bundle1", name): name in ("u2", "u3") for name in names}
    reader = current.HoldingReader(
        current.AddOnReader(client), AddOnTable([BUNDLE]), {name: [BUNDLE] for name in names}, wishes
    )
    members = [Member(name, {}) for name in names]
    reader.read([(member, BUNDLE) for member in members])
    assert [member.key for member in members if member.values["add_ons"]] == ["u2", "u3"]
    assert len(client.paths) == 3


def test_few_members_are_read_one_by_one_and_many_with_the_listing():
    client = Client(
        {
            "content/listings/drone1/userEntitlements/ann": {"userEntitlements": {}},
            "content/listings/drone1/userEntitlements": [
                {"userEntitlements": [{"username": "bob", "entitlements": ["x"]}]}
            ],
        }
    )
    reader = current.HoldingReader(current.AddOnReader(client), AddOnTable([DRONE]), {"ann": [DRONE], "bob": [DRONE]})
    ann, bob = Member("ann", {}), Member("bob", {})
    reader.read([(ann, DRONE)])
    assert ann.values["add_ons"] == () and client.paths == [("content/listings/drone1/userEntitlements/ann", None)]
    reader.read([(ann, DRONE), (bob, DRONE)])
    assert bob.values["add_ons"] == (("Drone2Map", "x"),) and len(client.paths) == 2
