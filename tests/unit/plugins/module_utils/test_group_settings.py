# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups themselves: what a task says, what the plan makes of it, and runs against a sandbox portal."""

from __future__ import annotations

import json

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import SETTINGS, desired_groups
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import Group, GroupTable
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import SignedInAccount
from ansible_collections.portalops.arcgis.plugins.module_utils._module import groups as module_groups
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.groups import plan_groups, planned_groups
from tests.sandbox.runner import Sandbox
from tests.unit.plugins.module_utils import fakes

ONE, TWO = "0" * 31 + "1", "0" * 31 + "2"
ACCOUNT = SignedInAccount("admin", "org_admin", None)


def group(group_id=ONE, title="Field crews", owner="admin", **row):
    return Group({"id": group_id, "title": title, "owner": owner, **row}, owner=owner)


def entries(*desired, table=(), account=ACCOUNT):
    return plan_groups(desired_groups(desired, "groups"), GroupTable(table), account)


# -- what a task says


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({}, "groups[0].title is missing"),
        ({"title": "  "}, "groups[0].title must not be empty"),
        ({"title": "A", "group_id": "12"}, "groups[0].group_id must have 32 hexadecimal digits"),
        ({"title": "A", "access": "everyone"}, "groups[0].access must be one of private, org, public"),
        ({"title": "A", "join": "never"}, "groups[0].join must be one of by_invitation, by_request, open"),
        ({"title": "A", "contributors": "x"}, "groups[0].contributors must be one of all_members, managers"),
        ({"title": "A", "protected": "perhaps"}, "groups[0].protected must be true or false"),
        ({"title": "A", "owner": ""}, "groups[0].owner must not be empty"),
        ({"title": "A", "owner": 12}, "groups[0].owner must be text"),
        ({"title": "A", "snippet": "x"}, "groups[0].snippet is not an option of a group"),
        ({"title": "A", "keep_former_owner": True}, "groups[0].keep_former_owner has no effect without owner"),
    ],
)
def test_each_wrong_value_has_one_clear_error(entry, text):
    with pytest.raises(InputError) as raised:
        desired_groups([entry], "groups")
    assert str(raised.value).startswith(text)


def test_all_wrong_values_are_reported_together_with_their_places():
    with pytest.raises(MultipleErrors) as raised:
        desired_groups(
            [{"title": ""}, {"title": "A", "access": "x"}], "groups", place=lambda index: f"line {index + 3}"
        )
    assert [problem.details["option"] for problem in raised.value.problems] == ["groups[0].title", "groups[1].access"]
    assert "(line 4)" in str(raised.value)


def test_two_entries_with_one_title_are_rejected_with_both_positions():
    with pytest.raises(InputError, match=r"groups\[0\] and groups\[1\] name the same group"):
        desired_groups([{"title": "A"}, {"title": "a "}], "groups")


def test_options_of_the_task_are_defaults_of_the_entries():
    first, second = desired_groups([{"title": "A"}, {"title": "B", "access": "private"}], "groups", {"access": "org"})
    assert first.settings["access"] == "org" and second.settings["access"] == "private"


def test_an_omitted_setting_is_not_desired():
    (desired,) = desired_groups([{"title": "A", "summary": None}], "")
    assert desired.settings == {"title": "A"} and desired.path("summary") == "summary"


@pytest.mark.parametrize(
    "setting", [setting for setting in SETTINGS if setting.write], ids=lambda setting: setting.name
)
def test_what_is_written_reads_as_what_was_written(setting):
    values = {"text": ["", "x"], "tags": [(), ("a", "b")], "flag": [True, False]}
    kind = {"list": "tags", "bool": "flag"}.get(setting.spec["type"], "text")
    for value in setting.spec.get("choices") or values[kind]:
        row = setting.write(value)
        for name in ("tags", "capabilities"):
            if name in row:
                row[name] = [part for part in row[name].split(",") if part]
        assert setting.same(setting.read(row), value), value


# -- the plan


def test_only_what_differs_is_planned():
    (entry,) = entries({"title": "field crews", "summary": "", "access": "org"}, table=[group(access="private")])
    assert entry.action == "changed" and entry.changes == {"access": ("private", "org")} and entry.key == ONE


def test_a_title_in_another_case_is_the_group_and_no_change():
    (entry,) = entries({"title": " FIELD crews"}, table=[group()])
    assert entry.action == "unchanged" and not entry.problems


