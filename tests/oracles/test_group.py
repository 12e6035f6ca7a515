# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups themselves: ``portal_group`` writes only named settings, once, and deletes only what a task can delete."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .group_portal import HELPER, HELPER_PRIVILEGES, OTHER_ORGANIZATION, Organization, build, person, play, text_of
from .groups import (
    JOINING,
    SHARED_UPDATE,
    changed_settings,
    group_in,
    groups_by_id,
    level_of,
    memberships,
    properties_of,
    setting_problems,
    settings_of,
    update_problems,
)
from .harness import Run, organize
from .meanwhile import Exchange, Meanwhile
from .truth import call_problems

SETTINGS: dict[str, list[Any]] = {
    "summary": ["Night shift", "Day shift", ""],
    "description": ["<p>Meets on Mondays</p>", "Zürich – 東京", ""],
    "tags": [["crew"], ["crew", "field"], []],
    "access": ["private", "org", "public"],
    "join": list(JOINING),
    "contributors": ["all_members", "managers"],
    "protected": [True, False],
}


def group_play(portal: Sandbox, check: bool = False, **options: Any) -> Run:
    return play(portal, "portal_group", check, **options)


def row(run: Run, title: str = "") -> dict[str, Any]:
    """Return the result of one group: of this title, or the only one."""
    rows = [each for each in run.result["groups"] if title in ("", each["title"])]
    assert len(rows) == 1, run.result["groups"]
    return dict(rows[0])


def operations(run: Run) -> list[str]:
    return [entry["operation"] for entry in run.writes]


def predicted(run: Run) -> list[Any]:
    """Return what check mode can know of the groups. A new group has no ID yet."""
    return [{name: value for name, value in each.items() if name != "id"} for each in run.result["groups"]]


def assert_refused(run: Run, *words: str) -> None:
    """The task fails before the first write, and its message contains one of the words."""
    assert run.failed, run.result
    assert run.writes == []
    assert run.before == run.after
    assert not run.result.get("changed")
    text = text_of(run).casefold()
    assert not words or [word for word in words if word.casefold() in text], run.message


def assert_silent(run: Run) -> None:
    assert not run.failed, run.message
    assert run.writes == []
    assert run.result["changed"] is False
    assert [each for each in run.result["groups"] if each["action"] != "unchanged" or each["changes"]] == []


def apply(portal: Sandbox, **options: Any) -> Run:
    """Run in check mode, apply, and run again. Return the run that applied."""
    check = group_play(portal, check=True, **options)
    assert not check.failed, check.message
    assert check.writes == []
    assert check.before == check.after
    run = group_play(portal, **options)
    assert not run.failed, run.message
    assert predicted(check) == predicted(run)
    assert check.result["changed"] is run.result["changed"] is bool(run.writes)
    assert call_problems(run) == []
    again = group_play(portal, **options)
    assert_silent(again)
    assert again.after == run.after
    return run


def created_by(run: Run) -> dict[str, Any]:
    """Return the only group that a run created."""
    keys = set(groups_by_id(run.after)) - set(groups_by_id(run.before))
    assert len(keys) == 1, keys
    return groups_by_id(run.after)[keys.pop()]


@pytest.fixture
def made(online: Sandbox, tmp_path: Path) -> Organization:
    return build(online, tmp_path)


# -- the oracle itself ------------------------------------------------------------------------------------------------
def test_the_oracle_of_settings(made: Organization) -> None:
    options = {"summary": "x", "tags": ["b"], "access": "private", "join": "open", "contributors": "managers",
               "protected": True, "shared_update": True}  # fmt: skip
    key = made.put("Crew", **properties_of(options))
    group = made.portal.group(key)
    assert {name: settings_of(group)[name] for name in options} == options
    assert changed_settings(group, {**options, "summary": "y", "join": "by_request", "owner": "portal_admin"}) == {
        "summary": ("x", "y"), "join": ("open", "by_request")
    }  # fmt: skip
    before = made.state
    made.portal.inspect("PATCH", f"groups/{key}", {"snippet": "y", "isViewOnly": False})
    assert setting_problems(before, made.state, key, {"summary": "y"}) == ["isViewOnly is False, expected True"]


