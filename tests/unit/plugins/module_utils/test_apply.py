# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.requests import REQUESTS
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.run import Run
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NoAnswer,
    PermissionDenied,
    Refused,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import make_schedule
from tests.unit.plugins.module_utils.fakes import Account, FakePortal, Fault, play
from tests.unit.plugins.module_utils.test_plan import Planned

NEW = {
    "username": "new_one", "first_name": "N", "last_name": "O", "email": "n@o", "password": "long-enough",
    "user_type": "creatorUT",
}  # fmt: skip


def city(product="online", count=3, *accounts, **settings):
    return FakePortal(product, [*(Account(f"m{index:03}") for index in range(count)), *accounts], **settings)


def apply(portal, *members, module="portal_members", **options):
    return play(portal, module, members=list(members), **options)


def sent(portal, operation):
    """The forms of the writes of one operation."""
    return [form for name, _args, form in portal.log if name == operation]


def all_members(count, **wanted):
    return [{"username": f"m{index:03}", **wanted} for index in range(count)]


# -- check mode


ALL_KINDS = [
    {"username": "m000", "state": "absent"}, {"username": "m001", "enabled": False},
    {"username": "m002", "role": "Publisher"},
    {"username": "drop", "credits": 5, "categories": ["Region"], "tags": ["t"]}, {"username": "off", "enabled": True},
    {"username": "up", "user_type": "GISProfessionalStdUT", "credits": "unlimited"}, {**NEW, "role": "org_admin"},
]  # fmt: skip


def busy():
    more = [Account("drop", assigned=9.0), Account("off", disabled=True), Account("up", assigned=3.0)]
    return city("online", 3, *more)


def test_check_mode_sends_nothing_and_predicts_everything():
    portal = busy()
    before = portal.state()
    check = play(portal, "portal_members", check=True, members=ALL_KINDS)
    assert portal.calls() == [] and portal.state() == before and check["api_calls"]["write"] == 0
    run = apply(portal, *ALL_KINDS)
    assert not run.failed and run["api_calls"]["write"] == len(portal.calls()) == 10
    for name in ("changed", "members", "diff", "summary", "plan_checksum", "unmanaged"):
        assert run[name] == check[name]
    again = apply(portal, *ALL_KINDS)
    assert not again["changed"] and again["api_calls"]["write"] == 0 and again["members"] == []


def test_check_mode_of_the_organizations_own_settings():
    portal = city(budgeting=False)
    check = play(portal, "portal_credits", check=True, budgeting=True, default_credits=50)
    assert check["changed"] and portal.calls() == [] and not portal.budgeting


# -- what the requests contain


def test_an_account_of_enterprise():
    portal = city("enterprise")
    apply(portal, {**NEW, "role": "org_publisher", "description": "d"})
    (form,) = sent(portal, "create")
    assert form == {
        "username": "new_one", "password": "long-enough", "firstname": "N", "lastname": "O", "email": "n@o",
        "role": "org_publisher", "userLicenseTypeId": "creatorUT", "provider": "arcgis", "description": "d",
        "applyDefaults": "false",
    }  # fmt: skip


def test_an_account_of_an_identity_provider_and_an_old_portal():
    portal = city("old")
    member = {"username": "CITY\\jdoe", "first_name": "J", "last_name": "D", "email": "j@d", "level": "1"}
    run = apply(portal, {**member, "role": "viewer", "provider": "enterprise", "idp_username": "CITY\\jdoe"})
    assert (
        not run.failed and portal["jdoe@city"].level == "1" and portal["jdoe@CITY"].profile["provider"] == "enterprise"
    )
    (form,) = sent(portal, "create")
    assert "password" not in form and "applyDefaults" not in form and form["level"] == "1"
    assert form["idpUsername"] == "CITY\\jdoe"


def test_an_account_of_online():
    portal = city(budgeting=True)
    apply(portal, {**NEW, "credits": 5, "role": "viewer"}, {**NEW, "username": "other_one", "credits": "unlimited"})
    (form,) = (json.loads(form["invitationList"]) for form in sent(portal, "invite"))
    first, second = form.pop("invitations")
    assert form == {"apps": [], "appBundles": []}
    assert first == {
        "username": "new_one", "password": "long-enough", "firstname": "N", "lastname": "O", "fullname": "N O",
        "email": "n@o", "role": "iAAAAAAAAAAAAAAA", "userLicenseType": "creatorUT", "userCreditAssignment": 5,
        "groups": "", "applyActUserDefaults": False,
    }  # fmt: skip
    assert second["userCreditAssignment"] == -1 and portal["other_one"].assigned == -1.0


