# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memberships in groups: random rosters compared with the oracle, and one test or more for each promise."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .group_portal import (
    CREW,
    HELPER,
    HELPER_PRIVILEGES,
    NO_GROUPS,
    OTHER_ORGANIZATION,
    Organization,
    apply_directly,
    build,
    build_random,
    person,
    play,
    play_file,
    play_task,
    random_task,
    send,
    text_of,
)  # fmt: skip
from .groups import (
    CREATE,
    JOIN,
    MOST_GROUPS,
    SHARED_UPDATE,
    Forecast,
    State,
    Task,
    find,
    forecast,
    group_writes,
    groups_by_id,
    level_of,
    matching,
    memberships,
    names_of,
    reason_problems,
    result_problems,
    state_problems,
    write_problems,
)  # fmt: skip
from .harness import Run, organize, snapshot
from .meanwhile import Exchange, Meanwhile
from .truth import blocked_problems, call_problems, prediction_problems

SWITCHES: dict[str, tuple[str, dict[str, str]]] = {
    "online": ("online", {}),
    "online_wide": ("online", {"update_users_limit": "none", "group_batch": "each", "user_list_owner": "owner"}),
    "online_users": ("online", {"user_list": "missing", "group_users_overlap": "yes", "users_groups": "ids"}),
    "online_plain": ("online", {"user_list_owner": "admin", "group_not_found": "CONT_0006", "group_org_id": "missing"}),
    "enterprise": ("enterprise", {"linked_group_add": "accepted", "users_groups_limit": "10"}),
    "enterprise_old": ("enterprise-10.6", {"linked_group_add": "error", "group_users_overlap": "yes"}),
    "enterprise_old_list": ("enterprise-10.6", {"user_list": "always", "user_list_owner": "admin"}),
}
READS = ("group", "searchGroups", "groupUserList", "groupUsers", "usersGroups")


@pytest.fixture(scope="module")
def old_portal() -> Iterator[Sandbox]:
    with Sandbox(product="enterprise-10.6", members=4) as portal:
        yield portal


@pytest.fixture
def portals(online_portal: Sandbox, enterprise_portal: Sandbox, old_portal: Sandbox) -> dict[str, Sandbox]:
    return {str(portal.options["product"]): portal for portal in (online_portal, enterprise_portal, old_portal)}


def assert_blocked(run: Run, expected: Forecast) -> None:
    """The plan is blocked before the first write, and the errors name each member, group, and reason."""
    assert run.failed, run.result
    assert blocked_problems(run) == []
    assert reason_problems(text_of(run), run.before, expected) == []


def assert_applied(check: Run, run: Run, expected: Forecast) -> None:
    """Check mode wrote nothing and predicted the run, and the run did what the oracle lets expect."""
    assert not check.failed, check.message
    assert not run.failed, run.message
    assert prediction_problems(check, run) == []
    assert result_problems(run.result, run.before, expected) == []
    assert write_problems(run.log, expected) == []
    assert state_problems(run.before, run.after, expected.moves) == []
    assert call_problems(run) == []


def assert_silent(run: Run) -> None:
    assert not run.failed, run.message
    assert run.writes == []
    assert run.result["changed"] is False
    assert [row for row in run.result["members"] if row["action"] != "unchanged"] == []


def play_all(made: Organization, task: Task) -> Run:
    """Run in check mode, apply, and run again. Return the run that applied."""
    expected = forecast(made.state, task)
    assert expected.applies, expected
    assert not expected.unclear, expected.unclear
    check = play_task(made.portal, task, check=True)
    run = play_task(made.portal, task)
    assert_applied(check, run, expected)
    assert_silent(play_task(made.portal, task))
    return run


# -- the oracle itself ------------------------------------------------------------------------------------------------
def sample_group(title: str, key: str, **fields: Any) -> dict[str, Any]:
    return {"id": key * 32, "title": title, "owner": "gil_keeper", "admins": [], "users": [], "provider": None,
            "orgId": "here", "capabilities": [], **fields}  # fmt: skip


def sample_state(*groups: dict[str, Any], **members: dict[str, Any]) -> State:
    plain = {"orgId": "here", "effectiveRole": "org_user", "disabled": False, "memberGroups": [], "items": [],
             "ownedGroups": [], "categories": [], "idpUsername": None, "userLicenseTypeId": "creatorUT",
             "assignedCredits": -1.0, "spentCredits": 0.0}  # fmt: skip
    names = ("portal_admin", "gil_keeper", *CREW)
    return {"groups": list(groups), "members": {name: {**plain, **members.get(name, {})} for name in names}}


def moves_of(state: State, *values: Any, **options: Any) -> dict[tuple[str, str], Any]:
    """Return the moves by member and first letter of the group ID."""
    entries = [{"username": name, "groups": value} for name, value in zip(CREW, values)]
    found = forecast(state, Task(entries, **options))
    assert not found.blocked, found.blocked
    return {(name, key[0]): level for (name, key), level in found.moves.items()}


def test_the_oracle_of_exact_lists() -> None:
    state = sample_state(
        sample_group("Field", "a", users=["anna_berg"], admins=["omar_hadd"]), sample_group("Leads", "b"),
        sample_group("Other", "c", users=["anna_berg", "omar_hadd"]),
    )  # fmt: skip
    assert moves_of(state, ["Leads"]) == {("anna_berg", "b"): "member"}
    assert moves_of(state, ["Leads"], ["Field"]) == {
        ("anna_berg", "a"): None, ("anna_berg", "b"): "member", ("omar_hadd", "a"): "member"
    }  # fmt: skip
    assert moves_of(state, [], managed_groups=("o*",)) == {("anna_berg", "c"): None}
    assert moves_of(state, [], section=("Other",)) == {("anna_berg", "c"): None}
    assert moves_of(state, None, ["field"]) == {("omar_hadd", "a"): "member"}
    assert moves_of(state, {"add": ["Field"]}, {"add": ["Field"]}) == {}
    assert moves_of(state, {"add": [{"group": "Field", "manager": True}]}) == {("anna_berg", "a"): "manager"}
    assert moves_of(state, {"remove": ["Field", "Leads"]}) == {("anna_berg", "a"): None}