# -- create -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("product", ["online", "enterprise"])
def test_a_group_is_created_once(request: pytest.FixtureRequest, tmp_path: Path, product: str, seed: int) -> None:
    portal: Sandbox = request.getfixturevalue(product)
    made, rng = build(portal, tmp_path, group_id_key=("groupId", "id")[seed % 2]), Random(seed)
    made.put("Other Crew")
    names = rng.sample(sorted(SETTINGS), rng.randint(1, len(SETTINGS)))
    options = {"title": "New Crew", **{name: rng.choice(SETTINGS[name]) for name in names}}
    if seed == 3:
        options["shared_update"] = True
    run = apply(portal, **options)
    group = created_by(run)
    assert row(run)["action"] == "created"
    assert row(run)["id"] == group["id"]
    shown = settings_of(group)
    assert {name: shown[name] for name in options} == options
    assert (group["owner"], memberships(group)) == ("portal_admin", {})
    assert operations(run).count("createGroup") == 1


@pytest.mark.parametrize("former", ["manager", "member", "none"])
@pytest.mark.parametrize("outsider", ["accepted", "refused"])
def test_a_group_is_created_for_another_owner(online: Sandbox, tmp_path: Path, former: str, outsider: str) -> None:
    build(online, tmp_path, group_former_owner=former, group_reassign_outsider=outsider)
    run = apply(online, title="New Crew", owner="anna_berg", access="org")
    group = created_by(run)
    assert group["owner"] == "anna_berg"
    assert level_of(group, "portal_admin") == (None if former == "none" else former)
    assert operations(run)[0] == "createGroup"
    assert operations(run).index("addGroupUsers") < operations(run).index("reassignGroup")


@pytest.mark.parametrize("lag", ["2s", "3 reads"])
def test_a_second_run_finds_the_new_group_although_search_lags(online: Sandbox, tmp_path: Path, lag: str) -> None:
    build(online, tmp_path, search_lag=lag)
    first = group_play(online, title="New Crew", summary="x")
    assert not first.failed, first.message
    second = group_play(online, title="new crew ", summary="x")
    assert_silent(second)
    assert row(second)["id"] == row(first)["id"]


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "reset_before", "unavailable"])
def test_a_lost_response_never_creates_a_second_group(online: Sandbox, made: Organization, kind: str) -> None:
    online.fault(operation="createGroup", kind=kind)
    run = group_play(online, title="New Crew", summary="x")
    assert len(groups_by_id(run.after)) <= 1
    if not run.failed:
        assert row(run)["id"] == created_by(run)["id"]
    elif groups_by_id(run.after):
        assert run.result["changed"] is True or run.result.get("uncertain"), run.result


def test_a_slow_response_never_creates_a_second_group(online: Sandbox, made: Organization) -> None:
    """The portal creates the group after the module has stopped waiting, so no reading can tell in time."""
    online.fault(operation="createGroup", kind="slow", delay=3)
    run = group_play(online, title="New Crew", summary="x", timeout=1)
    assert run.failed and run.result["uncertain"] is True and run.result["api_calls"]["write"] == 1
    time.sleep(3)
    assert len(groups_by_id(made.state)) == 1
    second = group_play(online, title="New Crew", summary="x")
    assert_silent(second)


# -- update -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(7))
def test_only_named_settings_are_written(online: Sandbox, made: Organization, seed: int) -> None:
    rng = Random(seed)
    own: dict[str, Any] = {
        "hiddenMembers": True, "leavingDisallowed": rng.random() < 0.5, "isOpenData": True, "phone": "117",
        "displaySettings": {"itemTypes": "Web Map"}, "typeKeywords": ["x"],
    }  # fmt: skip
    start = {name: rng.choice(values) for name, values in SETTINGS.items()}
    if seed % 3 == 0:
        start["shared_update"] = True
    owner = rng.choice(["portal_admin", "anna_berg"])
    key = made.put("Crew", owner, users=["omar_hadd"], admins=["mia_keller"], **own, **properties_of(start))
    made.put("Crew Two", **own)
    options = {name: rng.choice(values) for name, values in SETTINGS.items() if rng.random() < 0.5}
    name = {"group_id": key} if rng.random() < 0.5 else {"title": rng.choice(["Crew", " CREW "])}
    expected = changed_settings(online.group(key), options)
    run = apply(online, **name, **options)
    assert setting_problems(run.before, run.after, key, options) == []
    assert update_problems(run.log, key, {name: options[name] for name in expected}) == []
    assert row(run)["action"] == ("changed" if expected else "unchanged")
    assert (row(run)["id"], row(run)["title"]) == (key, "Crew")
    shown = {name: (change["before"], change["after"]) for name, change in row(run)["changes"].items()}
    assert shown == expected
    assert memberships(groups_by_id(run.after)[key]) == {"omar_hadd": "member", "mia_keller": "manager"}