def test_invitations_go_in_batches_of_25():
    portal = city()
    run = apply(portal, *({**NEW, "username": f"new_{index:03}"} for index in range(30)))
    sizes = [len(json.loads(form["invitationList"])["invitations"]) for form in sent(portal, "invite")]
    assert not run.failed and run["summary"]["created"] == 30 and sorted(sizes) == [5, 25]


def test_an_invitation_that_is_refused_does_not_stop_the_others_of_its_request():
    portal = city()

    def refuse(form):
        if any(row["username"] == "new_003" for row in json.loads(form["invitationList"])["invitations"]):
            raise Refused("Email is odd.", portal_code=400)
        return portal.invite(form)

    portal.answers["invite"] = refuse
    run = apply(portal, *({**NEW, "username": f"new_{index:03}"} for index in range(8)))
    assert run.failed and [name for name, line in run.lines.items() if line["error"]] == ["new_003"]
    assert run["summary"]["created"] == 7 and len(portal.calls("invite")) <= 7 and portal.replayed == []


def test_a_saml_member_of_online():
    portal = city()
    member = {name: value for name, value in NEW.items() if name != "password"}
    run = apply(portal, {**member, "provider": "enterprise", "idp_username": "n.o", "full_name": "Nina O"})
    (form,) = (json.loads(form["invitationList"])["invitations"][0] for form in sent(portal, "invite"))
    assert not run.failed and form["targetUserProvider"] == "enterprise" and form["idpUsername"] == "n.o"
    assert "password" not in form and form["fullname"] == "Nina O"


def test_an_administrator_of_online_is_made_in_two_steps():
    portal = city()
    run = apply(portal, {**NEW, "role": "org_admin", "provider": "arcgis"})
    assert portal.calls() == ["invite", "set_role"] and portal["new_one"].role == "org_admin" and not run.failed
    assert run.lines["new_one"]["changes"]["role"] == {"before": None, "after": "org_admin"}


def test_a_profile_is_one_call_with_the_changed_fields_only():
    portal = city("online", 0, Account("jane", firstName="J", email="old@x", tags=["a"], description="d"))
    wanted = {
        "first_name": "J",
        "email": "",
        "tags": ["b", "c"],
        "description": "",
        "access": "private",
        "culture": "de",
    }
    run = apply(portal, {"username": "JANE", **wanted})
    assert sent(portal, "update") == [
        {
            "email": "",
            "description": "",
            "tags": "b,c",
            "access": "private",
            "culture": "de",
            "clearEmptyFields": "true",
        }
    ]
    assert not run.failed and portal["jane"].profile["email"] is None and portal["jane"].profile["firstName"] == "J"


@pytest.mark.parametrize(("rooted", "path"), [(True, "/Categories/Region/North"), (False, "/Region/North")])
def test_categories_are_sent_as_the_portal_keeps_them(rooted, path):
    portal = city()
    if not rooted:
        portal.tree = portal.tree[0]["categories"]
    apply(portal, {"username": "m000", "categories": ["region/north"]})
    assert json.loads(sent(portal, "update")[0]["categories"]) == [path] and portal["m000"].categories == [path]


def test_cleared_lists_are_really_cleared():
    portal = city("online", 0, Account("jane", tags=["a"], categories=["/Categories/Region"]))
    run = apply(portal, {"username": "jane", "tags": [], "categories": []})
    (form,) = sent(portal, "update")
    assert form == {"tags": "", "categories": "", "clearEmptyFields": "true"}
    assert not run.failed and portal["jane"].categories == portal["jane"].profile["tags"] == []


@pytest.mark.parametrize(
    ("product", "operation", "form"),
    [
        ("online", "update", {"idpUsername": "j.d"}),
        ("enterprise", "update_enterprise", {"username": "m000", "idpUsername": "j.d"}),
    ],
)
def test_the_name_at_the_identity_provider(product, operation, form):
    portal = city(product)
    portal.accounts["m000"].profile["provider"] = "enterprise"
    assert not apply(portal, {"username": "m000", "idp_username": "j.d"}).failed
    assert sent(portal, operation) == [form]


def test_built_in_accounts_of_enterprise_have_no_name_at_an_identity_provider():
    run = apply(city("enterprise"), {"username": "m000", "idp_username": "j.d"})
    assert run.failed and run.code == "blocked" and "Accounts with provider 'arcgis' have no idp_username" in run["msg"]


def test_clearing_the_name_at_the_identity_provider():
    portal = city("online", 0, Account("jane", idpUsername="j.d"))
    assert not apply(portal, {"username": "jane", "idp_username": ""}).failed
    assert sent(portal, "update") == [{"idpUsername": "", "clearEmptyFields": "true"}]


