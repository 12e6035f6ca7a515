# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import inspect

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    AnonymousError,
    InputError,
    NoAnswer,
    NotFound,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import SignedInAccount
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import DATA_EDITOR, VIEWER, NameTables, fits
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient
from tests.unit.plugins.module_utils.fakes import Account, FakeClient, FakePortal


def organization(product="online", **settings):
    return OrganizationReader(FakeClient(FakePortal(product, **settings)))


def described(product="online", **settings):
    return organization(product, **settings).organization


def raising(error):
    def answer(form):
        raise error

    return answer


@pytest.mark.parametrize("name", ["read", "write", "map", "pages", "first_page", "other_pages", "scrub", "close"])
def test_the_client_in_memory_has_the_signatures_of_the_real_one(name):
    real, fake = (inspect.signature(getattr(kind, name)) for kind in (PortalClient, FakeClient))
    assert list(real.parameters) == list(fake.parameters)


# -- the portal, and the signed-in account


@pytest.mark.parametrize(
    ("product", "facts"),
    [
        ("online", ("online", "ArcGIS Online", True, True, False)),
        ("enterprise", ("enterprise", "ArcGIS Enterprise", True, True, True)),
        ("old", ("enterprise", "ArcGIS Enterprise", False, False, False)),
    ],
)
def test_products(product, facts):
    found = described(product)
    values = (
        found.product,
        found.product_name,
        found.has_user_types,
        found.has_categories,
        found.accepts_apply_defaults,
    )
    assert values == facts


@pytest.mark.parametrize(
    ("version", "enterprise", "types", "categories", "switch"),
    [
        ("6.3", None, False, False, False), ("6.4", None, True, False, False), ("9.2", None, True, False, False),
        ("10.1", None, True, True, False), ("2024.2", "11.4", True, True, False), ("2025.1", "11.5", True, True, True),
        ("2025.1", None, True, True, True), ("2024.2", "11.10", True, True, True), ("x", "y", False, False, False),
        (None, None, False, False, False),
    ],
)  # fmt: skip
def test_versions_are_whole_numbers(version, enterprise, types, categories, switch):
    found = described("enterprise", portal_self={"currentVersion": version, "enterpriseVersion": enterprise})
    assert (found.has_user_types, found.has_categories, found.accepts_apply_defaults) == (types, categories, switch)


def test_kubernetes():
    found = described("enterprise", portal_self={"portalDeploymentType": "ArcGISEnterpriseOnKubernetes"})
    assert found.product == "enterprise_kubernetes" and not found.accepts_apply_defaults


@pytest.mark.parametrize(("flag", "read_only"), [(True, True), (False, False), (None, False), ("true", False)])
def test_read_only(flag, read_only):
    assert described(portal_self={"isReadOnly": flag}).is_read_only is read_only


@pytest.mark.parametrize("user", [None, {}, {"username": ""}, "admin", []])
def test_an_anonymous_answer_is_never_accepted(user):
    with pytest.raises(AnonymousError, match="handled the request as anonymous"):
        organization(portal_self={"user": user})


def test_an_account_of_another_organization_is_refused():
    user = {"username": "admin", "orgId": "elsewhere", "role": "org_admin"}
    with pytest.raises(AnonymousError, match="belongs to another organization"):
        organization(portal_self={"user": user})


@pytest.mark.parametrize("org_id", [None, "", "OrgOnline0000001"])
def test_an_account_of_the_organization(org_id):
    caller = described(portal_self={"user": {"username": "Admin", "orgId": org_id, "role": "org_admin"}}).account
    assert (caller.username, caller.key, caller.is_administrator) == ("Admin", "admin", True)
    assert caller.has_any("whatever")


def test_a_custom_role_is_what_the_caller_has():
    user = {"username": "m", "role": "org_admin", "roleId": "Rabc", "privileges": ["portal:admin:viewUsers"]}
    caller = described(portal_self={"user": user}).account
    assert not caller.is_administrator and caller.role == "Rabc"
    assert caller.has_any("portal:admin:viewUsers") and caller.has_any("x", "portal:admin:viewUsers")
    assert not caller.has_any("portal:admin:deleteUsers")


def test_privileges_that_the_portal_omits_are_not_missing():
    assert SignedInAccount("m", "Rabc", None).has_any("portal:admin:deleteUsers")


