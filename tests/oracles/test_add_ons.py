# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-on licenses: random rosters compared with the oracle, and one test or more for each promise."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .add_on_portal import (
    ADVANCED,
    APPS,
    BASIC,
    BUSINESS,
    DRONE,
    DRONE_ADVANCED,
    DRONE_STANDARD,
    EDITOR,
    EXPIRED,
    INSIGHTS,
    NETWORK,
    PRO,
    SHARED,
    SHORT,
    SLICE,
    SPATIAL,
    STANDARD,
    THREE_D,
    TWINS,
    VIEWER,
    Organization,
    apply_directly,
    assign,
    build,
    build_random,
    play_task,
    random_task,
    worker,
)  # fmt: skip
from .add_ons import (
    BATCH,
    BUNDLE,
    HOLDER,
    HOLDERS,
    PROVISION,
    READS,
    WHOLE,
    Forecast,
    Shortage,
    State,
    Task,
    add_on_in,
    add_on_writes,
    add_ons_by_id,
    disrupted_members,
    find,
    forecast,
    held,
    is_tight,
    moment_problems,
    most_requests,
    reason_problems,
    result_problems,
    row_problems,
    sent_set,
    shown,
    state_problems,
    warning_problems,
    warnings_of,
    write_problems,
)  # fmt: skip
from .group_portal import CREW, HELPER, HELPER_PRIVILEGES, person, play, play_file, put_role, text_of
from .groups import names_of
from .harness import Run, organize
from .meanwhile import Exchange, Meanwhile
from .truth import blocked_problems, call_problems, prediction_problems

SWITCHES: dict[str, tuple[str, dict[str, str]]] = {
    "online": ("online", {}),
    "online_accepting": ("online", {"license_overdraw": "accepted", "unknown_entitlement": "ignored",
                                    "provision_bad_name": "others", "bundle_limit": "none"}),
    "online_plain": ("online", {"entitlements_of_non_holder": "empty", "listing_entitlements": "present",
                                "organization_listing": "present", "purchase_without_listing": "absent"}),
    "enterprise": ("enterprise", {"type_change_addons": "dropped"}),
    "enterprise_empty": ("enterprise", {"entitlements_of_non_holder": "empty", "license_refusal_reason": "none"}),
    "enterprise_old": ("enterprise-10.6", {}),
}  # fmt: skip
ANNA, OMAR, LENA, TOMAS, MIA, NORA = CREW
CROWD = tuple(f"member_{number:02}" for number in range(60))


@pytest.fixture(scope="module")
def old_portal() -> Iterator[Sandbox]:
    with Sandbox(product="enterprise-10.6", members=4) as portal:
        yield portal


@pytest.fixture
def portals(online_portal: Sandbox, enterprise_portal: Sandbox, old_portal: Sandbox) -> dict[str, Sandbox]:
    return {str(portal.options["product"]): portal for portal in (online_portal, enterprise_portal, old_portal)}


def entry(username: str, **add_ons: Any) -> dict[str, Any]:
    """Return a roster entry, with the short names of listings (``SHORT``)."""
    return {"username": username, "add_ons": {SHORT[name]: value for name, value in add_ons.items()}}


def assert_refused(run: Run, expected: Forecast) -> None:
    """The plan is rejected or blocked before the first write, and the errors name each member, listing, and reason."""
    assert run.failed, run.result
    assert blocked_problems(run) == []
    assert ("invalid_input" if expected.invalid else "blocked") in run.codes(), run.message
    assert reason_problems(text_of(run), expected) == []


def assert_run(run: Run, expected: Forecast, email: bool = False) -> None:
    """The run did what the oracle lets expect, and at no moment assigned more licenses than there are."""
    assert not run.failed, run.message
    assert result_problems(run.result, expected) == []
    assert write_problems(run.log, expected, email=email) == []
    assert moment_problems(expected.state, run.log) == []
    assert state_problems(run.before, run.after, expected) == []
    assert call_problems(run) == []


def assert_silent(run: Run) -> None:
    assert not run.failed, run.message
    assert run.writes == []
    assert run.result["changed"] is False
    assert [row for row in run.result["members"] if row["action"] != "unchanged"] == []


def play_all(made: Organization, task: Task, module: str = SLICE) -> Run:
    """Run in check mode, apply, and run again. Return the run that applied."""
    expected = forecast(made.state, task)
    assert expected.applies, expected.problems | expected.guards
    assert not expected.unclear, expected.unclear
    check = play_task(made.portal, task, module, check=True)
    run = play_task(made.portal, task, module)
    assert not check.failed, check.message
    assert prediction_problems(check, run) == []
    assert_run(run, expected, task.email)
    assert warning_problems(run.result, expected) == []
    assert_silent(play_task(made.portal, task, module))
    return run


def play_entries(made: Organization, *entries: dict[str, Any], module: str = SLICE) -> Run:
    return play_all(made, Task(list(entries)), module)


def assert_entries_refused(made: Organization, *entries: dict[str, Any], module: str = SLICE) -> Run:
    """Run with entries that the oracle expects to be rejected or blocked, in check mode and for real."""
    task = Task(list(entries))
    expected = forecast(made.state, task)
    assert expected.problems
    assert_refused(play_task(made.portal, task, module, check=True), expected)
    run = play_task(made.portal, task, module)
    assert_refused(run, expected)
    return run


def licenses(made: Organization, username: str, title: str = PRO) -> set[str]:
    """Return the license set of a member now."""
    state = made.state
    return set(held(state, username, add_ons_by_id(state)[made.keys[title]]))


# -- the oracle itself ------------------------------------------------------------------------------------------------
def sample_state(product: str = "online", **members: dict[str, Any]) -> State:
    plain = {"entitlements": {}, "appBundles": [], "offlineLicenses": [], "userLicenseTypeId": "creatorUT",
             "effectiveRole": "org_user", "disabled": False, "categories": [], "items": [], "ownedGroups": [],
             "assignedCredits": -1.0, "spentCredits": 0.0, "idpUsername": None}  # fmt: skip
    listing: dict[str, Any] = {
        "allowedUserLevels": "11, 1, 2",
        "endDate": -1,
        "licenseBy": "licenseByUser",
        "isThirdParty": False,
    }
    pro: dict[str, Any] = {
        "id": "p",
        "title": PRO,
        "num": {"desktopBasicN": 2, STANDARD: 2, ADVANCED: 2, SPATIAL: 1},
        "allowedUserLevels": "2",
    }
    rows: list[dict[str, Any]] = [
        pro, {"id": "d", "title": DRONE, "num": {DRONE_STANDARD: 1, DRONE_ADVANCED: 1}},
        {"id": "e", "title": EXPIRED, "num": {BUSINESS: 5}, "endDate": 1000},
        {"id": "t", "title": TWINS, "num": {"twin": 1}}, {"id": "u", "title": "twins", "num": {"twin": 1}},
        {"id": "x", "title": "Odd", "num": {"viewer": 1}, "isThirdParty": True},
    ]  # fmt: skip
    return {
        "product": product, "listings": [{**listing, **row} for row in rows],
        "appBundles": [{"id": "b", "name": APPS, "apps": []}],
        "members": {name: {**plain, **members.get(name, {})} for name in ("portal_admin", *CREW)},
    }  # fmt: skip


def moves_of(state: State, add_ons: Any) -> dict[str, set[str]]:
    found = forecast(state, Task([{"username": ANNA.upper(), "add_ons": add_ons}]))
    assert not found.problems, found.problems
    return {key: set(names) for (_name, key), names in found.moves.items()}


def problems_of(state: State, *entries: dict[str, Any]) -> set[tuple[str, str]]:
    return {(text, reason) for _name, text, reason in forecast(state, Task(list(entries))).problems}


def test_the_oracle_of_values() -> None:
    state = sample_state(anna_berg={"entitlements": {"p": [STANDARD, SPATIAL], "d": [DRONE_STANDARD], "t": [""]},
                                    "appBundles": ["b"]})  # fmt: skip
    assert moves_of(state, {"ARCGIS PRO": [STANDARD.upper(), SPATIAL]}) == {}
    assert moves_of(state, {"p": f"{STANDARD}; "}) == {"p": {STANDARD}}
    assert moves_of(state, {PRO: []}) == {"p": set()}
    assert moves_of(state, {DRONE: "all", APPS: False}) == {"d": {DRONE_STANDARD, DRONE_ADVANCED}, "b": set()}
    assert moves_of(state, {APPS: True, "t": []}) == {}
    assert moves_of(state, {}) == moves_of(state, None) == {}
    assert find(state, "odd") == find(state, "nothing") == []
    found = forecast(state, Task([entry(ANNA, pro=[STANDARD], drone=[DRONE_STANDARD], apps=False)]))
    assert shown(found, ANNA) == ([f"{PRO}: {STANDARD}", f"{PRO}: {SPATIAL}", APPS], [f"{PRO}: {STANDARD}"])


