# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import rank_of_privileges
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards
from tests.unit.plugins.module_utils.fakes import EDITOR, TYPES, VIEWER, Account, FakePortal, play

NEW = {
    "username": "new_one", "first_name": "N", "last_name": "O", "email": "n@o", "password": "long-enough",
    "user_type": "creatorUT",
}  # fmt: skip


def city(product="online", count=8, *accounts, **settings):
    """An organization of count plain members beside its administrator."""
    return FakePortal(product, [*(Account(f"m{index}") for index in range(count)), *accounts], **settings)


def refused(portal, *members, module="portal_members", **options):
    """The problems that a run is refused with; nothing was written, in check mode or not."""
    before = portal.state()
    check = play(portal, module, check=True, members=list(members), **options)
    run = play(portal, module, members=list(members), **options)
    assert check.failed and run.failed and run["error"] == check["error"] and run["msg"] == check["msg"]
    assert portal.calls() == [] and portal.state() == before and not run["changed"]
    assert run["api_calls"]["write"] == 0 and run["diff"] == {"before": {}, "after": {}}
    return run["error"].get("problems", [run["error"]])


def only(portal, *members, **options):
    (problem,) = refused(portal, *members, **options)
    return problem


def passes(portal, *members, module="portal_members", **options):
    run = play(portal, module, check=True, members=list(members), **options)
    assert not run.failed, run["msg"]
    return run


def warned(run):
    """Warnings about seats."""
    return [text for text in run.module.warnings if "can hold seats" in text]


def gone(*names):
    return [{"username": name, "state": "absent"} for name in names]


# -- guards of the task


@pytest.mark.parametrize("guard", ["max_disruptive", "max_removals"])
@pytest.mark.parametrize(
    ("limit", "of_two", "text"),
    [
        ("2", True, None), ("0", False, "2 of 10 members (20.0%)"), ("20%", True, None),
        ("1", False, "2 of 10 members (20.0%)"),
        ("19.9%", False, "2 of 10 members (20.0%)"),
        ("100%", True, None), ("0%", False, "2 of 10 members (20.0%)"), (" 2 ", True, None),
    ],
)  # fmt: skip
def test_a_limit_is_a_count_or_a_share(guard, limit, of_two, text):
    portal, members = city(count=9), gone("m1", "m2")
    if of_two:
        passes(portal, *members, guards={guard: limit})
        return
    problem = only(portal, *members, guards={guard: limit})
    assert problem["code"] == "guard" and problem["guard"] == guard
    assert problem["message"].startswith(f"guards.{guard}: {text} would be ")
    assert f"the limit is {limit.strip()}: m1 (removed), m2 (removed)" in problem["message"]
    assert problem["count"] == 2 and problem["total"] == 10 and problem["members"] == ["m1", "m2"]
    assert problem["limit"] == limit.strip() and "raise the limit" in problem["remedy"]


@pytest.mark.parametrize("limit", ["-1", "5.5", "101%", "five", "5 %%", "1e3", "%"])
def test_limits_that_mean_nothing(limit):
    with pytest.raises(InputError, match="guards.max_removals must be a count such as 5, or a percentage such as 10%"):
        Guards({"max_removals": limit})


@pytest.mark.parametrize("limit", [None, "", " 10 %", 3, "0", "100%"])
def test_limits_that_mean_something(limit):
    Guards({"max_disruptive": limit})


def test_a_share_is_of_all_members_also_when_few_are_named():
    portal = city(count=250)
    problem = only(portal, *gone("m100"), guards={"max_removals": "0.3%"})
    assert "1 of 251 members (0.4%) would be removed, and the limit is 0.3%" in problem["message"]


def test_many_names_are_cut_in_the_message_but_not_in_the_facts():
    problem = only(city(count=40), *gone(*(f"m{index}" for index in range(30))), guards={"max_removals": 1})
    assert problem["message"].count("(removed)") == 20 and "and 10 more" in problem["message"]
    assert len(problem["members"]) == 30