def test_the_oracle_of_groups_that_no_run_changes() -> None:
    state = sample_state(
        sample_group("Linked", "a", users=["anna_berg"], provider="enterprise"),
        sample_group("Own", "b", owner="anna_berg"), sample_group("Else", "c", users=["anna_berg"], orgId="there"),
    )  # fmt: skip
    assert moves_of(state, [], managed_groups=("*",)) == {}
    assert moves_of(state, ["Own"]) == {}
    assert forecast(state, Task([{"username": "anna_berg", "groups": {"remove": ["own"]}}])).blocked == {
        ("anna_berg", "own", "owner")
    }
    asks = [{"username": "omar_hadd", "groups": ["Linked", "c" * 32]}]
    assert forecast(state, Task(asks)).blocked == {
        ("omar_hadd", "Linked", "linked"),
        ("omar_hadd", "c" * 32, "foreign"),
    }


def test_the_oracle_of_titles() -> None:
    state = sample_state(
        *[sample_group(title, key) for title, key in zip(("Survey", "survey", "Team ", "T", "T"), "abcde")]
    )
    assert [group["id"][0] for group in find(state, " Survey")] == ["a"]
    assert len(find(state, "SURVEY")) == 2
    assert [group["id"][0] for group in find(state, "TEAM")] == ["c"]
    assert len(find(state, "T")) == 2
    assert find(state, "d" * 32)[0]["title"] == "T"
    assert {key[0] for key in matching(state, ["SURV*", "d" * 32])} == {"a", "b", "d"}


def test_the_oracle_of_reasons() -> None:
    state = sample_state(
        sample_group("Shared", "a", capabilities=[SHARED_UPDATE]), sample_group("Field", "b"),
        anna_berg={"effectiveRole": "custom"}, omar_hadd={"effectiveRole": "iAAAAAAAAAAAAAAA"},
        lena_fisch={"disabled": True}, tomas_rey={"memberGroups": ["x"] * MOST_GROUPS},
    )  # fmt: skip
    entries: list[dict[str, Any]] = [
        {"username": "anna_berg", "groups": ["Field"]}, {"username": "omar_hadd", "groups": ["Shared"]},
        {"username": "lena_fisch", "groups": [{"group": "Field", "manager": True}]},
        {"username": "tomas_rey", "groups": {"add": ["Field"]}},
        {"username": "mia_keller", "groups": ["Shared"], "role": "Viewer"},
    ]  # fmt: skip
    found = forecast(state, Task(entries, roles={"custom": {CREATE}}))
    assert {(name, reason) for name, _group, reason in found.blocked} == {
        ("anna_berg", "join"), ("omar_hadd", "shared_update"), ("lena_fisch", "disabled_manager"),
        ("tomas_rey", "too_many"), ("mia_keller", "shared_update"),
    }  # fmt: skip
    rights = Task([{"username": "mia_keller", "groups": ["Field"]}], signed_in="anna_berg", can_assign=False)
    assert {reason for _name, _group, reason in forecast(state, rights).blocked} == {"caller"}


def test_the_oracle_of_guards() -> None:
    state = sample_state(
        sample_group("Field", "a", users=["anna_berg", "omar_hadd", "lena_fisch"], admins=["tomas_rey"])
    )
    away = [{"username": name, "groups": {"remove": ["Field"]}} for name in ("anna_berg", "tomas_rey")]

    def guards(entries: list[dict[str, Any]], **options: Any) -> set[str]:
        return forecast(state, Task(entries, guards=options)).guards

    assert guards(away, max_leaving=2, keep_managers=False, max_disruptive="2", protected_groups=["Leads"]) == set()
    assert guards(away, max_leaving=1) == guards(away, max_leaving="30%") == {"max_leaving"}
    assert guards(away, max_disruptive="1", keep_managers=True) == {"max_disruptive", "keep_managers"}
    assert guards(away, protected_groups=["f*"], protected=["ANNA*"]) == {"protected_groups", "protected"}
    lower = [{"username": "tomas_rey", "groups": ["Field"]}]
    assert guards(lower, max_leaving=0, keep_managers=True, max_disruptive="0") == {"keep_managers", "max_disruptive"}
    promote: list[dict[str, Any]] = [*lower, {"username": "anna_berg", "groups": [{"group": "Field", "manager": True}]}]
    assert guards(promote, keep_managers=True, max_leaving=0) == set()


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_the_oracle_and_the_sandbox_agree(portals: dict[str, Sandbox], tmp_path: Path, name: str) -> None:
    """The moves of a forecast, sent without the collection, lead to the state of the forecast."""
    product, switches = SWITCHES[name]
    for seed in range(2):
        rng = Random(seed)
        made = build_random(portals[product], tmp_path, rng, switches)
        before = made.state
        _task, expected = random_task(rng, before, made.roles, "applies")
        responses = apply_directly(made.portal, expected)
        for response in responses:
            rows = response.get("results", [])
            assert response.get("notAdded", []) == response.get("notRemoved", []) == [], response
            assert [row for row in rows if not row["success"]] == [], response
        assert state_problems(before, made.state, expected.moves) == []
        assert write_problems(made.portal.log(), expected) == []