def test_a_password_is_sent_and_counts_as_the_portal_answered():
    portal = city()
    run = apply(portal, {"username": "m000", "password": "a-new-password", "update_password": "always"})
    assert portal["m000"].password == "a-new-password" and run["changed"]
    assert run.lines["m000"]["changes"] == {"password": {"before": None, "after": "(new password)"}}
    assert "a-new-password" not in json.dumps(run)


def test_one_is_switched_alone_and_several_in_bulk():
    portal = city("online", 3, Account("off", disabled=True))
    apply(portal, {"username": "m000", "enabled": False}, {"username": "off", "enabled": True})
    assert portal.calls() == ["disable", "enable"]
    portal.log.clear()
    apply(portal, *all_members(3, enabled=False))
    assert portal.calls() == ["disable_all"] and sent(portal, "disable_all") == [{"users": "m001,m002"}]


def test_a_level():
    portal = city("old")
    assert not apply(portal, {"username": "m000", "level": "11", "role": "viewer"}).failed
    assert sent(portal, "set_level") == [{"user": "m000", "userName": "m000", "level": "11"}]


def test_a_removal_with_everything_on_it():
    jane = Account("jane", items=3, groups=["g"], listings=["pro", "more"], bundles=["apps"], userType="both")
    portal = city("online", 1, jane)
    run = apply(portal, {"username": "jane", "state": "absent", "transfer_to": "m000"})
    assert (
        not run.failed and "jane" not in portal.accounts and (portal["m000"].items, portal["m000"].groups) == (3, ["g"])
    )
    assert portal.calls() == ["reassign", "bundle", "entitlements", "entitlements", "update", "delete"]
    assert json.loads(sent(portal, "entitlements")[0]["userEntitlements"]) == {"users": ["jane"], "entitlements": []}


def test_a_transfer_is_sent_only_for_owners():
    portal = city()
    assert not apply(portal, {"username": "m000", "state": "absent", "transfer_to": "m001"}).failed
    assert portal.calls() == ["delete"]


def test_another_client_was_faster_with_a_removal():
    portal = city()

    def vanish(operation, form):
        portal.accounts.pop("m000", None)

    portal.on_write = vanish
    run = apply(portal, {"username": "m000", "state": "absent"})
    line = run.lines["m000"]
    assert not run.failed and line["action"] == "unchanged" and not run["changed"]
    assert "Another person or run removed this account" in line["warnings"][0]


# -- partial failures


@pytest.mark.parametrize(
    ("before", "wanted", "reason"),
    [
        ({}, {"credits": 5}, "did not allocate the credits"),
        ({"assigned": 5.0}, {"credits": "unlimited"}, "did not remove the credit limit"),
        ({}, {"user_type": "GISProfessionalStdUT"}, "refused user type GISProfessionalStdUT"),
        ({}, {"enabled": False}, "did not disable the member"),
        ({"disabled": True}, {"enabled": True}, "did not enable the member"),
    ],
)  # fmt: skip
def test_names_in_a_failure_list_fail_and_the_others_stand(before, wanted, reason):
    portal = FakePortal(
        "online", [Account(f"m{index:03}", **before) for index in range(4)], refuses_for={"m001", "m002"}
    )
    run = apply(portal, *all_members(4, **wanted))
    assert run.failed and run["changed"] and run.code == "refused"
    assert [line["action"] for line in run["members"]].count("failed") == 2
    assert run["msg"].startswith("2 members failed, 2 members changed:\n") and reason in run["msg"]
    for name, line in run.lines.items():
        failed = name in portal.refuses_for
        assert line["changed"] is not failed and bool(line["error"]) is failed and bool(line["changes"]) is not failed
        assert not failed or (line["error"]["member"] == name and line["error"]["index"] == line["index"])
    portal.refuses_for = set()
    portal.log.clear()
    again = apply(portal, *all_members(4, **wanted))
    assert not again.failed and set(again.lines) == {"m001", "m002"} and len(portal.calls()) == 1


def test_a_name_that_was_not_invited():
    portal = city(answers={"invite": {"success": True, "notInvited": ["NEW_one"]}})
    run = apply(portal, NEW, {"username": "m000", "email": "x@y"})
    assert (
        run.failed
        and run.code == "refused"
        and "did not create the account. Another account can have the username" in run["msg"]
    )
    assert run.lines["new_one"]["action"] == "failed" and run.lines["m000"]["action"] == "changed"
    assert run["msg"].startswith("1 member failed, 1 member changed:\nnew_one: ")