@pytest.mark.parametrize(
    ("before", "wanted", "word"),
    [
        ({}, {"enabled": False}, "disabled"), ({}, {"role": "Viewer"}, "lower role"),
        ({"role": "org_admin"}, {"role": "org_user"}, "loses administrator role"),
        ({}, {"user_type": "editorUT", "role": "data editor"}, "lower role and lower user type"),
        ({"userLicenseTypeId": "oddUT"}, {"user_type": "creatorUT"}, "lower user type"),
        ({"assigned": 100.0, "spent": 60.0}, {"credits": 59}, "credits below the amount spent"),
        ({"categories": ["/Categories/Region/North"]}, {"categories": []}, "without categories"),
        ({"assigned": -1.0}, {"credits": 0}, "credits limited"),
        ({}, {"password": "a-new-password", "update_password": "always"}, "new password"),
        ({"idpUsername": "a"}, {"idp_username": "b"}, "another idp_username"),
        ({"role": "Rbig"}, {"role": "org_user"}, "lower role"),
        ({"role": "Rbig"}, {"role": "Rsmall"}, "lower role"),
    ],
)  # fmt: skip
def test_what_is_disruptive(before, wanted, word):
    portal = city("online", 5, Account("jane", **before))
    portal.roles.update(Rbig=("Big", "org_publisher"), Rsmall=("Small", "org_user"))
    portal.privileges.update(Rbig=["portal:publisher:publishFeatures"], Rsmall=["portal:user:createItem"])
    problem = only(portal, {"username": "jane", **wanted}, guards={"max_disruptive": "0"})
    assert problem["guard"] == "max_disruptive" and f"jane ({word})" in problem["message"]


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ({"disabled": True}, {"enabled": True}), ({}, {"role": "org_publisher"}), ({}, {"role": "org_admin"}),
        ({}, {"user_type": "GISProfessionalStdUT"}), ({"assigned": 100.0, "spent": 60.0}, {"credits": 61}),
        ({"assigned": 100.0, "spent": 60.0}, {"credits": "unlimited"}),
        ({"categories": ["/Categories/Region/North"]}, {"categories": ["Region"]}), ({}, {"categories": []}),
        ({}, {"email": "new@x", "access": "private"}), ({"role": "Rsmall"}, {"role": "Rbig"}),
        ({"disabled": True}, {"enabled": False}),
    ],
)  # fmt: skip
def test_what_is_not_disruptive(before, wanted):
    portal = city("online", 5, Account("jane", **before))
    portal.roles.update(Rbig=("Big", "org_publisher"), Rsmall=("Small", "org_user"))
    portal.privileges.update(Rbig=["portal:publisher:publishFeatures"], Rsmall=["portal:user:createItem"])
    passes(portal, {"username": "jane", **wanted}, guards={"max_disruptive": "0", "protected": ["jane"]})


def test_creations_are_not_disruptive():
    passes(city(), NEW, guards={"max_disruptive": "0", "max_removals": "0", "protected": ["*"]})


def test_a_member_counts_once_whatever_is_done_to_it():
    wanted = {"username": "m1", "enabled": False, "role": "Viewer", "user_type": "viewerUT"}
    passes(city(), wanted, guards={"max_disruptive": "1"})


@pytest.mark.parametrize(
    ("privileges", "rank"),
    [
        (["portal:admin:viewUsers", "portal:user:createItem"], 6), (["portal:publisher:publishTiles"], 5),
        (["portal:user:createItem"], 4), (["features:user:edit:full"], 2), (["portal:user:joinGroup"], 1), ([], 1),
    ],
)  # fmt: skip
def test_ranks_of_custom_roles(privileges, rank):
    assert rank_of_privileges(frozenset(privileges)) == rank


@pytest.mark.parametrize("pattern", ["jane.doe", "JANE.*", "j?ne.doe", "*doe", "*"])
def test_protected_members_are_left_alone(pattern):
    portal = city("online", 2, Account("Jane.Doe"))
    problem = only(portal, {"username": "jane.doe", "role": "Viewer", "email": "x@y"}, guards={"protected": [pattern]})
    assert problem["guard"] == "protected" and problem["member"] == "Jane.Doe" and "lower role" in problem["message"]


@pytest.mark.parametrize("pattern", ["jane", "jane.doe?", "jane_doe", "[a-j]*", "CITY\\jane.doe"])
def test_a_pattern_is_matched_as_a_whole(pattern):
    passes(city("online", 2, Account("Jane.Doe")), *gone("jane.doe"), guards={"protected": [pattern]})


def test_a_protected_domain_name():
    portal = city("enterprise", 2, Account("jdoe@CITY", provider="enterprise"))
    assert only(portal, *gone("city\\jdoe"), guards={"protected": ["CITY\\j*"]})["guard"] == "protected"


# -- administrators