def test_the_sandbox_refuses_what_the_oracle_blocks(online: Sandbox, tmp_path: Path) -> None:
    for seed in range(6):
        rng = Random(seed)
        made = build_random(online, tmp_path, rng, {})
        state = made.state
        _task, expected = random_task(rng, state, made.roles, "blocked")
        for name, text, reason in sorted(expected.blocked):
            if reason not in ("linked", "foreign", "join", "shared_update") or len(find(state, text)) != 1:
                continue
            group = find(state, text)[0]
            if level_of(group, name) is None:
                response = send(online, f"community/groups/{group['id']}/addUsers", users=name)
                assert response.get("notAdded") == [name] or response.get("error"), (reason, response)


# -- random rosters ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_runs_change_exactly_the_expected_memberships(
    portals: dict[str, Sandbox], tmp_path: Path, name: str, seed: int
) -> None:
    product, switches = SWITCHES[name]
    rng = Random(f"{name}-{seed}")
    made = build_random(portals[product], tmp_path, rng, switches)
    task, expected = random_task(rng, made.state, made.roles, "applies")
    check = play_task(made.portal, deepcopy(task), check=True)
    run = play_task(made.portal, deepcopy(task))
    assert_applied(check, run, expected)
    again = play_task(made.portal, deepcopy(task))
    assert_silent(again)
    assert again.after == run.after


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_plans_are_blocked_before_the_first_write(
    portals: dict[str, Sandbox], tmp_path: Path, name: str, seed: int
) -> None:
    product, switches = SWITCHES[name]
    rng = Random(f"{name}-blocked-{seed}")
    made = build_random(portals[product], tmp_path, rng, switches)
    task, expected = random_task(rng, made.state, made.roles, "blocked")
    for check in (True, False):
        assert_blocked(play_task(made.portal, deepcopy(task), check=check), expected)


@pytest.mark.parametrize("seed", range(8))
def test_guards_block_exactly_the_expected_plans(online: Sandbox, tmp_path: Path, seed: int) -> None:
    rng = Random(f"guards-{seed}")
    made = build_random(online, tmp_path, rng, {})
    task, expected = random_task(rng, made.state, made.roles, "guarded")
    for check in (True, False):
        run = play_task(made.portal, deepcopy(task), check=check)
        assert run.guards() == expected.guards, run.message
        assert blocked_problems(run) == []


# -- one member, a list, and files ------------------------------------------------------------------------------------
def crews(portal: Sandbox, folder: Path, **switches: str) -> tuple[Organization, dict[str, str]]:
    """Make an organization with three groups, and return the IDs of the groups by title."""
    made = build(portal, folder, CREW, **switches)
    keys = {
        "Field Crews": made.put("Field Crews", users=["anna_berg", "omar_hadd"], admins=["lena_fisch"]),
        "Leads": made.put("Leads", admins=["tomas_rey"]),
        "Office": made.put("Office", users=["anna_berg", "lena_fisch", "tomas_rey"]),
    }
    portal.reset_counters()
    return made, keys


VALUES: dict[str, Any] = {
    "list": ["Leads"],
    "empty": [],
    "set": {"set": ["field crews ", {"group": "Leads", "manager": True}]},
    "add": {"add": ["Leads", "Field Crews"]},
    "remove": {"remove": ["Field Crews", "Leads"]},
}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_one_member_and_a_list_give_the_same_changes(online: Sandbox, tmp_path: Path, name: str) -> None:
    runs = []
    value, managed = VALUES[name], ["office", "Field*"]
    entries = [{"username": "anna_berg", "groups": value}]
    for options in ({"members": entries}, {"username": "ANNA_BERG", "groups": value}):
        made, _keys = crews(online, tmp_path)
        expected = made.forecast(entries, managed_groups=tuple(managed))
        assert expected.moves
        check = play(online, "portal_user_groups", check=True, managed_groups=managed, **options)
        run = play(online, "portal_user_groups", managed_groups=managed, **options)
        assert_applied(check, run, expected)
        assert_silent_slice(play(online, "portal_user_groups", managed_groups=managed, **options))
        runs.append(run)
    changes = [run.entry("anna_berg")["changes"]["groups"] for run in runs]
    for side in ("before", "after"):
        # The groups of the two organizations have different IDs, which can decide about the order.
        assert sorted(map(str, changes[0][side])) == sorted(map(str, changes[1][side]))


def assert_silent_slice(run: Run) -> None:
    assert not run.failed, run.message
    assert run.writes == []
    assert run.result["changed"] is False


@pytest.mark.parametrize("extension", ["yml", "json"])
def test_a_roster_file_with_its_own_groups(online: Sandbox, tmp_path: Path, extension: str) -> None:
    """The groups of the roster are created before members join, and are managed groups."""
    made, keys = crews(online, tmp_path)
    online.switch(search_lag="2s")
    roster = {
        "groups": [{"title": "New Crew", "summary": "Night shift", "access": "org"}, {"title": "Office"}],
        "members": [
            {"username": "anna_berg", "groups": [{"group": "New Crew", "manager": True}, "Field Crews"]},
            {"username": "omar_hadd", "groups": {"add": ["new crew"]}},
            {"username": "mia_keller"},
        ],
    }
    target = tmp_path / f"roster.{extension}"
    target.write_text(json.dumps(roster), encoding="utf-8")
    before = made.state
    plan = play_file(online, tmp_path, True, src=str(target))
    assert [entry for entry in online.log() if entry["write"]] == []
    assert made.state == before
    result = play_file(online, tmp_path, False, src=str(target))
    after = groups_by_id(made.state)
    created = [group for key, group in after.items() if key not in groups_by_id(before)]
    assert [group["title"] for group in created] == ["New Crew"]
    assert created[0]["snippet"] == "Night shift"
    assert memberships(created[0]) == {"anna_berg": "manager", "omar_hadd": "member"}
    assert "anna_berg" not in memberships(after[keys["Office"]])
    assert memberships(after[keys["Field Crews"]]) == memberships(groups_by_id(before)[keys["Field Crews"]])
    assert plan["summary"] == result["summary"]
    assert [row["changes"]["groups"] for row in plan["members"]] == [
        row["changes"]["groups"] for row in result["members"]
    ]
    online.reset_counters()
    again = play_file(online, tmp_path, False, src=str(target))
    assert again["changed"] is False
    assert [entry for entry in online.log() if entry["write"]] == []