def test_the_oracle_of_rejected_values() -> None:
    values: list[tuple[Any, tuple[str, str]]] = [
        ({"ArcGIS Por": []}, ("ArcGIS Por", "not_found")), ({"TWINS": []}, ("TWINS", "ambiguous")),
        ({PRO: [NETWORK]}, (NETWORK, "entitlement")), ({PRO: "all"}, (PRO, "levels")),
        ({"odd": []}, ("odd", "not_found")), ({PRO: [ADVANCED, "N"]}, ("N", "entitlement")),
        ({PRO: [STANDARD.lower(), ADVANCED]}, (PRO, "levels")), ({PRO: True}, (PRO, "kind")),
        ({APPS: []}, (APPS, "kind")), ({"b": "all"}, (APPS, "kind")),
    ]  # fmt: skip
    for add_ons, problem in values:
        assert problems_of(sample_state(), {"username": ANNA, "add_ons": add_ons}) == {problem}


def test_the_oracle_of_blocked_entries() -> None:
    state = sample_state(
        anna_berg={"userLicenseTypeId": "viewerUT", "entitlements": {"d": [DRONE_STANDARD]}},
        omar_hadd={"offlineLicenses": ["p"], "entitlements": {"p": [ADVANCED]}},
        lena_fisch={"entitlements": {"e": [BUSINESS], "p": [ADVANCED]}},
    )
    assert problems_of(state, entry(ANNA, pro=[STANDARD])) == {(PRO, "user_type")}
    assert problems_of(state, {**entry(ANNA, pro=[STANDARD]), "user_type": "creatorUT"}) == set()
    assert problems_of(state, {**entry(LENA, pro=[ADVANCED]), "user_type": "editorUT"}) == {(PRO, "user_type")}
    assert problems_of(state, entry(OMAR, pro=[])) == {(PRO, "offline")}
    assert problems_of(state, entry(OMAR, pro=[ADVANCED], drone=[])) == set()
    typed = {"username": OMAR, "user_type": "standardUT"}
    assert problems_of(state, typed) == set()
    assert problems_of(state, typed, entry(ANNA, pro=[])) == {(PRO, "offline_type")}
    assert problems_of(state, entry(ANNA, expired=[BUSINESS])) == {(EXPIRED, "expired")}
    assert problems_of(state, entry(LENA, expired=[])) == problems_of(state, entry(LENA, expired="all")) == set()
    old = {**state, "product": "enterprise-10.6"}
    assert problems_of(old, entry(ANNA, pro=[STANDARD])) == set()


def test_the_oracle_of_license_counts() -> None:
    state = sample_state(
        anna_berg={"entitlements": {"p": [ADVANCED, SPATIAL]}}, omar_hadd={"entitlements": {"p": [ADVANCED, SPATIAL]}},
        lena_fisch={"entitlements": {"d": [DRONE_STANDARD]}}, tomas_rey={"entitlements": {"d": [DRONE_ADVANCED]}},
    )  # fmt: skip
    assert forecast(state, Task([entry(MIA, pro=[ADVANCED])])).shortages == {Shortage(PRO, ADVANCED, 1, 0)}
    assert forecast(state, Task([entry(MIA, pro=[ADVANCED]), entry(ANNA, pro=[])])).applies
    over = forecast(state, Task([entry(ANNA, pro=[ADVANCED, SPATIAL])]))
    assert (over.applies, over.over_assigned) == (True, set())
    both = [entry(ANNA, pro=[ADVANCED, SPATIAL]), entry(MIA, pro=[])]
    assert forecast(state, Task(both)).over_assigned == {PRO}
    assert forecast(state, Task([entry(ANNA, pro=[]), entry(MIA, pro=[])])).over_assigned == set()
    assert forecast(state, Task([entry(MIA, pro=[SPATIAL]), entry(ANNA, pro=[ADVANCED])])).reasons == {"seats"}
    swap = forecast(state, Task([entry(LENA, drone=[DRONE_ADVANCED]), entry(TOMAS, drone=[DRONE_STANDARD])]))
    assert (swap.applies, is_tight(swap, "d"), {swap.phase(move) for move in swap.moves}) == (True, True, {"swaps"})
    chain = forecast(state, Task([entry(LENA, drone=[DRONE_ADVANCED]), entry(TOMAS, drone=[])]))
    assert (chain.applies, is_tight(chain, "d")) == (True, False)


def test_the_oracle_of_requests_and_moments() -> None:
    state = sample_state(anna_berg={"entitlements": {"d": [DRONE_STANDARD]}})
    found = forecast(state, Task([entry(ANNA, drone=[DRONE_ADVANCED]), entry(OMAR, drone=[DRONE_STANDARD])]))
    assert most_requests(found) == {("d", frozenset({DRONE_STANDARD})): 1, ("d", frozenset({DRONE_ADVANCED})): 1}

    def log(*steps: tuple[str, list[str]]) -> list[dict[str, Any]]:
        return [
            {"n": n, "write": True, "operation": PROVISION, "effect": True, "path": "/r/content/listings/d/provision",
             "params": {"userEntitlements": json.dumps({"users": [name], "entitlements": names}),
                        "suppressCustomerEmail": "true"}}
            for n, (name, names) in enumerate(steps)
        ]  # fmt: skip

    anna, omar = (ANNA, [DRONE_ADVANCED]), (OMAR, [DRONE_STANDARD])
    assert write_problems(log(anna, omar), found) == moment_problems(state, log(anna, omar)) == []
    assert moment_problems(state, log(omar, anna)) == [f"request 0: {DRONE_STANDARD} has -1 free"]
    assert len(write_problems(log(anna), found)) == 1
    assert len(write_problems(log(anna, omar, (MIA, [])), found)) == 2
    assert len(write_problems(log((ANNA, []), anna, omar), found)) == 2
    assert write_problems(log(anna, anna, omar), found, repeats=True) == []
    assert len(write_problems(log(anna, omar), found, email=True)) == 2


def test_the_oracle_of_guards_and_warnings() -> None:
    state = sample_state(anna_berg={"entitlements": {"p": [STANDARD]}, "appBundles": ["b"]},
                         omar_hadd={"userLicenseTypeId": "standardUT"})  # fmt: skip
    entries = [entry(ANNA, pro=["desktopBasicN"], apps=False), entry(OMAR, pro=[ADVANCED])]
    found = forecast(state, Task(entries, {"max_disruptive": 0, "protected": ["ANNA_*"]}))
    assert (found.guards, disrupted_members(found)) == ({"max_disruptive", "protected"}, {ANNA})
    assert found.includes_pro == {ANNA}
    assert forecast(state, Task(entries, {"max_disruptive": "15%", "protected": ["omar*"]})).guards == set()


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_the_oracle_and_the_sandbox_agree(portals: dict[str, Sandbox], name: str) -> None:
    """The moves of a forecast, sent without the collection, lead to the state of the forecast."""
    product, switches = SWITCHES[name]
    for seed in range(4):
        rng = Random(seed)
        made = build_random(portals[product], rng, switches)
        before = made.state
        _task, expected = random_task(rng, before, "applies")
        made.portal.reset_counters()
        assert [each for each in apply_directly(made.portal, expected) if each != {"success": True}] == []
        assert state_problems(before, made.state, expected) == []
        assert write_problems(made.portal.log(), expected) == []
        assert moment_problems(before, made.portal.log()) == []


@pytest.mark.parametrize("name", ["online", "enterprise"])
def test_the_sandbox_refuses_what_the_oracle_blocks(portals: dict[str, Sandbox], name: str) -> None:
    for seed in range(5):
        rng = Random(f"refused-{seed}")
        made = build_random(portals[SWITCHES[name][0]], rng, {})
        _task, expected = random_task(rng, made.state, "blocked")
        for username, title, reason in expected.blocked:
            move = (username, made.keys[title])
            if reason in ("offline", "expired", "user_type") and move in expected.moves:
                response = assign(made.portal, move[1], [username], expected.moves[move])
                assert response["error"]["code"] == 400, (reason, response)
        for each in expected.shortages:
            key = made.keys[each.title]
            takers = [move[0] for move in expected.of_add_on(key) if each.entitlement in expected.gained(move)]
            answers = [assign(made.portal, key, [taker], expected.moves[(taker, key)]) for taker in takers]
            assert any("error" in answer for answer in answers)


