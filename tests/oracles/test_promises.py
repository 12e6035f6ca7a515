# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One test for each promise that readers of the documentation broke, and for others of the same kind."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sandbox.runner import Sandbox

from .harness import Run, organize, run_module, run_playbook
from .meanwhile import Exchange, Meanwhile
from .printing import leaks

SECRET = "Str0ng-Pass-9x"
DAY = 24 * 3600 * 1000


def person(username: str, **fields: Any) -> dict[str, Any]:
    """A member with all that an account needs."""
    names = {"first_name": username[:4].title(), "last_name": "Test", "email": f"{username}@example.com"}
    return {"username": username, **names, "role": "org_user", "user_type": "creatorUT", **fields}


def crowd(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [person(f"member_{number:02}", **fields) for number in range(count)]


def token_of(portal: Sandbox, username: str) -> str:
    return str(portal.inspect("POST", "tokens", {"username": username})["token"])


def assert_blocked(run: Run, guard: str = "") -> None:
    """The plan is blocked: the task fails, nothing was written, and nothing changed."""
    assert run.failed, run.result
    assert run.writes == []
    assert run.after == run.before
    assert run.result.get("changed") in (False, None)
    if guard:
        assert guard in run.guards() | run.codes(), run.problems()


def assert_no_leak(run: Run, *secrets: str) -> None:
    assert leaks(run.printed, [SECRET, *secrets]) == []


# -- 1: rosters with passwords ---------------------------------------------------------------------------------------
PASSWORD_FILES = {
    "csv_no_header": ("csv", "gwen_park,{0},Gwen,Park,gwen@example.com\nomar_hadd,x,Omar,Hadd,o@example.com\n"),
    "csv_no_header_one_line": ("csv", "gwen_park,{0},Gwen\n"),
    "csv_cell_missing": ("csv", "username,first_name,enabled,password\ngwen_park,Gwen,{0}\n"),
    "csv_cell_too_many": ("csv", "username,enabled,password\ngwen_park,Gwen,{0},true\n"),
    "csv_shifted_role": ("csv", "username,password,role\ngwen_park,x,{0}\n"),
    "csv_shifted_credits": ("csv", "username,password,credits\ngwen_park,x,{0}\n"),
    "csv_misspelled_header": ("csv", "username,passwort,enabled\ngwen_park,{0},{0}\n"),
    "csv_other_delimiter": ("csv", "username|password|enabled\ngwen_park|{0}|maybe\n"),
    "csv_quote_left_open": ("csv", 'username,password,enabled\n"gwen_park,{0},true\n'),
    "csv_twice": ("csv", "username,password,access\ngwen_park,x,{0}\ngwen_park,x,{0}\n"),
    "yaml_no_mapping": ("yml", "members:\n  - {0}\n"),
    "yaml_broken": ("yml", "members:\n  - username: gwen_park\n    password: {0}\n   role: [x\n"),
    "yaml_broken_line": ("yml", "members:\n  - username: gwen_park\n    password: '{0}\n"),
    "yaml_tab": ("yml", "members:\n  - username: gwen_park\n\tpassword: {0}\n"),
    "yaml_wrong_field": ("yml", "members:\n  - username: gwen_park\n    password: x\n    enabled: {0}\n"),
    "yaml_unknown_key": ("yml", "members:\n  - username: gwen_park\n    password: x\n    {0}: true\n"),
    "yaml_mapping_password": ("yml", "members:\n  - username: gwen_park\n    password: {{value: {0}}}\n"),
    "yaml_role_password": ("yml", "members:\n  - username: gwen_park\n    password: x\n    role: {0}\n"),
    "yaml_list_password": ("yml", "members:\n  - username: gwen_park\n    password: [{0}]\n    user_type: {0}\n"),
    "yaml_alias": ("yml", "members:\n  - username: gwen_park\n    password: *{0}\n"),
    "yaml_tag": ("yml", "members:\n  - username: gwen_park\n    password: !{0} x\n"),
    "json_broken": ("json", '{{"members": [{{"username": "gwen_park", "password": "{0}"'),
    "json_no_mapping": ("json", '["{0}"]'),
    "json_wrong_field": ("json", '[{{"username": "gwen_park", "password": "x", "credits": "{0}"}}]'),
    "json_unknown_key": ("json", '[{{"username": "gwen_park", "password": "x", "{0}": 1}}]'),
    "json_twice": ("json", '[{{"username": "gwen_park", "password": "{0}", "password": ["{0}"]}}]'),
    "no_extension": ("txt", "gwen_park {0}\nanna_berg {0}\n"),
}


@pytest.mark.parametrize("name", sorted(PASSWORD_FILES))
def test_promise_01_a_refused_roster_shows_no_password(online: Sandbox, tmp_path: Path, name: str) -> None:
    extension, text = PASSWORD_FILES[name]
    roster = tmp_path / f"roster.{extension}"
    roster.write_text(text.format(SECRET), encoding="utf-8")
    run = run_module(online, "portal_members", src=str(roster), check=True)
    assert run.failed, run.result
    assert_no_leak(run)


def test_promise_01_a_csv_without_header_is_named_as_such(online: Sandbox, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(f"gwen_park,{SECRET},Gwen,Park\n", encoding="utf-8")
    run = run_module(online, "portal_members", src=str(roster), check=True)
    assert run.failed
    assert "header" in run.message


@pytest.mark.parametrize("name", ["csv_no_header", "csv_cell_missing", "yaml_broken"])
def test_promise_01_a_vaulted_roster_shows_no_password(online: Sandbox, tmp_path: Path, name: str) -> None:
    extension, text = PASSWORD_FILES[name]
    roster = tmp_path / f"roster.{extension}"
    (tmp_path / "key").write_text("a-vault-Passw0rd\n", encoding="utf-8")
    roster.write_text(text.format(SECRET), encoding="utf-8")
    run_vault(tmp_path, roster)
    assert SECRET not in roster.read_text(encoding="utf-8")
    words = ["portalops.arcgis.plan", "-e", f"members_src={roster}", "--vault-password-file", str(tmp_path / "key")]
    for verbosity in ((), ("-vvvv",)):
        outcome = run_playbook(online, tmp_path, *words, *verbosity)
        assert outcome.returncode != 0
        assert leaks(outcome.stdout + outcome.stderr, [SECRET, online.password]) == []


def run_vault(folder: Path, roster: Path) -> None:
    words = ["ansible-vault", "encrypt", str(roster), "--vault-password-file", str(folder / "key")]
    subprocess.run(words, check=True, capture_output=True, cwd=folder)


# -- 2: a wrong password is sent once --------------------------------------------------------------------------------
LOST_ANSWERS = ("truncated", "reset_after", "empty", "bad_json", "html", "slow", "error", "unavailable", "throttle",
                "throttle_200", "edge_403", "reset_before", "redirect", "token_expired")  # fmt: skip


@pytest.fixture(scope="module")
def strict_portal() -> Any:
    with Sandbox(product="online", members=4, attempts=2) as portal:
        yield portal


@pytest.mark.parametrize("count", [1, 0], ids=["once", "always"])
@pytest.mark.parametrize("kind", LOST_ANSWERS)
def test_promise_02_a_wrong_password_is_counted_once(strict_portal: Sandbox, kind: str, count: int) -> None:
    portal = strict_portal
    portal.reset()
    settings = {"delay": 2.0} if kind == "slow" else {"retry_after": 0} if kind.startswith("throttle") else {}
    portal.fault(operation="generateToken", kind=kind, count=count, **settings)
    sign_in = {"portal_url": portal.url, "portal_username": portal.username, "portal_password": "wrong-Passw0rd"}
    patience = {"timeout": 1 if kind == "slow" else 30, "retries": 3}
    run = run_module(portal, "portal_info", sign_in={**sign_in, **patience})
    assert run.failed
    if kind == "slow":
        # The sandbox portal logs a request when it has processed it.
        time.sleep(settings["delay"])
    arrived = [entry for entry in portal.log() if entry["operation"] == "generateToken"]
    if kind in ("truncated", "reset_after", "empty", "bad_json", "slow", "html", "error"):
        assert len(arrived) == 1, [entry["status"] for entry in arrived]
    portal.inspect("DELETE", "faults")
    assert can_sign_in(portal), "the account is locked"


def can_sign_in(portal: Sandbox) -> bool:
    """Sign in as a browser does, with the right password."""
    body = {"username": portal.username, "password": portal.password, "client": "requestip", "f": "json"}
    data = urllib.parse.urlencode(body).encode()
    with urllib.request.urlopen(f"{portal.url}/sharing/rest/generateToken", data, timeout=30) as response:
        return "token" in json.load(response)


# -- 3: one identity -------------------------------------------------------------------------------------------------
def two_accounts(portal: Sandbox, folder: Path) -> None:
    second = person("second_admin", role="org_admin", password="second-Passw0rd", user_type="GISProfessionalStdUT")
    organize(portal, folder, [second, person("anna_berg")])


SECOND = {"portal_username": "second_admin", "portal_password": "second-Passw0rd"}


@pytest.mark.parametrize("kind", ["token", "application"])
def test_promise_03_the_environment_does_not_replace_the_account_of_the_task(
    online: Sandbox, tmp_path: Path, kind: str
) -> None:
    two_accounts(online, tmp_path)
    application = {"ARCGIS_PORTAL_CLIENT_ID": online.client_id, "ARCGIS_PORTAL_CLIENT_SECRET": online.client_secret}
    other = {"ARCGIS_PORTAL_TOKEN": token_of(online, online.username)} if kind == "token" else application
    run = run_module(online, "portal_info", sign_in={"portal_url": online.url, **SECOND}, environment=other)
    assert run.result["caller"]["username"] == "second_admin"


def test_promise_03_an_expired_token_is_not_replaced_by_the_account_of_the_environment(
    online: Sandbox, tmp_path: Path
) -> None:
    two_accounts(online, tmp_path)
    other = {"ARCGIS_PORTAL_USERNAME": online.username, "ARCGIS_PORTAL_PASSWORD": online.password}
    with Meanwhile(online) as proxy:
        proxy.once("update", lambda: online.inspect("POST", "tokens/expire"))
        sign_in = {"portal_url": proxy.url, "portal_token": token_of(online, "second_admin")}
        run = run_module(
            online, "portal_user", sign_in=sign_in, environment=other, username="anna_berg", description="new"
        )
        assert [seen.operation for seen in proxy.seen if seen.operation == "generateToken"] == []
    assert run.failed
    assert "token_expired" in run.codes()
    assert run.after["members"]["anna_berg"]["description"] is None


CLASHES = {
    "token and password": {"portal_token": "x" * 40, **SECOND},
    "application and password": {"portal_client_id": "abc", "portal_client_secret": "y" * 32, **SECOND},
    "token and application": {"portal_token": "x" * 40, "portal_client_id": "abc", "portal_client_secret": "y" * 32},
}


@pytest.mark.parametrize("name", sorted(CLASHES))
@pytest.mark.parametrize("source", ["task", "environment"])
def test_promise_03_two_kinds_of_credentials_in_one_source_are_rejected(
    online: Sandbox, tmp_path: Path, name: str, source: str
) -> None:
    two_accounts(online, tmp_path)
    sign_in = {"portal_url": online.url, **(CLASHES[name] if source == "task" else {})}
    environment = {"ARCGIS_" + key.upper(): value for key, value in CLASHES[name].items()}
    run = run_module(online, "portal_info", sign_in=sign_in, environment=environment if source != "task" else {})
    assert run.failed
    assert "invalid_input" in run.codes() or "mutually exclusive" in run.message
    assert run.log == []


def test_promise_03_a_username_of_the_task_does_not_take_a_password_of_the_environment(
    online: Sandbox, tmp_path: Path
) -> None:
    two_accounts(online, tmp_path)
    sign_in = {"portal_url": online.url, "portal_username": "second_admin"}
    run = run_module(online, "portal_info", sign_in=sign_in, environment={"ARCGIS_PORTAL_PASSWORD": "second-Passw0rd"})
    assert run.failed
    assert run.log == []


# -- 4: offboarding --------------------------------------------------------------------------------------------------
def offboard(portal: Sandbox, folder: Path, *words: str) -> tuple[Any, set[str]]:
    """Run the playbook; returns the outcome and the members that are disabled or gone afterwards."""
    outcome = run_playbook(portal, folder, "portalops.arcgis.offboard", *words)
    rows = {row["username"]: row["disabled"] for row in portal.inspect("GET", "members")}
    names = ("anna_berg", "omar_hadd", "lena_fisch")
    return outcome, {name for name in names if rows.get(name, True)}


def departing(portal: Sandbox, folder: Path) -> None:
    long_ago = int((time.time() - 400 * 24 * 3600) * 1000)
    organize(portal, folder, [person(name, lastLogin=long_ago) for name in ("anna_berg", "omar_hadd", "lena_fisch")])


def test_promise_04_a_later_last_day_protects_an_inactive_member(online: Sandbox, tmp_path: Path) -> None:
    departing(online, tmp_path)
    (tmp_path / "leave.csv").write_text("username,expires\nanna_berg,2099-12-31\n", encoding="utf-8")
    words = ("-e", "offboard_src=leave.csv", "-e", "offboard_inactive_days=180")
    outcome, left = offboard(online, tmp_path, *words)
    assert outcome.returncode == 0, outcome.stdout
    assert left == {"omar_hadd", "lena_fisch"}
    assert "anna_berg" in outcome.stdout


def test_promise_04_an_empty_last_day_means_no_end(online: Sandbox, tmp_path: Path) -> None:
    departing(online, tmp_path)
    text = "username,expires\nanna_berg,\nomar_hadd,2020-01-31\nlena_fisch,2099-12-31\n"
    (tmp_path / "leave.csv").write_text(text, encoding="utf-8")
    outcome, left = offboard(online, tmp_path, "-e", "offboard_src=leave.csv")
    assert outcome.returncode == 0, outcome.stdout
    assert left == {"omar_hadd"}


def test_promise_04_dates_in_common_forms_are_refused_together(online: Sandbox, tmp_path: Path) -> None:
    departing(online, tmp_path)
    text = "username,expires\nanna_berg,31.12.2020\nomar_hadd,12/31/2020\nlena_fisch,31 Dec 2020\n"
    (tmp_path / "leave.csv").write_text(text, encoding="utf-8")
    outcome, left = offboard(online, tmp_path, "-e", "offboard_src=leave.csv")
    assert outcome.returncode != 0
    assert left == set()
    for value in ("31.12.2020", "12/31/2020", "31 Dec 2020"):
        assert value in outcome.stdout
    assert "YYYY-MM-DD" in outcome.stdout or "2027-01-31" in outcome.stdout


# -- 5: accounts of the portal itself --------------------------------------------------------------------------------
SYSTEM = ("esri_nav", "esri_boundaries", "system_publisher")


def with_system_accounts(portal: Sandbox, folder: Path) -> None:
    organize(portal, folder, [person("anna_berg"), person("omar_hadd")])
    for name in SYSTEM:
        row = {"username": name, "fullName": name, "role": "org_publisher", "userLicenseTypeId": "creatorUT"}
        portal.inspect("POST", "members", row)


def assert_system_accounts_kept(run: Run) -> None:
    for name in SYSTEM:
        assert run.after["members"].get(name) == run.before["members"][name]
        assert name not in json.dumps(run.writes)
        assert run.entry(name).get("action") in (None, "failed", "skipped"), run.entry(name)
        assert name not in run.result.get("unmanaged", [])


@pytest.mark.parametrize("purge", ["disable", "delete"])
def test_promise_05_a_purge_spares_accounts_of_the_portal(online: Sandbox, tmp_path: Path, purge: str) -> None:
    with_system_accounts(online, tmp_path)
    run = run_module(
        online, "portal_members", members=[person("anna_berg")], purge=purge, guards={"max_disruptive": "100%"}
    )
    assert_system_accounts_kept(run)


@pytest.mark.parametrize("others", [0, 1, 3])
@pytest.mark.parametrize("fields", [{"state": "absent"}, {"enabled": False}, {"role": "org_user"}, {"credits": 5}],
                         ids=["absent", "disable", "role", "credits"])  # fmt: skip
def test_promise_05_a_named_account_of_the_portal_is_refused(
    online: Sandbox, tmp_path: Path, others: int, fields: dict[str, Any]
) -> None:
    with_system_accounts(online, tmp_path)
    more = [{"username": name, "description": "x"} for name in ("anna_berg", "omar_hadd", "portal_admin")[:others]]
    run = run_module(online, "portal_members", members=[{"username": "esri_nav", **fields}, *more])
    assert_system_accounts_kept(run)
    assert run.failed
    assert "esri_nav" in run.message


# -- 6: disruptive changes -------------------------------------------------------------------------------------------
def disrupt(portal: Sandbox, folder: Path, guards: dict[str, Any], fields: dict[str, Any]) -> Run:
    rows = [person("anna_berg"), person("omar_hadd", provider="enterprise", idp_username="omar@idp")]
    organize(portal, folder, rows)
    return run_module(portal, "portal_members", members=[fields], guards=guards)


DISRUPTIONS = {
    "credits_from_unlimited": {"username": "anna_berg", "credits": 0},
    "credits_from_unlimited_to_many": {"username": "anna_berg", "credits": 5000},
    "password": {"username": "anna_berg", "password": SECRET, "update_password": "always"},
    "idp_username": {"username": "omar_hadd", "idp_username": "other@idp"},
    "empty_idp_username": {"username": "omar_hadd", "idp_username": ""},
}


@pytest.mark.parametrize("guards", [{"max_disruptive": "0"}, {"max_disruptive": "0%"}, {"protected": ["*"]}],
                         ids=["count", "percent", "protected"])  # fmt: skip
@pytest.mark.parametrize("name", sorted(DISRUPTIONS))
def test_promise_06_disruptive_changes_are_counted(
    online: Sandbox, tmp_path: Path, name: str, guards: dict[str, Any]
) -> None:
    run = disrupt(online, tmp_path, guards, DISRUPTIONS[name])
    assert_blocked(run, "" if name == "empty_idp_username" else next(iter(guards)))


# -- 7: a purge without guards ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("purge", ["delete", "disable"])
def test_promise_07_a_purge_without_guards_removes_few(online: Sandbox, tmp_path: Path, purge: str) -> None:
    organize(online, tmp_path, crowd(24))
    run = run_module(online, "portal_members", members=[{"username": "portal_admin", "role": "org_admin"}], purge=purge)
    assert_blocked(run, "guard")
    assert "max_disruptive" in run.message
    assert ("max_removals" in run.message) == (purge == "delete")


def test_promise_07_a_limit_on_removals_leaves_the_default_of_a_purge_that_disables(
    online: Sandbox, tmp_path: Path
) -> None:
    organize(online, tmp_path, crowd(24))
    run = run_module(
        online,
        "portal_members",
        members=[{"username": "portal_admin", "role": "org_admin"}],
        purge="disable",
        guards={"max_removals": "100%"},
    )
    assert_blocked(run, "guard")


@pytest.mark.parametrize(("total", "unlisted", "allowed"), [(24, 5, True), (24, 6, False), (79, 8, True),
                                                            (79, 9, False)])  # fmt: skip
def test_promise_07_the_safe_default_is_ten_percent_or_five(
    online: Sandbox, tmp_path: Path, total: int, unlisted: int, allowed: bool
) -> None:
    rows = crowd(total)
    organize(online, tmp_path, rows)
    listed = [{"username": row["username"]} for row in rows[unlisted:]]
    run = run_module(online, "portal_members", members=listed, purge="delete", check=True)
    assert run.failed is not allowed, run.message


# -- 8: the recipient of content -------------------------------------------------------------------------------------
@pytest.mark.parametrize("fields", [{"enabled": False}, {"state": "absent"},
                                    {"role": "Viewer", "user_type": "viewerUT"}, {"role": "Viewer"}],
                         ids=["disabled", "absent", "lowered", "role"])  # fmt: skip
def test_promise_08_the_recipient_is_judged_by_what_is_after_the_run(
    online: Sandbox, tmp_path: Path, fields: dict[str, Any]
) -> None:
    organize(online, tmp_path, [person("anna_berg", items=2), person("omar_hadd")])
    entries = [{"username": "anna_berg", "state": "absent", "transfer_to": "omar_hadd"},
               {"username": "omar_hadd", **fields}]  # fmt: skip
    assert_blocked(run_module(online, "portal_members", members=entries), "blocked")


# -- 9: unknown last sign-in -----------------------------------------------------------------------------------------
def forget_sign_ins(exchange: Exchange) -> None:
    """Another portal: rows of members without lastLogin."""
    data = exchange.data
    rows = data.get("users", data.get("results", [])) if isinstance(data, dict) else []
    for row in [*rows, data]:
        if isinstance(row, dict) and "lastLogin" in row:
            row.pop("lastLogin")
            exchange.respond(data, exchange.status)


def test_promise_09_an_unknown_last_sign_in_selects_no_member(online: Sandbox, tmp_path: Path) -> None:
    departing(online, tmp_path)
    for name in ("anna_berg", "omar_hadd", "lena_fisch"):
        online.change(name, created=int(time.time() * 1000) - 500 * DAY)
    with Meanwhile(online, after=[forget_sign_ins]) as proxy:
        run = run_module(online, "portal_members_info", url=proxy.url, inactive_days=30)
    assert not run.failed, run.message
    assert run.result["members"] == []


def test_promise_09_a_member_who_never_signed_in_counts_from_the_day_of_creation(
    online: Sandbox, tmp_path: Path
) -> None:
    departing(online, tmp_path)
    online.change("anna_berg", lastLogin=-1, created=int(time.time() * 1000) - 10 * DAY)
    online.change("omar_hadd", lastLogin=-1, created=int(time.time() * 1000) - 500 * DAY)
    run = run_module(online, "portal_members_info", inactive_days=30)
    assert {row["username"] for row in run.result["members"]} == {"omar_hadd", "lena_fisch"}


def test_promise_09_an_unknown_last_sign_in_offboards_no_member(online: Sandbox, tmp_path: Path) -> None:
    departing(online, tmp_path)
    for name in ("anna_berg", "omar_hadd", "lena_fisch"):
        online.change(name, created=int(time.time() * 1000) - 500 * DAY)
    with Meanwhile(online, after=[forget_sign_ins]) as proxy:
        run_playbook(online, tmp_path, "portalops.arcgis.offboard", "-e", "offboard_inactive_days=30", url=proxy.url)
    assert not any(row["disabled"] for row in online.inspect("GET", "members"))


# -- 10: who is an administrator -------------------------------------------------------------------------------------
@pytest.mark.parametrize("others", [0, 60])
def test_promise_10_a_custom_role_above_the_administrator_is_no_administrator(
    online: Sandbox, tmp_path: Path, others: int
) -> None:
    admin = person("second_admin", role="org_admin", user_type="GISProfessionalStdUT")
    operator = person("site_oper", role="Site Operator")
    organize(online, tmp_path, [admin, operator, *crowd(others)])
    operator_role = next(
        row for row in online.inspect("GET", "organization")["roles"] if row["name"] == "Site Operator"
    )
    online.change("site_oper", role=operator_role["id"])
    entries = [{"username": "second_admin", "role": "org_publisher"}]
    entries += [{"username": row["username"]} for row in crowd(others)]
    run = run_module(online, "portal_members", members=entries, guards={"min_admins": 2})
    assert_blocked(run, "min_admins")


# -- 11: the recycle bin ---------------------------------------------------------------------------------------------
def with_recycled_items(portal: Sandbox, folder: Path) -> None:
    organize(portal, folder, [person("anna_berg", items=1, recycled=2, userType="both"), person("omar_hadd")])


LEAVE = {"username": "anna_berg", "state": "absent", "transfer_to": "omar_hadd"}


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_promise_11_recycled_items_block_a_removal_in_the_plan(online: Sandbox, tmp_path: Path, check: bool) -> None:
    with_recycled_items(online, tmp_path)
    run = run_module(online, "portal_members", members=[LEAVE], check=check)
    assert_blocked(run, "blocked")
    assert "recycle" in run.message.lower()


@pytest.mark.parametrize("how", ["delete", "restore"])
@pytest.mark.parametrize("module", ["portal_members", "portal_user"])
def test_promise_11_recycled_items_are_deleted_or_restored_on_request(
    online: Sandbox, tmp_path: Path, how: str, module: str
) -> None:
    with_recycled_items(online, tmp_path)
    members = {"members": [LEAVE]} if module == "portal_members" else LEAVE
    plan = run_module(online, module, **members, recycle_bin=how, check=True)
    assert not plan.failed, plan.message
    run = run_module(online, module, **members, recycle_bin=how)
    assert not run.failed, run.message
    assert "anna_berg" not in run.after["members"]
    assert len(run.after["members"]["omar_hadd"]["items"]) == (3 if how == "restore" else 1)
    assert plan.result["plan_checksum"] == run.result["plan_checksum"]
    assert plan.result["diff"] == run.result["diff"]


def test_promise_11_the_loss_of_esri_access_is_in_plan_and_result(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", userType="both"), person("omar_hadd")])
    for check in (True, False):
        run = run_module(online, "portal_members", members=[LEAVE], check=check)
        shown = json.dumps(run.entry("anna_berg")).lower()
        assert "esri access" in shown or "esri_access" in shown


# -- 12: shared update groups ----------------------------------------------------------------------------------------
SHARED = {"title": "Survey crews", "capabilities": ["updateitemcontrol"]}


@pytest.mark.parametrize("as_manager", [False, True], ids=["member", "manager"])
def test_promise_12_a_role_without_content_privileges_is_blocked_by_a_shared_update_group(
    online: Sandbox, tmp_path: Path, as_manager: bool
) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("gil_keeper", role="org_admin")])
    joined = {"admins" if as_manager else "users": ["anna_berg"]}
    online.inspect("POST", "groups", {**SHARED, "owner": "gil_keeper", **joined})
    for check in (True, False):
        run = run_module(online, "portal_user_role", username="anna_berg", role="Viewer", check=check)
        assert_blocked(run, "blocked")
        assert "Survey crews" in run.message


def test_promise_12_an_owner_of_a_shared_update_group_keeps_the_role_that_may_own_it(
    online: Sandbox, tmp_path: Path
) -> None:
    organize(online, tmp_path, [person("anna_berg", role="org_admin"), person("omar_hadd")])
    online.inspect("POST", "groups", {**SHARED, "owner": "anna_berg"})
    for check in (True, False):
        run = run_module(online, "portal_user_role", username="anna_berg", role="org_user", check=check)
        assert_blocked(run, "blocked")
        assert "Survey crews" in run.message


# -- 13: invitations -------------------------------------------------------------------------------------------------
NEW = {"username": "nora_vogel", "first_name": "Nora", "last_name": "Vogel", "email": "nora@example.com",
       "role": "org_user", "user_type": "creatorUT"}  # fmt: skip


def test_promise_13_a_new_member_can_get_a_role_with_administrative_privileges(online: Sandbox) -> None:
    role = next(row for row in online.inspect("GET", "organization")["roles"] if row["name"] == "Member Manager")

    def refuse(exchange: Exchange) -> None:
        if exchange.operation == "invite" and role["id"] in exchange.params["invitationList"]:
            exchange.respond({"error": {"code": 400, "message": "Unable to invite user.", "details": []}})

    with Meanwhile(online, before=[refuse]) as proxy:
        run = run_module(online, "portal_members", url=proxy.url, members=[{**NEW, "role": "Member Manager"}])
    assert not run.failed, run.message
    assert run.after["members"]["nora_vogel"]["effectiveRole"] == role["id"]
    assert run.entry("nora_vogel")["action"] == "created"


def test_promise_13_an_invitation_leaves_out_the_new_member_defaults(online: Sandbox) -> None:
    run = run_module(online, "portal_user", **NEW)
    sent = [entry["params"]["invitationList"] for entry in run.log if entry["operation"] == "invite"]
    rows = [row for text in sent for row in json.loads(text)["invitations"]]
    assert rows
    assert [row for row in rows if row.get("applyActUserDefaults") is not False] == []


def test_promise_13_another_name_than_the_one_sent_is_a_failure(online: Sandbox) -> None:
    def rename(exchange: Exchange) -> None:
        if exchange.operation == "invite":
            exchange.send(invitationList=exchange.params["invitationList"].replace("nora_vogel", "nora_vogel1"))

    with Meanwhile(online, before=[rename]) as proxy:
        run = run_module(online, "portal_members", url=proxy.url, members=[NEW])
    assert run.failed
    assert run.entry("nora_vogel")["action"] == "failed"
    assert "nora_vogel1" in json.dumps(run.entry("nora_vogel"))


# -- 14: free seats --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("holds", ["no", "yes"])
def test_promise_14_free_seats_are_one_number(online: Sandbox, holds: str) -> None:
    online.reset(members=20, switches={"invitations_hold_seats": holds})
    info = run_module(online, "portal_info").result
    free = next(row["free"] for row in info["user_types"] if row["id"] == "creatorUT")
    new = [{**NEW, "username": f"newcomer_{number}", "email": f"n{number}@example.com"} for number in range(free)]
    plan = run_module(online, "portal_members", members=new, check=True)
    assert not plan.failed, plan.message


def test_promise_14_seats_that_invitations_do_not_hold_can_be_given(online: Sandbox) -> None:
    online.reset(members=20, switches={"invitations_hold_seats": "no"})
    new = [{**NEW, "username": f"newcomer_{number}", "email": f"n{number}@example.com"} for number in range(6)]
    run = run_module(online, "portal_members", members=new)
    assert not run.failed, run.message
    assert run.result["summary"]["created"] == 6


# -- 15: rows without the user type ----------------------------------------------------------------------------------
def test_promise_15_a_row_without_user_type_does_not_stop_a_purge(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])

    def incomplete(exchange: Exchange) -> None:
        data = exchange.data
        rows = data.get("users", []) if isinstance(data, dict) else []
        for row in rows:
            if row.get("username") == "omar_hadd" and row.pop("userLicenseTypeId", None):
                exchange.respond(data)

    with Meanwhile(online, after=[incomplete]) as proxy:
        entries = [{"username": "anna_berg", "user_type": "creatorUT"}]
        run = run_module(online, "portal_members", url=proxy.url, members=entries, purge="delete")
    assert not run.failed, run.message
    assert run.entry("omar_hadd")["action"] == "removed"