def test_a_csv_roster(online: Sandbox, tmp_path: Path) -> None:
    """A cell is an exact list, ``[manager]`` marks a manager, and an empty cell changes nothing."""
    made, keys = crews(online, tmp_path)
    rows = [("anna_berg", "Leads; Field Crews [manager]"), ("omar_hadd", ""), ("lena_fisch", keys["Office"])]
    target = tmp_path / "roster.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("username", "groups"), *rows])
    manager = {"group": "Field Crews", "manager": True}
    entries: list[dict[str, Any]] = [
        {"username": "anna_berg", "groups": ["Leads", manager]}, {"username": "omar_hadd"},
        {"username": "lena_fisch", "groups": ["Office"]},
    ]  # fmt: skip
    before, expected = made.state, made.forecast(entries)
    plan = play_file(online, tmp_path, True, src=str(target))
    assert made.state == before
    result = play_file(online, tmp_path, False, src=str(target))
    for name in ("changed", "members", "summary", "plan_checksum", "diff"):
        assert plan[name] == result[name]
    assert result_problems(result, before, expected) == []
    assert write_problems(online.log(), expected) == []
    assert state_problems(before, made.state, expected.moves) == []


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_roster_in_memory_and_a_file_give_the_same_plan(online: Sandbox, tmp_path: Path, name: str) -> None:
    crews(online, tmp_path)
    entries = [{"username": "anna_berg", "groups": VALUES[name]}, {"username": "omar_hadd", "groups": ["Office"]}]
    target = tmp_path / "roster.json"
    target.write_text(json.dumps({"members": entries}), encoding="utf-8")
    runs = [play(online, check=True, src=str(target)), play(online, check=True, members=entries)]
    assert not runs[0].failed, runs[0].message
    assert runs[0].result["plan_checksum"] == runs[1].result["plan_checksum"]
    assert runs[0].result["members"] == runs[1].result["members"]


# -- what an entry means ----------------------------------------------------------------------------------------------
def test_add_never_lowers_and_set_does(online: Sandbox, tmp_path: Path) -> None:
    made, keys = crews(online, tmp_path)
    assert_silent(play_task(online, Task([{"username": "lena_fisch", "groups": {"add": ["Field Crews"]}}])))
    play_all(made, Task([{"username": "lena_fisch", "groups": {"set": ["Field Crews"]}}]))
    assert level_of(online.group(keys["Field Crews"]), "lena_fisch") == "member"
    play_all(made, Task([{"username": "lena_fisch", "groups": {"add": [{"group": "Field Crews", "manager": True}]}}]))
    assert level_of(online.group(keys["Field Crews"]), "lena_fisch") == "manager"


def test_members_without_groups_and_unmanaged_groups_are_not_changed(online: Sandbox, tmp_path: Path) -> None:
    made, keys = crews(online, tmp_path)
    entries: list[dict[str, Any]] = [{"username": "anna_berg", "groups": ["Leads"]}, {"username": "omar_hadd"}]
    play_all(made, Task(entries, managed_groups=("field*",)))
    after = groups_by_id(made.state)
    assert memberships(after[keys["Office"]]) == dict.fromkeys(["anna_berg", "lena_fisch", "tomas_rey"], "member")
    assert memberships(after[keys["Field Crews"]]) == {"omar_hadd": "member", "lena_fisch": "manager"}


def test_a_group_that_another_member_names_is_managed(online: Sandbox, tmp_path: Path) -> None:
    made, keys = crews(online, tmp_path)
    entries: list[dict[str, Any]] = [
        {"username": "anna_berg", "groups": []}, {"username": "mia_keller", "groups": {"remove": ["OFFICE"]}}
    ]  # fmt: skip
    play_all(made, Task(entries))
    assert "anna_berg" not in memberships(online.group(keys["Office"]))
    assert "anna_berg" in memberships(online.group(keys["Field Crews"]))


def test_the_owner_counts_as_manager_and_is_never_changed(online: Sandbox, tmp_path: Path) -> None:
    made = build(online, tmp_path)
    made.put("Own", "anna_berg", users=["omar_hadd"])
    for value in (["Own"], {"add": ["own"]}, [{"group": "Own", "manager": True}], []):
        entries = [{"username": "anna_berg", "groups": value}]
        assert_silent(play_task(online, Task(entries, managed_groups=("Own",))))
    task = Task([{"username": "anna_berg", "groups": {"remove": ["Own"]}}])
    assert_blocked(play_task(online, task), forecast(made.state, task))


@pytest.mark.parametrize("value", [{"remove": [{"group": "Leads", "manager": True}]}, {"set": [], "add": ["Leads"]}])
def test_entries_that_contradict_themselves_are_rejected(online: Sandbox, tmp_path: Path, value: Any) -> None:
    crews(online, tmp_path)
    run = play(online, "portal_user_groups", username="tomas_rey", groups=value)
    assert run.failed, run.result
    assert run.codes() <= {"invalid_input", "unsupported"}, run.result
    assert run.writes == []