BOSS = {"role": "org_admin"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"state": "absent"}, "removed"), ({"enabled": False}, "disabled"),
        ({"role": "org_user"}, "loses administrator role"),
        ({"role": "viewer", "user_type": "viewerUT"}, "loses administrator role and lower user type"),
        ({"user_type": "creatorUT"}, "lower user type"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["single", "list"])
def test_the_signed_in_account_is_safe_in_every_form(wanted, words, form):
    portal = city("online", 2, Account("boss", **BOSS))
    before = portal.state()
    who = {"username": "ADMIN", **wanted}
    run = play(portal, "portal_user", **(who if form == "single" else {"members": [who]}))
    assert run.failed and run["error"]["guard"] == "signed_in_account" and words in run["msg"] and run["members"]
    assert portal.state() == before and portal.calls() == []


@pytest.mark.parametrize(
    ("module", "wanted"),
    [("portal_user_role", {"role": "org_user"}), ("portal_user_level", {"user_type": "creatorUT"})],
)
def test_the_signed_in_account_is_safe_from_every_module(module, wanted):
    portal = city("online", 2, Account("boss", **BOSS))
    run = play(portal, module, username="admin", **wanted)
    assert run.failed and "signed_in_account" in str(run["error"]) and portal.calls() == []


def test_the_caller_may_do_what_is_not_disruptive_to_itself():
    passes(city(), {"username": "admin", "email": "me@x", "credits": 5, "categories": ["Region"]})


@pytest.mark.parametrize("wanted", [{"state": "absent"}, {"enabled": False}, {"role": "org_user"}])
def test_the_last_administrator_stays_even_if_another_joins(wanted):
    portal = city("online", 3, Account("boss", **BOSS), Account("late", role="org_admin", disabled=True))
    portal["admin"].role = "Rman"
    portal.roles["Rman"] = ("Manager", "org_admin")
    problems = refused(portal, {"username": "boss", **wanted})
    assert [p["guard"] for p in problems if p["code"] == "guard"] == ["last_administrator"]
    portal["admin"].role = "org_admin"
    passes(portal, {"username": "boss", **wanted})


def test_the_last_administrator_of_an_organization_read_by_name():
    portal = city("online", 250, Account("boss", **BOSS))
    portal.roles["Rman"] = ("Manager", "org_admin")
    portal["admin"].role = "Rman"
    problems = refused(portal, {"username": "boss", "state": "absent"})
    assert "last_administrator" in [problem.get("guard") for problem in problems]


def test_all_administrators_at_once_is_too_much_even_if_others_follow():
    portal = city("online", 3, Account("boss", **BOSS))
    members = [
        {"username": "boss", "role": "org_user"},
        {"username": "admin", "enabled": False},
        {"username": "m1", **BOSS},
    ]
    guards = [problem["guard"] for problem in refused(portal, *members)]
    assert guards == ["signed_in_account", "last_administrator"]


@pytest.mark.parametrize(("least", "enough"), [(1, True), (2, True), (3, False)])
def test_min_admins(least, enough):
    portal = city("online", 3, Account("boss", **BOSS), Account("boss2", **BOSS), Account("off", disabled=True, **BOSS))
    if enough:
        passes(portal, *gone("boss"), guards={"min_admins": least})
        return
    problem = only(portal, *gone("boss"), guards={"min_admins": least})
    assert problem["message"].startswith("guards.min_admins: 2 administrators would remain, and the limit is 3")
    assert problem["count"] == 2 and problem["limit"] == 3


def test_min_admins_counts_new_administrators():
    guards = {"min_admins": 3}
    portal = city("online", 3, Account("boss", **BOSS))
    joining = {**NEW, **BOSS}
    passes(portal, joining, guards=guards)
    portal.add(Account("off_1", disabled=True))
    assert only(portal, {"username": "off_1", **BOSS}, guards=guards)["guard"] == "min_admins"
    passes(portal, {"username": "off_1", "enabled": True, **BOSS}, guards=guards)


def test_min_admins_is_one_or_more():
    run = play(city(), "portal_members", members=[], guards={"min_admins": 0})
    assert run.failed and run.code == "invalid_input" and "1 or more" in run["msg"]


def test_required_admins():
    portal = city("online", 3, Account("Boss", **BOSS), Account("off", disabled=True, **BOSS))
    passes(portal, {"username": "m1", **BOSS}, guards={"required_admins": ["BOSS", "m1", "admin"]})
    problems = refused(portal, *gone("boss"), guards={"required_admins": ["boss", "off", "m1", "unknown"]})
    assert [problem["member"] for problem in problems] == ["boss", "off", "m1", "unknown"]