def test_the_sandbox_accepts_what_the_oracle_sees_as_over_assigned(online: Sandbox) -> None:
    made = build(online, license_overdraw="accepted")
    made.set_free(PRO, **{SPATIAL: 1})
    before, key = made.state, made.keys[PRO]
    for name in (ANNA, OMAR):
        assert assign(online, key, [name], frozenset({SPATIAL})) == {"success": True}
    assert len(moment_problems(before, online.log())) == 1


# -- random rosters ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_runs_change_exactly_the_expected_licenses(portals: dict[str, Sandbox], name: str, seed: int) -> None:
    product, switches = SWITCHES[name]
    rng = Random(f"{name}-{seed}")
    made = build_random(portals[product], rng, switches)
    task, expected = random_task(rng, made.state, "applies")
    module = (SLICE, "portal_members")[seed % 2]
    check = play_task(made.portal, deepcopy(task), module, check=True)
    run = play_task(made.portal, deepcopy(task), module)
    assert not check.failed, check.message
    assert prediction_problems(check, run) == []
    assert_run(run, expected)
    assert warning_problems(run.result, expected) == []
    again = play_task(made.portal, deepcopy(task), module)
    assert_silent(again)
    assert again.after == run.after


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["invalid", "blocked"])
@pytest.mark.parametrize("name", ["enterprise", "online", "online_accepting", "online_plain"])
def test_plans_are_refused_before_the_first_write(
    portals: dict[str, Sandbox], name: str, kind: str, seed: int
) -> None:  # fmt: skip
    product, switches = SWITCHES[name]
    rng = Random(f"{name}-{kind}-{seed}")
    made = build_random(portals[product], rng, switches)
    task, expected = random_task(rng, made.state, kind)
    for check in (True, False):
        assert_refused(play_task(made.portal, deepcopy(task), (SLICE, "portal_members")[seed], check), expected)


@pytest.mark.parametrize("seed", range(8))
def test_guards_block_exactly_the_expected_plans(online: Sandbox, seed: int) -> None:
    rng = Random(f"guards-{seed}")
    made = build_random(online, rng, {})
    task, expected = random_task(rng, made.state, "guarded")
    for check in (True, False):
        run = play_task(online, deepcopy(task), (SLICE, "portal_members")[seed % 2], check)
        assert run.guards() == expected.guards, run.message
        assert blocked_problems(run) == []


# -- one member, a list, and files ------------------------------------------------------------------------------------
VALUES: dict[str, dict[str, Any]] = {
    "list": {PRO: [ADVANCED, NETWORK]},
    "text": {PRO: f"{STANDARD.upper()} ; {NETWORK}"},
    "empty": {PRO: []},
    "all": {DRONE: "all"},
    "bundle": {APPS: True, DRONE.lower(): []},
    "several": {PRO: [STANDARD], DRONE: [DRONE_ADVANCED], APPS: False, INSIGHTS: ["insights"]},
}


def crew(portal: Sandbox, **switches: str) -> Organization:
    """Make an organization of six Creators. Some hold add-ons."""
    made = build(portal, CREW, (), **switches)
    made.give(ANNA, pro=[STANDARD, SPATIAL], drone=[DRONE_STANDARD])
    made.give(OMAR, pro=[ADVANCED])
    made.give(LENA, drone=[DRONE_STANDARD, DRONE_ADVANCED], insights=["Insights"])
    made.give_bundle(LENA, TOMAS)
    portal.reset_counters()
    return made


@pytest.mark.parametrize("name", sorted(VALUES))
def test_one_member_and_a_list_give_the_same_changes(online: Sandbox, name: str) -> None:
    value, shapes = VALUES[name], []
    for options in ({"members": [{"username": ANNA, "add_ons": value}]}, {"username": "ANNA_BERG", "add_ons": value}):
        expected = crew(online).forecast([{"username": ANNA, "add_ons": value}])
        assert expected.moves
        check = play(online, SLICE, check=True, **options)
        run = play(online, SLICE, **options)
        assert prediction_problems(check, run) == []
        assert_run(run, expected)
        assert_silent(play(online, SLICE, **options))
        shapes.append(run.entry(ANNA)["changes"])
    assert shapes[0] == shapes[1]


CELLS = {
    ANNA: ("desktopAdvN; spatialAnalystN", "all", "true"), OMAR: ("none", "", ""), LENA: ("", "[]", "false"),
    TOMAS: ("", "", ""), MIA: (f"{BASIC.lower()};{NETWORK}", DRONE_ADVANCED, "TRUE"),
}  # fmt: skip
CELL_ENTRIES = [
    entry(ANNA, pro=[ADVANCED, SPATIAL], drone=[DRONE_STANDARD, DRONE_ADVANCED], apps=True), entry(OMAR, pro=[]),
    entry(LENA, drone=[], apps=False), {"username": TOMAS},
    entry(MIA, pro=[BASIC, NETWORK], drone=[DRONE_ADVANCED], apps=True),
]  # fmt: skip


def write_csv(made: Organization, folder: Path) -> Path:
    target = folder / "roster.csv"
    header = ("username", f"add_ons.{PRO}", f"add_ons.{made.keys[DRONE]}", f"add_ons.{APPS}")
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *((name, *cells) for name, cells in CELLS.items())])
    return target


def test_a_csv_roster(online: Sandbox, tmp_path: Path) -> None:
    """A column is a listing or an app bundle, and an empty cell changes nothing."""
    made = crew(online)
    target = write_csv(made, tmp_path)
    before, expected = made.state, made.forecast(CELL_ENTRIES)
    plan = play_file(online, tmp_path, True, src=str(target))
    assert made.state["members"].keys() == before["members"].keys()
    assert state_problems(before, made.state, Forecast(before)) == []
    result = play_file(online, tmp_path, False, src=str(target))
    for name in ("changed", "members", "summary", "plan_checksum", "diff"):
        assert plan[name] == result[name]
    assert result_problems(result, expected) == []
    assert write_problems(online.log(), expected) == []
    assert state_problems(before, made.state, expected) == []


@pytest.mark.parametrize("extension", ["csv", "json", "yml"])
def test_a_roster_in_memory_and_a_file_give_the_same_plan(online: Sandbox, tmp_path: Path, extension: str) -> None:
    made = crew(online)
    target = tmp_path / f"roster.{extension}"
    if extension == "csv":
        target = write_csv(made, tmp_path)
    else:
        target.write_text(json.dumps({"members": CELL_ENTRIES}), encoding="utf-8")
    runs = [play(online, check=True, src=str(target)), play(online, check=True, members=CELL_ENTRIES)]
    assert not runs[0].failed, runs[0].message
    assert runs[0].result["members"] == runs[1].result["members"]
    assert runs[0].result["plan_checksum"] == runs[1].result["plan_checksum"]


@pytest.mark.parametrize("cells", [("maybe", ""), ("", "yes please")])
def test_a_cell_that_says_nothing_is_rejected(online: Sandbox, tmp_path: Path, cells: tuple[str, str]) -> None:
    crew(online)
    target = tmp_path / "roster.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("username", f"add_ons.{PRO}", f"add_ons.{APPS}"), (ANNA, *cells)])
    run = play(online, src=str(target))
    assert run.failed, run.result
    assert blocked_problems(run) == []
    assert "invalid_input" in run.codes(), run.result
    assert "".join(cells) in run.message, run.message


# -- what an entry means ----------------------------------------------------------------------------------------------
def test_a_named_listing_is_exact_and_others_are_untouched(online: Sandbox) -> None:
    made = crew(online)
    run = play_entries(made, entry(ANNA, pro=[STANDARD]), {"username": OMAR}, entry(TOMAS, pro=[]))
    assert licenses(made, ANNA, DRONE) == {DRONE_STANDARD}
    assert [sent_set(each) for each in run.writes] == [([ANNA], frozenset({STANDARD}))]
    assert run.entry(ANNA)["changes"]["add_ons"]["after"] == [f"{PRO}: {STANDARD}"]


def test_an_entry_without_listings_changes_nothing(online: Sandbox) -> None:
    crew(online)
    run = play(online, SLICE, members=[{"username": ANNA, "add_ons": {}}, entry(OMAR, pro=[ADVANCED])])
    assert_silent(run)


def test_adding_an_extension_keeps_the_license_level(online: Sandbox) -> None:
    """The portal replaces the whole set, so each request contains all of it."""
    made = crew(online)
    run = play_entries(made, entry(ANNA, pro=[STANDARD, SPATIAL, NETWORK]))
    assert [sent_set(each)[1] for each in run.writes] == [{STANDARD, SPATIAL, NETWORK}]