# -- titles -----------------------------------------------------------------------------------------------------------
def test_an_ambiguous_title_is_refused_with_ids_and_owners(online: Sandbox, tmp_path: Path) -> None:
    made = build(online, tmp_path)
    keys = [made.put("Twins", "anna_berg"), made.put("Twins", "omar_hadd")]
    task = Task([{"username": "mia_keller", "groups": {"add": ["twins"]}}])
    run = play_task(online, task)
    assert_blocked(run, forecast(made.state, task))
    assert [text for text in (*keys, "anna_berg", "omar_hadd") if text not in text_of(run)] == []
    play_all(made, Task([{"username": "mia_keller", "groups": {"add": [keys[1]]}}]))


def test_an_exact_title_wins_over_other_spellings(online: Sandbox, tmp_path: Path) -> None:
    made = build(online, tmp_path)
    made.put("survey")
    play_all(made, Task([{"username": "mia_keller", "groups": {"add": [" Survey"]}}]))
    key = made.put("Survey")
    play_all(made, Task([{"username": "nora_vogel", "groups": ["Survey"]}]))
    assert memberships(online.group(key)) == {"nora_vogel": "member"}


@pytest.mark.parametrize("code", ["COM_0003", "CONT_0006"])
def test_an_unknown_group_is_refused_with_near_titles(online: Sandbox, tmp_path: Path, code: str) -> None:
    made, _keys = crews(online, tmp_path, group_not_found=code)
    for text in ("Feild Crews", "0" * 32):
        task = Task([{"username": "mia_keller", "groups": {"add": [text]}}])
        run = play_task(online, task)
        assert_blocked(run, forecast(made.state, task))
    run = play_task(online, Task([{"username": "mia_keller", "groups": {"add": ["Feild Crews"]}}]))
    assert "Field Crews" in run.message


# -- what blocks a plan -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("answer", ["not_added", "error", "accepted"])
@pytest.mark.parametrize("action", ["set", "add", "remove"])
def test_linked_groups_are_blocked(online: Sandbox, tmp_path: Path, action: str, answer: str) -> None:
    made = build(online, tmp_path, linked_group_add=answer)
    fields = {"provider": "enterprise", "providerGroupName": "cn=staff"}
    made.put("Staff", users=["anna_berg"], **fields)
    name = "anna_berg" if action == "remove" else "omar_hadd"
    task = Task([{"username": name, "groups": {action: ["Staff"]}}])
    assert_blocked(play_task(online, task), forecast(made.state, task))
    assert_silent(play_task(online, Task([{"username": "anna_berg", "groups": []}], managed_groups=("*",))))


@pytest.mark.parametrize("shown", ["present", "missing"])
def test_groups_of_other_organizations_are_blocked(online: Sandbox, tmp_path: Path, shown: str) -> None:
    made = build(online, tmp_path, group_org_id=shown)
    fields: dict[str, Any] = {"orgId": OTHER_ORGANIZATION, "access": "public"}
    key = made.put("Elsewhere", "outsider_elsewhere", users=["anna_berg"], admins=["portal_admin"], **fields)
    for name, value in (("omar_hadd", [key]), ("anna_berg", {"remove": [key]}), ("omar_hadd", ["Elsewhere"])):
        task = Task([{"username": name, "groups": value}])
        found = play_task(online, task)
        assert found.failed, found.result
        assert blocked_problems(found) == []
        assert "Elsewhere" in found.message or key in found.message
    assert_silent(play_task(online, Task([{"username": "anna_berg", "groups": []}], managed_groups=("*", key))))


def test_a_role_without_the_privilege_to_join_is_blocked(online: Sandbox, tmp_path: Path) -> None:
    made, _keys = crews(online, tmp_path)
    role = made.add_role(NO_GROUPS, ["portal:user:viewOrgUsers", CREATE])
    online.change("mia_keller", role=role)
    entries: list[dict[str, Any]] = [
        {"username": "mia_keller", "groups": ["Leads"]},
        {"username": "nora_vogel", "groups": {"add": ["Leads"]}, "role": NO_GROUPS},
    ]  # fmt: skip
    expected = made.forecast(entries)
    assert {name for name, _group, reason in expected.blocked if reason == "join"} == {"mia_keller", "nora_vogel"}
    assert_blocked(play(online, members=entries), expected)
    # The role after the run decides.
    run = play(online, members=[{"username": "mia_keller", "groups": ["Leads"], "role": "org_user"}])
    assert not run.failed, run.message
    operations = [entry["operation"] for entry in run.writes]
    assert operations == ["updateUserRole", "addGroupUsers"]


@pytest.mark.parametrize("current", ["Viewer", "Data Editor"])
def test_shared_update_groups_need_a_role_that_creates_content(online: Sandbox, tmp_path: Path, current: str) -> None:
    organize(online, tmp_path, [person("mia_keller", role=current), person("nora_vogel")], switches={"search_lag": "0"})
    made = Organization(online)
    key = made.put("Shared", capabilities=[SHARED_UPDATE])
    low: list[dict[str, Any]] = [
        {"username": "mia_keller", "groups": {"add": ["shared"]}},
        {"username": "nora_vogel", "groups": ["Shared"], "role": current},
    ]  # fmt: skip
    expected = made.forecast(low)
    assert len(expected.blocked) == 2
    assert_blocked(play(online, members=low), expected)
    up = play(online, members=[{"username": "mia_keller", "groups": {"add": ["Shared"]}, "role": "org_user"}])
    assert not up.failed, up.message
    assert [entry["operation"] for entry in up.writes] == ["updateUserRole", "addGroupUsers"]
    down = play(online, members=[{"username": "mia_keller", "groups": {"remove": [key]}, "role": current}])
    assert not down.failed, down.message
    assert [entry["operation"] for entry in down.writes] == ["removeGroupUsers", "updateUserRole"]
    assert memberships(online.group(key)) == {}