def test_a_title_alone_changes_nothing(online: Sandbox, made: Organization) -> None:
    made.put("Crew", **properties_of({"summary": "x", "contributors": "managers"}))
    run = group_play(online, title="Crew")
    assert_silent(run)
    assert run.before == run.after


@pytest.mark.parametrize("titles", ["free", "unique"])
def test_a_group_id_and_a_title_rename_a_group(online: Sandbox, tmp_path: Path, titles: str) -> None:
    made = build(online, tmp_path, group_titles=titles)
    key = made.put("Crew", **properties_of({"summary": "x", "contributors": "managers"}))
    run = apply(online, group_id=key, title="Night Crew")
    assert online.group(key)["title"] == "Night Crew"
    assert update_problems(run.log, key, {"title": ""}) == []
    assert setting_problems(run.before, run.after, key, {}) == []
    # A title in another spelling is the same group, whether the portal keeps titles unique or not.
    assert_silent(group_play(online, title="night crew"))


def test_protection_has_operations_of_its_own(online: Sandbox, made: Organization) -> None:
    made.put("Crew")
    assert operations(apply(online, title="Crew", protected=True)) == ["protectGroup"]
    assert operations(apply(online, title="Crew", protected=False)) == ["unprotectGroup"]


@pytest.mark.parametrize("current", [True, False])
def test_shared_update_does_not_change_later(online: Sandbox, made: Organization, current: bool) -> None:
    key = made.put("Crew", capabilities=[SHARED_UPDATE] if current else [])
    assert_refused(group_play(online, group_id=key, shared_update=not current, summary="x"), "shared_update", "shared")
    assert_refused(group_play(online, check=True, title="crew", shared_update=not current), "shared_update", "shared")
    assert_silent(group_play(online, group_id=key, shared_update=current))


def test_an_update_without_effect_is_an_error(online: Sandbox, made: Organization) -> None:
    made.put("Crew")
    online.fault(operation="updateGroup", kind="not_applied", count=0)
    run = group_play(online, title="Crew", summary="x")
    assert run.failed, run.result
    assert run.result["changed"] is False
    assert "summary" in run.message


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "truncated", "unavailable"])
def test_a_lost_response_of_an_update_is_read_back(online: Sandbox, made: Organization, kind: str) -> None:
    key = made.put("Crew")
    online.fault(operation="updateGroup", kind=kind)
    run = group_play(online, title="Crew", summary="x")
    assert not run.failed, run.message
    assert run.result["changed"] is True
    assert online.group(key)["snippet"] == "x"


def test_what_another_administrator_changes_meanwhile_stays(online: Sandbox, made: Organization) -> None:
    key = made.put("Crew", snippet="old", description="old")

    def change() -> None:
        online.inspect("PATCH", f"groups/{key}", {"description": "new"})

    with Meanwhile(online) as meanwhile:
        meanwhile.once("update", change)
        run = play(online, "portal_group", url=meanwhile.url, title="Crew", summary="x")
    assert not run.failed, run.message
    assert (online.group(key)["snippet"], online.group(key)["description"]) == ("x", "new")


# -- owner ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("former", "outsider"), [("manager", "refused"), ("member", "accepted"), ("none", "refused")])
@pytest.mark.parametrize("level", ["none", "users", "admins"])
def test_a_new_owner_joins_first(online: Sandbox, tmp_path: Path, level: str, former: str, outsider: str) -> None:
    """The former owner stays what the portal makes of a former owner."""
    made = build(online, tmp_path, group_former_owner=former, group_reassign_outsider=outsider)
    sides: dict[str, Any] = {"users": ["omar_hadd"]}
    if level != "none":
        sides[level] = [*sides.get(level, []), "anna_berg"]
    key = made.put("Crew", "mia_keller", **sides)
    run = apply(online, title="Crew", owner="ANNA_BERG")
    group = groups_by_id(run.after)[key]
    assert group["owner"] == "anna_berg"
    rest = {} if former == "none" else {"mia_keller": former}
    assert memberships(group) == {"omar_hadd": "member", **rest}
    assert operations(run) == (["addGroupUsers"] if level == "none" else []) + ["reassignGroup"]
    assert setting_problems(run.before, run.after, key, {}) == []
    change = row(run)["changes"]["owner"]
    assert (change["before"], change["after"].lower()) == ("mia_keller", "anna_berg")