def test_names_have_the_spelling_of_the_portal(online: Sandbox) -> None:
    made = crew(online)
    value = {PRO.upper(): "SPATIALANALYSTN;desktopstdn"}
    assert_silent(play_task(online, Task([{"username": "Anna_Berg", "add_ons": value}])))
    run = play_entries(made, {"username": MIA, "add_ons": {PRO.lower(): [ADVANCED.upper(), SPATIAL.lower()]}})
    assert run.entry(MIA)["changes"]["add_ons"] == {"before": [], "after": [f"{PRO}: {ADVANCED}", f"{PRO}: {SPATIAL}"]}


@pytest.mark.parametrize("same", ["listings", "bundle"])
def test_an_ambiguous_title_is_rejected_with_ids(online: Sandbox, same: str) -> None:
    made = build(online)
    if same == "bundle":
        online.inspect("POST", "listings", {"title": APPS, "num": {"twin": 5}})
    title, value = (TWINS, ["twin"]) if same == "listings" else (APPS, True)
    found = find(made.state, title)
    assert len(found) == 2
    run = assert_entries_refused(made, {"username": MIA, "add_ons": {title: value}})
    assert [each.id for each in found if each.id not in text_of(run)] == []
    own = next(each for each in found if each.is_bundle or same == "listings")
    expected = made.forecast([{"username": MIA, "add_ons": {own.id: value}}])
    run = play_task(online, Task([{"username": MIA, "add_ons": {own.id: value}}]))
    assert not run.failed, run.message
    assert write_problems(run.log, expected) == state_problems(run.before, run.after, expected) == []


def test_unknown_names_are_rejected_with_near_names(online: Sandbox) -> None:
    made = crew(online)
    assert PRO in assert_entries_refused(made, {"username": MIA, "add_ons": {"ArcGIS Por": [STANDARD]}}).message
    assert APPS in assert_entries_refused(made, {"username": MIA, "add_ons": {"Feild apps": True}}).message
    assert SPATIAL in assert_entries_refused(made, entry(MIA, pro=["spatialAnalyst"])).message
    assert STANDARD in assert_entries_refused(made, entry(MIA, pro=["destkopStdN"])).message
    assert_entries_refused(made, {"username": MIA, "add_ons": {"0" * 32: []}})
    wrong = [{"username": MIA, "add_ons": {"ArcGIS Por": []}}, entry(NORA, pro=["desktopStd"])]
    run = assert_entries_refused(made, *wrong)
    assert {row["username"] for row in run.result["members"] if row["action"] == "failed"} == {MIA, NORA}


@pytest.mark.parametrize("value", [[BASIC, ADVANCED], f"{STANDARD.lower()}; {ADVANCED}", "all"])
def test_two_license_levels_of_pro_are_rejected(online: Sandbox, value: Any) -> None:
    run = assert_entries_refused(crew(online), entry(MIA, pro=value))
    assert len([name for name in (BASIC, STANDARD, ADVANCED) if name in text_of(run)]) >= 2


def test_all_of_a_listing_with_one_license_level(online: Sandbox) -> None:
    made = crew(online)
    online.inspect("PATCH", f"listings/{made.keys[PRO]}", {"num": {ADVANCED: 9, SPATIAL: 9}})
    play_entries(made, entry(MIA, pro="all", drone="all"), entry(NORA, insights="all"))
    assert licenses(made, MIA) == {ADVANCED, SPATIAL}


@pytest.mark.parametrize("value", [{APPS: ["fieldMaps"]}, {APPS: "all"}, {APPS: []}, {PRO: True}, {DRONE: False}])
def test_a_value_of_the_wrong_kind_is_rejected(online: Sandbox, value: dict[str, Any]) -> None:
    assert_entries_refused(crew(online), {"username": MIA, "add_ons": value})


def test_app_bundles_are_assigned_and_revoked(online: Sandbox) -> None:
    made = crew(online)
    run = play_entries(made, entry(LENA, apps=False), entry(MIA, apps=True), entry(TOMAS, apps=True))
    assert sorted((sent_set(each)[0], bool(sent_set(each)[1])) for each in run.writes) == [
        ([LENA], False),
        ([MIA], True),
    ]
    assert run.entry(MIA)["changes"]["add_ons"] == {"before": [], "after": [APPS]}
    play_entries(made, {"username": MIA, "add_ons": {made.keys[APPS]: False}})


def test_a_holder_with_an_empty_row(online: Sandbox) -> None:
    """A row of a holder can contain one empty text, which does not count as an entitlement."""
    made = crew(online)
    made.give(MIA, pro=[""])
    run = play_entries(made, entry(MIA, pro=[ADVANCED]))
    assert run.entry(MIA)["changes"]["add_ons"]["before"] == []


def test_portal_members_changes_other_fields_too(online: Sandbox) -> None:
    made = crew(online)
    wanted = {**entry(ANNA, pro=[STANDARD]), "description": "Field lead"}
    expected = made.forecast([wanted])
    run = play(online, members=[wanted, {"username": OMAR, "description": "Office"}])
    assert not run.failed, run.message
    assert set(run.entry(ANNA)["changes"]) == {"add_ons", "description"}
    assert set(run.entry(OMAR)["changes"]) == {"description"}
    assert write_problems(run.log, expected, ["updateUser"]) == []
    assert_silent(play(online, members=[wanted]))


# -- how many licenses there are --------------------------------------------------------------------------------------
def test_too_few_licenses_are_blocked(online: Sandbox) -> None:
    made = crew(online)
    made.set_free(PRO, **{SPATIAL: 1, ADVANCED: 0})
    run = assert_entries_refused(made, *(entry(name, pro=[SPATIAL]) for name in (LENA, TOMAS, MIA)))
    assert "3" in run.message and "1" in run.message, run.message
    assert_entries_refused(made, entry(MIA, pro=[ADVANCED]))
    assert_entries_refused(made, entry(MIA, pro=[ADVANCED]), entry(ANNA, pro=[]))


@pytest.mark.parametrize("overdraw", ["error", "accepted"])
@pytest.mark.parametrize("module", [SLICE, "portal_members"])
def test_the_last_license_goes_from_one_member_to_another(online: Sandbox, overdraw: str, module: str) -> None:
    made = crew(online, license_overdraw=overdraw)
    made.set_free(PRO, **{ADVANCED: 0, SPATIAL: 0, STANDARD: 0})
    run = play_entries(made, entry(MIA, pro=[ADVANCED]), entry(OMAR, pro=[]), module=module)
    assert [sent_set(each)[0] for each in run.writes] == [[OMAR], [MIA]]
    # What only frees, then a swap, then what only takes.
    chain = [entry(NORA, pro=[STANDARD]), entry(ANNA, pro=[ADVANCED, SPATIAL]), entry(MIA, pro=[])]
    run = play_entries(made, *chain, module=module)
    assert [sent_set(each)[0] for each in run.writes] == [[MIA], [ANNA], [NORA]]


@pytest.mark.parametrize("overdraw", ["error", "accepted"])
@pytest.mark.parametrize("size", [2, 3])
def test_a_cycle_of_swaps_with_nothing_free(online: Sandbox, overdraw: str, size: int) -> None:
    made = build(online, license_overdraw=overdraw)
    levels = [BASIC, STANDARD, ADVANCED][:size]
    for name, level in zip(CREW, levels):
        made.give(name, pro=[level, SPATIAL], drone=[DRONE_STANDARD])
    made.set_free(PRO, **dict.fromkeys((*levels, SPATIAL), 0))
    entries = [entry(name, pro=[level, SPATIAL]) for name, level in zip(CREW, [*levels[1:], levels[0]])]
    assert is_tight(made.forecast(entries), made.keys[PRO])
    run = play_entries(made, *entries)
    assert len(run.writes) <= 2 * size
    assert [len(row["changes"]["add_ons"]["before"]) for row in run.result["members"]] == [2] * size


def test_a_swap_of_crowds_is_sent_in_batches(online: Sandbox) -> None:
    made = build(online, CROWD)
    for name in CROWD[:26]:
        made.give(name, pro=[ADVANCED])
    made.set_free(PRO, **{ADVANCED: 0})
    entries = [entry(name, pro=[ADVANCED]) for name in CROWD[26:52]] + [entry(name, pro=[]) for name in CROWD[:26]]
    run = play_entries(made, *entries)
    sizes = [(len(sent_set(each)[0]), bool(sent_set(each)[1])) for each in run.writes]
    assert sorted(sizes[:2]) in ([(1, False), (25, False)], [(13, False), (13, False)])
    assert sorted(sizes[2:]) in ([(1, True), (25, True)], [(13, True), (13, True)])