def test_with_an_id_the_title_is_the_new_one():
    (entry,) = entries({"group_id": ONE, "title": "Crews"}, table=[group()])
    assert entry.changes == {"title": ("Field crews", "Crews")}
    (after,), deleted, owners = planned_groups([entry])
    assert after.title == "Crews" and after.id == ONE and not deleted and not owners


def test_a_title_of_several_groups_is_refused_with_ids_and_owners():
    (entry,) = entries({"title": "field crews"}, table=[group(title="Field Crews"), group(TWO, "FIELD CREWS", "jane")])
    (problem,) = entry.problems
    assert problem.code == "invalid_input" and f"{ONE} (owner admin), {TWO} (owner jane)" in str(problem)
    assert problem.details["remedy"] == "Use group_id instead of title."
    (entry,) = entries({"title": "Field Crews"}, table=[group(title="Field Crews"), group(TWO, "FIELD CREWS", "jane")])
    assert entry.action == "unchanged" and entry.key == ONE


def test_one_group_by_title_and_by_id_is_rejected():
    with pytest.raises(InputError, match=r"groups\[0\] and groups\[1\]"):
        entries({"title": "Field crews"}, {"group_id": ONE}, table=[group()])


def test_a_new_group_gets_only_what_the_task_names():
    (entry,) = entries({"title": "New", "owner": "Admin", "protected": False, "join": "open"})
    assert entry.action == "created" and entry.wanted == {"title": "New", "join": "open"}
    (new,), _deleted, owners = planned_groups([entry])
    assert new.is_new and owners == {(new.id, "admin")}


def test_a_new_group_with_another_owner_has_two_owners_in_this_run():
    (entry,) = entries({"title": "New", "owner": "Jane"})
    _groups, _deleted, owners = planned_groups([entry])
    assert {key for _group_id, key in owners} == {"admin", "jane"}


def test_an_application_cannot_create_a_group():
    application = SignedInAccount("application", "", frozenset(), is_application=True)
    (entry,) = entries({"title": "New"}, account=application)
    assert [problem.code for problem in entry.problems] == ["blocked"]
    (entry,) = entries({"title": "Field crews", "access": "org"}, table=[group()], account=application)
    assert not entry.problems


def test_shared_update_of_an_existing_group_is_blocked_with_the_reason():
    (entry,) = entries({"title": "Field crews", "shared_update": True}, table=[group()])
    (problem,) = entry.problems
    assert problem.code == "blocked" and "only when the group is created" in str(problem)
    (entry,) = entries({"title": "Field crews", "shared_update": False}, table=[group()])
    assert entry.action == "unchanged"


def test_a_group_of_another_organization_is_blocked():
    foreign = Group({"id": ONE, "title": "A"}, owner="x", is_foreign=True)
    (entry,) = entries({"group_id": ONE}, table=[foreign])
    assert [problem.code for problem in entry.problems] == ["blocked"]


def test_the_former_owner_matters_only_with_a_new_owner():
    (entry,) = entries({"title": "Field crews", "owner": "ADMIN", "keep_former_owner": False}, table=[group()])
    assert entry.action == "unchanged"
    (entry,) = entries({"title": "Field crews", "owner": "jane", "keep_former_owner": False}, table=[group()])
    assert entry.changes == {"owner": ("admin", "jane"), "keep_former_owner": (None, False)}


# -- runs


@pytest.fixture(scope="module")
def process():
    with Sandbox(product="online", members=30, seed=7) as running:
        yield running
        assert running.trouble() == ""


@pytest.fixture
def portal(process, monkeypatch):
    monkeypatch.setitem(fakes.RUNNERS, "portal_group", module_groups.run_groups)
    process.reset(switches={"search_lag": "60", "system_accounts": "absent"})
    process.inspect("DELETE", "faults")
    for name, role in (("jane_doe", "org_user"), ("omar_haddad", "iAAAAAAAAAAAAAAA"), ("ada_admin", "org_admin")):
        fields = {"firstName": "A", "lastName": "B", "fullName": "A B", "email": f"{name}@example.com"}
        seat = "viewerUT" if role.startswith("iA") else "creatorUT"
        process.inspect("POST", "members", {"username": name, "role": role, "userLicenseTypeId": seat, **fields})
    return process


def play(portal, check=False, name="portal_group", **options):
    return fakes.play_at(portal, name, check, **options)


def by_title(portal, title):
    return [found for found in portal.inspect("GET", "groups") if found["title"] == title]