def test_the_reason_that_a_portal_gives_is_passed_on():
    rows = [
        {"username": "m000", "status": False, "message": "no seat"},
        {"username": "m001", "status": "success"},
        "junk",
    ]
    portal = city(answers={"set_type": {"results": rows}})
    run = apply(portal, *all_members(2, user_type="GISProfessionalStdUT"))
    assert "refused user type GISProfessionalStdUT: no seat" in run.lines["m000"]["error"]["message"]
    assert run.lines["m001"]["error"]["code"] == "not_applied"


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": "x"}])
def test_an_answer_without_a_list_refuses_no_member_and_is_verified(answer):
    run = apply(city(answers={"set_type": answer}), *all_members(2, user_type="GISProfessionalStdUT"))
    assert run.failed and run.code == "not_applied" and not run["changed"]


# -- refused batches


def test_a_batch_that_is_refused_as_a_whole_is_split():
    portal = city("online", 30)

    def refuse(form):
        rows = json.loads(form["userAssignments"])
        if any(row["username"] == "m007" for row in rows):
            raise Refused("User m007 is odd.", portal_code=400)
        return portal.assign(form)

    portal.answers["assign"] = refuse
    run = apply(portal, *all_members(30, credits=5))
    assert run.failed and [name for name, line in run.lines.items() if line["error"]] == ["m007"]
    assert sum(1 for account in portal.accounts.values() if account.assigned == 5.0) == 29
    assert len(portal.calls()) <= 11, "halving, not one by one"


def test_a_permission_that_is_missing_is_not_tried_member_by_member():
    portal = city("online", 30)

    def deny(form):
        raise PermissionDenied("not allowed")

    portal.answers["assign"] = deny
    run = apply(portal, *all_members(30, credits=5))
    assert run.code == "permission" and portal.calls() == ["assign"] and not run["changed"]
    assert run["summary"]["failed"] == 30


# -- answers that never came


CASES = {
    "create": ("enterprise", NEW), "invite": ("online", NEW),
    "update": ("online", {"username": "m000", "email": "x@y"}),
    "set_role": ("online", {"username": "m000", "role": "org_publisher"}),
    "set_type": ("online", {"username": "m000", "user_type": "GISProfessionalStdUT"}),
    "set_level": ("old", {"username": "m000", "level": "11", "role": "viewer"}),
    "assign": ("online", {"username": "m000", "credits": 5}),
    "unassign": ("online", {"username": "drop", "credits": "unlimited"}),
    "disable": ("online", {"username": "m000", "enabled": False}),
    "enable": ("online", {"username": "off", "enabled": True}),
    "delete": ("online", {"username": "m000", "state": "absent"}),
    "reassign": ("online", {"username": "owner1", "state": "absent", "transfer_to": "m000"}),
    "entitlements": ("online", {"username": "holder", "state": "absent"}),
    "bundle": ("online", {"username": "holder", "state": "absent"}),
    "update_enterprise": ("enterprise", {"username": "external", "idp_username": "j"}),
}  # fmt: skip


def full(product):
    more = [Account("drop", assigned=9.0), Account("off", disabled=True), Account("owner1", items=1)]
    more.append(Account("external", provider="enterprise"))
    return city(product, 3, *more, Account("holder", listings=["pro"], bundles=["apps"]))


@pytest.mark.parametrize("kind", ["before", "after", "html", "busy"])
@pytest.mark.parametrize("operation", CASES)
def test_after_an_uncertain_answer_the_state_is_read_and_the_run_ends_well(operation, kind):
    product, member = CASES[operation]
    portal = full(product)
    predicted = play(full(product), "portal_members", check=True, members=[member])
    portal.faults = [Fault(kind, operation)]
    run = apply(portal, member)
    assert not run.failed, run["msg"]
    assert run["members"] == predicted["members"] and run["diff"] == predicted["diff"]
    took_effect = kind in ("after", "html")
    assert portal.calls(operation).count(operation) == (1 if took_effect else 2), "sent again only if it must be"
    assert not apply(portal, member)["changed"]


@pytest.mark.parametrize("operation", CASES)
def test_an_answer_that_never_comes_ends_in_a_bounded_failure(operation):
    product, member = CASES[operation]
    portal = full(product)
    portal.faults = [Fault("before", operation, count=99)]
    run = apply(portal, member, retries=2)
    assert run.failed and run.code == "no_answer" and portal.calls(operation).count(operation) == 3
    assert run["members"][0]["action"] == "failed"
    portal.faults = []
    assert not apply(portal, member).failed


def test_a_batch_without_an_answer_is_sent_again_for_those_who_lack_it():
    portal = city("online", 10)

    def half(form):
        rows = json.loads(form["userAssignments"])
        del portal.answers["assign"]
        portal.assign({"userAssignments": json.dumps(rows[:4])})
        raise uncertain()

    portal.answers["assign"] = half
    run = apply(portal, *all_members(10, credits=5))
    assert not run.failed and [len(json.loads(form["userAssignments"])) for form in sent(portal, "assign")] == [10, 6]