def test_an_over_assigned_listing_is_a_warning(online: Sandbox) -> None:
    made = crew(online)
    made.set_free(PRO, 4, **{SPATIAL: -1})
    silent = play_task(online, Task([entry(ANNA, pro=[STANDARD, SPATIAL]), entry(OMAR, pro=[ADVANCED])]))
    assert_silent(silent)
    assert any(PRO in text for text in warnings_of(silent.result)), silent.result
    assert_entries_refused(made, entry(MIA, pro=[SPATIAL]))
    assert_entries_refused(made, entry(MIA, pro=[SPATIAL]), entry(ANNA, pro=[STANDARD]))
    play_entries(made, entry(ANNA, pro=[STANDARD]))
    run = play_entries(made, entry(MIA, pro=[ADVANCED]))
    assert_silent(play_task(online, Task([entry(ANNA, pro=[STANDARD]), entry(OMAR, pro=[ADVANCED])])))
    assert licenses(made, MIA) == {ADVANCED}
    assert not run.failed


# -- offline, expired, and odd purchases ------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [[], [ADVANCED], [STANDARD, SPATIAL, NETWORK]])
def test_an_offline_license_is_not_changed(online: Sandbox, value: list[str]) -> None:
    made = crew(online)
    made.put_offline(ANNA)
    assert_entries_refused(made, entry(ANNA, pro=value), entry(MIA, pro=[ADVANCED]))


def test_an_offline_license_that_matches_blocks_nothing(online: Sandbox) -> None:
    made = crew(online)
    made.put_offline(ANNA)
    assert_silent(play_task(online, Task([entry(ANNA, pro=[SPATIAL, STANDARD])])))
    play_entries(made, entry(ANNA, pro=[SPATIAL, STANDARD], drone=[], apps=True), entry(OMAR, pro=[]))


@pytest.mark.parametrize("namer", [ANNA, OMAR])
def test_the_user_type_of_a_member_with_an_offline_license_is_blocked(online: Sandbox, namer: str) -> None:
    made = crew(online)
    made.put_offline(ANNA)
    names = {ANNA: [STANDARD, SPATIAL], OMAR: [ADVANCED]}
    typed = {"username": ANNA, "user_type": "standardUT"}
    same = entry(namer, pro=names[namer])
    entries = [{**typed, **same}] if namer == ANNA else [typed, same]
    assert_entries_refused(made, *entries, module="portal_members")
    assert_silent(play(online, members=[{**entry(ANNA, pro=names[ANNA]), "user_type": "creatorUT"}]))


def test_an_expired_listing(online: Sandbox) -> None:
    """Licenses of an expired listing can be kept and removed, and not added."""
    made = crew(online)
    made.give(ANNA, expired=[BUSINESS], pro=[STANDARD])
    assert_entries_refused(made, entry(MIA, expired=[BUSINESS]), entry(OMAR, pro=[]))
    assert_entries_refused(made, entry(MIA, expired="all"))
    assert_silent(play_task(online, Task([entry(ANNA, expired=[BUSINESS]), entry(MIA, expired=[])])))
    play_entries(made, entry(ANNA, expired=[]), entry(MIA, pro=[STANDARD]))


@pytest.mark.parametrize("listing", ["present", "absent"])
@pytest.mark.parametrize("shared", ["present", "absent"])
def test_odd_purchases_stop_no_run_that_does_not_need_them(online: Sandbox, listing: str, shared: str) -> None:
    made = crew(online, purchase_without_listing=listing, organization_listing=shared)
    rows: list[dict[str, Any]] = [
        {"title": "Negative", "num": {"few": -3}}, {"title": "No names"}, {"title": "Negative", "endDate": 1000},
        {"title": "Nothing", "num": {"": 0}}, {"title": "No levels", "allowedUserLevels": "", "num": {"some": 1}},
        {"title": "", "num": {"some": 1}},
    ]  # fmt: skip
    for row in rows:
        online.inspect("POST", "listings", row)
    play_entries(made, entry(ANNA, pro=[ADVANCED], apps=True), entry(LENA, drone=[], insights=[]))


def test_a_listing_of_every_member_is_not_assigned(online: Sandbox) -> None:
    """The portal answers 'not licensed by user'. The run fails, names the listing, and changes nothing."""
    made = crew(online, organization_listing="present")
    run = play_task(online, Task([entry(MIA, shared=["maps"])]))
    assert run.failed, run.result
    assert SHARED in run.message, run.message
    assert run.result["changed"] is False
    assert state_problems(run.before, run.after, Forecast(made.state)) == []


# -- user types -------------------------------------------------------------------------------------------------------
def low_and_high(portal: Sandbox, **switches: str) -> Organization:
    """Make an organization with two Viewers. One has a higher user type and ArcGIS Pro."""
    rows = [worker("vera_low", "viewerUT", VIEWER), worker("vito_high", "creatorUT", VIEWER),
            worker("dara_editor", "editorUT", EDITOR), worker("sten_plain", "standardUT")]  # fmt: skip
    made = build(portal, CREW[:2], rows, **switches)
    made.give("vito_high", pro=[STANDARD])
    made.set_free(PRO, **{STANDARD: 0})
    portal.reset_counters()
    return made


@pytest.mark.parametrize("dropped", ["refused", "dropped", "kept"])
def test_user_types_rise_before_and_fall_after_their_licenses(online: Sandbox, dropped: str) -> None:
    made = low_and_high(online, type_change_addons=dropped)
    entries = [
        {**entry("vera_low", pro=[STANDARD]), "user_type": "creatorUT"},
        {**entry("vito_high", pro=[]), "user_type": "viewerUT"},
    ]
    expected = made.forecast(entries)
    assert expected.applies and not expected.unclear
    check, run = play(online, check=True, members=entries), play(online, members=entries)
    assert not run.failed, run.message
    assert prediction_problems(check, run) == []
    assert write_problems(run.log, expected, ["updateUserLicenseType"]) == []
    assert moment_problems(expected.state, run.log) == []
    types, sets = "updateUserLicenseType", PROVISION
    order = [
        (each["operation"], name)
        for each in run.writes
        for name in (names_of(each["params"], "users") if each["operation"] == types else sent_set(each)[0])
    ]
    assert order.index((types, "vera_low")) < order.index((sets, "vera_low"))
    assert order.index((sets, "vito_high")) < order.index((types, "vito_high"))
    assert order.index((sets, "vito_high")) < order.index((sets, "vera_low"))
    assert set(run.entry("vera_low")["changes"]) == {"add_ons", "user_type"}
    assert_silent(play(online, members=entries))


def test_a_user_type_that_cannot_hold_a_listing_is_blocked(online: Sandbox) -> None:
    made = low_and_high(online)
    made.set_counts(PRO)
    assert_entries_refused(made, entry("dara_editor", pro=[STANDARD]), entry(ANNA, pro=[ADVANCED]))
    assert_entries_refused(made, entry("vera_low", pro=[SPATIAL]))
    lower = {**entry("vito_high", pro=[STANDARD]), "user_type": "viewerUT"}
    assert_entries_refused(made, lower, module="portal_members")
    play_entries(made, entry("dara_editor", pro=[], drone=[DRONE_STANDARD]), entry("vera_low", apps=True))


def test_a_user_type_that_includes_pro_is_a_warning(online: Sandbox) -> None:
    made = low_and_high(online)
    made.set_counts(PRO)
    run = play_entries(made, entry(ANNA, pro=["desktopBasicN"]), entry("sten_plain", pro=[ADVANCED]))
    warned = [text.casefold() for text in warnings_of(run.result)]
    assert warned and "includ" in " ".join(warned), run.result
    assert not any("sten_plain" in text for text in warned)
    assert run.entry("sten_plain").get("warnings", []) == []


def test_a_portal_without_user_types(old_portal: Sandbox) -> None:
    made = build(old_portal)
    made.give(ANNA, pro=[STANDARD])
    run = play_entries(made, entry(ANNA, pro=[]), entry(MIA, pro=[ADVANCED], drone="all"))
    assert warnings_of(run.result) == []


# -- new members ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("product", ["online", "enterprise"])
def test_a_new_member_gets_add_ons(portals: dict[str, Sandbox], product: str) -> None:
    portal = portals[product]
    made = build(portal)
    made.give(ANNA, pro=[ADVANCED])
    made.set_free(PRO, **{ADVANCED: 0})
    newcomer = person("nina_newer", password="Str0ng-Pass-9x", add_ons={PRO: [ADVANCED, SPATIAL], APPS: True})
    entries = [newcomer, entry(ANNA, pro=[])]
    before = made.state
    check, run = play(portal, check=True, members=entries), play(portal, members=entries)
    assert not check.failed, check.message
    assert check.writes == []
    assert not run.failed, run.message
    assert check.result["members"] == run.result["members"]
    assert run.entry("nina_newer")["action"] == "created"
    assert licenses(made, "nina_newer") == {ADVANCED, SPATIAL}
    assert licenses(made, "nina_newer", APPS) == {WHOLE}
    assert moment_problems(before, run.log) == []
    names = [name for each in add_on_writes(run.log) for name in sent_set(each)[0]]
    assert names.index(ANNA) < names.index("nina_newer")
    again = [{key: value for key, value in newcomer.items() if key != "password"}, entries[1]]
    assert_silent(play(portal, members=again))