def operations(portal):
    return [row["operation"] for row in portal.log() if row["write"]]


ALL = {
    "title": "Survey", "summary": "Who measures", "description": "One\ntwo", "tags": ["b", "a"], "access": "org",
    "join": "open", "contributors": "managers", "shared_update": True, "protected": True,
}  # fmt: skip


def test_a_group_is_created_as_planned_and_is_unchanged_in_the_second_run(portal):
    planned = play(portal, check=True, **ALL)
    assert planned["api_calls"]["write"] == 0 and planned["groups"][0]["id"] is None and not by_title(portal, "Survey")
    done = play(portal, **ALL)
    (made,) = by_title(portal, "Survey")
    assert done["diff"] == planned["diff"] and done["plan_checksum"] == planned["plan_checksum"]
    assert done["groups"][0] == {**planned["groups"][0], "id": made["id"]} and done["changed"] is True
    assert made["snippet"] == "Who measures" and made["tags"] == ["a", "b"] and made["access"] == "org"
    assert made["autoJoin"] is True and made["isViewOnly"] is True and made["protected"] is True
    assert made["capabilities"] == ["updateitemcontrol"] and made["isInvitationOnly"] is False
    # The index does not know the group yet.
    again = play(portal, **ALL)
    assert again["changed"] is False and again["api_calls"]["write"] == 0
    assert again["groups"][0]["action"] == "unchanged" and again["summary"]["unchanged"] == 1


def test_only_named_settings_are_written(portal):
    play(portal, **ALL)
    portal.reset_counters()
    play(portal, title="Survey", summary="")
    (sent,) = [row["params"] for row in portal.log() if row["write"]]
    assert {name for name in sent if name not in ("f", "token")} == {"snippet", "clearEmptyFields"}
    (made,) = by_title(portal, "Survey")
    assert made["snippet"] is None and made["description"] == "One\ntwo" and made["protected"] is True


def test_the_list_form_does_what_the_single_form_does(portal):
    play(portal, groups=[{"title": "A", "access": "org"}, {"title": "B", "join": "open"}], access="public")
    assert by_title(portal, "A")[0]["access"] == "org" and by_title(portal, "B")[0]["access"] == "public"
    again = play(portal, groups=[{"title": "A"}, {"title": "B", "join": "open"}])
    assert again["groups"] == [] and again["summary"]["unchanged"] == 2


def test_a_lost_response_to_the_creation_creates_one_group(portal):
    portal.fault(operation="createGroup", kind="reset_after")
    run = play(portal, title="Survey", protected=True)
    (made,) = by_title(portal, "Survey")
    assert run["groups"][0]["id"] == made["id"] and made["protected"] and not run.failed and "uncertain" not in run
    assert operations(portal) == ["createGroup", "protectGroup"]


def test_a_creation_that_did_not_arrive_is_sent_again(portal):
    portal.fault(operation="createGroup", kind="reset_before")
    run = play(portal, title="Survey")
    assert not run.failed and len(by_title(portal, "Survey")) == 1


def test_a_group_that_the_portal_accepted_and_did_not_create_is_not_a_change(portal):
    portal.fault(operation="createGroup", kind="not_applied")
    run = play(portal, title="Survey")
    assert run.failed and run.code == "not_applied" and run["changed"] is False
    assert "The portal accepted the group, but it does not exist" in run["msg"] and by_title(portal, "Survey") == []
    assert play(portal, title="Survey")["changed"] and len(by_title(portal, "Survey")) == 1


def test_a_setting_that_is_accepted_and_not_applied_is_an_error_with_its_name(portal):
    play(portal, title="Survey")
    portal.fault(operation="updateGroup", kind="not_applied")
    run = play(portal, title="Survey", access="org")
    assert run.failed and run.code == "not_applied" and run["changed"] is False
    assert run["error"]["field"] == "access" and run["error"]["group"] == "Survey"
    assert run["msg"].startswith('Survey: The portal accepted access "org" but still shows "private".')


def test_one_group_that_fails_does_not_stop_the_others(portal):
    play(portal, groups=[{"title": "A"}, {"title": "B"}])
    portal.fault(operation="updateGroup", kind="error", code=400, message="No")
    run = play(portal, groups=[{"title": "A", "access": "org"}, {"title": "B", "access": "org"}])
    assert (
        run.failed
        and run["changed"] is True
        and sorted(row["action"] for row in run["groups"]) == ["changed", "failed"]
    )
    assert run["msg"].startswith("1 group failed, 1 group changed:")