def manager(product="online", *privileges, **settings):
    """An organization whose caller is not an administrator."""
    portal = city(product, 3, Account("boss", **BOSS), **settings)
    portal.roles["Rman"] = ("Manager", "org_user")
    portal.privileges["Rman"] = list(privileges)
    portal["admin"].role = "Rman"
    return portal


ALL = [
    f"portal:admin:{name}"
    for name in (
        "viewUsers",
        "updateUsers",
        "inviteUsers",
        "disableUsers",
        "deleteUsers",
        "changeUserRoles",
        "manageLicenses",
    )
]


@pytest.mark.parametrize(
    "members",
    [[{"username": "m1", **BOSS}], [{"username": "boss", "role": "org_user"}, {"username": "m1"}]],
)
def test_only_administrators_make_and_unmake_administrators(members):
    problems = refused(manager("online", *ALL), *members)
    assert "permission" in [problem["code"] for problem in problems]
    assert "Only an administrator can change an administrator" in problems[0]["message"]


@pytest.mark.parametrize(
    ("wanted", "privilege"),
    [
        ({"role": "org_publisher"}, "changeUserRoles"), ({"email": "x@y"}, "updateUsers"),
        ({"tags": ["a"]}, "updateUsers"), ({"categories": ["Region"]}, "updateUsers"),
        ({"enabled": False}, "disableUsers"), ({"state": "absent"}, "deleteUsers"),
    ],
)  # fmt: skip
def test_privileges_the_caller_lacks(wanted, privilege):
    members = [{"username": f"m{index}", **wanted} for index in range(3)]
    lacking = [name for name in ALL if not name.endswith(f":{privilege}")]
    problem = only(manager("online", *lacking), *members)
    assert problem["code"] == "permission" and problem["privilege"] == f"portal:admin:{privilege}"
    assert problem["members"] == ["m0", "m1", "m2"] and "3 members need it" in problem["message"]
    passes(manager("online", *ALL), *members)


def test_creation_needs_to_invite_and_to_view_all_members():
    problems = refused(manager("online", "portal:admin:updateUsers"), NEW)
    assert [problem["privilege"] for problem in problems] == ["portal:admin:inviteUsers", "portal:admin:viewUsers"]
    passes(manager("online", *ALL), NEW)


# -- creations


@pytest.mark.parametrize(
    ("product", "name", "good"),
    [
        ("online", "six_66", True), ("online", "five5", False), ("online", "a" * 128, True),
        ("online", "a" * 129, False),
        ("online", "with space", False), ("online", "ümläut_x", False), ("online", "a.b@c-d_e", True),
        ("enterprise", "a" * 24, True), ("enterprise", "a" * 25, False), ("enterprise", "five5", False),
        ("enterprise", "a.b@c-d_e", True), ("enterprise", "with/slash", False),
    ],
)  # fmt: skip
def test_username_rules(product, name, good):
    portal = city(product)
    if good:
        passes(portal, {**NEW, "username": name})
        return
    problem = only(portal, {**NEW, "username": name})
    assert problem["code"] == "blocked" and problem["option"] == "username" and "letters, digits" in problem["message"]


SAML = {**NEW, "provider": "enterprise", "idp_username": "n.o@idp", "password": None}


@pytest.mark.parametrize(
    ("product", "name", "good"),
    [
        ("online", "n.o@idp", True),
        ("enterprise", "CITY\\no", True),
        ("enterprise", "a b", False),
        ("enterprise", "a&b", False),
    ],
)
def test_names_of_an_identity_provider(product, name, good):
    member = {**SAML, "username": name}
    if good:
        passes(city(product), member)
    else:
        assert "no spaces" in only(city(product), member)["message"]


@pytest.mark.parametrize(
    ("product", "base", "missing"),
    [
        ("online", NEW, "first_name"), ("online", NEW, "last_name"), ("online", NEW, "email"),
        ("online", NEW, "user_type"),
        ("enterprise", NEW, "password"), ("online", SAML, "idp_username"), ("enterprise", SAML, "idp_username"),
        ("old", {**NEW, "user_type": None, "level": "2"}, "level"),
    ],
)  # fmt: skip
def test_what_a_new_account_needs(product, base, missing):
    problem = only(city(product), {name: value for name, value in base.items() if name != missing})
    assert (
        problem["code"] == "not_found" and problem["message"] == "new_one: Member does not exist in the organization."
    )
    assert f"or add {missing} to create the member" in problem["remedy"]
    passes(city(product), base)


