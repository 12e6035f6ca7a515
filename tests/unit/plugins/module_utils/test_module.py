# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import MissingLibrary, Refused
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import MODULE_FIELDS
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options as module_options
from ansible_collections.portalops.arcgis.plugins.module_utils._module import pipeline
from ansible_collections.portalops.arcgis.plugins.module_utils._module import task as module_task
from tests.unit.plugins.module_utils.fakes import Account, FakePortal, Fault, play

FIELD = {
    "portal_user": {"email": "x@y"}, "portal_user_role": {"role": "org_publisher"}, "portal_credits": {"credits": 5},
    "portal_user_level": {"user_type": "GISProfessionalStdUT"}, "portal_user_categories": {"categories": ["Region"]},
}  # fmt: skip
#: Options of the modules that do not take members.
OPTIONS = {"portal_member_categories": {"state": "absent"}, "portal_invitations": {"usernames": ["x"]}}
ALL_MODULES = [*MODULE_FIELDS, *OPTIONS, "portal_info", "portal_members_info", "portal_invitations_info"]
SUMMARY = {"total", "created", "changed", "removed", "disabled", "unchanged", "skipped", "failed"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for variable in module_options.ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)


def city(product="online", count=3, *accounts, **settings):
    return FakePortal(product, [*(Account(f"m{index}") for index in range(count)), *accounts], **settings)


# -- the shape of a result


@pytest.mark.parametrize("module", FIELD)
@pytest.mark.parametrize("check", [True, False])
def test_the_result_of_every_module_has_one_shape(module, check):
    single = play(city(), module, check=check, username="M1", **FIELD[module])
    many = play(city(), module, check=check, members=[{"username": "M1", **FIELD[module]}])
    for run in (single, many):
        assert not run.failed and run["changed"] is True and run["members"][0]["action"] == "changed"
        assert {"changed", "members", "summary", "plan_checksum", "diff", "api_calls"} <= set(run)
        assert set(run["summary"]) == SUMMARY and set(run["api_calls"]) == {"read", "write"}
        assert run["api_calls"]["write"] == (0 if check else 1) and run.client.closed
    assert single["members"][0]["index"] is None and many["members"][0]["index"] == 0
    for name in ("changes", "username", "action"):
        assert single["members"][0][name] == many["members"][0][name]
    assert single["diff"] == many["diff"] and single["plan_checksum"] == many["plan_checksum"]


@pytest.mark.parametrize("module", FIELD)
def test_the_single_form_always_returns_its_member(module):
    portal = city()
    play(portal, module, username="m1", **FIELD[module])
    run = play(portal, module, username="M1", **FIELD[module])
    assert not run["changed"] and run["api_calls"]["write"] == 0
    assert [(line["username"], line["action"], line["changed"]) for line in run["members"]] == [
        ("m1", "unchanged", False)
    ]


@pytest.mark.parametrize("module", FIELD)
def test_the_single_form_returns_its_member_when_it_fails(module):
    run = play(city(portal_self={"isReadOnly": True}), module, username="m1", **FIELD[module])
    assert run.failed and run["members"][0]["username"] == "m1" and run["members"][0]["action"] in ("skipped", "failed")


@pytest.mark.parametrize("module", FIELD)
def test_the_list_form_leaves_the_unchanged_out(module):
    run = play(city(), module, check=True, members=[{"username": "m1", **FIELD[module]}, {"username": "m2"}])
    assert set(run.lines) == {"m1"} and run["summary"]["unchanged"] == 1


@pytest.mark.parametrize("module", FIELD)
def test_a_failure_says_what_happened_to_readers_and_playbooks(module):
    run = play(city(), module, members=[{"username": "unknown", **FIELD[module]}])
    assert run.failed and run["changed"] is False and isinstance(run["msg"], str) and "unknown" in run["msg"]
    assert run["error"]["code"] in ("not_found", "blocked") and run["error"]["remedy"]
    assert run.lines["unknown"]["action"] == "failed" and set(run["api_calls"]) == {"read", "write"}
    assert set(run["summary"]) == SUMMARY and run["plan_checksum"]