def uncertain():
    error = NoAnswer("broke off")
    error.uncertain = True
    return error


def test_a_creation_is_not_repeated_while_its_outcome_is_unknown():
    portal = city("enterprise")
    portal.faults = [Fault("after", "create"), Fault("before", "user", nth=3, count=1, effect=False)]
    run = apply(portal, NEW)
    assert portal.calls().count("create") == 1 and "new_one" in portal.accounts
    assert not run.failed or run.code == "no_answer"


def test_a_password_without_an_answer_is_sent_again():
    portal = city()
    portal.faults = [Fault("after", "update")]
    run = apply(portal, {"username": "m000", "password": "a-new-password", "update_password": "always"})
    assert not run.failed and portal.calls() == ["update", "update"]


# -- accepted but not applied


@pytest.mark.parametrize(
    ("operation", "member", "field", "wanted", "found"),
    [
        ("update", {"username": "m000", "email": "x@y"}, "email", "x@y", ""),
        ("set_role", {"username": "m000", "role": "Publisher"}, "role", "org_publisher", "org_user"),
        (
            "set_type",
            {"username": "m000", "user_type": "Professional"},
            "user_type",
            "GISProfessionalStdUT",
            "creatorUT",
        ),
        ("assign", {"username": "m000", "credits": 5}, "credits", 5, "unlimited"),
        ("disable", {"username": "m000", "enabled": False}, "enabled", False, True),
        ("delete", {"username": "m000", "state": "absent"}, "state", "absent", "present"),
        ("invite", NEW, "state", "present", "absent"),
    ],
)
@pytest.mark.parametrize("form", ["single", "list"])
def test_what_was_accepted_but_not_applied_is_named(operation, member, field, wanted, found, form):
    portal = city()
    portal.faults = [Fault("ignore", operation)]
    others = [] if form == "single" else [{"username": "m001", "access": "public"}]
    run = apply(portal, member, *others)
    name = member["username"]
    error = run.lines[name]["error"]
    assert run.failed and error["code"] == "not_applied" and run["changed"] is bool(others)
    assert (error["member"], error["field"], error["wanted"], error["found"]) == (name, field, wanted, found)
    if operation == "invite":
        assert "new_one: The portal accepted the invitation, but the account does not exist" in run["msg"]
    else:
        shown = [f"'{value}'" if isinstance(value, str) else json.dumps(value) for value in (wanted, found)]
        assert f"{name}: The portal accepted {field} {shown[0]} but still shows {shown[1]}." in run["msg"]
    assert run.lines[name]["action"] == "failed" and not run.lines[name]["changed"]


def test_applied_fields_are_reported_beside_unapplied_fields():
    portal = city()

    def partly(form):
        portal["m000"].profile["email"] = form["email"]
        return {"success": True}

    portal.answers["update"] = partly
    run = apply(portal, {"username": "m000", "email": "x@y", "description": "lost"})
    assert run["changed"] and run.lines["m000"]["changes"] == {"email": {"before": "", "after": "x@y"}}
    assert run.lines["m000"]["error"]["field"] == "description"
    assert run["diff"]["after"] == {"members": {"m000": {"email": "x@y"}}}


def test_a_listing_that_is_behind_is_verified():
    portal = city("online", 3, page_lag={"m000": {"email": "old"}, "m001": {"email": "old"}})
    run = apply(portal, {"username": "m000", "email": "x@y"}, {"username": "m001", "role": "Publisher"})
    assert not run.failed and run.lines["m000"]["changes"]["email"]["after"] == "x@y"


def test_a_member_who_cannot_be_looked_at_again_is_unverified():
    portal = city("online", 3, page_lag={"m000": {"email": "old"}})

    def lose(operation, form):
        portal.faults = [Fault("before", "user", effect=False, count=99)]

    portal.on_write = lose
    run = apply(portal, {"username": "m000", "email": "x@y"}, {"username": "m001", "email": "x@y"})
    assert run.lines["m000"]["error"]["code"] == "unverified" and run.lines["m001"]["error"] is None
    assert run["changed"]


def test_where_nothing_can_be_read_back_the_answers_count():
    portal = city()

    def lose(operation, form):
        portal.faults = [Fault("before", None, effect=False, count=99)]

    portal.on_write = lose
    run = apply(portal, {"username": "m000", "email": "x@y"}, {"username": "m001", "role": "Publisher"})
    assert run.failed and run.code == "unverified" and run["changed"] and "could not be verified" in run["msg"]
    assert run.lines["m000"]["changes"]["email"]["after"] == "x@y" and run.lines["m000"]["action"] == "failed"