def test_all_missing_privileges_are_reported_at_once():
    problem = only(city("enterprise"), {"username": "new_one", "role": "org_user"})
    assert "add first_name, last_name, email, user_type, password to create the member" in problem["remedy"]


@pytest.mark.parametrize("product", ["online", "enterprise"])
def test_a_member_who_is_to_be_disabled_is_not_created_for_that(product):
    problem = only(city(product), {**NEW, "enabled": False})
    assert problem["code"] == "not_found"
    assert problem["remedy"].endswith("or remove enabled from the entry to create the member.")


def test_all_steps_to_create_a_disabled_member_are_named_at_once():
    problem = only(city("online"), {"username": "new_one", "enabled": False, "email": "n@x.org"})
    assert problem["remedy"].endswith(
        "or remove enabled from the entry and add first_name, last_name, user_type to create the member."
    )


def test_wrong_values_of_a_new_member_are_reported_with_its_missing_fields():
    run = play(city("online"), "portal_members", members=[{"username": "new_one", "role": "Editr", "user_type": "no"}])
    assert [problem["code"] for problem in run["error"]["problems"]] == ["not_found", "invalid_input", "invalid_input"]
    messages = " ".join(problem["message"] for problem in run["error"]["problems"])
    assert "'Editr'" in messages and "'no'" in messages


def test_online_sends_a_link_where_no_password_is_given():
    passes(city("online"), {**NEW, "password": None})


def test_what_means_nothing_is_not_called_missing_too():
    assert only(city(), {**NEW, "user_type": "nonsense"})["code"] == "invalid_input"
    assert only(city(), {**NEW, "user_type": "viewerUT", "role": "nonsense"})["code"] == "invalid_input"


def test_an_enterprise_account_has_no_password():
    assert only(city(), {**SAML, "password": "long-enough"})["option"] == "password"


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"outsiders": {"new_one": Account("new_one")}}, "another organization"),
        ({"deleted": {"new_one"}}, "a removed account"),
    ],
)
def test_names_that_are_taken(settings, hint):
    if "outsiders" in settings:
        settings["outsiders"]["new_one"].orgId = "elsewhere"
    assert hint in only(city("online", 2, **settings), NEW)["message"]


def test_a_taken_name_comes_with_the_suggestion_of_the_portal():
    answer = {"usernames": [{"requested": "new_one", "suggested": "new_one7"}]}
    problem = only(city("online", 2, answers={"check_usernames": answer}), NEW)
    assert "The portal suggests 'new_one7'" in problem["remedy"]


# -- role and type


@pytest.mark.parametrize(
    ("product", "before", "wanted", "field"),
    [
        ("online", {}, {"user_type": "viewerUT"}, "user_type"), ("online", {}, {"user_type": "editorUT"}, "user_type"),
        ("online", {"userLicenseTypeId": "viewerUT", "role": VIEWER}, {"role": "org_publisher"}, "role"),
        ("online", {"userLicenseTypeId": "viewerUT", "role": VIEWER}, {"role": EDITOR}, "role"),
        ("old", {"level": "1", "role": VIEWER}, {"role": "org_publisher"}, "role"),
        ("old", {}, {"level": "1"}, "level"),
    ],
)  # fmt: skip
def test_role_and_type_that_do_not_fit(product, before, wanted, field):
    problem = only(city(product, 2, Account("jane", **before)), {"username": "jane", **wanted})
    assert (
        problem["code"] == "blocked" and problem["option"] == field and "is not compatible with" in problem["message"]
    )


def test_a_new_account_has_the_user_role_by_default():
    problem = only(city(), {**NEW, "user_type": "viewerUT"})
    assert "New members with user type viewerUT need a role" in problem["message"] and problem["option"] == "role"
    passes(city(), {**NEW, "user_type": "viewerUT", "role": "viewer"})


def test_what_does_not_fit_already_is_not_this_runs_business():
    portal = city("online", 2, Account("jane", userLicenseTypeId="viewerUT"))
    passes(portal, {"username": "jane", "email": "x@y"})


# -- seats