def test_an_application_is_a_caller_by_its_privileges():
    app = {"appTitle": "Nightly", "privileges": ["portal:admin:viewUsers"]}
    caller = described(portal_self={"user": None, "appInfo": app}).account
    assert caller.username == "application Nightly" and not caller.is_administrator


@pytest.mark.parametrize("app", [{"appTitle": "Old"}, {"privileges": "all"}, None, []])
def test_an_application_without_privileges_is_anonymous(app):
    with pytest.raises(AnonymousError):
        organization(portal_self={"user": None, "appInfo": app})


# -- credits and seats


@pytest.mark.parametrize(("value", "on"), [("enabled", True), ("disabled", False), (None, False), (True, False)])
def test_budgeting_is_a_word_that_may_be_missing(value, on):
    assert described(portal_self={"creditAssignments": value}).credit_budgeting is on
    assert described("enterprise").credit_budgeting is False


@pytest.mark.parametrize(
    ("value", "credits"), [(-1, "unlimited"), (100, 100.0), ("12.5", 12.5), (None, None), ("x", None)]
)
def test_default_credits(value, credits):
    assert described(portal_self={"defaultUserCreditAssignment": value}).default_credits == credits


def test_the_pool_is_read_from_either_place():
    assert described().available_credits == 10_000.0
    only = {"availableCredits": None, "subscriptionInfo": {"availableCredits": 7}}
    assert described(portal_self=only).available_credits == 7.0
    assert described(portal_self={"availableCredits": None, "subscriptionInfo": []}).available_credits is None


def test_seats_of_online_are_bought_less_used():
    portal = {"accounts": [Account("anna"), Account("bert", userLicenseTypeId="editorUT")], "seats": {"creatorUT": 3}}
    assert organization(**portal).seats() == {
        "creatorUT": {"seats": 3, "used": 1, "free": 2},
        "editorUT": {"seats": None, "used": 1, "free": None},
        "GISProfessionalStdUT": {"seats": None, "used": 1, "free": None},
    }


@pytest.mark.parametrize("answer", [raising(Refused("no")), raising(PermissionDenied("no")), {"results": None}, {}])
def test_seats_that_are_not_counted_are_unknown(answer):
    found = organization(seats={"creatorUT": 3}, answers={"counts": answer}).seats()
    assert found == {"creatorUT": {"seats": 3, "used": None, "free": None}}


def test_hostile_counts():
    rows = [None, {"key": "creatorUT", "count": "many"}, {"count": 5}, {"key": "editorUT", "count": -3}]
    assert organization(answers={"counts": {"results": rows}}).counts("x") == {"creatorUT": 0, "editorUT": 0}


def test_seats_of_enterprise_are_on_the_license_page():
    found = organization("enterprise", accounts=[Account("anna")], seats={"creatorUT": 0, "editorUT": 4}).seats()
    assert found["creatorUT"] == {"seats": 0, "used": 1, "free": -1} and found["editorUT"]["free"] == 4


@pytest.mark.parametrize(
    "answer",
    [raising(PermissionDenied("no")), raising(UnexpectedAnswer("html")), {"userTypes": None}, {"userTypes": [7]}],
)
def test_a_license_page_that_tells_nothing(answer):
    assert organization("enterprise", answers={"license": answer}).seats() == {}


def test_no_answer_is_not_an_answer():
    for name, question in (("license", "seats"), ("invitations", "pending_seats"), ("schema", "tree")):
        product = "enterprise" if name == "license" else "online"
        with pytest.raises(NoAnswer):
            getattr(organization(product, answers={name: raising(NoAnswer("broke"))}), question)()
    with pytest.raises(NoAnswer):
        organization(answers={"check_usernames": raising(NoAnswer("broke"))}).unavailable_usernames(["a"])


def test_levels_have_quotas():
    quota = {"maxUsersPerLevel": {"1": 0, "2": 50, "11": None}}
    assert described("old", portal_self={"subscriptionInfo": quota}).level_seats == {"1": 0, "2": 50}
    assert described("old", portal_self={"subscriptionInfo": {"maxUsersPerLevel": [1]}}).level_seats == {}