def test_an_error_that_did_no_harm_is_a_warning():
    portal = city()

    def both(form):
        portal["m000"].role = "org_publisher"
        raise Refused("something is odd")

    portal.answers["set_role"] = both
    run = apply(portal, {"username": "m000", "role": "Publisher"})
    # What the portal refused, another client did: ``changed`` counts only what this run did.
    assert not run.failed and not run["changed"] and run.lines["m000"]["action"] == "unchanged"
    assert "the member matches: m000: something is odd" in run.lines["m000"]["warnings"][0]


# -- in the middle


def test_on_error_continue_changes_all_other_members():
    portal = city("online", 5)
    portal.faults = [Fault("refuse", "update", nth=2)]
    run = apply(portal, *all_members(5, email="x@y"))
    assert run.failed and run["changed"] and run["summary"]["changed"] == 4 and run["summary"]["failed"] == 1
    assert len(portal.calls()) == 5


def test_on_error_stop_sends_nothing_more():
    portal = city("online", 5)
    portal.faults = [Fault("refuse", "update", nth=2)]
    run = apply(portal, *all_members(5, email="x@y"), on_error="stop")
    assert [line["action"] for line in run["members"]] == ["changed", "failed", "skipped", "skipped", "skipped"]
    assert run.failed and run["changed"] and len(portal.calls()) == 2
    assert run["summary"]["skipped"] == 3 and all(not line["changed"] for line in run["members"][2:])


def test_on_error_stop_ends_a_batch_that_is_being_split():
    portal = city("online", 8)
    portal.faults = [Fault("refuse", "assign", count=99)]
    run = apply(portal, *all_members(8, credits=5), on_error="stop")
    actions = [line["action"] for line in run["members"]]
    assert actions.count("failed") == 1 and actions.count("skipped") == 7 and len(portal.calls()) == 4


def test_on_error_stop_does_not_start_the_next_phase():
    portal = city("online", 3)
    portal.faults = [Fault("refuse", "disable")]
    run = apply(portal, {"username": "m000", "enabled": False}, {"username": "m001", "email": "x@y"}, on_error="stop")
    assert portal.calls() == ["disable"] and run.lines["m001"]["action"] == "skipped" and not run["changed"]


def test_a_member_who_failed_gets_nothing_more():
    portal = city()
    portal.faults = [Fault("refuse", "set_role")]
    run = apply(portal, {"username": "m000", "role": "Publisher", "email": "x@y"})
    assert portal.calls() == ["set_role"] and run.code == "refused" and not run["changed"]


def test_changed_is_true_after_a_failure_in_the_middle_of_one_member():
    portal = city()
    portal.faults = [Fault("refuse", "update")]
    run = apply(portal, {"username": "m000", "role": "Publisher", "email": "x@y"})
    line = run.lines["m000"]
    assert run.failed and run["changed"] and line["action"] == "failed" and list(line["changes"]) == ["role"]
    assert run["msg"].startswith("1 member failed (1 changed in part), 0 members changed:\nm000: refused on purpose")
    assert run["error"]["message"] == line["error"]["message"]


@pytest.mark.parametrize(
    ("jane", "changes"),
    [
        ({"items": 3}, {"content": {"before": "3 items", "after": "m000"}}),
        ({"listings": ["pro"]}, {"licenses": {"before": ["pro"], "after": []}}),
        ({"bundles": ["b"]}, {"licenses": {"before": ["b"], "after": []}}),
        ({"userType": "both"}, {"esri_access": {"before": True, "after": False}}),
    ],
)
def test_a_transfer_before_a_failed_removal_is_a_change(jane, changes):
    portal = city("online", 2, Account("jane", **jane))
    portal.faults = [Fault("refuse", "delete")]
    run = apply(portal, {"username": "jane", "state": "absent", "transfer_to": "m000"})
    assert run.failed and run["changed"] and run.lines["jane"]["changed"] and run.lines["jane"]["changes"] == changes
    assert len(portal.calls()) == 2


EMPTIED = {"username": "jane", "state": "transferred", "transfer_to": "m000"}


def test_a_member_transfers_content_and_stays():
    portal = city("online", 2, Account("jane", items=3, groups=["g"], listings=["pro"], bundles=["b"], userType="both"))
    check = apply(portal, EMPTIED, check=True)
    assert portal.calls() == []
    run = apply(portal, EMPTIED)
    assert run["diff"] == check["diff"] and run["plan_checksum"] == check["plan_checksum"]
    assert run.lines["jane"]["changes"] == {
        "content": {"before": "3 items and 1 group", "after": "m000"},
        "licenses": {"before": ["b", "pro"], "after": []},
    }
    assert run.lines["jane"]["action"] == "changed" and sorted(portal.calls()) == ["bundle", "entitlements", "reassign"]
    jane = portal["jane"]
    assert (jane.items, jane.groups, jane.listings, jane.bundles, jane.userType) == (0, [], [], [], "both")
    portal.log.clear()
    again = apply(portal, EMPTIED, {"username": "gone_for_long", "state": "transferred"})
    assert not again["changed"] and again["members"] == [] and again["summary"]["unchanged"] == 2
    assert portal.calls() == []