def test_no_member_is_in_more_than_512_groups(enterprise: Sandbox, tmp_path: Path) -> None:
    made = build(enterprise, tmp_path)
    for number in range(MOST_GROUPS):
        made.put(f"Group {number:03}", users=["anna_berg"])
    made.put("One More")
    task = Task([{"username": "anna_berg", "groups": {"add": ["One More"]}}])
    expected = forecast(made.state, task)
    assert {reason for _name, _group, reason in expected.blocked} == {"too_many"}
    assert_blocked(play_task(enterprise, task), expected)
    swap = {"add": ["One More"], "remove": ["Group 007"]}
    run = play_task(enterprise, Task([{"username": "anna_berg", "groups": swap}]))
    assert not run.failed, run.message
    assert [entry["operation"] for entry in run.writes] == ["removeGroupUsers", "addGroupUsers"]


def test_an_account_without_rights_in_the_group_is_blocked(online: Sandbox, tmp_path: Path) -> None:
    made, keys = crews(online, tmp_path)
    role = made.add_role(HELPER, list(HELPER_PRIVILEGES))
    online.change("nora_vogel", role=role)
    token = online.inspect("POST", "tokens", {"username": "nora_vogel"})["token"]
    sign_in = {"portal_url": online.url, "portal_token": token}
    entries = [{"username": "mia_keller", "groups": {"add": ["Leads"]}}]
    expected = made.forecast(entries, signed_in="nora_vogel", can_assign=False)
    assert {reason for _name, _group, reason in expected.blocked} == {"caller"}
    assert_blocked(play(online, members=entries, sign_in=sign_in), expected)
    # Managers of the group need no privilege.
    online.inspect("PATCH", f"groups/{keys['Leads']}", {"admins": ["tomas_rey", "nora_vogel"]})
    run = play(online, members=entries, sign_in=sign_in)
    assert not run.failed, run.message
    assert level_of(online.group(keys["Leads"]), "mia_keller") == "member"


@pytest.mark.parametrize("case", ["disabled", "disabled_in_the_run", "removed"])
def test_a_disabled_or_removed_member_does_not_become_manager(online: Sandbox, tmp_path: Path, case: str) -> None:
    made, _keys = crews(online, tmp_path)
    value = {"add": [{"group": "Office", "manager": True}]}
    entry: dict[str, Any] = {"username": "mia_keller", "groups": value}
    if case == "disabled":
        online.change("mia_keller", disabled=True)
    more: dict[str, dict[str, Any]] = {"disabled_in_the_run": {"enabled": False}, "removed": {"state": "absent"}}
    entry.update(more.get(case, {}))
    run = play(online, members=[entry])
    assert run.failed, run.result
    assert blocked_problems(run) == []
    if case != "removed":
        assert_blocked(run, made.forecast([entry]))
        enabled = play(online, members=[{**entry, "enabled": True}])
        assert not enabled.failed, enabled.message


# -- guards -----------------------------------------------------------------------------------------------------------
AWAY: list[dict[str, Any]] = [
    {"username": name, "groups": {"remove": ["Field Crews"]}} for name in ("anna_berg", "omar_hadd")
]
LOWER: list[dict[str, Any]] = [{"username": "lena_fisch", "groups": ["Field Crews"]}]
JOINS: list[dict[str, Any]] = [{"username": "mia_keller", "groups": {"add": ["Field Crews"]}}]
PROMOTE: list[dict[str, Any]] = [
    *LOWER,
    {"username": "anna_berg", "groups": {"add": [{"group": "field crews", "manager": True}]}},
]
LEAVE_ALL: list[dict[str, Any]] = [*AWAY, {"username": "lena_fisch", "groups": {"remove": ["Field Crews"]}}]
GUARD_CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], set[str]]] = {
    "count": (AWAY, {"max_leaving": 1}, {"max_leaving"}),
    "count_fits": (AWAY, {"max_leaving": 2}, set()),
    "percentage": (AWAY, {"max_leaving": "40%"}, {"max_leaving"}),
    "percentage_fits": (AWAY, {"max_leaving": "70%"}, set()),
    "none": (AWAY, {"max_leaving": 0}, {"max_leaving"}),
    "lowering_is_no_leaving": (LOWER, {"max_leaving": 0}, set()),
    "leaving_is_disruptive": (AWAY, {"max_disruptive": "1"}, {"max_disruptive"}),
    "lowering_is_disruptive": (LOWER, {"max_disruptive": "0"}, {"max_disruptive"}),
    "joining_is_not_disruptive": (JOINS, {"max_disruptive": "0", "max_leaving": 0}, set()),
    "protected_title": (JOINS, {"protected_groups": ["field crews"]}, {"protected_groups"}),
    "protected_pattern": (AWAY, {"protected_groups": ["*CREWS"]}, {"protected_groups"}),
    "protected_other": (AWAY, {"protected_groups": ["Leads", "Off*"]}, set()),
    "keep_managers": (LOWER, {"keep_managers": True}, {"keep_managers"}),
    "keep_managers_leaving": (LEAVE_ALL, {"keep_managers": True}, {"keep_managers"}),
    "keep_managers_fits": (PROMOTE, {"keep_managers": True}, set()),
    "keep_managers_of_touched_groups": (JOINS, {"keep_managers": True}, set()),
    "protected_member": (AWAY, {"protected": ["anna_*"]}, {"protected"}),
}


@pytest.mark.parametrize("name", sorted(GUARD_CASES))
def test_guards(online: Sandbox, tmp_path: Path, name: str) -> None:
    made, _keys = crews(online, tmp_path)
    entries, guards, blocking = GUARD_CASES[name]
    task = Task(entries, guards=guards)
    assert forecast(made.state, task).guards == blocking
    if not blocking:
        play_all(made, task)
        return
    run = play_task(online, task)
    assert run.guards() == blocking, run.message
    assert blocked_problems(run) == []


