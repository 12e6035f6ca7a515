# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pending invitations: what a task selects, what the plan makes of it, and runs against a sandbox portal."""

from __future__ import annotations

import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import (
    DAY,
    Invitation,
    InvitationFilter,
    Invitations,
    pending_seats,
)
from tests.sandbox.runner import Sandbox
from tests.unit.plugins.module_utils.fakes import Account, FakePortal, play, play_at

NOW = 1_800_000_000_000


def invitation(number=1, **row):
    return Invitation({"id": f"{number:032x}", "email": f"person{number}@example.com", "created": NOW - DAY, **row})


def selected(*rows, **options):
    return [each.name for each in rows if InvitationFilter(options, NOW).fits(each)]


# -- one invitation


def test_what_the_portal_does_not_show_is_unknown():
    bare = Invitation({"id": "a", "email": None, "created": None, "userLicenseType": None})
    assert (bare.email, bare.username, bare.role, bare.created, bare.expires, bare.age_days(NOW)) == (
        "", "", "", None, None, None,
    )  # fmt: skip
    assert bare.name == "a"


@pytest.mark.parametrize(("expiration", "expires"), [(20160, None), (NOW, NOW), (-1, None), ("x", None), (None, None)])
def test_a_time_before_the_creation_is_no_expiration(expiration, expires):
    assert invitation(expiration=expiration).expires == expires


def test_the_name_is_the_username_then_the_email():
    assert invitation(username="jane_doe").name == "jane_doe" and invitation().name == "person1@example.com"


@pytest.mark.parametrize(("created", "days"), [(NOW, 0), (NOW - DAY + 1, 0), (NOW - 14 * DAY, 14), (NOW + DAY, 0)])
def test_the_age_counts_full_days(created, days):
    assert invitation(created=created).age_days(NOW) == days


def test_seats_are_counted_by_user_type():
    rows = [invitation(userLicenseType="creatorUT"), invitation(userLicenseTypeId="creatorUT"), invitation()]
    assert pending_seats(rows) == {"creatorUT": 2}


# -- which ones a task selects


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["jane_doe", "person2@example.com", "omar_h"]),
        ({"usernames": ["JANE_doe"]}, ["jane_doe"]),
        ({"usernames": ["*"]}, ["jane_doe", "omar_h"]),
        ({"usernames": ["?mar_*"]}, ["omar_h"]),
        ({"usernames": []}, []),
        ({"emails": ["Person2@EXAMPLE.com", "person1@example.com"]}, ["jane_doe", "person2@example.com"]),
        ({"emails": ["*@example.com"], "older_than_days": 5}, ["omar_h"]),
        ({"usernames": ["jane_doe"], "emails": ["person2@*"]}, []),
        ({"older_than_days": 1}, ["jane_doe", "omar_h"]),
        ({"older_than_days": 6}, ["omar_h"]),
        ({"older_than_days": 7}, []),
    ],
)
def test_an_invitation_matches_all_options(options, names):
    rows = [
        invitation(1, username="jane_doe"),
        invitation(2, created=None),
        invitation(3, username="omar_h", created=NOW - 6 * DAY),
    ]
    assert selected(*rows, **options) == names


@pytest.mark.parametrize(
    ("options", "is_exact"),
    [
        ({"usernames": ["a"]}, True), ({"usernames": ["a*"]}, False), ({"usernames": ["a*"], "emails": ["a@b"]}, True),
        ({"older_than_days": 3}, False), ({"emails": ["a@b"], "older_than_days": 3}, True), ({"usernames": []}, True),
        ({"usernames": ["a", "b[c]"]}, True), ({"emails": ["a?b@c"]}, False),
    ],
)  # fmt: skip
def test_a_task_is_exact_if_it_names_each_invitation(options, is_exact):
    assert InvitationFilter(options, NOW).is_exact is is_exact


@pytest.mark.parametrize(
    ("options", "option"),
    [({"usernames": [" "]}, "usernames"), ({"emails": ['a"b']}, "emails"), ({"older_than_days": 0}, "older_than_days")],
)
def test_wrong_options_are_rejected(options, option):
    with pytest.raises(InputError) as raised:
        InvitationFilter(options, NOW)
    assert raised.value.details["option"] == option