@pytest.mark.parametrize("operation", ["reassign", "entitlements"])
@pytest.mark.parametrize("kind", ["refuse", "ignore", "before", "after"])
def test_a_transfer_that_fails_says_so_and_succeeds_in_the_next_run(operation, kind):
    portal = city("online", 2, Account("jane", items=3, listings=["pro"]))
    portal.faults = [Fault(kind, operation)]
    run = apply(portal, EMPTIED)
    # A transfer that is refused as a whole, or does nothing, is followed by a transfer of each item.
    assert run.failed is (kind in ("refuse", "ignore") and operation == "entitlements")
    assert set(run.lines["jane"]["changes"]) == (
        {"content", "licenses"} if not run.failed else {"content"} if operation == "entitlements" else set()
    )
    portal.faults = []
    assert not apply(portal, EMPTIED).failed and (portal["jane"].items, portal["jane"].listings) == (0, [])


def test_content_of_purged_members_goes_to_the_recipient_of_the_task():
    portal = city("online", 1, Account("jane", items=3))
    stay = [{"username": "m000"}, {"username": "admin"}]
    assert "jane: Cannot remove a member who owns 3 items" in apply(portal, *stay, purge="delete")["msg"]
    run = apply(portal, *stay, purge="delete", transfer_to="m000")
    assert run.lines["jane"]["changes"]["content"] == {"before": "3 items", "after": "m000"}
    assert "jane" not in portal.accounts and portal["m000"].items == 3


def test_a_removal_that_is_refused_at_once_is_no_change():
    portal = city()
    portal.faults = [Fault("refuse", "delete")]
    run = apply(portal, {"username": "m000", "state": "absent"})
    assert run.failed and not run["changed"] and not run.lines["m000"]["changed"]


def test_an_incomplete_transfer_ends_the_removal():
    done = {"reassign": {"success": True}, "reassign_items": {"results": []}}
    portal = city("online", 2, Account("jane", items=3), answers=done)
    run = apply(portal, {"username": "jane", "state": "absent", "transfer_to": "m000"})
    assert run.failed and "Still owns 3 items after the transfer to m000" in run["msg"] and "jane" in portal.accounts


def test_a_failed_last_move_tells_where_the_member_is_now():
    full_types = {"creatorUT": 1, "GISProfessionalStdUT": 2, "viewerUT": 1, "editorUT": 0}
    pair = [Account("a_a", role="iAAAAAAAAAAAAAAA"), Account("b_b", userLicenseTypeId="GISProfessionalStdUT")]
    portal = FakePortal("online", pair, full_types)
    portal.faults = [Fault("refuse", "set_type", nth=3)]
    swap = [{"username": "a_a", "user_type": "GISProfessionalStdUT"}, {"username": "b_b", "user_type": "creatorUT"}]
    run = apply(portal, *swap)
    line = run.lines["a_a"]
    assert (
        run.failed and line["changed"] and line["changes"]["user_type"] == {"before": "creatorUT", "after": "viewerUT"}
    )
    portal.faults = []
    assert not apply(portal, *swap).failed and portal["a_a"].userLicenseTypeId == "GISProfessionalStdUT"


def test_a_defect_with_one_member_does_not_hide_the_others():
    portal = city("online", 3)
    portal.faults = [Fault("crash", "set_role")]
    run = apply(portal, {"username": "m000", "role": "Publisher"}, {"username": "m001", "email": "x@y"})
    assert run.failed and run["changed"] and run.code == "internal_error" and "secret internals" not in json.dumps(run)
    assert run.lines["m000"]["error"]["code"] == "internal_error" and run.lines["m001"]["action"] == "changed"


@pytest.mark.parametrize("lag", [{}, {"m000": {"email": "old"}}])
def test_a_defect_while_reading_back_hides_nothing_either(lag):
    portal = city("online", 3, page_lag=lag)

    def break_reads(operation, form):
        portal.faults = [Fault("crash", "user" if lag else "users", effect=False, count=9)]

    portal.on_write = break_reads
    run = apply(portal, {"username": "m000", "email": "x@y"}, {"username": "m001", "email": "x@y"})
    assert run["changed"] and run.code == "unverified" and "secret internals" not in json.dumps(run)


# -- another client at the same time