def test_a_protected_group_can_be_named_without_a_change(online: Sandbox, tmp_path: Path) -> None:
    _made, keys = crews(online, tmp_path)
    entries = [{"username": "anna_berg", "groups": {"add": ["Field Crews"]}}]
    assert_silent(play_task(online, Task(entries, guards={"protected_groups": [keys["Field Crews"]]})))


# -- requests ---------------------------------------------------------------------------------------------------------
CROWD = tuple(f"member_{number:02}" for number in range(60))


def crowd_entries(value: Any, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"username": name, "groups": value} for name in names]


@pytest.mark.parametrize("batch", ["together", "each"])
def test_forty_joins_to_one_group_are_two_requests(online: Sandbox, tmp_path: Path, batch: str) -> None:
    made = build(online, tmp_path, CROWD, group_batch=batch)
    made.put("Field Crews")
    run = play_all(made, Task(crowd_entries({"add": ["Field Crews"]}, CROWD[:40])))
    assert [len(names_of(entry["params"], "users")) for entry in run.writes] in ([25, 15], [20, 20])


@pytest.mark.parametrize("limit", ["25", "none"])
def test_large_groups_change_in_batches(enterprise: Sandbox, tmp_path: Path, limit: str) -> None:
    """Members and managers count together, and each kind of change has batches of its own."""
    made = build(enterprise, tmp_path, CROWD, update_users_limit=limit)
    made.put("Field Crews", users=list(CROWD[:30]), admins=list(CROWD[30:40]))
    entries = crowd_entries([{"group": "Field Crews", "manager": True}], CROWD[:28])
    entries += crowd_entries([], CROWD[28:30]) + crowd_entries(["Field Crews"], CROWD[30:40])
    entries += crowd_entries({"add": ["Field Crews"]}, CROWD[40:52])
    entries += crowd_entries({"add": [{"group": "Field Crews", "manager": True}]}, CROWD[52:])
    play_all(made, Task(entries))


def test_reads_stay_in_the_budget(online: Sandbox, tmp_path: Path) -> None:
    made = build(online, tmp_path, CROWD)
    for number in range(3):
        made.put(f"Crew {number}", users=list(CROWD))
    online.inspect("PATCH", f"groups/{made.put('Extra')}", {"users": list(CROWD[:5])})
    entries = crowd_entries({"set": ["Crew 0", "Crew 1", "Crew 2"]}, CROWD)
    plain = play(online, members=[{"username": name, "first_name": "Memb"} for name in CROWD], check=True)
    run = play(online, members=entries, check=True)
    assert_silent(run)
    reads = [entry for entry in run.log if not entry["write"]]
    lists = [entry for entry in reads if entry["operation"] == "groupUserList"]
    assert len(lists) <= 3
    assert {entry["params"].get("num") for entry in lists} <= {"100"}
    assert len(reads) <= len(plain.log) + 2 * 3 + 2


def test_a_roster_without_groups_reads_no_group(online: Sandbox, tmp_path: Path) -> None:
    crews(online, tmp_path)
    run = play(online, members=[{"username": "anna_berg", "description": "x"}], guards={"max_leaving": 1})
    assert not run.failed, run.message
    assert [entry["operation"] for entry in run.log if entry["operation"] in READS] == []


# -- responses --------------------------------------------------------------------------------------------------------
PARTIAL: dict[str, tuple[str, dict[str, Any]]] = {
    "addGroupUsers": ("notAdded", {"add": ["Leads"]}),
    "removeGroupUsers": ("notRemoved", {"remove": ["Office"]}),
    "updateGroupUsers": ("success", {"add": [{"group": "Office", "manager": True}]}),
}


@pytest.mark.parametrize("kind", ["partial", "not_applied"])
@pytest.mark.parametrize("operation", sorted(PARTIAL))
def test_a_member_that_the_portal_skips_is_an_error(online: Sandbox, tmp_path: Path, operation: str, kind: str) -> None:
    made, _keys = crews(online, tmp_path)
    key, value = PARTIAL[operation]
    entries = [{"username": name, "groups": value} for name in ("anna_berg", "lena_fisch")]
    expected = made.forecast(entries)
    assert len(expected.moves) == 2
    online.fault(operation=operation, kind=kind, count=0, names=["anna_berg"])
    run = play(online, members=entries)
    assert run.failed, run.result
    error = run.entry("anna_berg")["error"]
    assert run.entry("anna_berg")["action"] == "failed"
    assert run.entry("lena_fisch")["action"] == "changed"
    assert run.result["changed"] is True
    assert "Leads" in error["message"] or "Office" in error["message"], error
    assert error["message"].strip().rstrip(".").casefold() != key.casefold()
    rest = {move: level for move, level in expected.moves.items() if move[0] != "anna_berg"}
    assert state_problems(run.before, run.after, rest) == []
    online.inspect("DELETE", "faults")
    run = play(online, members=entries)
    assert not run.failed, run.message
    assert run.result["summary"]["changed"] == 1


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "unavailable", "throttle_200"])
@pytest.mark.parametrize("operation", sorted(PARTIAL))
def test_a_lost_response_is_read_back(online: Sandbox, tmp_path: Path, operation: str, kind: str) -> None:
    made, _keys = crews(online, tmp_path)
    entries = [{"username": name, "groups": PARTIAL[operation][1]} for name in ("anna_berg", "lena_fisch")]
    expected = made.forecast(entries)
    settings = {"retry_after": 0} if kind == "throttle_200" else {}
    online.fault(operation=operation, kind=kind, **settings)
    run = play(online, members=entries)
    assert not run.failed, run.message
    assert result_problems(run.result, run.before, expected) == []
    assert write_problems(run.log, expected, repeats=True) == []
    assert state_problems(run.before, run.after, expected.moves) == []