# -- 16: members who swap seats --------------------------------------------------------------------------------------
def swap(portal: Sandbox, folder: Path, check: bool, holds: bool = False, **fields: Any) -> Run:
    rows = [person("anna_berg", **fields), person("omar_hadd", user_type="GISProfessionalStdUT", **fields)]
    organize(portal, folder, rows, seats={"creatorUT": 1, "GISProfessionalStdUT": 1, "GISProfessionalAdvUT": 2,
                                          "viewerUT": 1, "editorUT": 0, "fieldWorkerUT": 0})  # fmt: skip
    listing = portal.inspect("POST", "listings", {"title": "ArcGIS Drafting", "num": {"drafting": 5}})
    for row in rows if holds else ():
        entitlements = {listing["id"]: ["drafting"]}
        portal.inspect("PATCH", f"members/{row['username']}", {"entitlements": entitlements})
    entries = [{"username": "anna_berg", "user_type": "GISProfessionalStdUT"},
               {"username": "omar_hadd", "user_type": "creatorUT"}]  # fmt: skip
    return run_module(portal, "portal_members", members=entries, check=check)


def types_sent(run: Run) -> set[str]:
    sent = (entry["params"].get("userLicenseType", "") for entry in run.log if entry["write"])
    return {name for name in sent if name}