def test_seats_are_counted_for_all_members_together():
    portal = city("online", 4, seats={"GISProfessionalStdUT": 2})
    wanted = [{"username": f"m{index}", "user_type": "GISProfessionalStdUT"} for index in range(3)]
    problem = only(portal, *wanted)
    assert "User type GISProfessionalStdUT: 3 seats needed, 1 free. Needed by m0, m1, m2." in problem["message"]
    assert (problem["needed"], problem["free"]) == (3, 1) and problem["members"] == ["m0", "m1", "m2"]
    passes(portal, wanted[0])


def test_pending_invitations_that_may_hold_seats_are_a_warning():
    portal = city("online", 4, seats={"GISProfessionalStdUT": 3}, pending=["GISProfessionalStdUT", "viewerUT"])
    wanted = [{"username": f"m{index}", "user_type": "GISProfessionalStdUT"} for index in range(3)]
    (warning,) = warned(passes(portal, *wanted[:2]))
    assert "GISProfessionalStdUT: 2 seats needed, 2 free, but 1 pending invitation can hold seats" in warning
    assert warned(passes(portal, wanted[0])) == []
    problem = only(portal, *wanted)
    assert "3 seats needed, 2 free" in problem["message"], "without any invitation they are too few"


def test_an_exchange_of_seats_does_not_rely_on_the_seat_of_an_invitation():
    accounts = [Account("swap_one", userLicenseTypeId="creatorUT"), Account("swap_two", userLicenseTypeId="editorUT")]
    for account in accounts:
        account.role = VIEWER
    wanted = [{"username": "swap_one", "user_type": "editorUT"}, {"username": "swap_two", "user_type": "creatorUT"}]
    full = {"creatorUT": 2, "editorUT": 1}
    portal = FakePortal("online", accounts, seats=full, pending=["creatorUT"])
    run = play(portal, "portal_members", members=wanted)
    assert not run.failed and portal.overdrawn == []
    assert any("temporarily" in warning for line in run["members"] for warning in line["warnings"])


def test_an_exchange_of_seats_that_needs_the_seat_of_an_invitation_is_a_warning():
    accounts = [Account("swap_one", userLicenseTypeId="creatorUT"), Account("swap_two", userLicenseTypeId="editorUT")]
    every = dict.fromkeys(TYPES, 0)
    portal = FakePortal("online", accounts, seats={**every, "creatorUT": 2, "editorUT": 1}, pending=["creatorUT"])
    for account in accounts:
        account.role = VIEWER
    wanted = [{"username": "swap_one", "user_type": "editorUT"}, {"username": "swap_two", "user_type": "creatorUT"}]
    (warning,) = warned(passes(portal, *wanted))
    assert warning == "Members exchange seats of creatorUT and editorUT, but 1 pending invitation can hold seats."


def test_what_leaves_makes_room():
    portal = city("online", 2, seats={"creatorUT": 2})
    assert "creatorUT" in only(portal, NEW)["message"]
    passes(portal, NEW, *gone("m1"))


def test_an_overdrawn_type_takes_no_member():
    portal = city("online", 4, seats={"creatorUT": 2})
    problem = only(portal, NEW)
    assert "User type creatorUT: 2 more seats are used than bought" in problem["message"]


def test_levels_have_seats_too():
    member = {**NEW, "user_type": None, "level": "2"}
    problem = only(city("old", 3, seats={"2": 4}), member)
    assert (
        problem["level"] == "2"
        and "Level 2: 1 seat needed, 0 free" in problem["message"]
        and "user_type" not in problem
    )
    passes(city("old", 3, seats={"2": 5}), member)


def test_a_swap_of_full_types_needs_one_free_seat_somewhere():
    pair = [Account("a_a", userLicenseTypeId="creatorUT"), Account("b_b", userLicenseTypeId="GISProfessionalStdUT")]
    swap = [{"username": "a_a", "user_type": "GISProfessionalStdUT"}, {"username": "b_b", "user_type": "creatorUT"}]
    full = {"creatorUT": 1, "GISProfessionalStdUT": 2, "viewerUT": 0, "editorUT": 0}
    problem = only(city("online", 0, *pair, seats=full), *swap)
    assert "exchange seats of GISProfessionalStdUT and creatorUT, which have no free seat" in problem["message"]


# -- credits


def test_credits_need_the_budget():
    portal = city(budgeting=False)
    problem = only(portal, {"username": "m1", "credits": "unlimited"})
    assert (
        "Cannot allocate credits because credit budgeting is off" in problem["message"]
        and "budgeting" in problem["remedy"]
    )
    run = play(portal, "portal_credits", check=True, username="m1", credits=5, budgeting=True)
    assert not run.failed