# -- owner


@pytest.mark.parametrize("outsider", ["accepted", "refused"])
@pytest.mark.parametrize("former", ["manager", "member", "none"])
@pytest.mark.parametrize("keep", [None, True, False])
def test_a_new_owner_joins_first_and_the_former_one_is_as_the_task_says(portal, outsider, former, keep):
    portal.switch(group_former_owner=former, group_reassign_outsider=outsider)
    options = {"title": "Survey", "owner": "JANE_doe", "keep_former_owner": keep}
    planned = play(portal, check=True, **options)
    run = play(portal, **options)
    assert not run.failed and run["diff"] == planned["diff"]
    (made,) = by_title(portal, "Survey")
    account = portal.username
    others = {*made["admins"], *made["users"]}
    assert made["owner"] == "jane_doe"
    assert (account in others) is (former != "none" if keep is None else keep)
    assert play(portal, **options)["changed"] is False


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"owner": "unknown_here"}, "is not an enabled member"),
        ({"owner": "omar_haddad"}, "cannot own groups with role"),
        ({"owner": "jane_doe", "shared_update": True}, "cannot own a group whose members can update all items"),
    ],
)
def test_an_owner_who_cannot_own_the_group_is_blocked_before_the_first_write(portal, options, text):
    portal.reset_counters()
    run = play(portal, title="Survey", **options)
    assert run.failed and run.code == "blocked" and text in run["msg"] and operations(portal) == []
    assert run["groups"][0]["action"] == "failed" and run["groups"][0]["error"]["code"] == "blocked"


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "unavailable", "truncated"])
@pytest.mark.parametrize(
    "operation",
    ["createGroup", "protectGroup", "addGroupUsers", "reassignGroup", "removeGroupUsers", "updateGroup", "deleteGroup"],
)
def test_every_write_survives_a_lost_response(portal, operation, kind):
    first = {"title": "Survey", "protected": True, "owner": "jane_doe", "keep_former_owner": False}
    portal.fault(operation=operation, kind=kind)
    run = play(portal, **first)
    assert not run.failed and "uncertain" not in run, run["msg"]
    (made,) = by_title(portal, "Survey")
    assert made["protected"] and made["owner"] == "jane_doe" and not made["admins"] and not made["users"]
    assert not play(portal, title="Survey", access="org", owner="jane_doe").failed
    assert play(portal, **first, access="org")["changed"] is False
    run = play(portal, group_id=made["id"], state="absent", protected=False)
    assert not run.failed and run["changed"] is True and not by_title(portal, "Survey")


# -- deletion


def test_a_group_with_items_is_deleted_only_if_the_task_says_so(portal):
    made = portal.put_group(portal.username, title="Maps")
    item = portal.put_item("jane_doe", groups=[made["id"]])
    absent = {"group_id": made["id"], "state": "absent"}
    blocked = play(portal, **absent)
    assert blocked.code == "blocked" and "The group contains 1 item" in blocked["msg"]
    assert not play(portal, **absent, delete_with_content=True).failed and not by_title(portal, "Maps")
    assert portal.item(item["id"])["owner"] == "jane_doe"
    assert play(portal, **absent)["changed"] is False


def test_a_group_whose_items_cannot_be_read_is_not_deleted(portal):
    made = portal.put_group(portal.username, title="Maps")
    portal.fault(operation="groupContent", kind="error", code=403, message="No", count=0)
    run = play(portal, group_id=made["id"], state="absent")
    assert run.code == "blocked" and "Cannot tell whether" in run["msg"]


def test_a_protected_group_is_deleted_only_with_protected_false(portal):
    play(portal, **ALL)
    assert play(portal, title="Survey", state="absent").code == "blocked"
    run = play(portal, title="Survey", state="absent", protected=False)
    assert not run.failed and run["groups"][0]["action"] == "removed" and not by_title(portal, "Survey")


def test_a_lost_response_to_the_deletion_counts_as_ours(portal):
    play(portal, title="Survey")
    portal.fault(operation="deleteGroup", kind="reset_after")
    run = play(portal, title="Survey", state="absent")
    assert not run.failed and run["changed"] is True and not by_title(portal, "Survey")