def test_names_without_a_selected_invitation_are_unmatched_once():
    chosen = InvitationFilter({"usernames": ["Jane_Doe", "x", "x", "y*"], "emails": ["z@z"]}, NOW)
    assert chosen.unmatched([invitation(username="jane_doe")]) == ["x", "z@z"]


def test_an_invitation_of_the_same_person_is_found_once():
    first, second = invitation(1, username="Jane_Doe", email="J@example.com"), invitation(2, email="j@EXAMPLE.com")
    found = Invitations([first, second]).of_person("jane_doe", "j@example.com")
    assert found == [(first, "username"), (second, "email")]
    assert Invitations([invitation(email="")]).of_person("jane_doe", "") == []


# -- new members and their invitations

NEW = {
    "username": "nora_new", "first_name": "Nora", "last_name": "New", "email": "Nora@Example.com",
    "user_type": "creatorUT", "role": "org_user", "password": "Wombat-Ledger-77",
}  # fmt: skip
ROWS = [
    {"id": "1", "email": "nora@example.com", "fromUsername": "sponsor"},
    {"id": "2", "email": "other@example.com", "username": "NORA_new"},
    {"id": "3", "email": "third@example.com"},
    {"id": "4", "email": "nora@example.com", "accepted": True},
    {"id": "5", "email": "nora@example.com", "targetType": "group"},
]


def town(rows=None, product="online"):
    rows = ROWS if rows is None else rows
    answers = {"invitations": {"total": len(rows), "nextStart": -1, "invitations": rows}}
    return FakePortal(product, [Account("jane")], answers=answers)


@pytest.mark.parametrize("module", ["portal_user", "portal_members"])
def test_a_new_member_has_a_warning_for_each_invitation_of_the_same_person(module):
    portal = town()
    run = play(portal, module, check=True, members=[NEW, {"username": "jane", "email": "nora@example.com"}])
    (changed, created) = run["members"]
    remedy = "If the new account replaces it, cancel it with portal_invitations."
    assert created["warnings"] == [
        f"nora_new: A pending invitation has the same username (NORA_new). {remedy}",
        f"nora_new: A pending invitation from sponsor has the same email (nora@example.com). {remedy}",
    ]
    assert changed["warnings"] == []
    assert portal.calls("invitations") == ["invitations"]


def test_a_real_run_has_the_same_warnings_and_reads_the_invitations_once():
    portal = town()
    run = play(portal, "portal_user", **NEW)
    assert not run.failed and len(run["members"][0]["warnings"]) == 2 and portal.calls("invitations") == ["invitations"]


def test_without_a_similar_invitation_there_is_no_warning():
    assert play(town(ROWS[2:]), "portal_user", check=True, **NEW)["members"][0]["warnings"] == []
    assert play(town(product="enterprise"), "portal_user", check=True, **NEW)["members"][0]["warnings"] == []


def test_a_username_that_an_invitation_reserves_is_blocked_with_the_reason():
    portal = town()
    portal.deleted.add("nora_new")
    run = play(portal, "portal_user", **NEW)
    assert run.code == "blocked" and "a pending invitation has it" in run["error"]["message"]
    assert "same username (NORA_new)" in run["members"][0]["warnings"][0]


# -- runs against a sandbox portal


@pytest.fixture(scope="module")
def process():
    with Sandbox(product="online", members=30, seed=7) as running:
        yield running
        assert running.trouble() == ""


@pytest.fixture
def portal(process):
    process.reset()
    process.inspect("DELETE", "faults")
    return process


def invite(portal, email, days=0, **fields):
    created = int(time.time() * 1000) - days * DAY - 60_000
    rows = portal.inspect("POST", "invitations", {"email": email, "created": created, **fields})
    return rows[-1]["id"]


def pending(portal):
    return sorted(row["email"] for row in portal.inspect("GET", "invitations"))


def cancel(portal, check=False, **options):
    return play_at(portal, "portal_invitations", check, **options)