@pytest.mark.parametrize("module", [*FIELD, "portal_members"])
def test_a_failure_in_the_middle_names_the_outcome_of_each_member(module):
    field = FIELD.get(module, {"email": "x@y"})
    portal = city()
    operation = {
        "portal_user_role": "set_role", "portal_credits": "assign", "portal_user_level": "set_type"
    }.get(module, "update")  # fmt: skip
    portal.refuses_for = {"m1"} if operation in ("assign", "set_type") else ()
    portal.faults = [] if portal.refuses_for else [Fault("refuse", operation, nth=2)]
    run = play(portal, module, members=[{"username": f"m{index}", **field} for index in range(3)])
    assert run.failed and run["changed"] and run["summary"]["changed"] == 2 and run["summary"]["failed"] == 1
    assert run["msg"].startswith("1 member failed, 2 members changed:\nm1: ") and run["error"]["member"] == "m1"
    assert run["msg"].splitlines()[1].startswith(run["error"]["message"])
    assert run.lines["m1"]["error"]["code"] == "refused"


def test_several_failures_keep_their_head_line_and_their_facts():
    portal = city(refuses_for={"m0", "m1"})
    run = play(portal, "portal_credits", members=[{"username": f"m{index}", "credits": 5} for index in range(3)])
    assert run["msg"].splitlines()[0] == "2 members failed, 1 member changed:" and run["msg"].count("\n") == 2
    assert [problem["member"] for problem in run["error"]["problems"]] == ["m0", "m1"] and run.code == "refused"


@pytest.mark.parametrize("check", [True, False])
def test_a_thousand_problems_are_a_message_of_fifty_lines(check):
    members = [{"username": f"unknown{index:04}", "role": "org_user"} for index in range(1000)]
    run = play(city(), "portal_user_role", check=check, members=members)
    assert run["msg"].count("\n") == 50 and run["msg"].endswith("... and 950 more problems.")
    assert len(run["error"]["problems"]) == len(run["members"]) == 1000


@pytest.mark.parametrize("module", ALL_MODULES)
def test_no_module_believes_an_anonymous_answer(module):
    options = {"members": []} if module in MODULE_FIELDS else OPTIONS.get(module, {})
    portal = city(portal_self={"user": None})
    run = play(portal, module, **options)
    assert run.failed and run.code == "not_signed_in" and run["changed"] is False and portal.calls() == []


# -- options


@pytest.mark.parametrize("module", FIELD)
def test_one_member_or_a_list(module):
    neither = play(city(), module)
    both = play(city(), module, username="m1", members=[])
    assert neither.get("by_ansible") and both.get("by_ansible")
    assert "one of the following is required" in neither["msg"] and "mutually exclusive" in both["msg"]


def test_members_or_src():
    assert "mutually exclusive: src|members" in play(city(), "portal_members", src="x.yml", members=[])["msg"]
    assert "one of the following is required: src, members" in play(city(), "portal_members")["msg"]


@pytest.mark.parametrize(
    "options", [{"username": ""}, {"username": "  "}, {"username": "a\x00b"}, {"members": [{"username": ""}]}]
)
def test_an_empty_name_is_a_failure_and_not_a_success_without_members(options):
    portal = city()
    run = play(portal, "portal_user", email="x@y", **options)
    assert run.failed and run.code == "invalid_input" and "username" in run["error"]["option"] and portal.log == []


def test_an_empty_path_is_a_failure():
    run = play(city(), "portal_members", src="")
    assert run.failed and run.code == "invalid_input"


def test_no_members_no_change():
    run = play(city(), "portal_members", members=[])
    assert not run.failed and not run["changed"] and run["members"] == [] and run["summary"]["total"] == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [("timeout", 0), ("retries", 99), ("parallel", 0), ("portal_url", None), ("validate_certs", None)],
)
def test_bad_connections_are_named_before_any_call(option, value, monkeypatch):
    if option == "validate_certs":
        monkeypatch.setenv("ARCGIS_PORTAL_VALIDATE_CERTS", "perhaps")
    run = play(city(), "portal_info", **{option: value})
    assert (
        run.failed
        and run["error"]["option"] == option
        and run["error"]["remedy"]
        and run["api_calls"] == {"read": 0, "write": 0}
    )


def test_top_level_values_are_defaults_of_the_items():
    portal = city()
    run = play(
        portal, "portal_members", access="public", members=[{"username": "m0"}, {"username": "m1", "access": "private"}]
    )
    assert not run.failed
    assert [portal[name].profile["access"] for name in ("m0", "m1", "m2")] == ["public", "private", "org"]


