# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current.content import ContentReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    AnonymousError,
    NoAnswer,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from tests.unit.plugins.module_utils.fakes import Account, FakeClient, FakePortal, Fault


def city(count=0, product="online", *accounts, **settings):
    """A portal with count numbered members beside its administrator, and a directory of role and enabled."""
    numbered = [Account(f"m{index:04}") for index in range(count)]
    return FakePortal(product, [*numbered, *accounts], **settings)


def directory(portal, *columns, observed=()):
    client = FakeClient(portal)
    found = Directory(OrganizationReader(client), columns, observed)
    portal.log.clear()
    return found


def keys(*names):
    return {member_key(name): name for name in names}


def asked(portal):
    """(pages, members by name) that were read."""
    return len(portal.calls("users")), len(portal.calls("user"))


# -- what a read costs


@pytest.mark.parametrize(
    ("members", "wanted", "pages", "names"),
    [
        (10, 1, 0, 1),  # one member is one call
        (10, 5, 1, 0),  # one page holds all members
        (99, 50, 1, 0),
        (450, 2, 1, 2),  # five pages: two by name
        (450, 4, 5, 0),  # or all pages, whichever is less
        (450, 300, 5, 0),
        (1000, 9, 1, 9),
    ],
)
def test_members_are_read_by_page_or_by_name_whichever_is_less(members, wanted, pages, names):
    portal = city(members)
    # The last ones, so that the first page holds none of them.
    current = directory(portal).read(keys(*(f"m{members - 1 - index:04}" for index in range(wanted))))
    assert asked(portal) == (pages, names)
    assert pages + names <= min(wanted, -(-(members + 1) // 100)) + 1
    assert sum(1 for key in current.members if key.startswith("m")) >= wanted


def test_members_of_the_first_page_are_not_requested_again():
    portal = city(1000)
    directory(portal).read(keys("m0001", "m0002", "m0999"))
    assert asked(portal) == (1, 1)


def test_a_whole_read_is_all_pages_and_nothing_else():
    portal = city(249)
    current = directory(portal).read({}, whole=True)
    assert asked(portal) == (3, 0) and current.is_complete and current.total == len(current.members) == 250


def test_nothing_is_read_for_no_members():
    portal = city(5)
    current = directory(portal).read({})
    assert asked(portal) == (0, 0) and not current.is_complete and current.total is None


def test_progress_tells_members_not_pages():
    portal, lines = city(249), []
    found = directory(portal)
    found.progress = lines.append
    found.read({}, whole=True)
    assert lines == ["Read 200 of 250 members", "Read 250 of 250 members"]


# -- who is there


def test_the_spelling_of_the_portal_is_kept():
    portal = city(3, "online", Account("Jane_Doe"))
    for names in (keys("JANE_doe"), keys("JANE_doe", "m0001")):
        assert directory(portal).read(names).members["jane_doe"].username == "Jane_Doe"


def test_a_domain_name_is_found_as_it_is_stored():
    portal = city(3, "enterprise", Account("jdoe@CITY"))
    for names in (keys("city\\JDOE"), keys("city\\JDOE", "m0001")):
        assert directory(portal).read(names).members["jdoe@city"].username == "jdoe@CITY"
    assert user_path("CITY\\j doe/x") == "j%20doe%2Fx%40CITY"


def test_absence_from_a_listing_is_confirmed_before_something_is_created():
    portal = city(5)
    current = directory(portal).read(keys("new", "departing"), confirm="new".__eq__)
    # One request tells whether the username is free, so no page of a member is read.
    assert asked(portal) == (1, 0) and len(portal.calls("check_usernames")) == 1
    assert set(current.members).isdisjoint({"new", "departing"})


def test_absence_is_confirmed_by_name_where_the_portal_does_not_check_usernames():
    portal = city(5, "enterprise")
    current = directory(portal).read(keys("new", "departing"), confirm="new".__eq__)
    # The second page is that of the signed-in account, which an anonymous request would not see.
    assert asked(portal) == (1, 2) and set(current.members).isdisjoint({"new", "departing"})


def test_one_request_finds_usernames_that_no_account_has():
    portal = city(5, "online", Account("esri_helper"), deleted={"gone"})
    names = [f"new_{index}" for index in range(9)]
    current = directory(portal).read(keys(*names, "departing"), confirm=lambda key: key.startswith("new"))
    assert asked(portal) == (1, 0) and portal.calls("check_usernames") == ["check_usernames"]
    assert current.free == set(names) and len(current.members) == 6
    # A name that the portal does not call free is looked at, and so is the caller's own page.
    current = directory(portal).read(keys("gone", "new_1"), confirm=lambda key: True)
    assert asked(portal) == (1, 2) and current.free == {"new_1"} and "gone" not in current.members


def test_who_exists_is_not_asked_for_among_the_free_names():
    portal = city(450)
    directory(portal).read(keys("m0448", "m0449"), confirm=lambda key: True)
    assert asked(portal) == (1, 2) and portal.calls("check_usernames") == []


def test_a_member_that_the_listing_omits_is_found_by_name():
    portal = city(5, "online", Account("esri_helper"))
    assert "esri_helper" in directory(portal).read(keys("esri_helper", "m0001"), confirm="esri_helper".__eq__).members


def test_a_listing_with_less_than_its_total_is_rejected():
    portal = city(5, total_off=1)
    directory(portal).read(keys("gone", "m0001"))
    assert asked(portal) == (1, 2)


def test_an_id_that_looks_like_a_name_is_not_that_member():
    portal = city(3)
    current = directory(portal).read(keys("id-of-m0001"))
    assert current.members == {} and current.foreign == {}


@pytest.mark.parametrize("names", [("outsider",), ("outsider", "m0001")])
def test_an_account_of_another_organization_is_foreign(names):
    outsider = Account("Outsider")
    outsider.orgId = "elsewhere"
    current = directory(city(3, outsiders={"outsider": outsider})).read(keys(*names), confirm=lambda key: True)
    assert current.foreign == {"outsider": "Outsider"} and "outsider" not in current.members


@pytest.mark.parametrize(("product", "foreign"), [("online", True), ("enterprise", False)])
def test_an_account_without_an_organization_is_foreign_on_online_only(product, foreign):
    outsider = Account("outsider")
    current = directory(city(1, product, outsiders={"outsider": outsider})).read(keys("outsider"))
    assert ("outsider" in current.foreign, "outsider" in current.members) == (foreign, not foreign)


def test_no_answer_is_never_absence():
    portal = city(3)
    found = directory(portal)
    portal.faults = [Fault("before", "user", effect=False)]
    with pytest.raises(NoAnswer):
        found.read(keys("m0001"))


@pytest.mark.parametrize("answer", [{}, {"username": None}, {"username": 7}, {"username": ""}])
def test_an_answer_without_a_username_is_no_member(answer):
    portal = city(3)
    found = directory(portal)
    portal.answers["user"] = answer
    with pytest.raises(UnexpectedAnswer, match="contains no username"):
        found.read(keys("m0001"))


@pytest.mark.parametrize("row", [{}, {"username": None}, {"username": ""}, {"username": ["a"]}])
def test_a_row_without_a_username_is_no_member(row):
    portal = city(3)
    found = directory(portal)
    portal.answers["users"] = {"total": 1, "nextStart": -1, "users": [row]}
    with pytest.raises(UnexpectedAnswer, match="an entry without"):
        found.read({}, whole=True)


# -- rows that lack something


@pytest.mark.parametrize(
    ("column", "key", "value"),
    [
        ("user_type", "userLicenseTypeId", "creatorUT"),
        ("categories", "categories", ("/Categories/A",)),
        ("tags", "tags", ("t",)),
    ],
)
def test_rows_without_a_field_are_read_by_name_but_only_those_needed(column, key, value):
    portal = city(5, "online", Account("jane", categories=["/Categories/A"], tags=["t"]), row_lacks=(key,))
    current = directory(portal, column).read(keys("jane", "m0001"))
    assert asked(portal) == (1, 2) and current.members["jane"].values[column] == value


def test_a_whole_read_hydrates_only_concerned_members_unless_it_must_be_sure():
    portal = city(5, row_lacks=("userLicenseTypeId",))
    directory(portal, "user_type").read(keys("m0001"), whole=True)
    assert asked(portal) == (1, 1)
    directory(portal, "user_type").read({}, whole=True, require_all=True)
    assert asked(portal) == (1, 6)


def test_an_observed_field_is_read_as_far_as_the_listing_tells():
    portal = city(5, row_lacks=("userLicenseTypeId",))
    current = directory(portal, observed=["user_type"]).read(keys("m0001", "m0002"))
    assert asked(portal) == (1, 0) and current.members["m0001"].values["user_type"] is None


def test_a_field_that_the_product_lacks_is_not_expected():
    portal = city(5, "old")
    directory(portal, "user_type", "categories").read(keys("m0001", "m0002"))
    assert asked(portal) == (1, 0)


def test_secret_and_steering_fields_are_not_read():
    current = directory(city(1), "password", "email").read(keys("m0000"))
    assert set(current.members["m0000"].values) == {"email", "enabled", "role"}


@pytest.mark.parametrize(("name", "system"), [("esri_nav", True), ("System_Publisher", True), ("esther", False)])
def test_accounts_of_the_portal_itself(name, system):
    assert Member(name, {}).is_portal_account is system
    assert not Member("esri_jane", {}, is_listed=True).is_portal_account, "the listing of members shows it"


# -- what a removal needs to know


def test_owned_items_and_groups():
    portal = city(0, "online", Account("jane", items=3, groups=["g1", "g2"]))
    assert ContentReader(directory(portal)).owned("jane") == Owned(3, 2)
    assert [row.id for row in directory(portal).groups("JANE") if row.is_owned] == ["g1", "g2"]
    assert [row.id for row in directory(portal).groups("jane") if not row.is_owned] == ["joined"]


@pytest.mark.parametrize(
    ("content", "items"),
    [({"total": -1, "items": [1, 2]}, None), ({"items": [1]}, 1), ({}, None), ({"total": None, "items": [1]}, None)],
)
def test_content_that_is_not_counted(content, items):
    portal = city(1)
    found = directory(portal)
    portal.answers["content"] = content
    if items is None:
        with pytest.raises(UnexpectedAnswer, match="does not show the content of m0000"):
            ContentReader(found).owned("m0000")
    else:
        assert ContentReader(found).owned("m0000") == Owned(items, 0)


@pytest.mark.parametrize("groups", [None, "x", [None, {"id": "g"}, {"id": "h", "owner": None}]])
def test_hostile_groups(groups):
    portal = city(1)
    found = directory(portal)
    portal.answers["user"] = {"username": "m0000", "groups": groups}
    assert not any(row.is_owned for row in found.groups("m0000"))


def test_licenses():
    portal = city(0, "online", Account("jane", listings=["pro"], bundles=["apps"]))
    assert directory(portal).add_ons("jane") == {"listings": ["pro"], "bundles": ["apps"]}


@pytest.mark.parametrize(
    "answer", [{}, {"provisionedListings": None}, {"provisionedListings": [None, {}, {"itemId": ""}]}]
)
def test_hostile_licenses(answer):
    portal = city(1)
    found = directory(portal)
    portal.answers["listings"] = answer
    assert found.add_ons("m0000")["listings"] == []


def test_a_portal_without_add_on_licenses_and_one_that_does_not_tell():
    portal = city(1)
    found = directory(portal)

    def refuse(form):
        raise Refused("no such operation")

    portal.answers["listings"] = portal.answers["app_bundles"] = refuse
    assert found.add_ons("m0000") == {"listings": [], "bundles": []}

    def deny(form):
        raise PermissionDenied("no")

    portal.answers["listings"] = deny
    with pytest.raises(PermissionDenied):
        found.add_ons("m0000")


def test_counting_members():
    assert directory(city(7)).count() == 8


@pytest.mark.parametrize("total", [None, -1, "8", True, 1.5])
def test_a_count_that_is_none(total):
    portal = city(1)
    found = directory(portal)
    portal.answers["users"] = {"total": total, "users": []}
    with pytest.raises(UnexpectedAnswer, match="how many"):
        found.count()


def test_enabled_administrators():
    portal = city(
        2, "online", Account("Boss", role="org_admin"), Account("ex", role="org_admin", disabled=True),
        Account("half", role="Rcustom"),
    )  # fmt: skip
    portal.roles["Rcustom"] = ("Half an administrator", "org_admin")
    assert directory(portal).administrators() == {"admin", "boss"}
    found = directory(portal)
    rows = [{"username": "x", "role": "org_admin", "roleId": "Rcustom"}, {"role": "org_admin"}, {"username": "y"}]
    portal.answers["users"] = {"total": 3, "nextStart": -1, "users": rows}
    assert found.administrators() == set()


@pytest.mark.parametrize(("product", "error"), [("online", AnonymousError), ("enterprise", AnonymousError)])
def test_a_member_without_a_role_is_an_anonymous_view(product, error):
    portal = city(1, product)
    found = directory(portal)
    portal.answers["user"] = {"username": "m0000", "orgId": portal.id}
    with pytest.raises(error, match="m0000: The portal handled the request as anonymous"):
        found.read(keys("m0000"))


def test_a_missing_privilege_to_view_members_is_reported():
    portal = city(1)
    portal["admin"].role = "Rman"
    portal.roles["Rman"], portal.privileges["Rman"] = ("Manager", "org_user"), ["portal:admin:updateUsers"]
    found = directory(portal)
    portal.answers["user"] = {"username": "m0000", "orgId": portal.id}
    with pytest.raises(PermissionDenied, match="m0000: Account admin sees only the public page of this member"):
        found.read(keys("m0000"))


def test_an_answer_about_another_member_is_rejected():
    portal = city(1)
    found = directory(portal)
    portal.answers["user"] = {"username": "other", "id": "x1", "orgId": portal.id}
    with pytest.raises(UnexpectedAnswer, match="for another member than m0000"):
        found.read(keys("m0000"))
    assert found.raw("X1") is None, "that is the id of the other"