def test_a_member_that_another_administrator_adds_meanwhile(online: Sandbox, tmp_path: Path) -> None:
    """The portal lists the member in notAdded. The membership is the desired one, and not the work of the run."""
    _made, keys = crews(online, tmp_path)

    def join() -> None:
        send(online, f"community/groups/{keys['Leads']}/addUsers", users="anna_berg")

    entries = [{"username": name, "groups": {"add": ["Leads"]}} for name in ("anna_berg", "mia_keller")]
    with Meanwhile(online) as meanwhile:
        meanwhile.once("addUsers", join)
        run = play(online, members=entries, url=meanwhile.url)
    assert not run.failed, run.message
    assert level_of(online.group(keys["Leads"]), "anna_berg") == "member"
    assert run.entry("mia_keller")["changed"] is True
    assert run.entry("anna_berg").get("changed", False) is False, run.entry("anna_berg")


def test_a_member_who_loses_the_privilege_meanwhile(online: Sandbox, tmp_path: Path) -> None:
    """The error gives the reason from the rules of the portal, which the portal itself does not give."""
    made, keys = crews(online, tmp_path)
    role = made.add_role(NO_GROUPS, ["portal:user:viewOrgUsers", CREATE])
    entries = [{"username": name, "groups": {"add": ["Leads"]}} for name in ("anna_berg", "mia_keller")]
    with Meanwhile(online) as meanwhile:
        meanwhile.once("addUsers", lambda: online.change("anna_berg", role=role))
        run = play(online, members=entries, url=meanwhile.url)
    assert run.failed, run.result
    assert JOIN in run.entry("anna_berg")["error"]["message"] + run.entry("anna_berg")["error"].get("remedy", "")
    assert run.entry("mia_keller")["action"] == "changed"
    assert memberships(online.group(keys["Leads"])) == {"tomas_rey": "manager", "mia_keller": "member"}


@pytest.mark.parametrize("owner", ["no", "owner", "admin"])
def test_a_portal_that_repeats_the_owner_in_lists(online: Sandbox, tmp_path: Path, owner: str) -> None:
    made = build(online, tmp_path, user_list_owner=owner)
    made.put("Own", "anna_berg", users=["omar_hadd"], admins=["lena_fisch"])
    entries: list[dict[str, Any]] = [
        {"username": "anna_berg", "groups": []}, {"username": "lena_fisch", "groups": []},
        {"username": "omar_hadd", "groups": [{"group": "own", "manager": True}]},
    ]  # fmt: skip
    play_all(made, Task(entries))


@pytest.mark.parametrize("overlap", ["no", "yes"])
def test_a_portal_without_user_lists(old_portal: Sandbox, tmp_path: Path, overlap: str) -> None:
    """Without userList, the portal lists names only, and repeats managers and the owner among the members."""
    made = build(old_portal, tmp_path, user_list="missing", group_users_overlap=overlap)
    made.put("Crew", "nora_vogel", users=["omar_hadd"], admins=["lena_fisch"])
    entries: list[dict[str, Any]] = [
        {"username": "lena_fisch", "groups": {"add": ["crew"]}}, {"username": "omar_hadd", "groups": []},
        {"username": "mia_keller", "groups": [{"group": "Crew", "manager": True}]},
    ]  # fmt: skip
    play_all(made, Task(entries))


def test_an_empty_object_is_no_success(online: Sandbox, tmp_path: Path) -> None:
    """A response without notAdded and without an effect is an error of the member."""
    _made, keys = crews(online, tmp_path)

    def pretend(exchange: Exchange) -> None:
        if exchange.operation == "addUsers":
            exchange.respond({})

    with Meanwhile(online) as meanwhile:
        meanwhile.before.append(pretend)
        run = play(online, members=[{"username": "mia_keller", "groups": {"add": ["Leads"]}}], url=meanwhile.url)
    assert run.failed, run.result
    assert run.entry("mia_keller")["action"] == "failed"
    assert run.result["changed"] is False or run.result.get("uncertain")
    assert "mia_keller" not in memberships(online.group(keys["Leads"]))


# -- new members ------------------------------------------------------------------------------------------------------
def test_a_new_member_joins_groups(enterprise: Sandbox, tmp_path: Path) -> None:
    made, keys = crews(enterprise, tmp_path)
    value = ["Leads", {"group": "Office", "manager": True}]
    entry = person("nina_newer", password="Str0ng-Pass-9x", groups=value)
    check = play(enterprise, members=[entry], check=True)
    assert not check.failed, check.message
    assert check.writes == []
    run = play(enterprise, members=[entry])
    assert not run.failed, run.message
    assert check.result["members"] == run.result["members"]
    assert run.entry("nina_newer")["action"] == "created"
    groups = groups_by_id(made.state)
    assert level_of(groups[keys["Leads"]], "nina_newer") == "member"
    assert level_of(groups[keys["Office"]], "nina_newer") == "manager"
    assert run.writes[0]["operation"] not in ("addGroupUsers", "updateGroupUsers")
    again = play(enterprise, members=[{key: value for key, value in entry.items() if key != "password"}])
    assert_silent(again)


def test_groups_and_other_fields_of_one_member(online: Sandbox, tmp_path: Path) -> None:
    """``changed`` and the changes of a member name each field that changed, and no other."""
    made, _keys = crews(online, tmp_path)
    entries = [{"username": "anna_berg", "groups": ["Leads", "Field Crews"], "description": "Crew lead"}]
    run = play(online, members=entries)
    assert not run.failed, run.message
    assert set(run.entry("anna_berg")["changes"]) == {"groups", "description"}
    assert len(group_writes(run.log)) == 1
    assert snapshot(online)["members"]["anna_berg"]["description"] == "Crew lead"
    assert_silent(play(made.portal, members=entries))