@pytest.mark.parametrize("owner", ["not_a_member", "vera_viewer"])
def test_an_owner_who_cannot_own_groups_is_blocked(online: Sandbox, tmp_path: Path, owner: str) -> None:
    rows = [person("anna_berg"), person("vera_viewer", role="Viewer", user_type="viewerUT")]
    organize(online, tmp_path, rows, switches={"search_lag": "0"})
    made = Organization(online)
    made.put("Crew", "anna_berg")
    assert_refused(group_play(online, title="Crew", owner=owner, summary="x"), owner)


# -- delete -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("answer", ["groupId", "id"])
def test_a_group_is_removed(online: Sandbox, tmp_path: Path, answer: str) -> None:
    made = build(online, tmp_path, group_id_key=answer)
    key = made.put("Crew", "anna_berg", users=["omar_hadd"])
    made.put("Crew Two", users=["omar_hadd"])
    run = apply(online, title="crew", state="absent")
    assert row(run)["action"] == "removed"
    assert row(run)["id"] == key
    assert operations(run) == ["deleteGroup"]
    assert [group["title"] for group in run.after["groups"]] == ["Crew Two"]
    assert_silent(group_play(online, title="Never there", state="absent"))


def test_a_protected_group_is_not_removed(online: Sandbox, made: Organization) -> None:
    key = made.put("Crew", protected=True)
    for options in ({"title": "Crew"}, {"group_id": key}, {"title": "Crew", "delete_with_content": True}):
        for check in (True, False):
            assert_refused(group_play(online, check, state="absent", **options), "protected", "protection")


def test_a_group_with_content_is_removed_only_if_the_task_asks_for_it(online: Sandbox, made: Organization) -> None:
    key = made.put("Crew", "anna_berg")
    item = online.put_item("omar_hadd", title="Map", groups=[key], access="org")["id"]
    for check in (True, False):
        assert_refused(group_play(online, check, title="Crew", state="absent"), "item", "content")
    run = apply(online, title="Crew", state="absent", delete_with_content=True)
    assert operations(run) == ["deleteGroup"]
    assert online.item(item)["owner"] == "omar_hadd"


# -- which group ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_ambiguous_title_is_refused(online: Sandbox, made: Organization, state: str) -> None:
    keys = [made.put("Twins", "anna_berg"), made.put("Twins", "omar_hadd")]
    options: dict[str, Any] = {"summary": "x"} if state == "present" else {}
    run = group_play(online, title="twins", state=state, **options)
    assert_refused(run)
    assert [text for text in (*keys, "anna_berg", "omar_hadd") if text not in text_of(run)] == []
    run = apply(online, group_id=keys[1], summary="y")
    assert setting_problems(run.before, run.after, keys[1], {"summary": "y"}) == []


@pytest.mark.parametrize("code", ["COM_0003", "CONT_0006"])
def test_an_unknown_id_is_refused(online: Sandbox, tmp_path: Path, code: str) -> None:
    build(online, tmp_path, group_not_found=code)
    assert_refused(group_play(online, group_id="0" * 32, summary="x"), "does not exist")
    assert_silent(group_play(online, group_id="0" * 32, state="absent"))


@pytest.mark.parametrize("shown", ["present", "missing"])
@pytest.mark.parametrize(
    "options", [{"summary": "x"}, {"state": "absent"}, {"owner": "anna_berg"}, {"protected": True}]
)
def test_a_group_of_another_organization_is_not_changed(
    online: Sandbox, tmp_path: Path, options: dict[str, Any], shown: str
) -> None:
    made = build(online, tmp_path, group_org_id=shown)
    fields: dict[str, Any] = {"orgId": OTHER_ORGANIZATION, "access": "public"}
    key = made.put("Elsewhere", "outsider_elsewhere", admins=["portal_admin"], **fields)
    assert_refused(
        group_play(online, group_id=key, **options), "another organization", "other organization", "not exist"
    )