def test_too_few_licenses_for_a_new_member(enterprise: Sandbox) -> None:
    made = build(enterprise)
    made.set_free(PRO, **{ADVANCED: 0})
    newcomer = person("nina_newer", password="Str0ng-Pass-9x", add_ons={PRO: [ADVANCED]})
    run = play(enterprise, members=[newcomer])
    assert run.failed, run.result
    assert blocked_problems(run) == []
    assert "blocked" in run.codes() and ADVANCED in text_of(run), run.message
    assert "nina_newer" not in made.state["members"]


def test_a_removed_member_frees_licenses(online: Sandbox) -> None:
    """The licenses of a removed member are free for the other members of the same run."""
    made = crew(online)
    made.set_free(PRO, **{ADVANCED: 0})
    before = made.state
    entries = [entry(MIA, pro=[ADVANCED]), {"username": OMAR, "state": "absent"}]
    run = play(online, members=entries)
    assert not run.failed, run.message
    assert licenses(made, MIA) == {ADVANCED}
    assert OMAR not in made.state["members"]
    assert moment_problems(before, run.log) == []


# -- rights, guards, and plans ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("module", [SLICE, "portal_members"])
def test_an_account_without_the_privilege_is_denied(online: Sandbox, module: str) -> None:
    crew(online)
    online.change(NORA, role=put_role(online, HELPER, list(HELPER_PRIVILEGES)))
    token = online.inspect("POST", "tokens", {"username": NORA})["token"]
    sign_in = {"portal_url": online.url, "portal_token": token}
    run = play(online, module, members=[entry(MIA, pro=[ADVANCED])], sign_in=sign_in)
    assert run.failed, run.result
    assert "permission" in run.codes(), run.result
    assert blocked_problems(run) == []
    assert "portal:admin:manageLicenses" in text_of(run)
    if module == "portal_members":
        plain = play(online, module, members=[{"username": MIA, "description": "x"}], sign_in=sign_in)
        assert not plain.failed, plain.message


LOSSES: list[dict[str, Any]] = [entry(ANNA, pro=[STANDARD]), entry(LENA, apps=False), entry(MIA, pro=[ADVANCED])]
GAINS: list[dict[str, Any]] = [entry(ANNA, pro=[STANDARD, SPATIAL, NETWORK]), entry(MIA, apps=True)]
LEVEL: list[dict[str, Any]] = [entry(ANNA, pro=[ADVANCED, SPATIAL])]
GUARD_CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], set[str]]] = {
    "count": (LOSSES, {"max_disruptive": "1"}, {"max_disruptive"}),
    "count_fits": (LOSSES, {"max_disruptive": "2"}, set()),
    "percentage": (LOSSES, {"max_disruptive": "10%"}, {"max_disruptive"}),
    "percentage_fits": (LOSSES, {"max_disruptive": "20%"}, set()),
    "gains_are_not_disruptive": (GAINS, {"max_disruptive": "0", "protected": ["*"]}, set()),
    "another_level_is_disruptive": (LEVEL, {"max_disruptive": "0"}, {"max_disruptive"}),
    "protected_entitlement": (LOSSES, {"protected": ["ANNA_*"]}, {"protected"}),
    "protected_bundle": (LOSSES, {"protected": ["lena_fisch"]}, {"protected"}),
    "protected_gain": (LOSSES, {"protected": ["mia_*"]}, set()),
    "both": (LOSSES, {"protected": ["lena*"], "max_disruptive": 0}, {"protected", "max_disruptive"}),
}


@pytest.mark.parametrize("name", sorted(GUARD_CASES))
def test_guards(online: Sandbox, name: str) -> None:
    made = crew(online)
    entries, guards, blocking = GUARD_CASES[name]
    task = Task(entries, guards)
    assert forecast(made.state, task).guards == blocking
    if not blocking:
        play_all(made, task)
        return
    for module in (SLICE, "portal_members"):
        run = play_task(online, task, module)
        assert run.guards() == blocking, run.message
        assert blocked_problems(run) == []


def test_a_reviewed_plan(online: Sandbox) -> None:
    made = crew(online)
    plan = play_task(online, Task(LOSSES), "portal_members", check=True).result["plan_checksum"]
    made.give(LENA, pro=[NETWORK])
    run = play_task(online, Task([*LOSSES[:2], entry(MIA, pro=[STANDARD])]), "portal_members", expected_plan=plan)
    assert run.failed, run.result
    assert "plan_changed" in run.codes()
    assert blocked_problems(run) == []
    run = play_task(online, Task(LOSSES), "portal_members", expected_plan=plan)
    assert not run.failed, run.message
    assert run.result["plan_checksum"] == plan


# -- requests ---------------------------------------------------------------------------------------------------------
def crowd_entries(names: tuple[str, ...], **add_ons: Any) -> list[dict[str, Any]]:
    return [entry(name, **add_ons) for name in names]


@pytest.mark.parametrize("limit", ["25", "none"])
def test_members_with_the_same_set_share_requests(online: Sandbox, limit: str) -> None:
    made = build(online, CROWD, bundle_limit=limit)
    entries = crowd_entries(CROWD[:40], pro=[ADVANCED, SPATIAL], apps=True)
    entries += crowd_entries(CROWD[40:55], pro=[SPATIAL, STANDARD], drone="all")
    entries += crowd_entries(CROWD[55:], drone="all")
    run = play_entries(made, *entries)
    sizes: dict[str, list[int]] = {}
    for each in run.writes:
        sizes.setdefault(add_on_in(each), []).append(len(sent_set(each)[0]))
    assert [len(sizes[made.keys[title]]) for title in (PRO, APPS, DRONE)] == [3, 2, 1]


@pytest.mark.parametrize("email", [False, True])
@pytest.mark.parametrize("module", [SLICE, "portal_members"])
def test_the_portal_sends_email_only_if_the_task_asks_for_it(online: Sandbox, email: bool, module: str) -> None:
    made = crew(online)
    online.inspect("DELETE", "mails")
    play_all(made, Task([entry(MIA, pro=[ADVANCED]), entry(ANNA, pro=[])], email=email), module)
    assert sorted(mail["username"] for mail in online.mails()) == ([ANNA, MIA] if email else [])


def counts_of(run: Run) -> dict[str, int]:
    """Return the number of reads of each operation about add-ons."""
    operations = [each["operation"] for each in run.log if not each["write"]]
    return {name: operations.count(name) for name in READS if name in operations}


@pytest.fixture(scope="module")
def large_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organization]:
    """A portal of 1,000 members. 250 of them hold ArcGIS Pro."""
    rows = [person(f"member_{number:03}") for number in range(999)]
    with Sandbox(product="online", members=4) as portal:
        organize(portal, tmp_path_factory.mktemp("large"), rows, switches={"search_lag": "0"})
        made = Organization(portal)
        key = made.keys[PRO]
        portal.inspect("PATCH", f"listings/{key}", {"num": {ADVANCED: 255, STANDARD: 5}})
        portal.inspect("PATCH", f"listings/{made.keys[DRONE]}", {"num": {DRONE_STANDARD: 5}})
        for row in rows[:250]:
            portal.change(row["username"], entitlements={key: [ADVANCED]})
        portal.reset_counters()
        yield made


@pytest.mark.parametrize("module", [SLICE, "portal_members"])
def test_ten_members_of_a_large_portal_need_three_pages_of_holders(large_portal: Organization, module: str) -> None:
    same = [entry(f"member_{number:03}", pro=[ADVANCED]) for number in range(5)]
    new = [entry(f"member_{number:03}", pro=[STANDARD]) for number in range(300, 305)]
    silent = play_task(large_portal.portal, Task([*same, *crowd_entries(("member_400",), pro=[])]), module)
    assert_silent(silent)
    plan = play_task(large_portal.portal, Task([*same, *new]), module, check=True)
    assert not plan.failed, plan.message
    assert plan.result["summary"]["changed"] == 5
    for run in (silent, plan):
        counts = counts_of(run)
        assert counts.get(HOLDERS, 0) + counts.get(HOLDER, 0) <= 3, counts
        assert counts["purchases"] == 1
        assert counts.get("portalAppBundles", 0) <= 1
        assert {each["params"].get("num") for each in run.log if each["operation"] == HOLDERS} <= {"100"}
        assert counts.get("provisionedListings", 0) == 0
        assert counts.get("appBundles", 0) == 0