def test_promise_16_an_owner_is_not_moved_to_a_third_user_type(online: Sandbox, tmp_path: Path) -> None:
    run = swap(online, tmp_path, False, items=1)
    assert types_sent(run) <= {"creatorUT", "GISProfessionalStdUT"}
    assert_blocked(run, "blocked")


def test_promise_16_a_holder_of_an_add_on_is_not_moved_to_a_third_user_type(online: Sandbox, tmp_path: Path) -> None:
    run = swap(online, tmp_path, False, holds=True)
    assert types_sent(run) <= {"creatorUT", "GISProfessionalStdUT"}


def test_promise_16_the_plan_shows_a_third_user_type(online: Sandbox, tmp_path: Path) -> None:
    plan = swap(online, tmp_path, True)
    assert not plan.failed, plan.message
    run = swap(online, tmp_path, False)
    third = types_sent(run) - {"creatorUT", "GISProfessionalStdUT"}
    assert third
    text = json.dumps(plan.result["members"]) + json.dumps(plan.result["diff"])
    assert all(name in text for name in third)


# -- 17: many add-on licenses ----------------------------------------------------------------------------------------
def test_promise_17_all_pages_of_add_on_licenses_are_revoked(online: Sandbox, tmp_path: Path) -> None:
    online.reset(members=20)
    listings = online.inspect("GET", "organization")["listings"]
    row = {"username": "anna_berg", "role": "org_user", "userLicenseTypeId": "creatorUT"}
    # A listing that is licensed to all members has no holders.
    own = [listing for listing in listings if listing["licenseBy"] == "licenseByUser"]
    entitlements = {listing["id"]: listing["entitlements"][:1] for listing in own}
    online.inspect("POST", "members", {**row, "entitlements": entitlements})

    def one_a_page(exchange: Exchange) -> None:
        data = exchange.data
        if exchange.operation == "provisionedListings" and isinstance(data, dict) and "provisionedListings" in data:
            start, num = int(exchange.params.get("start", 1)), int(exchange.params.get("num", 1))
            rows = data["provisionedListings"]
            chosen = rows[start - 1 : start - 1 + num]
            following = start + num if start + num <= len(rows) else -1
            pages = {"start": start, "num": len(chosen), "nextStart": following}
            exchange.respond({**data, **pages, "provisionedListings": chosen})

    with Meanwhile(online, after=[one_a_page]) as proxy:
        run = run_module(online, "portal_user", url=proxy.url, username="anna_berg", state="absent")
    assert not run.failed, run.message
    assert "anna_berg" not in run.after["members"]