def test_an_account_without_rights_is_blocked(online: Sandbox, made: Organization) -> None:
    role = made.add_role(HELPER, list(HELPER_PRIVILEGES))
    online.change("nora_vogel", role=role)
    key = made.put("Crew", "anna_berg")
    token = online.inspect("POST", "tokens", {"username": "nora_vogel"})["token"]
    sign_in = {"portal_url": online.url, "portal_token": token}
    cases: dict[str, dict[str, Any]] = {
        "portal:admin:updateGroups": {"summary": "x"}, "portal:admin:deleteGroups": {"state": "absent"},
        "portal:admin:reassignGroups": {"owner": "omar_hadd"},
        "portal:admin:createUpdateCapableGroup": {"title": "New Crew", "shared_update": True},
    }  # fmt: skip
    for privilege, options in cases.items():
        run = play(online, "portal_group", sign_in=sign_in, **{"title": "Crew", **options})
        assert_refused(run, privilege)
    # Managers change the settings of their group without a privilege.
    online.inspect("PATCH", f"groups/{key}", {"admins": ["nora_vogel"]})
    run = play(online, "portal_group", sign_in=sign_in, title="Crew", summary="x")
    assert not run.failed, run.message


# -- lists ------------------------------------------------------------------------------------------------------------
def test_a_list_gives_the_changes_of_single_tasks(online: Sandbox, tmp_path: Path) -> None:
    entries: list[dict[str, Any]] = [
        {"title": "Crew", "summary": "x", "join": "open"}, {"title": "New Crew", "tags": ["a"], "owner": "omar_hadd"},
        {"title": "Office", "contributors": "all_members"}, {"title": "Old", "state": "absent"},
    ]  # fmt: skip

    def start() -> dict[str, str]:
        made = build(online, tmp_path)
        return {title: made.put(title, "anna_berg") for title in ("Crew", "Office", "Old", "Unnamed")}

    start()
    single = [row(apply(online, **entry)) for entry in entries]
    states = {group["title"]: settings_of(group) for group in online.inspect("GET", "groups")}
    keys = start()
    run = apply(online, groups=entries)
    listed = {each["title"]: each for each in run.result["groups"]}
    for expected in single:
        found = listed.get(expected["title"], {"action": "unchanged", "changes": {}})
        assert (found["action"], found["changes"]) == (expected["action"], expected["changes"])
    assert {group["title"]: settings_of(group) for group in online.inspect("GET", "groups")} == states
    assert keys["Unnamed"] not in {group_in(entry) for entry in run.writes}
    assert sum(name == "createGroup" for name in operations(run)) == 1


def test_two_entries_about_one_group_are_rejected(online: Sandbox, made: Organization) -> None:
    key = made.put("Crew")
    for other in ("crew ", "Crew"):
        assert_refused(group_play(online, groups=[{"title": "Crew", "summary": "x"}, {"title": other, "summary": "y"}]))
    entries: list[dict[str, Any]] = [{"group_id": key, "summary": "x"}, {"title": "Crew", "summary": "y"}]
    assert_refused(group_play(online, groups=entries))


def test_a_blocked_entry_blocks_the_whole_list(online: Sandbox, made: Organization) -> None:
    made.put("Crew")
    made.put("Kept", protected=True)
    entries: list[dict[str, Any]] = [
        {"title": "Crew", "summary": "x"}, {"title": "New Crew"}, {"title": "Kept", "state": "absent"}
    ]  # fmt: skip
    assert_refused(group_play(online, groups=entries), "Kept")


def test_one_refused_group_does_not_stop_the_next(online: Sandbox, made: Organization) -> None:
    """The task fails at the end with a true ``changed``, and says which group failed."""
    keys = [made.put("Crew"), made.put("Office")]

    def refuse(exchange: Exchange) -> None:
        if exchange.operation == "update" and keys[0] in exchange.path:
            exchange.respond({"error": {"code": 400, "message": "Unable to update group.", "details": []}})

    entries = [{"title": title, "summary": "x"} for title in ("Crew", "Office")]
    with Meanwhile(online) as meanwhile:
        meanwhile.before.append(refuse)
        run = play(online, "portal_group", url=meanwhile.url, groups=entries)
    assert run.failed, run.result
    assert "Crew" in run.message
    assert run.result["changed"] is True
    assert (row(run, "Crew")["action"], row(run, "Office")["action"]) == ("failed", "changed")
    assert [online.group(key)["snippet"] for key in keys] == [None, "x"]