FIRST = ["newcomer1@example.com", "newcomer2@example.com", "newcomer3@example.com"]


def test_an_invitation_is_canceled_as_planned_and_unchanged_in_the_second_run(portal):
    chosen = {"emails": ["NEWCOMER1@example.com", "unknown@example.com"]}
    planned = cancel(portal, check=True, **chosen)
    assert planned["api_calls"]["write"] == 0 and pending(portal) == FIRST
    done = cancel(portal, **chosen)
    assert pending(portal) == FIRST[1:] and done["changed"] is True
    assert all(done[name] == planned[name] for name in ("invitations", "summary", "diff", "plan_checksum"))
    (row,) = done["invitations"]
    assert row["email"] == FIRST[0] and row["username"] is None and row["action"] == "removed"
    assert done["summary"] == {"total": 2, "removed": 1, "unchanged": 1, "skipped": 0, "failed": 0}
    assert done["diff"]["before"] == {"invitations": {FIRST[0]: {"state": "present"}}}
    again = cancel(portal, **chosen)
    assert again["changed"] is False and again["api_calls"]["write"] == 0 and again["invitations"] == []
    assert again["summary"]["unchanged"] == again["summary"]["total"] == 2


def test_invitations_are_selected_by_username_and_age(portal):
    invite(portal, "old@example.com", days=12, username="old_person")
    invite(portal, "new@example.com", days=2, username="new_person")
    assert cancel(portal, usernames=["*_person"], older_than_days=12)["summary"]["removed"] == 1
    assert "old@example.com" not in pending(portal) and "new@example.com" in pending(portal)
    run = cancel(portal, usernames=["New_Person"])
    assert [row["username"] for row in run["invitations"]] == ["new_person"]


def test_two_invitations_of_one_address_are_apart_in_the_diff(portal):
    ids = {invite(portal, "twice@example.com"), invite(portal, "twice@example.com")}
    run = cancel(portal, emails=["twice@example.com"])
    assert set(run["diff"]["before"]["invitations"]) == ids == {row["id"] for row in run["invitations"]}


def test_all_pages_are_read(portal):
    for number in range(105):
        invite(portal, f"many{number:03}@example.com")
    run = cancel(portal, emails=["many*"], guards={"max_removals": "100%"})
    assert run["summary"]["removed"] == 105 and pending(portal) == FIRST


def test_a_pattern_cannot_cancel_many_invitations_without_a_guard(portal):
    for number in range(8):
        invite(portal, f"more{number}@example.com")
    before = pending(portal)
    run = cancel(portal, emails=["*"])
    assert run.code == "guard" and pending(portal) == before and run["api_calls"]["write"] == 0
    assert "11 of 11 pending invitations would be canceled, and without a guard the limit is 10" in run["msg"]
    assert {row["action"] for row in run["invitations"]} == {"skipped"} and run["summary"]["skipped"] == 11
    assert "set guards.max_removals" in run["error"]["remedy"]
    assert cancel(portal, older_than_days=1, guards={"max_removals": "2"}).code == "guard"
    assert cancel(portal, emails=["*"], guards={"max_removals": "50%"}).code == "guard"
    assert cancel(portal, emails=before, guards={"max_removals": "10"}).code == "guard"
    assert not cancel(portal, emails=before).failed and pending(portal) == []


def test_another_plan_than_the_reviewed_one_is_blocked(portal):
    reviewed = cancel(portal, check=True, emails=["newcomer*"])["plan_checksum"]
    invite(portal, "newcomer4@example.com")
    assert cancel(portal, emails=["newcomer*"], expected_plan=reviewed).code == "plan_changed"
    assert len(pending(portal)) == 4
    assert cancel(portal, emails=["none*"], expected_plan=reviewed).code == "plan_changed"
    now = cancel(portal, check=True, emails=["newcomer*"])["plan_checksum"]
    assert not cancel(portal, emails=["newcomer*"], expected_plan=now).failed


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncated", "empty", "html"])
def test_a_lost_request_is_repeated_only_if_it_did_not_take_effect(portal, kind):
    portal.fault(operation="deleteInvitation", kind=kind)
    run = cancel(portal, emails=[FIRST[0]], retries=2)
    assert not run.failed and run["invitations"][0]["action"] == "removed" and pending(portal) == FIRST[1:]
    again = kind in ("reset_before", "html")
    assert run["api_calls"]["write"] == (2 if again else 1)


