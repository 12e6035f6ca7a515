# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of README, SECURITY, guides, and module documentation beyond the first list of readers."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.runner import Sandbox

from .harness import Run, connection, organize, run_module
from .meanwhile import Exchange, Meanwhile
from .test_promises import NEW, SECRET, assert_blocked, assert_no_leak, manager, person, two_accounts

CATEGORIES = ["Department/Sales", "Office/Zurich"]


def members(portal: Sandbox, *entries: dict[str, Any], **options: Any) -> Run:
    return run_module(portal, "portal_members", members=list(entries), **options)


# -- the input -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("second", ["anna_berg", "ANNA_BERG", "Anna_Berg"])
def test_a_name_that_is_listed_twice_is_rejected_with_both_positions(
    online: Sandbox, tmp_path: Path, second: str
) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    run = members(online, {"username": "anna_berg"}, {"username": "portal_admin"}, {"username": second})
    assert_blocked(run, "invalid_input")
    assert "members[0]" in run.message and "members[2]" in run.message


def test_a_name_in_two_spellings_of_its_domain_is_rejected(enterprise: Sandbox) -> None:
    run = members(enterprise, {"username": "CORP\\anna"}, {"username": "anna@CORP"}, check=True)
    assert_blocked(run, "invalid_input")


@pytest.mark.parametrize("password", ["short-1", "anna_berg", "NNA_BERG", "anna_berg_"])
def test_a_short_password_or_a_part_of_a_username_is_rejected(online: Sandbox, tmp_path: Path, password: str) -> None:
    organize(online, tmp_path, [person("anna_berg_x"), person("omar_hadd")])
    entry = {"username": "omar_hadd", "password": password, "update_password": "always"}
    run = members(online, entry, {"username": "anna_berg_x"})
    assert_blocked(run, "invalid_input")


@pytest.mark.parametrize(("name", "value"), [("timeout", 0), ("timeout", 3601), ("retries", -1), ("retries", 21),
                                             ("parallel", 0), ("parallel", 33)])  # fmt: skip
def test_limits_of_connection_options(online: Sandbox, name: str, value: int) -> None:
    run = run_module(online, "portal_info", sign_in={**connection(online), name: value})
    assert run.failed
    assert run.log == []


@pytest.mark.parametrize("tail", ["/", "/home/index.html", "/home/organization.html?tab=members#overview",
                                  "/sharing/rest", "/sharing", "/sharing/rest/"])  # fmt: skip
@pytest.mark.parametrize("product", ["online", "enterprise"])
def test_an_address_may_be_any_page(online: Sandbox, enterprise: Sandbox, tail: str, product: str) -> None:
    portal = online if product == "online" else enterprise
    assert not run_module(portal, "portal_info", url=portal.url + tail).failed


def test_plain_http_to_another_machine_is_rejected(online: Sandbox) -> None:
    run = run_module(online, "portal_info", url="http://portal.example.com/portal")
    assert run.failed
    assert "invalid_input" in run.codes()
    assert_no_leak(run, online.password)


# -- all problems at once --------------------------------------------------------------------------------------------
def test_all_problems_are_reported_together(online: Sandbox, tmp_path: Path) -> None:
    rows = [person("anna_berg"), person("omar_hadd", items=1), person("lena_fisch"), person("tomas_rey")]
    organize(online, tmp_path, rows, seats={"GISProfessionalStdUT": 0})
    run = members(
        online,
        {"username": "anna_berg", "role": "Editr"},
        {"username": "omar_hadd", "state": "absent"},
        {"username": "lena_fisch", "user_type": "GISProfessionalStdUT"},
        {"username": "tomas_rey", "enabled": False},
        {"username": "portal_admin", "categories": ["No such category"]},
        guards={"protected": ["tomas_*"]},
    )
    assert_blocked(run)
    for word in ("Editr", "omar_hadd", "GISProfessionalStdUT", "tomas_rey", "No such category"):
        assert word in run.message, word


def test_a_missing_privilege_is_reported_with_the_other_problems(online: Sandbox, tmp_path: Path) -> None:
    sign_in = manager(online, tmp_path)
    run = run_module(
        online, "portal_members", sign_in=sign_in,
        members=[{"username": "anna_berg", "role": "org_admin"}, {"username": "omar_hadd", "role": "Editr"}],
    )  # fmt: skip
    assert_blocked(run)
    assert "Editr" in run.message and "anna_berg" in run.message