def test_invitations_hold_seats():
    rows = [
        {"userLicenseType": "creatorUT"}, {"userLicenseTypeId": "creatorUT"}, {"userLicenseType": "viewerUT"},
        {"userLicenseType": "viewerUT", "accepted": True}, {"id": "no type"},
    ]  # fmt: skip
    answer = {"total": 5, "nextStart": -1, "invitations": rows}
    assert organization(answers={"invitations": answer}).pending_seats() == {"creatorUT": 2, "viewerUT": 1}
    assert organization(answers={"invitations": raising(PermissionDenied("no"))}).pending_seats() == {}
    assert organization("enterprise").pending_seats() == {}


# -- names on ArcGIS Online


def test_names_that_are_taken_or_left_out():
    found = organization(accounts=[Account("anna_a")], deleted={"once_gone"}).unavailable_usernames(
        ["Anna_A", "once_gone", "free_one"]
    )
    assert found == {"anna_a": "Anna_A1", "once_gone": ""}


@pytest.mark.parametrize(
    "answer",
    [{}, {"usernames": None}, raising(Refused("no")), raising(NotFound("no")), raising(PermissionDenied("no"))],
)
def test_names_that_the_portal_does_not_check(answer):
    assert organization(answers={"check_usernames": answer}).unavailable_usernames(["a"]) == {}


# -- tables


def test_tables_are_read_when_they_are_needed_and_once():
    found = organization()
    client = found.client
    assert found.tables(set()).roles is None and client.calls["read"] == 1
    for _time in range(2):
        tables = found.tables({"roles", "user_types", "categories"})
    assert client.calls["read"] == 4 and tables.tree.rooted is True and tables.user_types["creatorUT"] == "Creator"


def test_tables_are_read_side_by_side(monkeypatch):
    found = organization()
    together = []
    inner = found.client.map
    monkeypatch.setattr(found.client, "map", lambda function, items: together.append(items) or inner(function, items))
    found.tables({"roles", "categories"})
    assert together == [["roles", "categories"]]


def test_a_table_that_cannot_be_read_is_not_taken_for_empty():
    found = organization(answers={"user_types": raising(PermissionDenied("no"))})
    with pytest.raises(PermissionDenied):
        found.tables({"roles", "user_types", "categories"})


def test_roles_in_normal_form():
    rows = [{"id": "R1", "name": None}, {"name": "no id"}, {"id": "R2", "name": "Two", "description": "d"}]
    found = organization(answers={"list_roles": {"total": 3, "nextStart": -1, "roles": rows}}).roles()
    assert found == [{"id": "R1", "name": "R1", "description": ""}, {"id": "R2", "name": "Two", "description": "d"}]


@pytest.mark.parametrize("answer", [{}, {"userLicenseTypes": None}, {"userLicenseTypes": "x"}])
def test_user_types_that_are_no_list(answer):
    with pytest.raises(UnexpectedAnswer, match="userLicenseTypes"):
        organization(answers={"user_types": answer}).user_types()


def test_user_types_in_normal_form():
    rows = [{"id": "aUT"}, {"name": "no id"}, 5, {"id": "bUT", "name": "B"}]
    assert organization(answers={"user_types": {"userLicenseTypes": rows}}).user_types() == {"aUT": "aUT", "bUT": "B"}


@pytest.mark.parametrize("answer", [{"memberCategorySchema": []}, {}, raising(Refused("none"))])
def test_an_organization_without_a_tree(answer):
    found = organization(tree=[], answers={"schema": answer}).tree()
    assert found.categories == [] and found.rooted is None


def test_a_refusal_hides_no_tree_that_is_there():
    with pytest.raises((Refused, UnexpectedAnswer)):
        organization(answers={"schema": raising(Refused("no"))}).tree()
    for error in (PermissionDenied("no"), NotFound("no")):
        with pytest.raises(type(error)):
            organization(tree=[], answers={"schema": raising(error)}).tree()