def test_credits_beyond_the_pool():
    portal = city("online", 2, Account("jane", assigned=100.0, spent=90.0), pool=50.0)
    assert (
        "The allocation of 51 credits exceeds the credits of the organization: 50"
        in only(portal, {"username": "m1", "credits": 51})["message"]
    )
    passes(portal, {"username": "m1", "credits": 50})
    passes(portal, {"username": "jane", "credits": 140})
    assert only(portal, {"username": "jane", "credits": 141})["option"] == "credits"


# -- what a member owns and holds


def test_owners_are_not_removed_without_a_recipient():
    portal = city("online", 2, Account("jane", items=3, groups=["g"]))
    problem = only(portal, *gone("jane"))
    assert (
        "Cannot remove a member who owns 3 items and 1 group." in problem["message"]
        and problem["option"] == "transfer_to"
    )
    passes(portal, {"username": "jane", "state": "absent", "transfer_to": "M1"})


def test_owners_transfer_to_a_member_who_stays():
    portal = city("online", 2, Account("jane", items=3), Account("joe", items=1))
    problem = only(portal, {"username": "jane", "state": "transferred"})
    assert "Cannot transfer the content of a member who owns 3 items." in problem["message"]
    jane, recipient = {"username": "jane", "transfer_to": "m1"}, {"username": "m1"}
    assert "transfers its own content in this run" in only(portal, jane, recipient, state="transferred")["message"]
    passes(portal, jane, state="transferred")


def test_a_transfer_is_disruptive():
    portal = city("online", 2, Account("jane", items=3))
    emptied = {"username": "jane", "state": "transferred", "transfer_to": "m1"}
    problem = only(portal, emptied, guards={"protected": ["jane"]})
    assert "content transferred" in problem["message"]
    assert (
        "guards.max_disruptive: 1 member would be disrupted"
        in only(portal, emptied, guards={"max_disruptive": "0"})["message"]
    )
    mine = {"username": "admin", "state": "transferred", "transfer_to": "m1"}
    portal["admin"].items = 1
    assert only(portal, mine)["guard"] == "signed_in_account"


@pytest.mark.parametrize(
    ("recipient", "others", "words"),
    [
        ("JANE", [], "is the member itself"),
        ("m1", gone("m1"), "is removed, disabled, or transfers its own content in this run"),
        ("m1", [{"username": "m1", "enabled": False}], "is removed, disabled"),
        ("unknown", [], "is not an enabled member"),
        ("asleep", [], "is not an enabled member"),
    ],
)  # fmt: skip
def test_recipients_that_do_not_fit(recipient, others, words):
    portal = city("online", 2, Account("jane", items=1), Account("asleep", disabled=True))
    problem = only(portal, {"username": "jane", "state": "absent", "transfer_to": recipient}, *others)
    assert words in problem["message"] and problem["option"] == "transfer_to"


def test_a_recipient_is_checked_only_for_owners():
    passes(city(), {"username": "m1", "state": "absent", "transfer_to": "unknown"})


def test_a_purge_does_not_remove_owners_either():
    portal = city("online", 0, Account("jane", items=1), Account("omar"))
    assert only(portal, {"username": "omar"}, purge="delete")["member"] == "jane"


@pytest.mark.parametrize(
    ("product", "before", "wanted", "field"),
    [
        ("old", {"role": "Rcustom"}, {"level": "1"}, "level"),
        ("online", {"role": "Rcustom"}, {"user_type": "viewerUT"}, "user_type"),
    ],
)
def test_owners_do_not_fall_to_level_1(product, before, wanted, field):
    portal = city(product, 2, Account("jane", items=2, **before), roles={"Rcustom": ("Custom", "org_user")})
    problem = only(portal, {"username": "jane", **wanted})
    assert "owns 2 items" in problem["message"] and problem["option"] == field
    portal["jane"].items = 0
    passes(portal, {"username": "jane", **wanted})


def test_add_on_licenses_keep_the_level_of_a_member():
    portal = city("old", 2, Account("jane", listings=["pro"]))
    problem = only(portal, {"username": "jane", "level": "1", "role": "viewer"})
    assert "the member has 1 add-on license" in problem["message"] and problem["option"] == "level"
    portal["jane"].listings = []
    passes(portal, {"username": "jane", "level": "1", "role": "viewer"})