# -- 18: privileges --------------------------------------------------------------------------------------------------
def manager(portal: Sandbox, folder: Path, role: str = "Member Manager") -> dict[str, Any]:
    """Give the portal a member with that role; returns the connection options that sign in as them."""
    account = person("mia_keller", role=role, password="manager-Passw0rd")
    organize(portal, folder, [account, person("anna_berg"), person("omar_hadd", access="private")])
    roles = {row["name"]: row["id"] for row in portal.inspect("GET", "organization")["roles"]}
    portal.change("mia_keller", role=roles.get(role, role), password="manager-Passw0rd")
    return {"portal_url": portal.url, "portal_username": "mia_keller", "portal_password": "manager-Passw0rd"}


def test_promise_18_credits_without_the_privilege_are_blocked(online: Sandbox, tmp_path: Path) -> None:
    sign_in = manager(online, tmp_path)
    for check in (True, False):
        run = run_module(online, "portal_credits", sign_in=sign_in, check=check, username="anna_berg", credits=5)
        assert_blocked(run, "permission")
        assert "portal:admin:manageCredits" in run.message


# -- 19: the license page of Enterprise ------------------------------------------------------------------------------
@pytest.mark.parametrize("code", [403, 498, 499, 400, 404])
def test_promise_19_seats_are_null_where_the_license_may_not_be_read(enterprise: Sandbox, code: int) -> None:
    enterprise.fault(operation="license", kind="error", code=code, message="Token Required.", count=0)
    run = run_module(enterprise, "portal_info")
    assert not run.failed, run.message
    assert run.result["user_types"]