def test_guards_stop_the_run_before_the_first_write(portal):
    play(portal, groups=[{"title": "A"}, {"title": "B"}])
    portal.reset_counters()
    absent = {"groups": [{"title": "A"}, {"title": "B"}], "state": "absent"}
    assert (
        "2 groups would be removed, and the limit is 1: A, B"
        in play(portal, **absent, guards={"max_removals": 1})["msg"]
    )
    run = play(portal, title="A", access="org", guards={"protected_groups": ["a*"]})
    assert run.code == "guard" and run["groups"][0]["error"]["code"] == "guard"
    assert play(portal, title="A", access="org", expected_plan="0" * 64).code == "plan_changed"
    assert operations(portal) == []


def test_missing_privileges_are_reported_before_the_first_write(portal):
    made = portal.put_group(portal.username, title="Maps", access="public")
    portal.inspect("PATCH", "members/jane_doe", {"password": "sesame-open-now"})
    portal.reset_counters()
    jane = {"portal_username": "jane_doe", "portal_password": "sesame-open-now"}
    for options, privilege in (
        ({"access": "org"}, "portal:admin:updateGroups"),
        ({"protected": True}, "portal:admin:updateGroups"),
        ({"owner": "ada_admin"}, "portal:admin:reassignGroups"),
        ({"state": "absent", "delete_with_content": True}, "portal:admin:deleteGroups"),
    ):
        run = play(portal, group_id=made["id"], **options, **jane)
        codes = {run.code, *(problem["code"] for problem in run["error"].get("problems", ()))}
        assert "permission" in codes and privilege in run["msg"] and "1 group needs it: Maps" in run["msg"], run["msg"]
    run = play(portal, title="New", shared_update=True, **jane)
    assert run.code == "permission" and "portal:admin:createUpdateCapableGroup" in run["msg"]
    assert operations(portal) == []


# -- rosters


MEMBERS = [
    {"username": "jane_doe", "groups": {"add": [{"group": "survey", "manager": True}]}},
    {"username": "ada_admin", "groups": ["Survey"]},
]


def test_members_join_a_group_that_the_same_roster_creates(portal):
    options = {"name": "portal_members", "members": MEMBERS, "group_settings": [{"title": "Survey", "access": "org"}]}
    planned = play(portal, check=True, **options)
    assert planned["api_calls"]["write"] == 0 and not planned.failed
    assert planned.lines["jane_doe"]["changes"]["groups"] == {"before": [], "after": ["Survey [manager]"]}
    assert [row["action"] for row in planned["groups"]] == ["created"]
    run = play(portal, **options)
    (made,) = by_title(portal, "Survey")
    assert not run.failed and run["diff"] == planned["diff"] and run["plan_checksum"] == planned["plan_checksum"]
    assert list(made["admins"]) == ["jane_doe"] and list(made["users"]) == ["ada_admin"]
    again = play(portal, **options)
    assert again["changed"] is False and again["api_calls"]["write"] == 0 and "groups" not in again


def test_members_of_a_group_that_could_not_be_created_fail_with_the_reason(portal):
    portal.fault(operation="createGroup", kind="error", code=400, message="No", count=0)
    members = [*MEMBERS, {"username": "omar_haddad", "description": "x"}]
    run = play(portal, name="portal_members", members=members, group_settings=[{"title": "Survey"}])
    assert run.failed and run["groups"][0]["action"] == "failed" and run.lines["omar_haddad"]["action"] == "changed"
    assert run.lines["jane_doe"]["error"]["message"] == "jane_doe: Group 'Survey' was not created."


def test_a_new_owner_can_be_named_as_a_member_and_the_second_run_is_silent(portal):
    members = [{"username": "jane_doe", "groups": ["Survey"]}, {"username": portal.username, "groups": []}]
    options = {
        "members": members,
        "group_settings": [{"title": "Survey", "owner": "jane_doe", "keep_former_owner": False}],
    }
    run = play(portal, name="portal_members", **options)
    assert not run.failed and by_title(portal, "Survey")[0]["owner"] == "jane_doe"
    assert play(portal, name="portal_members", **options)["changed"] is False


@pytest.mark.parametrize("keep", [True, False])
def test_a_protected_owner_keeps_the_group(portal, keep):
    settings = {"group_settings": [{"title": "Survey", "owner": "jane_doe", "keep_former_owner": keep}]}
    portal.switch(search_lag="0")
    portal.put_group("omar_haddad", title="Survey")
    options = {"members": [{"username": "jane_doe", "description": "x"}], **settings}
    run = play(portal, name="portal_members", **options, guards={"protected": ["OMAR_*"]})
    assert run.failed and run["error"]["guard"] == "protected" and "Survey" in run["msg"] and not run["changed"]
    assert by_title(portal, "Survey")[0]["owner"] == "omar_haddad"
    assert not play(portal, name="portal_members", **options, guards={"protected": ["ann_*"]}).failed