def test_one_member_of_a_large_portal_needs_one_request(large_portal: Organization) -> None:
    run = play(large_portal.portal, SLICE, username="member_000", add_ons={PRO: [ADVANCED]})
    assert_silent(run)
    counts = counts_of(run)
    assert counts.get(HOLDERS, 0) + counts.get(HOLDER, 0) <= 1, counts


def test_changes_are_read_back_in_few_requests(large_portal: Organization) -> None:
    """Read, read again before the write, and read back: three times the pages, or one request a member."""
    names = [f"member_{number:03}" for number in range(500, 510)]
    large_portal.set_counts(DRONE, **{DRONE_STANDARD: 50})
    run = play_task(large_portal.portal, Task([entry(name, drone=[DRONE_STANDARD]) for name in names]))
    assert not run.failed, run.message
    counts = counts_of(run)
    assert counts["purchases"] == 1
    assert counts.get(HOLDERS, 0) + counts.get(HOLDER, 0) <= 3, counts


def test_a_roster_without_add_ons_reads_none(online: Sandbox) -> None:
    crew(online)
    run = play(online, members=[{"username": ANNA, "description": "x"}, {"username": MIA, "add_ons": {}}])
    assert not run.failed, run.message
    assert counts_of(run) == {}


@pytest.mark.parametrize("answer", ["error", "empty"])
def test_a_member_who_does_not_hold_a_listing(online: Sandbox, answer: str) -> None:
    """Many members hold the listing, so one member is read alone; the portal answers with an error or with nothing."""
    made = build(online, [f"member_{number:03}" for number in range(130)], entitlements_of_non_holder=answer)
    key = made.keys[PRO]
    for number in range(120):
        online.change(f"member_{number:03}", entitlements={key: [ADVANCED]})
    assert_silent(play(online, SLICE, username="member_125", add_ons={PRO: []}))
    expected = made.forecast([entry("member_125", pro=[STANDARD])])
    run = play(online, SLICE, username="member_125", add_ons={PRO: [STANDARD]})
    assert_run(run, expected)
    run = play(online, SLICE, username="member_000", add_ons={PRO: []})
    assert not run.failed, run.message
    assert licenses(made, "member_000") == set()


# -- responses --------------------------------------------------------------------------------------------------------
def faulty_entries(operation: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return crowd_entries(names, **({"pro": [ADVANCED, SPATIAL]} if operation == PROVISION else {"apps": True}))


def assert_all_but(run: Run, expected: Forecast, name: str) -> dict[str, Any]:
    """Every member of the forecast has the desired add-ons except one, whose error is returned."""
    assert run.failed, run.result
    assert run.entry(name)["action"] == "failed"
    # The member does not exist any more, so the effect of an accepted request is not known.
    assert run.entry(name)["changed"] is False or run.result["uncertain"]
    assert run.result["changed"] is True
    rest = {move: wanted for move, wanted in expected.moves.items() if move[0] != name}
    assert {run.entry(move[0])["action"] for move in rest} == {"changed"}
    assert [problem for move in rest for problem in row_problems(run.entry(move[0]), expected)] == []
    left = Forecast(expected.state, moves=rest)
    assert [text for text in state_problems(run.before, run.after, left) if not text.startswith(name)] == []
    assert max(len(sent_set(each)[0]) for each in add_on_writes(run.log)) <= BATCH
    return dict(run.entry(name)["error"])


@pytest.mark.parametrize("operation", [PROVISION, BUNDLE])
@pytest.mark.parametrize("kind", ["partial", "not_applied"])
@pytest.mark.parametrize("bad_name", ["all_fail", "others"])
def test_one_refused_member_of_25_is_an_error(online: Sandbox, operation: str, kind: str, bad_name: str) -> None:
    """The other members get their add-ons, whether the portal refuses the whole request or leaves one name out."""
    made = build(online, CROWD, provision_bad_name=bad_name)
    entries = faulty_entries(operation, CROWD[:25])
    expected = made.forecast(entries)
    online.fault(operation=operation, kind=kind, count=0, names=[CROWD[7]])
    run = play_task(online, Task(entries))
    error = assert_all_but(run, expected, CROWD[7])
    if kind == "not_applied" or bad_name == "others":
        assert error["code"] == "not_applied", error
    assert (PRO if operation == PROVISION else APPS) in error["message"], error
    assert len(run.writes) <= 2 * BATCH + 1
    online.inspect("DELETE", "faults")
    run = play_task(online, Task(entries))
    assert not run.failed, run.message
    assert run.result["summary"]["changed"] == 1
    assert [sent_set(each)[0] for each in add_on_writes(run.log)] == [[CROWD[7]]]


@pytest.mark.parametrize("operation", [PROVISION, BUNDLE])
@pytest.mark.parametrize("bad_name", ["all_fail", "others"])
def test_a_member_who_is_removed_meanwhile(online: Sandbox, operation: str, bad_name: str) -> None:
    made = build(online, CROWD, provision_bad_name=bad_name)
    entries = faulty_entries(operation, CROWD[:25])
    expected = made.forecast(entries)
    with Meanwhile(online) as meanwhile:
        meanwhile.once(operation, lambda: online.inspect("DELETE", f"members/{CROWD[7]}"))
        run = play_task(online, Task(entries), url=meanwhile.url)
    assert_all_but(run, expected, CROWD[7])


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "unavailable", "throttle_200"])
@pytest.mark.parametrize("operation", [PROVISION, BUNDLE])
def test_a_lost_response_is_read_back(online: Sandbox, operation: str, kind: str) -> None:
    made = crew(online)
    entries = faulty_entries(operation, (MIA, NORA))
    expected = made.forecast(entries)
    online.fault(operation=operation, kind=kind, **({"retry_after": 0} if kind == "throttle_200" else {}))
    run = play_task(online, Task(entries))
    assert not run.failed, run.message
    assert result_problems(run.result, expected) == []
    assert write_problems(run.log, expected, repeats=True) == []
    assert state_problems(run.before, run.after, expected) == []


@pytest.mark.parametrize("operation", [PROVISION, BUNDLE])
def test_a_refused_request_changes_nothing(online: Sandbox, operation: str) -> None:
    made = crew(online)
    entries = faulty_entries(operation, (MIA, NORA))
    online.fault(operation=operation, kind="error", count=0, code=400, message="No.")
    run = play_task(online, Task(entries))
    assert run.failed, run.result
    assert run.result["changed"] is False
    assert {row["action"] for row in run.result["members"]} == {"failed"}
    assert state_problems(run.before, run.after, Forecast(made.state)) == []


@pytest.mark.parametrize("answer", ["error", "ignored"])
def test_an_entitlement_that_goes_away_meanwhile(online: Sandbox, answer: str) -> None:
    made = crew(online, unknown_entitlement=answer)
    key, num = made.keys[PRO], dict(add_ons_by_id(made.state)[made.keys[PRO]].num)
    fewer = {name: number for name, number in num.items() if name != SPATIAL}
    entries = [entry(MIA, pro=[SPATIAL]), entry(NORA, drone=[DRONE_STANDARD])]
    with Meanwhile(online) as meanwhile:
        meanwhile.once(PROVISION, lambda: online.inspect("PATCH", f"listings/{key}", {"num": fewer}))
        run = play_task(online, Task(entries), url=meanwhile.url)
    assert run.failed, run.result
    assert (run.entry(MIA)["action"], run.entry(MIA)["changed"]) == ("failed", False)
    assert run.entry(NORA)["action"] == "changed"
    if answer == "ignored":
        assert run.entry(MIA)["error"]["code"] == "not_applied", run.entry(MIA)


def test_the_last_license_goes_away_meanwhile(online: Sandbox) -> None:
    made = crew(online)
    made.set_free(PRO, **{SPATIAL: 1})
    entries = [entry(MIA, pro=[SPATIAL]), entry(NORA, drone=[DRONE_STANDARD])]
    with Meanwhile(online) as meanwhile:
        meanwhile.once(PROVISION, lambda: online.change(TOMAS, entitlements={made.keys[PRO]: [SPATIAL]}))
        run = play_task(online, Task(entries), url=meanwhile.url)
    assert run.failed, run.result
    assert (run.entry(MIA)["action"], run.entry(MIA)["changed"]) == ("failed", False)
    assert PRO in run.entry(MIA)["error"]["message"]
    assert run.entry(NORA)["action"] == "changed"
    assert licenses(made, TOMAS) == {SPATIAL}


# -- other administrators ---------------------------------------------------------------------------------------------
def after_the_first_read(meanwhile: Meanwhile, act: Callable[[], Any]) -> None:
    """Let another administrator act once the run has read who holds ArcGIS Pro."""
    acts = [act]

    def hook(exchange: Exchange) -> None:
        if "/userEntitlements" in exchange.path and acts:
            meanwhile.other(acts.pop())

    meanwhile.after.append(hook)