# -- 20: disabling a member who does not exist -----------------------------------------------------------------------
@pytest.mark.parametrize("more", [{}, {key: NEW[key] for key in NEW if key != "username"}], ids=["alone", "complete"])
@pytest.mark.parametrize("module", ["portal_members", "portal_user"])
def test_promise_20_disabling_an_unknown_member_is_a_problem_with_near_names(
    online: Sandbox, tmp_path: Path, more: dict[str, Any], module: str
) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    entry = {"username": "anna_bergg", "enabled": False, **more}
    run = run_module(online, module, **({"members": [entry]} if module == "portal_members" else entry))
    assert_blocked(run)
    assert "anna_berg" in run.message.replace("anna_bergg", "")


# -- 21: work of others ----------------------------------------------------------------------------------------------
def test_promise_21_an_account_that_another_client_created_is_not_created(online: Sandbox) -> None:
    other = {"username": "nora_vogel", "role": "org_user", "userLicenseTypeId": "creatorUT", "firstName": "Nora",
             "lastName": "Vogel", "email": "nora@example.com"}  # fmt: skip
    with Meanwhile(online) as proxy:
        proxy.once("invite", lambda: online.inspect("POST", "members", other))
        run = run_module(online, "portal_members", url=proxy.url, members=[NEW])
    assert run.entry("nora_vogel").get("action") != "created", run.result
    assert run.result["summary"]["created"] == 0