def test_reads_are_made_for_what_is_named_only():
    portal = city()
    play(portal, "portal_user", check=True, username="m1", email="x@y")
    assert [name for name, _args, _form in portal.log] == ["self_", "user"]


@pytest.mark.parametrize(("members", "reads"), [(99, 2), (199, 3), (1000, 12)])
def test_a_converged_roster_costs_its_pages_and_little_else(members, reads):
    portal = city("online", members)
    roster = [{"username": f"m{index}", "role": "User", "categories": [], "email": ""} for index in range(members)]
    run = play(portal, "portal_members", members=roster)
    pages = -(-(members + 1) // 100)
    assert not run["changed"] and run["api_calls"] == {"read": reads + 2, "write": 0} and reads == pages + 1


# -- plans that were reviewed


def test_a_reviewed_plan_is_carried_out_and_another_is_not():
    portal, roster = city(), [{"username": "m1", "email": "x@y"}]
    found = play(portal, "portal_members", check=True, members=roster)["plan_checksum"]
    portal["m1"].profile["email"] = "changed@meanwhile"
    run = play(portal, "portal_members", members=roster, expected_plan=found)
    assert run.failed and run.code == "plan_changed" and portal.calls() == [] and run["error"]["expected"] == found
    assert run["plan_checksum"] == run["error"]["found"] != found and run.lines["m1"]["action"] == "skipped"
    portal["m1"].profile["email"] = ""
    assert not play(portal, "portal_members", members=roster, expected_plan=f" {found.upper()} ").failed
    assert portal["m1"].profile["email"] == "x@y"


def test_nothing_to_do_is_a_plan_too():
    roster = [{"username": "m1", "role": "User"}]
    found = play(city(), "portal_members", check=True, members=roster)["plan_checksum"]
    assert not play(city(), "portal_members", members=roster, expected_plan=found).failed
    assert play(city(), "portal_members", members=roster, expected_plan="0" * 64).code == "plan_changed"


def test_an_empty_expectation_is_none():
    assert not play(city(), "portal_members", members=[{"username": "m1", "email": "x@y"}], expected_plan="").failed


# -- secrets


def test_secrets_are_masked_wherever_they_come_from(monkeypatch, tmp_path):
    monkeypatch.setenv("ARCGIS_PORTAL_TOKEN", "token-of-the-environment")
    monkeypatch.setenv("ARCGIS_PORTAL_CLIENT_SECRET", "secret-of-the-environment")
    roster = tmp_path / "roster.yml"
    new = {"username": "new_one", "first_name": "N", "last_name": "O", "email": "n@o", "user_type": "creatorUT"}
    roster.write_text(json.dumps([{**new, "password": "password-of-the-file"}]))
    portal = city("enterprise")
    run = play(portal, "portal_members", src=str(roster))
    assert not run.failed and portal["new_one"].password == "password-of-the-file"
    secrets = {
        "token-of-the-environment", "secret-of-the-environment", "password-of-the-file", "issued-token",
        "sesame-open-now",
    }  # fmt: skip
    assert secrets <= run.module.no_log_values
    assert not any(secret in json.dumps(run) for secret in secrets)


def test_columns_of_a_file_that_no_option_takes_are_reported(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("Login,email,shoe size\nm1,x@y,45\n")
    run = play(city(), "portal_members", src=str(roster), columns={"Login": "username"})
    assert run["changed"] and run.lines["m1"]["index"] == 0 and "shoe size" in run.module.warnings[0]


def test_errors_of_a_file_name_the_entry(tmp_path):
    roster = tmp_path / "roster.json"
    roster.write_text(json.dumps([{"username": "m1"}, {"username": "m2", "credits": "plenty"}]))
    run = play(city(), "portal_members", src=str(roster))
    assert run.failed and "src[1].credits" in run["error"]["option"] and run["api_calls"] == {"read": 0, "write": 0}


def test_an_error_is_scrubbed():
    def leak(form):
        raise Refused("bad sesame-open-now", portal_details=["sesame-open-now"])

    run = play(city(answers={"update": leak}), "portal_user", username="m1", email="x@y")
    assert (
        run.failed
        and "sesame" not in json.dumps(run["error"])
        and "sesame" not in run["msg"]
        and "bad ***" in run["msg"]
    )


def test_several_errors_are_scrubbed_and_keep_their_head_line():
    def leak(form):
        return {"results": [{"username": name, "status": False, "message": "sesame-open-now"} for name in ("m0", "m1")]}

    members = [{"username": f"m{index}", "user_type": "GISProfessionalStdUT"} for index in range(2)]
    run = play(city(answers={"set_type": leak}), "portal_user_level", members=members)
    assert run["msg"].startswith("2 members failed, 0 members changed:\n") and "sesame" not in run["msg"]
    assert "sesame" not in json.dumps(run["error"])


# -- what should never happen


@pytest.mark.parametrize("module", ALL_MODULES)
def test_a_defect_tells_where_it_broke_but_not_what_it_saw(module):
    options = {"members": [{"username": "m1"}]} if module in MODULE_FIELDS else OPTIONS.get(module, {})
    portal = city(faults=[Fault("crash", "self_", effect=False)])
    run = play(portal, module, **options)
    assert run.failed and run.code == "internal_error" and run["changed"] is False
    assert "RuntimeError in" in run["msg"] and "secret internals" not in json.dumps(run) and run["error"]["remedy"]


def test_a_defect_after_a_write_does_not_deny_it(monkeypatch):
    def broken(plan, outcomes):
        raise ZeroDivisionError("secret internals")

    monkeypatch.setattr(pipeline, "build", broken)
    run = play(city(), "portal_user", username="m1", email="x@y")
    assert run.failed and run.code == "internal_error" and run["changed"] is True and run["api_calls"]["write"] == 1


def test_a_missing_library_is_reported_in_the_words_of_ansible(monkeypatch):
    def missing(*_arguments, **module_options):
        raise MissingLibrary("requests", "Traceback: no module named requests")

    monkeypatch.setattr(module_task, "OrganizationReader", missing)
    run = play(city(), "portal_info")
    assert run.failed and run.code == "missing_library" and "requests" in run["msg"] and "python" in run["msg"].lower()
    assert run["exception"].startswith("Traceback") and run["api_calls"] == {"read": 0, "write": 0}


def test_progress_is_written_and_losing_it_does_not_hurt(tmp_path):
    path = tmp_path / "progress"
    roster = [{"username": f"m{index}", "email": "x@y"} for index in range(3)]
    assert not play(city(), "portal_members", members=roster, progress_path=str(path)).failed
    assert path.read_text().splitlines()[-1] == "Verifying 3 members"
    assert not play(city(), "portal_members", members=roster, progress_path=str(tmp_path / "no" / "such")).failed


# -- the credit budget


@pytest.mark.parametrize("check", [True, False])
def test_the_budget_is_switched_on_with_a_default(check):
    portal = city(budgeting=False)
    run = play(portal, "portal_credits", check=check, budgeting=True, default_credits=50)
    assert not run.failed and run["changed"] and run["members"] == []
    assert run["diff"]["after"] == {"organization": {"budgeting": True, "default_credits": 50}}
    assert run["budget"]["before"] == {"budgeting": False, "default_credits": "unlimited"}
    assert run["budget"]["after"] == {"budgeting": True, "default_credits": 50} and run["budget"]["budgeting"] is True
    assert (portal.budgeting, portal.default_credits) == ((False, -1.0) if check else (True, 50.0))
    if not check:
        again = play(portal, "portal_credits", budgeting=True, default_credits="50.004")
        assert not again["changed"] and again["api_calls"]["write"] == 0


def test_the_budget_goes_before_the_members():
    portal = city(budgeting=False)
    run = play(portal, "portal_credits", username="m1", credits=5, budgeting=True, default_credits="unlimited")
    assert not run.failed and portal.calls() == ["update_portal", "assign"] and portal["m1"].assigned == 5.0


def test_the_budget_is_switched_off():
    portal = city()
    assert play(portal, "portal_credits", budgeting=False)["changed"] and not portal.budgeting
    run = play(city(), "portal_credits", username="m1", credits=5, budgeting=False)
    assert run.failed and "credit budgeting is off" in run["msg"]


def test_a_default_without_limit():
    portal = city(default_credits=50.0)
    assert play(portal, "portal_credits", default_credits="unlimited")["changed"] and portal.default_credits == -1.0


@pytest.mark.parametrize("value", [-1, "plenty", "nan", True])
def test_a_default_that_is_no_amount(value):
    run = play(city(), "portal_credits", default_credits=value)
    assert run.failed and run["error"]["option"] == "default_credits" and run["api_calls"]["read"] == 0


@pytest.mark.parametrize("product", ["enterprise", "old"])
@pytest.mark.parametrize(
    "options", [{"budgeting": True}, {"default_credits": 5}, {"username": "m1", "credits": 5, "budgeting": True}]
)
def test_enterprise_has_no_credits(product, options):
    run = play(city(product), "portal_credits", **options)
    assert run.failed and run.code == "unsupported" and "problems" not in run["error"]


def test_the_budget_needs_a_privilege():
    portal = city(budgeting=False)
    portal["admin"].role = "Rman"
    portal.roles["Rman"] = ("Manager", "org_user")
    portal.privileges["Rman"] = ["portal:admin:viewUsers"]
    run = play(portal, "portal_credits", budgeting=True)
    assert run.failed and run["error"]["privilege"] == "portal:admin:manageCredits" and portal.calls() == []


@pytest.mark.parametrize("kind", ["before", "after", "html", "busy"])
def test_a_budget_without_an_answer(kind):
    portal = city(budgeting=False, faults=[Fault(kind, "update_portal")])
    run = play(portal, "portal_credits", budgeting=True, username="m1", credits=5)
    assert not run.failed and portal.budgeting and portal["m1"].assigned == 5.0


@pytest.mark.parametrize(
    ("settings", "code", "changed"),
    [
        ({"faults": [Fault("refuse", "update_portal")]}, "refused", False),
        ({"answers": {"update_portal": {"success": True}}}, "not_applied", False),
        ({"faults": [Fault("before", "self_", nth=2, count=9, effect=False)]}, "unverified", True),
    ],
)
def test_a_budget_that_fails_ends_the_run_before_the_members(settings, code, changed):
    portal = city(budgeting=False, **settings)
    run = play(portal, "portal_credits", budgeting=True, username="m1", credits=5)
    assert run.failed and run.code == code and run["changed"] is changed and portal.calls("assign") == []
    assert run.lines["m1"]["action"] == "skipped" and portal["m1"].assigned == -1.0


@pytest.mark.parametrize("name", ["username", "idp_username", "transfer_to"])
def test_a_number_is_no_name_as_yaml_reads_00412345_as_another_one(name):
    entry = {"username": "m000", name: 0o0412345}
    run = play(city("online", 1), "portal_members", members=[entry])
    assert run.failed and run.code == "invalid_input"
    assert f"members[0].{name} must be text, not a number. Put it in quotes." in run["msg"]
    single = play(city("online", 1), "portal_user", **entry)
    assert single.failed and f"{name} must be text, not a number." in single["msg"]


@pytest.mark.parametrize(
    ("name", "portal_text", "text"),
    [
        ("last_name", "Fernández", "FernÃ¡ndez"), ("description", "Straße\nnach Łódź", "StraÃŸe\nnach ÅÃ³dÅº"),
        ("tags", ["Vermeßung", "a"], ["a", "VermeÃŸung"]),
    ],
)  # fmt: skip
def test_the_current_value_in_a_wrong_encoding_is_rejected(name, portal_text, text):
    profile = {"last_name": "lastName"}.get(name, name)
    portal = city("online", 1, Account("jane", **{profile: portal_text}))
    run = play(portal, "portal_members", members=[{"username": "jane", name: text}])
    assert run.failed and run.code == "invalid_input" and run["api_calls"]["write"] == 0
    assert f"jane: {name} is the current value, damaged" in run["msg"] and "UTF-8" in run["msg"]
    same = play(portal, "portal_members", members=[{"username": "jane", name: portal_text}])
    assert not same.failed and not same["changed"]


@pytest.mark.parametrize("value", [["x"], {"a": 1}, True])
@pytest.mark.parametrize("option", ["first_name", "description", "role", "email", "tags", "user_type", "culture"])
def test_a_list_or_a_mapping_is_never_written_as_text(option, value):
    portal = city()
    run = play(portal, "portal_members", members=[{"username": "m000", option: [value] if option == "tags" else value}])
    assert run.failed and run.code == "invalid_input" and portal.calls() == []
    assert f"members[0].{option}" in run["msg"] and "m000" in run["msg"]