def test_categories_that_another_client_adds_meanwhile_stay():
    portal = city("online", 0, Account("jane", categories=["/Categories/Region/North"]))

    def meanwhile(operation, form):
        portal.on_write = lambda *_: None
        portal["jane"].categories.append("/Categories/Department/Sales")

    portal.on_write = meanwhile
    members = [{"username": "jane", "role": "Publisher", "categories": {"add": ["Region/South"]}}]
    run = play(portal, "portal_members", members=members)
    assert not run.failed and sorted(portal["jane"].categories) == [
        "/Categories/Department/Sales", "/Categories/Region/North", "/Categories/Region/South"
    ]  # fmt: skip
    assert "Categories changed since the plan was made. Both changes are kept." in run.lines["jane"]["warnings"][0]


def test_a_member_who_vanishes_meanwhile_is_not_found():
    portal = city()

    def vanish(operation, form):
        portal.accounts.pop("m001", None)

    portal.on_write = vanish
    run = apply(
        portal,
        {"username": "m000", "enabled": False},
        {"username": "m001", "email": "x@example.com", "categories": {"add": ["Region"]}},
    )
    assert (
        run.failed and run.lines["m001"]["error"]["code"] == "not_found" and run.lines["m000"]["action"] == "disabled"
    )


# -- progress


def test_progress_tells_how_far_the_run_is():
    portal, lines = city("online", 3), []
    planned = Planned(portal, *all_members(3, email="x@example.com", description="new"))
    run = Run(
        planned.reader.client, planned.reader, planned.directory, check_mode=False, progress=lines.append
    )  # fmt: skip
    run.apply(planned.plan, make_schedule(planned.plan, Facts(), planned.organization, REQUESTS))
    assert lines == [
        "Applied 2 of 6 changes", "Applied 4 of 6 changes", "Applied 6 of 6 changes", "Verifying 3 members"
    ]  # fmt: skip


def test_reading_back_costs_pages_not_members():
    portal = city("online", 250)
    apply(portal, *all_members(200, access="public"))
    written = [name for name, _args, _form in portal.log].index("update")
    after = [name for name, _args, _form in portal.log[written:]]
    assert after.count("user") == 0 and after.count("users") == 3


def test_categories_are_added_to_what_is_there():
    portal = city("online", 0, Account("jane", categories=["/Categories/Region/North"]))
    run = apply(portal, {"username": "jane", "categories": {"add": ["Region/South"], "remove": ["Region/North"]}})
    assert not run.failed and portal["jane"].categories == ["/Categories/Region/South"]
    assert run.lines["jane"]["warnings"] == []


def test_a_member_who_vanishes_while_an_answer_is_awaited():
    portal = city()

    def vanish(form):
        del portal.accounts["m000"]
        raise uncertain()

    portal.answers["update"] = vanish
    run = apply(portal, {"username": "m000", "email": "x@y"}, retries=0)
    assert run.failed and run.code == "not_found" and portal.calls() == ["update"]


def test_what_was_found_may_be_unknown():
    portal = city(faults=[Fault("ignore", "update"), Fault("before", "user", nth=2, effect=False)])
    run = apply(portal, {"username": "m000", "email": "x@y"}, {"username": "m001", "access": "public"})
    error = run.lines["m000"]["error"]
    assert error["code"] == "not_applied" and error["wanted"] == "x@y" and "found" not in error


def test_a_batch_that_is_answered_for_some_and_refused_for_others_is_reported_one_by_one():
    portal = city("online", 4, refuses_for={"m002"})
    portal.faults = [Fault("after", "assign")]
    run = apply(portal, *all_members(4, credits=5))
    assert [name for name, line in run.lines.items() if line["error"]] == ["m002"] and len(sent(portal, "assign")) == 2


def test_a_relative_list_that_changes_nothing_is_not_written_with_a_profile():
    portal = city("online", 0, Account("jane", categories=["/Categories/Region/North"]))
    run = apply(portal, {"username": "jane", "access": "private", "categories": {"add": ["Region/North"]}})
    assert not run.failed and run["changed"] and portal["jane"].profile["access"] == "private"
    assert list(run.lines["jane"]["changes"]) == ["access"]


@pytest.mark.parametrize("kind", ["refuse", "busy"])
def test_a_revocation_that_ends_half_way_is_not_the_whole_change(kind):
    portal = city("online", 0, Account("jane_one", listings=["one", "two"]))
    portal.faults = [Fault(kind, "entitlements", 2, 99)]
    run = apply(portal, {"username": "jane_one", "state": "transferred"})
    assert len(portal["jane_one"].listings) == 1
    line = run.lines["jane_one"]
    assert run.failed and run["changed"] and line["action"] == "failed" and "licenses" not in line["changes"]