def test_promise_21_an_account_that_another_client_created_is_not_created_on_enterprise(enterprise: Sandbox) -> None:
    other = {"username": "nora_vogel", "role": "org_user", "userLicenseTypeId": "creatorUT", "firstName": "Nora",
             "lastName": "Vogel", "email": "nora@example.com"}  # fmt: skip
    with Meanwhile(enterprise) as proxy:
        proxy.once("createUser", lambda: enterprise.inspect("POST", "members", other))
        entry = {**NEW, "password": "a-first-Passw0rd"}
        run = run_module(enterprise, "portal_members", url=proxy.url, members=[entry])
    assert run.entry("nora_vogel").get("action") != "created", run.result
    assert run.result["summary"]["created"] == 0


@pytest.mark.parametrize("count", [1, 2])
def test_promise_21_an_account_that_another_client_removed_is_not_removed(
    online: Sandbox, tmp_path: Path, count: int
) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    with Meanwhile(online) as proxy:
        for operation in ("delete", "removeUsers"):
            proxy.once(operation, lambda: online.inspect("DELETE", "members/anna_berg"))
        entries = [{"username": name, "state": "absent"} for name in ("anna_berg", "omar_hadd")[:count]]
        run = run_module(online, "portal_members", url=proxy.url, members=entries)
    assert run.entry("anna_berg").get("action") != "removed", run.result
    assert run.result["changed"] is (count == 2)