def test_other_changes_meanwhile_are_not_lost(online: Sandbox) -> None:
    """Another administrator changes other listings of the same member, and other members of the same listing."""
    made = crew(online)
    keys = made.keys

    def act() -> None:
        online.change(MIA, entitlements={keys[DRONE]: [DRONE_ADVANCED], keys[INSIGHTS]: ["Insights"]})
        online.change(TOMAS, entitlements={keys[PRO]: [BASIC]}, appBundles=[])

    with Meanwhile(online) as meanwhile:
        after_the_first_read(meanwhile, act)
        run = play_task(online, Task([entry(MIA, pro=[ADVANCED]), entry(OMAR, pro=[])]), url=meanwhile.url)
    assert not run.failed, run.message
    assert (licenses(made, MIA), licenses(made, MIA, DRONE)) == ({ADVANCED}, {DRONE_ADVANCED})
    assert licenses(made, MIA, INSIGHTS) == {"Insights"}
    assert (licenses(made, OMAR), licenses(made, TOMAS), licenses(made, TOMAS, APPS)) == (set(), {BASIC}, set())


def test_what_another_administrator_assigned_is_not_the_work_of_the_run(online: Sandbox) -> None:
    made = crew(online)
    with Meanwhile(online) as meanwhile:
        after_the_first_read(meanwhile, lambda: online.change(MIA, entitlements={made.keys[PRO]: [ADVANCED]}))
        run = play_task(online, Task([entry(MIA, pro=[ADVANCED]), entry(NORA, pro=[ADVANCED])]), url=meanwhile.url)
    assert not run.failed, run.message
    assert run.entry(NORA)["changed"] is True
    assert run.entry(MIA).get("changed", False) is False, run.entry(MIA)
    assert [sent_set(each)[0] for each in add_on_writes(run.log)] == [[NORA]]


def test_an_extension_that_another_administrator_adds_meanwhile(online: Sandbox) -> None:
    """The list of a named listing is exact. If the run revokes the extension, its result says so."""
    made = crew(online)
    more = {made.keys[PRO]: [STANDARD, SPATIAL, THREE_D], made.keys[DRONE]: [DRONE_STANDARD]}
    made.set_counts(PRO)
    entries = [entry(ANNA, pro=[STANDARD, SPATIAL, NETWORK]), entry(MIA, pro=[NETWORK])]
    with Meanwhile(online) as meanwhile:
        after_the_first_read(meanwhile, lambda: online.change(ANNA, entitlements=more))
        run = play_task(online, Task(entries), url=meanwhile.url)
    if run.failed:
        assert run.entry(ANNA)["action"] == "failed"
        assert THREE_D in licenses(made, ANNA)
        return
    assert licenses(made, ANNA) >= {STANDARD, SPATIAL, NETWORK}
    if THREE_D not in licenses(made, ANNA):
        assert f"{PRO}: {THREE_D}" in run.entry(ANNA)["changes"]["add_ons"]["before"]
    assert licenses(made, ANNA, DRONE) == {DRONE_STANDARD}


def test_a_license_that_goes_offline_meanwhile(online: Sandbox) -> None:
    """The member fails, and the error says offline. The other members of a request that is sent do not fail."""
    made = crew(online)
    for name in (ANNA, OMAR):
        made.give(name, pro=[STANDARD])
    with Meanwhile(online) as meanwhile:
        after_the_first_read(meanwhile, lambda: made.put_offline(ANNA))
        run = play_task(online, Task([entry(ANNA, pro=[ADVANCED]), entry(OMAR, pro=[ADVANCED])]), url=meanwhile.url)
    assert run.failed, run.result
    assert (run.entry(ANNA)["action"], run.entry(ANNA)["changed"]) == ("failed", False)
    assert "offline" in run.entry(ANNA)["error"]["message"].casefold(), run.entry(ANNA)
    if not run.writes:
        # The run read it before its first write, so the plan is blocked as a whole.
        assert licenses(made, OMAR) == {STANDARD}
        return
    assert run.entry(OMAR)["action"] == "changed"
    assert (licenses(made, ANNA), licenses(made, OMAR)) == ({STANDARD}, {ADVANCED})


def test_a_success_without_an_effect_is_an_error(online: Sandbox) -> None:
    made = crew(online)

    def pretend(exchange: Exchange) -> None:
        if exchange.operation == PROVISION:
            exchange.respond({"success": True})

    with Meanwhile(online) as meanwhile:
        meanwhile.before.append(pretend)
        run = play_task(online, Task([entry(MIA, pro=[ADVANCED])]), url=meanwhile.url)
    assert run.failed, run.result
    assert run.entry(MIA)["error"]["code"] == "not_applied", run.entry(MIA)
    assert run.result["changed"] is False
    assert licenses(made, MIA) == set()


def test_a_response_of_failure_without_an_error_is_an_error(online: Sandbox) -> None:
    crew(online)

    def pretend(exchange: Exchange) -> None:
        if exchange.operation in (PROVISION, BUNDLE):
            exchange.respond({"success": False})

    with Meanwhile(online) as meanwhile:
        meanwhile.before.append(pretend)
        run = play_task(online, Task([entry(MIA, pro=[ADVANCED], apps=True)]), url=meanwhile.url)
    assert run.failed, run.result
    assert run.entry(MIA)["action"] == "failed"
    assert run.result["changed"] is False or run.result.get("uncertain")


# -- what a breaker found ---------------------------------------------------------------------------------------------
MOVE = (entry(ANNA, pro=[]), entry(OMAR, pro=[ADVANCED]))
"""Anna gives up the last license, and Omar gets it."""


def last_license(online: Sandbox) -> Organization:
    made = crew(online, license_overdraw="accepted")
    made.give(ANNA, pro=[ADVANCED])
    made.give(OMAR, pro=[])
    online.change(OMAR, entitlements={})
    made.set_free(PRO, **{ADVANCED: 0})
    return made


def test_a_license_that_is_not_freed_is_not_assigned_again(online: Sandbox) -> None:
    """Another administrator gives Anna an extension meanwhile, so her license is not revoked."""
    made = last_license(online)
    more = {made.keys[PRO]: [ADVANCED, THREE_D]}
    with Meanwhile(online) as meanwhile:
        after_the_first_read(meanwhile, lambda: online.change(ANNA, entitlements=more))
        run = play_task(online, Task(list(MOVE)), url=meanwhile.url)
    assert run.failed, run.result
    assert (run.entry(OMAR)["action"], run.entry(OMAR)["changed"]) == ("failed", False)
    assert licenses(made, OMAR) == set()


def blocked_before_the_first_write(portal: Sandbox, entry: dict[str, Any]) -> None:
    for check in (True, False):
        run = play(portal, check=check, members=[entry])
        assert run.failed and run.codes() == {"blocked"}, run.result
        assert blocked_problems(run) == [] and not run.writes
        assert ANNA in run.message and PRO in run.message


@pytest.mark.parametrize("change", ["dropped", "refused", "kept"])
def test_a_user_type_does_not_cost_a_license_that_the_roster_does_not_name(online: Sandbox, change: str) -> None:
    made = crew(online, type_change_addons=change)
    made.give(ANNA, pro=[STANDARD])
    moved = {"username": ANNA, "user_type": "viewerUT", "role": VIEWER}
    blocked_before_the_first_write(online, moved)
    assert licenses(made, ANNA) == {STANDARD}
    run = play(online, members=[{**moved, "add_ons": {PRO: []}}])
    assert not run.failed, run.message
    assert licenses(made, ANNA) == set()


def test_an_offline_license_that_the_roster_does_not_name_blocks_the_user_type(online: Sandbox) -> None:
    made = crew(online)
    made.put_offline(ANNA)
    blocked_before_the_first_write(online, {"username": ANNA, "user_type": "GISProfessionalStdUT"})


@pytest.mark.parametrize("more", [{"add_ons": {APPS: True}}, {"add_ons": {DRONE: "all"}}, {"description": "x"}])
def test_an_invitation_instead_of_an_account_is_a_change_and_is_named(online: Sandbox, more: dict[str, Any]) -> None:
    crew(online, invite_enterprise="pending")
    newcomer = {**person("nina_park"), "provider": "enterprise", "idp_username": "nina@example.com", **more}
    run = play(online, members=[newcomer])
    assert run.failed and run.result["changed"] is True, run.result
    assert run.entry("nina_park")["changed"] is True
    assert "invitation" in run.entry("nina_park")["error"]["message"], run.entry("nina_park")