# -- recipients ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("recipient", ["anna_berg", "no_such_name", "dora_off", "vera_view", "outsider_elsewhere"])
@pytest.mark.parametrize("state", ["absent", "transferred"])
def test_a_recipient_is_another_member_who_can_sign_in(
    online: Sandbox, tmp_path: Path, recipient: str, state: str
) -> None:
    rows = [person("anna_berg", items=1), person("dora_off", enabled=False),
            person("vera_view", role="Viewer", user_type="viewerUT")]  # fmt: skip
    organize(online, tmp_path, rows)
    assert_blocked(members(online, {"username": "anna_berg", "state": state, "transfer_to": recipient}))


def test_a_recipient_who_is_purged_is_a_problem(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", items=1), person("omar_hadd")])
    entry = {"username": "anna_berg", "state": "absent", "transfer_to": "omar_hadd"}
    for purge in ("disable", "delete"):
        assert_blocked(members(online, entry, purge=purge))


def test_transferred_changes_nothing_for_a_member_who_owns_nothing_or_is_gone(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    entries = [{"username": name, "state": "transferred", "transfer_to": "omar_hadd", "description": "x"}
               for name in ("anna_berg", "gone_long_ago")]  # fmt: skip
    run = members(online, *entries)
    assert not run.failed, run.message
    assert run.result["changed"] is False
    assert run.writes == []


# -- guards ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("limit", "blocked"), [(1, True), (2, False), (0, True)])
def test_a_limit_of_new_accounts(online: Sandbox, limit: int, blocked: bool) -> None:
    new = [{**NEW, "username": f"newcomer_{number}", "email": f"n{number}@example.com"} for number in range(2)]
    run = members(online, *new, guards={"max_created": limit}, check=True)
    assert run.failed is blocked, run.message
    if blocked:
        assert_blocked(run, "max_created")


def administrators(portal: Sandbox) -> dict[str, Any]:
    """Give a generated organization three administrators; returns the options that sign in as its application."""
    for row in portal.inspect("GET", "members"):
        if row["username"] != "portal_admin":
            portal.inspect("DELETE", f"members/{row['username']}")
    for name, fields in (
        ("second_admin", {}),
        ("third_admin", {"disabled": True}),
        ("anna_berg", {"role": "org_user"}),
    ):
        row = {"username": name, "role": "org_admin", "userLicenseTypeId": "GISProfessionalStdUT", **fields}
        portal.inspect("POST", "members", row)
    app = {"portal_client_id": portal.client_id, "portal_client_secret": portal.client_secret}
    return {"portal_url": portal.url, **app}


@pytest.mark.parametrize("fields", [{"state": "absent"}, {"enabled": False}, {"role": "org_user"}],
                         ids=["absent", "disable", "role"])  # fmt: skip
def test_an_application_cannot_take_the_last_administrators(online: Sandbox, fields: dict[str, Any]) -> None:
    sign_in = administrators(online)
    entries = [{"username": name, **fields} for name in ("portal_admin", "second_admin")]
    run = run_module(online, "portal_members", sign_in=sign_in, members=entries)
    assert_blocked(run)
    assert "guard" in run.codes()


@pytest.mark.parametrize("purge", ["disable", "delete"])
def test_an_application_cannot_purge_the_last_administrators(online: Sandbox, purge: str) -> None:
    sign_in = administrators(online)
    run = run_module(
        online, "portal_members", sign_in=sign_in, members=[{"username": "anna_berg"}], purge=purge,
        guards={"max_disruptive": "100%"},
    )  # fmt: skip
    assert_blocked(run)
    assert "guard" in run.codes()


SINGLE: dict[str, tuple[str, dict[str, Any]]] = {
    "portal_user absent": ("portal_user", {"state": "absent"}),
    "portal_user disable": ("portal_user", {"enabled": False}),
    "portal_user password": ("portal_user", {"password": "a-new-Passw0rd", "update_password": "always"}),
    "portal_user role": ("portal_user", {"role": "org_user"}),
    "portal_user_role": ("portal_user_role", {"role": "org_user"}),
    "portal_user_level": ("portal_user_level", {"user_type": "creatorUT"}),
}


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_no_module_takes_anything_from_the_signed_in_account(online: Sandbox, name: str) -> None:
    administrators(online)
    module, fields = SINGLE[name]
    assert_blocked(run_module(online, module, username="PORTAL_admin", **fields), "guard")


def test_protected_names_and_patterns_ignore_case(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("Anna_Berg")])
    for pattern in ("anna_berg", "ANNA_*", "?nna_b*"):
        run = members(online, {"username": "anna_berg", "enabled": False}, guards={"protected": [pattern]})
        assert_blocked(run, "protected")


# -- plans and checksums ---------------------------------------------------------------------------------------------
def test_an_expected_plan_is_applied_or_blocked(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    entries = [{"username": "anna_berg", "role": "org_publisher"}, {"username": "omar_hadd", "credits": 5}]
    checksum = members(online, *entries, check=True).result["plan_checksum"]
    online.change("omar_hadd", assignedCredits=5.0)
    assert_blocked(members(online, *entries, expected_plan=checksum), "plan_changed")
    online.change("omar_hadd", assignedCredits=-1.0)
    assert not members(online, *entries, expected_plan=checksum).failed


def test_a_member_who_changes_before_the_write_is_not_overwritten(online: Sandbox, tmp_path: Path) -> None:
    """guide_trust: what others changed between reading and writing is not overwritten where the portal shows it."""
    organize(
        online, tmp_path, [person("anna_berg", categories=CATEGORIES[:1]), person("gil_keep", categories=CATEGORIES)]
    )
    with Meanwhile(online) as proxy:
        paths = [f"/Categories/{path}" for path in CATEGORIES]
        proxy.once("anna_berg", lambda: online.change("anna_berg", categories=paths), "after")
        entry = {"username": "anna_berg", "categories": {"add": ["Department"]}}
        run = members(online, entry, url=proxy.url)
    categories = {path.replace("/Categories/", "") for path in run.after["members"]["anna_berg"]["categories"]}
    assert {*CATEGORIES} <= categories, (categories, run.message)


def test_an_export_plans_no_change(online: Sandbox, tmp_path: Path) -> None:
    for seed in (3, 4):
        online.reset(members=70, seed=seed)
        export = run_module(online, "portal_members_info").result
        path = tmp_path / f"roster-{seed}.json"
        path.write_text(json.dumps({"members": export["members"]}), encoding="utf-8")
        run = run_module(online, "portal_members", src=str(path), purge="delete", guards={"max_disruptive": "0"})
        assert not run.failed, run.message
        assert run.writes == [] and run.result["members"] == []


@pytest.mark.parametrize("product", ["enterprise", "enterprise-10.6"])
def test_an_export_plans_no_change_on_enterprise(product: str, tmp_path: Path) -> None:
    with Sandbox(product=product, members=70, seed=5) as portal:
        export = run_module(portal, "portal_members_info").result
        path = tmp_path / "roster.json"
        path.write_text(json.dumps({"members": export["members"]}), encoding="utf-8")
        run = run_module(portal, "portal_members", src=str(path), purge="delete", guards={"max_disruptive": "0"})
    assert not run.failed, run.message
    assert run.writes == [] and run.result["members"] == []


def test_the_spelling_of_the_portal_is_kept(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("Anna_Berg")])
    run = members(online, {"username": "ANNA_berg", "description": "x"})
    assert run.result["members"][0]["username"] == "Anna_Berg"
    assert list(run.result["diff"]["after"]["members"]) == ["Anna_Berg"]


# -- fields ----------------------------------------------------------------------------------------------------------
def test_credits_that_differ_by_less_than_a_cent_are_equal(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", credits=50)])
    assert members(online, {"username": "anna_berg", "credits": 50.004}).result["changed"] is False


def test_more_credits_than_the_organization_has_are_blocked(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    online.inspect("PATCH", "organization", {"availableCredits": 100.0})
    assert_blocked(members(online, {"username": "anna_berg", "credits": 5000}), "blocked")


def test_credits_without_budgeting_are_blocked(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    online.inspect("PATCH", "organization", {"budgeting": False})
    assert_blocked(members(online, {"username": "anna_berg", "credits": 5}), "blocked")
    run = run_module(online, "portal_credits", username="anna_berg", credits=5, budgeting=True)
    assert not run.failed, run.message


def test_a_path_left_over_from_an_earlier_tree_can_stay_and_can_be_removed(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", categories=CATEGORIES[:1])])
    old = "/Categories/Gone/Long ago"
    online.change("anna_berg", categories=[old])
    kept = members(online, {"username": "anna_berg", "categories": {"set": ["Gone/Long ago", CATEGORIES[0]]}})
    assert not kept.failed, kept.message
    removed = members(online, {"username": "anna_berg", "categories": {"remove": ["Gone/Long ago"]}})
    assert not removed.failed, removed.message
    assert old not in removed.after["members"]["anna_berg"]["categories"]


def test_more_than_twenty_categories_are_rejected(online: Sandbox, tmp_path: Path) -> None:
    paths = [f"Skill/Number {number}" for number in range(22)]
    organize(online, tmp_path, [person("anna_berg", categories=paths[:20]), person("omar_hadd", categories=paths[20:])])
    assert_blocked(members(online, {"username": "anna_berg", "categories": {"add": paths[20:]}}), "invalid_input")


def test_a_role_that_several_have_is_rejected_with_their_ids(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    ids = [row["id"] for row in online.inspect("GET", "organization")["roles"] if row["name"] == "Student"]
    run = members(online, {"username": "anna_berg", "role": "student"})
    assert_blocked(run, "invalid_input")
    assert all(role in run.message for role in ids)
    assert not members(online, {"username": "anna_berg", "role": ids[0]}, check=True).failed


def test_another_provider_afterwards_is_blocked(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    entry = {"username": "anna_berg", "provider": "enterprise", "idp_username": "a@idp"}
    assert_blocked(members(online, entry), "blocked")


@pytest.mark.parametrize(("product", "fields"), [("online", {"level": "2"}), ("enterprise", {"credits": 5})])
def test_what_a_portal_does_not_have_is_unsupported(
    online: Sandbox, enterprise: Sandbox, product: str, fields: dict[str, Any]
) -> None:
    portal = online if product == "online" else enterprise
    assert_blocked(members(portal, {"username": "portal_admin", **fields}), "unsupported")


def test_a_field_that_is_null_or_empty_in_a_file_is_not_changed(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", description="kept", tags=["field"], categories=CATEGORIES)])
    (tmp_path / "a.csv").write_text("User Name,description,tags,categories,role,credits\nanna_berg,,,,,\n")
    (tmp_path / "b.json").write_text('[{"username": "anna_berg", "description": null, "tags": null, "role": null}]')
    for name in ("a.csv", "b.json"):
        run = run_module(online, "portal_members", src=str(tmp_path / name))
        if name == "a.csv" and run.failed:
            (tmp_path / name).write_text("username,description,tags,categories,role,credits\nanna_berg,,,,,\n")
            run = run_module(online, "portal_members", src=str(tmp_path / name))
        assert not run.failed, run.message
        assert run.writes == []


# -- sign-in and requests --------------------------------------------------------------------------------------------
def test_an_expired_token_is_renewed_once_for_each_loss(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])
    with Meanwhile(online) as proxy:
        proxy.once("updateUserRole", lambda: online.inspect("POST", "tokens/expire"))
        entries = [{"username": name, "role": "org_publisher"} for name in ("anna_berg", "omar_hadd")]
        run = members(online, *entries, url=proxy.url)
        sign_ins = [seen for seen in proxy.seen if seen.operation == "generateToken"]
    assert not run.failed, run.message
    assert len(sign_ins) == 2


def test_a_renewed_token_belongs_to_the_same_account(online: Sandbox, tmp_path: Path) -> None:
    two_accounts(online, tmp_path)
    token = online.inspect("POST", "tokens", {"username": "second_admin"})["token"]
    count = [0]

    def other_token(exchange: Exchange) -> None:
        if exchange.operation == "generateToken":
            count[0] += 1
            if count[0] == 2:
                exchange.respond({"token": token, "expires": 4_000_000_000_000, "ssl": False})

    with Meanwhile(online, before=[other_token]) as proxy:
        proxy.once("update", lambda: online.inspect("POST", "tokens/expire"))
        token = online.inspect("POST", "tokens", {"username": "second_admin"})["token"]
        hook = proxy.before.pop()
        proxy.before.append(hook)

        def renew(exchange: Exchange) -> None:
            nonlocal token
            if exchange.operation == "generateToken" and count[0] == 1:
                token = online.inspect("POST", "tokens", {"username": "second_admin"})["token"]

        proxy.before.insert(0, renew)
        run = members(online, {"username": "anna_berg", "description": "x"}, url=proxy.url)
    assert count[0] == 2
    assert run.failed, run.result
    assert run.after["members"]["anna_berg"]["description"] is None


@pytest.mark.parametrize("operation", ["users", "self", "user"])
def test_an_anonymous_response_is_not_trusted(online: Sandbox, tmp_path: Path, operation: str) -> None:
    organize(online, tmp_path, [person("anna_berg"), person("omar_hadd")])

    def anonymous(exchange: Exchange) -> None:
        names = {"users": ("users",), "self": ("self",), "user": ("anna_berg",)}[operation]
        if exchange.operation in names and exchange.method == "GET":
            exchange.headers = {k: v for k, v in exchange.headers.items() if k.lower() != "x-esri-authorization"}

    with Meanwhile(online, before=[anonymous]) as proxy:
        run = members(online, {"username": "anna_berg", "role": "org_publisher"}, purge="delete", url=proxy.url)
    assert run.failed or run.after["members"].keys() == run.before["members"].keys() - {"omar_hadd"}
    if operation != "user":
        assert run.writes == []


def test_retry_after_is_honored(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    online.fault(operation="updateUserRole", kind="throttle", retry_after=2, count=1)
    with Meanwhile(online) as proxy:
        run = members(online, {"username": "anna_berg", "role": "org_publisher"}, url=proxy.url)
        moments = [seen.moment for seen in proxy.seen if seen.operation == "updateUserRole"]
    assert not run.failed, run.message
    assert moments[1] - moments[0] >= 1.9


def test_no_token_is_in_an_address(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg", items=1), person("omar_hadd")])
    with Meanwhile(online) as proxy:
        entries = [{"username": "anna_berg", "state": "absent", "transfer_to": "omar_hadd"}, dict(NEW)]
        members(online, *entries, url=proxy.url)
        tokens = [seen.data["token"] for seen in proxy.seen if seen.operation == "generateToken"]
        addresses = [seen.path + "?" + seen.query for seen in proxy.seen]
    assert tokens
    assert [address for address in addresses if "token=" in address or tokens[0] in address] == []


def test_a_new_password_is_masked_in_the_result(online: Sandbox, tmp_path: Path) -> None:
    organize(online, tmp_path, [person("anna_berg")])
    (tmp_path / "r.json").write_text(
        json.dumps([{"username": "anna_berg", "password": SECRET, "update_password": "always"}])
    )
    path = tmp_path / "progress"
    run = run_module(online, "portal_members", src=str(tmp_path / "r.json"), progress_path=str(path))
    assert not run.failed, run.message
    assert run.entry("anna_berg")["action"] == "changed"
    assert_no_leak(run)
    assert SECRET not in path.read_text(encoding="utf-8")


def test_on_error_stop_sends_nothing_more(online: Sandbox, tmp_path: Path) -> None:
    rows = [person(f"member_{number}") for number in range(6)]
    organize(online, tmp_path, rows)
    online.fault(operation="updateUserRole", kind="error", code=400, nth=2, count=1)
    entries = [{"username": row["username"], "role": "org_publisher"} for row in rows]
    run = run_module(online, "portal_members", sign_in={**connection(online), "parallel": 1}, members=entries,
                     on_error="stop")  # fmt: skip
    assert run.failed
    actions = [row["action"] for row in run.result["members"]]
    assert actions.count("failed") == 1 and actions.count("changed") == 1 and actions.count("skipped") == 4
    assert len(run.writes) == 2


def test_a_user_of_another_organization_is_not_changed(online: Sandbox) -> None:
    run = members(online, {"username": "outsider_elsewhere", "description": "x"})
    assert_blocked(run)
    assert "outsider_elsewhere" in run.message


# -- privileges ------------------------------------------------------------------------------------------------------
NEEDS: dict[str, tuple[dict[str, Any], str]] = {
    "profile": ({"description": "x"}, "portal:admin:updateUsers"),
    "password": ({"password": "a-new-Passw0rd", "update_password": "always"}, "portal:admin:updateUsers"),
    "categories": ({"categories": []}, "portal:admin:updateUsers"),
    "enabled": ({"enabled": False}, "portal:admin:disableUsers"),
    "role": ({"role": "org_publisher"}, "portal:admin:changeUserRoles"),
    "user_type": ({"user_type": "GISProfessionalStdUT"}, "portal:admin:manageLicenses"),
    "credits": ({"credits": 5}, "portal:admin:manageCredits"),
    "absent": ({"state": "absent"}, "portal:admin:deleteUsers"),
    "transfer": ({"username": "omar_hadd", "state": "transferred", "transfer_to": "anna_berg"},
                 "portal:admin:reassignUsers"),
    "create": (dict(NEW), "portal:admin:inviteUsers"),
}  # fmt: skip


def call(portal: Sandbox, path: str, **params: str) -> dict[str, Any]:
    """Send one request to the portal as its administrator."""
    token = portal.inspect("POST", "tokens", {"username": portal.username})["token"]
    data = urllib.parse.urlencode({**params, "f": "json", "token": token}).encode()
    with urllib.request.urlopen(f"{portal.url}/sharing/rest/{path}", data, timeout=30) as response:
        return dict(json.load(response))


def reader(portal: Sandbox, folder: Path) -> dict[str, Any]:
    """Give the portal an account that can only read members; returns the options that sign in as it."""
    rows = [person("anna_berg", categories=CATEGORIES), person("omar_hadd", items=1), person("rita_read")]
    organize(portal, folder, rows)
    role = call(portal, "portals/self/createRole", name="Reader", description="Reads members")["id"]
    privileges = {"privileges": ["portal:admin:viewUsers", "portal:user:createItem", "portal:user:viewOrgUsers"]}
    call(portal, f"portals/self/roles/{role}/setPrivileges", privileges=json.dumps(privileges))
    portal.change("rita_read", role=role, password="reader-Passw0rd")
    return {"portal_url": portal.url, "portal_username": "rita_read", "portal_password": "reader-Passw0rd"}


#: The reference only infers that this privilege is needed, so the plan warns and the portal decides.
INFERRED = {"user_type"}


@pytest.mark.parametrize("name", sorted(INFERRED))
def test_a_privilege_that_is_only_inferred_is_named_in_a_warning(online: Sandbox, tmp_path: Path, name: str) -> None:
    fields, privilege = NEEDS[name]
    entry = {"username": "anna_berg", **fields}
    run = run_module(online, "portal_members", sign_in=reader(online, tmp_path), members=[entry], check=True)
    assert privilege in str(run.result.get("warnings")), run.stdout


@pytest.mark.parametrize("name", sorted(NEEDS.keys() - INFERRED))
def test_a_missing_privilege_is_named_before_the_first_write(online: Sandbox, tmp_path: Path, name: str) -> None:
    sign_in = reader(online, tmp_path)
    fields, privilege = NEEDS[name]
    for check in (True, False):
        entry = {"username": "anna_berg", **fields}
        run = run_module(online, "portal_members", sign_in=sign_in, members=[entry], check=check)
        assert_blocked(run, "permission")
        assert privilege in run.message


@pytest.mark.parametrize("fields", [{"state": "absent"}, {"enabled": False}, {"role": "org_user"}, {"description": "x"},
                                    {"user_type": "creatorUT"}],
                         ids=lambda fields: next(iter(fields)))  # fmt: skip
def test_only_an_administrator_changes_administrators(online: Sandbox, tmp_path: Path, fields: dict[str, Any]) -> None:
    """SECURITY: only administrators can give the role, take it, or change administrators. Other runs write nothing."""
    sign_in = manager(online, tmp_path)
    online.inspect("POST", "members", {"username": "second_admin", "role": "org_admin", "email": "s@example.com",
                                       "userLicenseTypeId": "GISProfessionalStdUT"})  # fmt: skip
    run = run_module(online, "portal_members", sign_in=sign_in, members=[{"username": "second_admin", **fields}])
    assert_blocked(run)


@pytest.mark.parametrize("guards", [{"max_disruptive": "abc"}, {"max_disruptive": "-1"}, {"max_removals": "101%"},
                                    {"max_removals": "5%%"}, {"min_admins": 0}, {"min_admins": -1}],
                         ids=str)  # fmt: skip
def test_a_guard_that_is_no_limit_is_rejected(online: Sandbox, guards: dict[str, Any]) -> None:
    assert_blocked(members(online, {"username": "portal_admin", "description": "x"}, guards=guards))