# -- 22: partial effects ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dropped", ["creditAssignments", "defaultUserCreditAssignment"])
def test_promise_22_one_of_two_settings_is_a_change(online: Sandbox, dropped: str) -> None:
    online.inspect("PATCH", "organization", {"budgeting": False, "defaultUserCreditAssignment": -1.0})

    def drop(exchange: Exchange) -> None:
        if exchange.operation == "update" and dropped in exchange.params:
            exchange.send(**{dropped: None})

    with Meanwhile(online, before=[drop]) as proxy:
        run = run_module(online, "portal_credits", url=proxy.url, budgeting=True, default_credits=50)
    assert run.failed
    assert run.before != run.after
    assert run.result["changed"] is True


@pytest.mark.parametrize("arrives", [True, False])
def test_promise_22_an_outcome_that_cannot_be_known_is_uncertain(
    online: Sandbox, tmp_path: Path, arrives: bool
) -> None:
    organize(online, tmp_path, [person("anna_berg", role="org_publisher")])
    is_offline: list[bool] = []

    def before(exchange: Exchange) -> None:
        exchange.lost = bool(is_offline) or (exchange.operation == "updateUserRole" and not arrives)
        if exchange.operation == "updateUserRole":
            is_offline.append(True)

    def after(exchange: Exchange) -> None:
        exchange.lost = bool(is_offline)

    with Meanwhile(online, before=[before], after=[after]) as proxy:
        entries = [{"username": "anna_berg", "role": "org_user"}]
        run = run_module(online, "portal_members", url=proxy.url, members=entries, sign_in={
            "portal_url": proxy.url, "portal_username": online.username, "portal_password": online.password,
            "retries": 1})  # fmt: skip
    assert run.failed
    assert run.result.get("uncertain") is True, run.result