def test_after_a_failure_changed_is_true_and_each_invitation_has_its_outcome(portal):
    portal.fault(operation="deleteInvitation", kind="error", code=400, message="No.", nth=2)
    run = cancel(portal, emails=FIRST, parallel=1)
    assert run.failed and run["changed"] is True and len(pending(portal)) == 1
    assert run["summary"] == {"total": 3, "removed": 2, "unchanged": 0, "skipped": 0, "failed": 1}
    (failed,) = [row for row in run["invitations"] if row["action"] == "failed"]
    assert failed["error"]["code"] == "refused" and failed["error"]["message"].startswith(f"{failed['email']}: ")
    assert run["error"]["invitation"] == failed["email"] and "1 invitation failed, 2 invitations changed" in run["msg"]
    assert not cancel(portal, emails=FIRST).failed and pending(portal) == []


def test_stop_sends_no_more_requests(portal):
    portal.fault(operation="deleteInvitation", kind="error", code=400, message="No.")
    run = cancel(portal, emails=FIRST, parallel=1, on_error="stop")
    assert run["summary"]["failed"] == 1 and run["summary"]["skipped"] == 2 and pending(portal) == FIRST


def test_an_accepted_cancellation_without_effect_is_an_error(portal):
    portal.fault(operation="deleteInvitation", kind="not_applied")
    run = cancel(portal, emails=[FIRST[0]])
    assert run.code == "not_applied" and run["changed"] is False and "still pending" in run["msg"]


def test_a_portal_that_does_not_show_single_invitations_is_asked_for_the_list(portal):
    portal.fault(operation="invitation", kind="error", code=400, message="Invalid URL", count=0)
    assert not cancel(portal, emails=[FIRST[0]]).failed and pending(portal) == FIRST[1:]
    portal.fault(operation="deleteInvitation", kind="not_applied")
    assert cancel(portal, emails=[FIRST[1]]).code == "not_applied"


def test_an_invitation_that_another_run_cancels_meanwhile_is_not_a_change_of_this_run(portal):
    portal.fault(
        operation="deleteInvitation", kind="error", code=400, message="Invitation does not exist or is inaccessible."
    )
    portal.fault(
        operation="invitation", kind="error", code=400, message="Invitation does not exist or is inaccessible."
    )
    run = cancel(portal, emails=[FIRST[0]])
    assert not run.failed and run["changed"] is False and run["invitations"][0]["action"] == "unchanged"
    assert "accepted or canceled meanwhile" in run["invitations"][0]["warnings"][0]


def test_an_invitation_without_an_id_is_never_taken_for_canceled(portal):
    portal.fault(operation="invitations", kind="bad_json", variant="missing_keys", count=0)
    run = cancel(portal, emails=FIRST)
    assert run.failed and run["changed"] is False and pending(portal) == FIRST


def test_few_fields_are_enough(portal):
    portal.switch(invitation_rows="sparse")
    run = play_at(portal, "portal_invitations_info")
    assert {row["expires"] for row in run["invitations"]} == {row["user_type"] for row in run["invitations"]} == {None}
    assert not cancel(portal, emails=[FIRST[0]]).failed


def test_an_account_without_the_privilege_gets_an_error_and_not_an_empty_list(portal):
    portal.fault(operation="invitations", kind="error", code=403, message="You do not have permissions", count=0)
    for name, options in (("portal_invitations_info", {}), ("portal_invitations", {"usernames": ["x"]})):
        assert play_at(portal, name, **options).code == "permission"