def test_add_on_licenses_need_a_privilege_to_be_revoked():
    portal = manager("online", *(name for name in ALL if "Licenses" not in name))
    portal["m1"].listings = ["pro", "more"]
    problem = only(portal, *gone("m1"))
    assert "2 add-on licenses must be revoked first" in problem["message"] and "manageLicenses" in problem["message"]
    passes(portal, *gone("m2"))


# -- together


def test_a_portal_that_is_read_only_takes_nothing_but_says_what_is_unchanged():
    portal = city(portal_self={"isReadOnly": True})
    assert "read-only mode" in only(portal, {"username": "m1", "email": "x@y"})["message"]
    passes(portal, {"username": "m1", "role": "org_user"})


def test_all_blockers_of_all_members_are_in_one_error_and_nothing_is_written():
    portal = city("online", 3, Account("owner1", items=5), seats={"viewerUT": 0, "GISProfessionalStdUT": 1})
    members = [
        {"username": "m0", "role": "nonsense"}, {"username": "owner1", "state": "absent"},
        {"username": "admin", "enabled": False},
        {"username": "m1", "user_type": "GISProfessionalStdUT"}, {"username": "bad", "first_name": "x"},
        {"username": "m2", "credits": 99_999, "categories": ["Nowhere"]},
    ]  # fmt: skip
    problems = refused(portal, *members, guards={"max_removals": "0", "protected": ["owner*"], "min_admins": 2})
    codes = [problem["code"] for problem in problems]
    text = "\n".join(problem["message"] for problem in problems)
    for word in (
        "Role 'nonsense' does not exist", "owner1: Cannot remove a member who owns 5 items",
        "admin: The plan changes the account that is signed in", "User type GISProfessionalStdUT: 1 seat needed",
        "bad: Member does not exist", "The allocation of 99999 credits exceeds", "Nowhere", "guards.max_removals",
        "owner1: Matches guards.protected", "0 administrators would remain", "No current administrator would remain",
    ):  # fmt: skip
        assert word in text, word
    assert set(codes) == {"invalid_input", "blocked", "guard", "not_found"}
    run = play(portal, "portal_members", members=members)
    assert run.code == "several_problems" and run["msg"].count("\n") >= 7
    assert run.lines["owner1"]["action"] == "failed" and run.lines["owner1"]["error"]["code"] == "blocked"


def test_members_who_are_fine_are_skipped_where_others_are_not():
    run = play(
        city(), "portal_members", members=[{"username": "m1", "email": "x@y"}, {"username": "m2", "role": "nonsense"}]
    )
    assert run.lines["m1"]["action"] == "skipped" and run.lines["m2"]["action"] == "failed"
    assert run["summary"] == {
        "total": 2, "created": 0, "changed": 0, "removed": 0, "disabled": 0, "unchanged": 0, "skipped": 1, "failed": 1
    }  # fmt: skip


@pytest.mark.parametrize("purge", ["disable", "delete"])
def test_a_purge_spares_caller_protected_and_system_accounts(purge):
    portal = city("online", 3, Account("svc_backup"), Account("esri_nav"), Account("boss", **BOSS))
    run = play(
        portal, "portal_members", members=[{"username": "m1"}], purge=purge, guards={"protected": ["svc_*", "boss"]}
    )
    assert not run.failed and set(run.lines) == {"m0", "m2"}
    assert {line["index"] for line in run["members"]} == {None}


def test_an_empty_roster_purges_no_member():
    run = play(city(), "portal_members", members=[], purge="delete")
    assert (
        run.failed
        and "all unlisted members would be removed" in run["msg"]
        and run["api_calls"] == {"read": 0, "write": 0}
    )


def test_a_limit_on_removals_does_not_allow_to_disable_all_members():
    problem = only(city(count=40), {"username": "admin"}, purge="disable", guards={"max_removals": "2"})
    assert problem["guard"] == "purge" and problem["count"] == 40
    assert problem["remedy"] == "Check the roster. To allow more, set guards.max_disruptive."
    passes(city(count=40), {"username": "admin"}, purge="disable", guards={"max_disruptive": "100%"})


@pytest.mark.parametrize("name", ["", " ", "m1\nm2", '["m1"]'])
def test_a_protected_name_that_matches_no_member_is_rejected(name):
    with pytest.raises(InputError, match="guards.protected"):
        Guards({"protected": [name]})