@pytest.mark.parametrize("form", ["yml", "json"])
def test_a_roster_file_has_a_section_of_groups(portal, tmp_path, form):
    path = tmp_path / f"roster.{form}"
    if form == "json":
        path.write_text(
            json.dumps({"groups": [{"title": "Survey", "tags": ["a"], "protected": True}], "members": MEMBERS})
        )
    else:
        path.write_text(
            "groups:\n  - title: Survey\n    tags: [a]\n    protected: yes\nmembers:\n"
            "  - {username: jane_doe, groups: {add: [{group: Survey, manager: true}]}}\n"
            "  - {username: ada_admin, groups: [Survey]}\n"
        )
    run = play(portal, name="portal_members", src=str(path))
    (made,) = by_title(portal, "Survey")
    assert (
        not run.failed and made["protected"] is True and made["tags"] == ["a"] and list(made["users"]) == ["ada_admin"]
    )
    assert play(portal, name="portal_members", src=str(path))["changed"] is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("members: [{username: ann}]\ngroups: {title: A}\n", "The key groups contains no list"),
        ("members: [{username: ann}]\ngroups: [A]\n", "The entry is not a mapping"),
        ("members: [{username: ann}]\ngroups:\n  - {title: A, colour: x}\n", "Key 'colour' is unknown"),
        ("members: [{username: ann}]\ngroups:\n  - {title: A, access: x}\n", "groups[0].access must be one of"),
        ("members: [{username: ann}]\ngroups:\n  - {summary: x}\n", "groups[0].title is missing (line 3)"),
        ("members: [{username: ann}]\ngroups: []\ngroups: []\n", "The key groups occurs twice"),
    ],
)
def test_what_is_wrong_in_the_section_is_an_error(portal, tmp_path, text, message):
    path = tmp_path / "roster.yml"
    path.write_text(text)
    run = play(portal, name="portal_members", src=str(path))
    assert run.failed and message in run["msg"] and run["api_calls"] == {"read": 0, "write": 0}


def test_a_roster_without_groups_reads_no_group(portal):
    portal.reset_counters()
    play(portal, name="portal_members", members=[{"username": "jane_doe", "description": "x"}])
    assert not [row for row in portal.log() if "roup" in (row["operation"] or "")]


def test_on_error_stop_skips_the_remaining_groups(portal):
    play(portal, groups=[{"title": "A"}, {"title": "B"}])
    portal.fault(operation="deleteGroup", kind="error", code=400, message="No")
    groups = [{"title": "A", "state": "absent"}, {"title": "C"}]
    run = play(portal, groups=groups, on_error="stop")
    assert (
        run.failed and [row["action"] for row in run["groups"]] == ["failed", "skipped"] and not by_title(portal, "C")
    )
    assert run["changed"] is False


def test_one_group_in_the_file_and_in_the_task_is_rejected(portal, tmp_path):
    path = tmp_path / "roster.yml"
    path.write_text("groups: [{title: A}]\nmembers: [{username: jane_doe, description: x}]\n")
    run = play(portal, name="portal_members", src=str(path), group_settings=[{"title": "a", "access": "org"}])
    assert (
        run.failed
        and run.code == "invalid_input"
        and "group_settings[0] and groups[0] name the same group" in run["msg"]
    )


def test_an_application_creates_no_group(portal):
    portal.reset_counters()
    application = {
        "portal_username": None, "portal_password": None,
        "portal_client_id": portal.client_id, "portal_client_secret": portal.client_secret,
    }  # fmt: skip
    run = play(portal, title="New", **application)
    assert run.failed and "New: An application cannot own a group, so it cannot create one." in run["msg"]
    assert operations(portal) == []


def test_members_of_a_renamed_group_are_found_by_its_new_title(portal):
    made = portal.put_group(portal.username, title="Old")
    options = {"group_settings": [{"group_id": made["id"], "title": "Survey"}], "members": MEMBERS}
    run = play(portal, name="portal_members", **options)
    assert not run.failed and list(portal.group(made["id"])["admins"]) == ["jane_doe"]
    portal.switch(search_lag="0")
    assert play(portal, name="portal_members", **options)["changed"] is False