def test_an_account_that_stays_an_invitation_is_an_error_that_names_it(portal):
    portal.switch(invite_enterprise="pending")
    new = {**NEW, "provider": "enterprise", "idp_username": "nora@idp", "password": None}
    run = play_at(portal, "portal_user", **new)
    assert run.code == "not_applied" and run["changed"] is True and run["members"][0]["action"] == "failed"
    assert "sent an invitation instead of creating the account" in run["msg"]
    assert portal.inspect("GET", "invitations")[-1]["username"] == "nora_new"
    portal.reset_counters()
    again = play_at(portal, "portal_user", **new)
    assert again.code == "blocked" and again["api_calls"]["write"] == 0
    assert again["error"]["remedy"].startswith("Run the task again after the person accepts the invitation")
    assert not cancel(portal, usernames=["nora_new"]).failed and pending(portal) == FIRST


# -- reading


def test_invitations_are_returned_with_their_fields_the_oldest_first(portal):
    role = next(row for row in portal.inspect("GET", "organization")["roles"] if row["name"] == "Member Manager")["id"]
    invite(portal, "old@example.com", days=12, username="old_person", fromUsername="sponsor", role=role)
    run = play_at(portal, "portal_invitations_info")
    assert run["changed"] is False and run["total"] == 4 and run["api_calls"]["write"] == 0
    first = run["invitations"][0]
    assert {name: first[name] for name in ("username", "email", "role", "user_type", "invited_by", "age_days")} == {
        "username": "old_person", "email": "old@example.com", "role": "Member Manager", "user_type": "creatorUT",
        "invited_by": "sponsor", "age_days": 12,
    }  # fmt: skip
    assert first["created"].endswith("Z") and first["created"] < first["expires"]
    assert [row["email"] for row in play_at(portal, "portal_invitations_info", older_than_days=5)["invitations"]] == [
        "old@example.com"
    ]
    assert play_at(portal, "portal_invitations_info", usernames=["OLD*"])["total"] == 4


def test_enterprise_has_no_pending_invitations():
    portal = FakePortal("enterprise", [])
    for name, options in (("portal_invitations_info", {}), ("portal_invitations", {"emails": ["*"]})):
        run = play(portal, name, **options)
        assert run.code == "unsupported" and run["changed"] is False and portal.calls("invitations") == []
        assert run["msg"].count("ArcGIS Enterprise has no pending invitations") == 1
        assert run["error"]["remedy"] == "Remove the task for this portal."


# -- the name at the identity provider

SAML = {"provider": "enterprise", "idpUsername": "old@idp"}


def test_enterprise_changes_the_identity_name_without_a_warning():
    portal = FakePortal("enterprise", [Account("jane", **SAML)])
    run = play(portal, "portal_user", username="jane", idp_username="new@idp")
    assert portal.calls() == ["update_enterprise"] and run["members"][0]["warnings"] == []
    assert run["changed"] is True and portal["jane"].profile["idpUsername"] == "new@idp"


@pytest.mark.parametrize("answer", ["ignored", "changed"])
def test_online_can_ignore_a_changed_identity_name_and_the_plan_says_so(portal, answer):
    portal.switch(online_idp_username=answer)
    member = next(row for row in portal.inspect("GET", "members") if row["provider"] == "enterprise")
    options = {"username": member["username"], "idp_username": "new@idp"}
    planned = play_at(portal, "portal_user", check=True, **options)
    (warning,) = planned["members"][0]["warnings"]
    assert "ArcGIS Online has no documented way to change idp_username" in warning
    done = play_at(portal, "portal_user", **options)
    assert done["members"][0]["warnings"] == [warning]
    assert done["changed"] is (answer == "changed") and done.failed is (answer == "ignored")
    assert done.code == ("not_applied" if answer == "ignored" else None)
    assert portal.member(member["username"])["idpUsername"] == (
        "new@idp" if answer == "changed" else member["idpUsername"]
    )


def test_a_new_account_and_an_equal_name_have_no_warning(portal):
    member = next(row for row in portal.inspect("GET", "members") if row["provider"] == "enterprise")
    run = play_at(portal, "portal_user", username=member["username"], idp_username=member["idpUsername"])
    assert run["changed"] is False and run["members"][0]["warnings"] == []
    new = {**NEW, "provider": "enterprise", "idp_username": "nora@idp", "password": None}
    assert play_at(portal, "portal_user", check=True, **new)["members"][0]["warnings"] == []