# -- 23: blocked as a whole ------------------------------------------------------------------------------------------
def test_promise_23_a_blocked_plan_reports_no_member_as_unchanged(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    entries = [{"username": "anna_berg", "role": "Editr"}, {"username": "omar_hadd", "role": "org_user"}]
    run = run_module(online, "portal_members", members=entries)
    assert_blocked(run)
    assert run.result.get("summary", {}).get("unchanged", 0) == 0
    assert [row for row in run.result.get("members", []) if row["action"] == "unchanged"] == []


def test_promise_23_a_rejected_file_reports_no_member_as_unchanged(online: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("username,enabled\nanna_berg,maybe\nomar_hadd,true\n", encoding="utf-8")
    run = run_module(online, "portal_members", src=str(tmp_path / "roster.csv"))
    assert_blocked(run)
    assert run.result.get("summary", {}).get("unchanged", 0) == 0


# -- 24: pauses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", ["error_in_200", "status_500", "status_503"])
def test_promise_24_failed_writes_are_repeated_after_growing_pauses(
    online: Sandbox, tmp_path: Path, shape: str
) -> None:
    organize(online, tmp_path, [person("anna_berg", role="org_publisher")])
    error = {"error": {"code": 500, "message": "Unable to complete operation.", "details": []}}

    def fail(exchange: Exchange) -> None:
        if exchange.operation == "updateUserRole":
            exchange.respond(error, {"error_in_200": 200, "status_500": 500, "status_503": 503}[shape])

    with Meanwhile(online, before=[fail]) as proxy:
        run = run_module(online, "portal_user_role", url=proxy.url, username="anna_berg", role="org_user")
        moments = [seen.moment for seen in proxy.seen if seen.operation == "updateUserRole"]
    assert run.failed
    pauses = [later - earlier for earlier, later in zip(moments, moments[1:])]
    assert all(pause >= 0.2 for pause in pauses), pauses
    assert not pauses or max(pauses[1:] or pauses) >= pauses[0], pauses


# -- 25: data that is written as a whole -----------------------------------------------------------------------------
def titles(tree: list[dict[str, Any]]) -> set[str]:
    return {node["title"] for node in tree} | {title for node in tree for title in titles(node.get("categories", []))}


def test_promise_25_a_category_that_another_client_added_is_kept(online: Sandbox) -> None:
    def add() -> None:
        tree = online.inspect("GET", "organization")["memberCategorySchema"]
        tree[0]["categories"].append({"title": "Added meanwhile"})
        online.inspect("PATCH", "organization", {"memberCategorySchema": tree})

    with Meanwhile(online) as proxy:
        proxy.once("memberCategorySchema", add, "after")
        run = run_module(
            online, "portal_member_categories", url=proxy.url, mode="merged", categories=[{"title": "Crew"}]
        )
    assert {"Crew", "Added meanwhile"} <= titles(run.after["memberCategorySchema"]), run.result


def test_promise_25_a_category_that_another_client_gave_a_member_is_kept(online: Sandbox, tmp_path: Path) -> None:
    paths = ["/Categories/Department/Engineering", "/Categories/Department/Sales", "/Categories/Office/Zurich"]
    organize(online, tmp_path, [person("anna_berg", categories=[path[12:] for path in paths])])
    online.change("anna_berg", categories=paths[:1])
    with Meanwhile(online) as proxy:
        proxy.once("anna_berg", lambda: online.change("anna_berg", categories=paths[:2]), "after")
        run = run_module(
            online, "portal_user_categories", url=proxy.url, username="anna_berg", categories={"add": [paths[2]]}
        )
    assert set(run.after["members"]["anna_berg"]["categories"]) == set(paths), run.result


# -- 26: default categories ------------------------------------------------------------------------------------------
def test_promise_26_default_categories_of_a_new_account_are_kept(enterprise: Sandbox, tmp_path: Path) -> None:
    organize(enterprise, tmp_path, [person("anna_berg", categories=["Department/Sales", "Office/Zurich"])])
    enterprise.inspect("PATCH", "organization", {"defaults": {"categories": ["/Categories/Department/Sales"]}})
    entry = {**NEW, "password": "a-first-Passw0rd", "categories": {"add": ["Office/Zurich"]}}

    def default(exchange: Exchange) -> None:
        if exchange.operation == "createUser":
            enterprise.change("nora_vogel", categories=["/Categories/Department/Sales"])

    with Meanwhile(enterprise, after=[default]) as proxy:
        run = run_module(enterprise, "portal_members", url=proxy.url, members=[entry])
    assert not run.failed, run.message
    categories = set(run.after["members"]["nora_vogel"]["categories"])
    assert categories == {"/Categories/Department/Sales", "/Categories/Office/Zurich"}


# -- 27, 28: accounts that cannot see members -----------------------------------------------------------------------
def test_promise_27_the_missing_privilege_is_named(online: Sandbox, tmp_path: Path) -> None:
    sign_in = manager(online, tmp_path, "org_user")
    run = run_module(online, "portal_user", sign_in=sign_in, check=True, username="anna_berg", description="x")
    assert run.failed
    assert "portal:admin:viewUsers" in run.message


def test_promise_28_an_incomplete_list_is_marked(online: Sandbox, tmp_path: Path) -> None:
    run = run_module(online, "portal_members_info", sign_in=manager(online, tmp_path, "org_user"))
    if run.failed:
        assert "portal:admin:viewUsers" in run.message
        return
    assert run.result.get("warnings")
    assert run.result.get("incomplete") is True


def test_promise_28_a_partial_export_cannot_be_used_for_a_purge(online: Sandbox, tmp_path: Path) -> None:
    export = run_module(online, "portal_members_info", sign_in=manager(online, tmp_path, "org_user")).result
    if "members" not in export:
        return
    (tmp_path / "roster.json").write_text(json.dumps(export), encoding="utf-8")
    run = run_module(
        online, "portal_members", src=str(tmp_path / "roster.json"), purge="delete", guards={"max_removals": "100%"}
    )
    assert_blocked(run)


# -- 29: versions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("version", "release"), [("2025.1", "11.5"), ("8.4", "10.9.1")])
def test_promise_29_the_release_that_administrators_know_is_returned(version: str, release: str) -> None:
    with Sandbox(product="enterprise", members=4, version=version) as portal:
        shown = run_module(portal, "portal_info").result["portal"]
    assert version in shown.values()
    assert any(str(value).startswith(release) for value in shown.values())


# -- 30: a refused change of user type -------------------------------------------------------------------------------
def test_promise_30_a_refused_user_type_says_what_became_of_the_role(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", role="org_publisher")])
    online.fault(operation="updateUserLicenseType", kind="partial", names=["anna_berg"], count=0)
    entry = {"username": "anna_berg", "role": "Viewer", "user_type": "viewerUT"}
    run = run_module(online, "portal_members", members=[entry])
    assert run.failed
    message = str((run.entry("anna_berg").get("error") or {}).get("message"))
    assert "what the portal names" not in message
    restored = run.after["members"]["anna_berg"]["effectiveRole"] == "org_publisher"
    assert restored or "role" in message.lower()
    assert "no reason" in message.lower() or "reason" in message.lower()


# -- 31: repeated problems -------------------------------------------------------------------------------------------
def test_promise_31_a_message_repeats_no_problem(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd", items=1)])
    entries = [{"username": "anna_berg", "role": "Editr"}, {"username": "omar_hadd", "state": "absent"}]
    for chosen in (entries, entries[:1], entries[1:]):
        run = run_module(online, "portal_members", members=chosen)
        assert run.failed
        for marker in ("Editr", "omar_hadd: "):
            assert run.message.count(marker) <= 1, run.message
        sentences = [part.strip() for part in run.message.replace("\n", ". ").split(". ") if len(part.strip()) > 12]
        assert len(sentences) == len(set(sentences)), run.message


# -- 32: what became known of the portal -----------------------------------------------------------------------------
def test_promise_32_the_reason_of_a_refused_user_type_reaches_the_user(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    reason = "The license was taken offline on the blue laptop."

    def explain(exchange: Exchange) -> None:
        if exchange.operation == "updateUserLicenseType":
            row = {"username": "anna_berg", "status": False, "error": {"code": 400, "message": reason}}
            exchange.respond({"results": [row]})

    with Meanwhile(online, before=[explain]) as proxy:
        run = run_module(
            online, "portal_user_level", url=proxy.url, username="anna_berg", user_type="GISProfessionalStdUT"
        )
    assert run.failed
    assert reason in run.message


def test_promise_32_seats_come_from_the_user_types_where_the_license_may_not_be_read(enterprise: Sandbox) -> None:
    enterprise.fault(operation="license", kind="error", code=403, message="No permission.", count=0)

    def most(exchange: Exchange) -> None:
        data = exchange.data
        if exchange.operation == "userLicenseTypes" and isinstance(data, dict) and "userLicenseTypes" in data:
            for row in data["userLicenseTypes"]:
                row["maxUsers"] = 77
            exchange.respond(data)

    with Meanwhile(enterprise, after=[most]) as proxy:
        run = run_module(enterprise, "portal_info", url=proxy.url)
    assert {row["seats"] for row in run.result["user_types"]} == {77}


@pytest.mark.parametrize("fields", [{"role": "org_publisher"}, {"description": "x"}, {"enabled": False},
                                    {"user_type": "GISProfessionalStdUT"}, {"credits": 5}],
                         ids=lambda fields: next(iter(fields)))  # fmt: skip
def test_promise_32_a_member_who_vanished_is_not_found(online: Sandbox, tmp_path: Path, fields: dict[str, Any]) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    gone: list[bool] = []
    writes = ("updateUserRole", "update", "disable", "disableUsers", "updateUserLicenseType", "assignUserCredits")

    def vanish(exchange: Exchange) -> None:
        if exchange.operation in writes and not gone:
            gone.append(True)
            online.inspect("DELETE", "members/anna_berg")

    with Meanwhile(online, before=[vanish]) as proxy:
        run = run_module(online, "portal_members", url=proxy.url, members=[{"username": "anna_berg", **fields}])
    assert gone
    assert run.failed
    assert run.entry("anna_berg")["error"]["code"] == "not_found"
    assert run.result["changed"] is False


def test_rosters_of_these_tests_are_valid_yaml() -> None:
    """The files above that are meant to be readable are, so that a refusal has the reason that is meant."""
    for name in ("yaml_no_mapping", "yaml_wrong_field", "yaml_unknown_key", "yaml_mapping_password"):
        assert yaml.safe_load(PASSWORD_FILES[name][1].format(SECRET))