ROLES = [
    {"id": VIEWER, "name": "Betrachter", "description": ""}, {"id": "R1", "name": "Field Lead", "description": ""},
    {"id": "R2", "name": "Student", "description": ""}, {"id": "R3", "name": "student", "description": ""},
    {"id": "R4", "name": "Publisher", "description": ""},
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("org_admin", "org_admin"), ("Administrator", "org_admin"), ("USER", "org_user"), ("org_user", "org_user"),
        ("viewer", VIEWER), ("betrachter", VIEWER), (VIEWER, VIEWER), ("Data Editor", DATA_EDITOR), ("R1", "R1"),
        ("field LEAD", "R1"), ("R3", "R3"),
    ],
)  # fmt: skip
def test_roles_by_id_or_name(text, role):
    tables = NameTables(roles=ROLES)
    assert tables.role(text) == tables.role(text) == role


@pytest.mark.parametrize(("text", "ids"), [("Student", "R2, R3"), ("publisher", "R4, org_publisher")])
def test_a_name_that_two_roles_bear_lists_both_ids(text, ids):
    with pytest.raises(InputError, match=f"2 roles are named '{text}'") as caught:
        NameTables(roles=ROLES).role(text)
    assert caught.value.details["option"] == "role" and f"Use the ID of one: {ids}." in caught.value.full_message()


def test_an_unknown_role_lists_near_names():
    with pytest.raises(InputError, match="Role 'Feld Lead' does not exist") as caught:
        NameTables(roles=ROLES).role("Feld Lead")
    assert "Did you mean" in caught.value.full_message() and "Field Lead" in caught.value.full_message()
    with pytest.raises(InputError, match="Role '測量' does not exist") as caught:
        NameTables(roles=ROLES).role("測量")
    assert "Did you mean" not in caught.value.full_message()


def test_role_ids_are_case_sensitive():
    with pytest.raises(InputError):
        NameTables(roles=ROLES).role("r1")


def test_without_a_table_roles_are_taken_as_they_are():
    assert NameTables().role("anything") == "anything"


@pytest.mark.parametrize(
    ("role", "name"),
    [("org_admin", "org_admin"), ("", ""), (VIEWER, "Betrachter"), (DATA_EDITOR, "Data Editor"), ("R1", "Field Lead")]
    + [("R2", "R2"), ("R4", "R4"), ("Rgone", "Rgone")],
)
def test_the_usual_name_of_a_role_leads_back_to_it(role, name):
    tables = NameTables(roles=ROLES)
    assert tables.role_name(role) == name
    if role not in ("", "Rgone"):
        assert tables.role(name) == role


def test_role_names_without_a_table():
    assert NameTables().role_name(VIEWER) == "Viewer" and NameTables().role_name("R1") == "R1"


TYPES = {"creatorUT": "Creator", "GISProfessionalStdUT": "Professional", "viewerUT": "Betrachter"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [("creatorUT", "creatorUT"), ("CREATORut", "creatorUT"), ("creator", "creatorUT"), ("viewer", "viewerUT")]
    + [("betrachter", "viewerUT"), ("professional", "GISProfessionalStdUT")],
)
def test_user_types_by_id_or_label(text, kind):
    assert NameTables(user_types=TYPES).user_type(text) == kind
    assert NameTables().user_type(text) == text


def test_an_unknown_user_type_lists_near_and_all():
    with pytest.raises(InputError, match="User type 'creatorUTT' does not exist in this organization") as caught:
        NameTables(user_types=TYPES).user_type("creatorUTT")
    assert f"Use one of: {', '.join(sorted(TYPES))}." in caught.value.full_message()


def test_a_label_of_two_user_types_lists_both():
    with pytest.raises(InputError) as caught:
        NameTables(user_types={"aUT": "Same", "bUT": "same"}).user_type("Same")
    assert "aUT, bUT" in caught.value.full_message()


# -- which role stands on what


@pytest.mark.parametrize(
    ("role", "seat", "fit"),
    [
        (VIEWER, "viewerUT", True), (DATA_EDITOR, "viewerUT", False), ("org_user", "viewerUT", False),
        (DATA_EDITOR, "editorUT", True), ("org_user", "editorUT", False), ("org_admin", "creatorUT", True),
        (VIEWER, "1", True), ("org_user", "1", False), (DATA_EDITOR, "11", True), ("org_user", "11", False),
        ("org_user", "2", True), ("Rcustom", "viewerUT", True), ("Rcustom", "1", True), ("org_user", None, True),
        ("org_user", "newUT", True), ("", "viewerUT", True),
    ],
)  # fmt: skip
def test_fit(role, seat, fit):
    assert fits(role, seat) is fit
