# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PermissionDenied
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import FIELDS
from tests.unit.plugins.module_utils.fakes import VIEWER, Account, FakePortal, play

DAY = 86_400_000


def now():
    return int(time.time() * 1000)


def city(product="online", **settings):
    jane = Account(
        "Jane", role="Rlead", firstName="Jane", lastName="Doe", fullName="Jane Doe", email="j@d", description="null",
        tags=["b", "a"], categories=["/Categories/Region/North"], assigned=12.5, idpUsername=None,
        lastLogin=now() - 5 * DAY,
    )  # fmt: skip
    omar = Account("omar", role=VIEWER, userLicenseTypeId="viewerUT", level="1", disabled=True)
    omar.profile.update(lastLogin=-1, created=now() - 90 * DAY)
    portal = FakePortal(product, [jane, omar, Account("esri_nav")], **settings)
    portal.roles["Rlead"] = ("Field Lead", "org_user")
    return portal


def listed(portal, **options):
    run = play(portal, "portal_members_info", **options)
    assert not run.failed, run["msg"]
    assert run["changed"] is False and run["api_calls"]["write"] == 0
    return {line["username"]: line for line in run["members"]}


# -- the organization


def test_online_in_full():
    portal = city(seats={"creatorUT": 5}, portal_self={"isReadOnly": True}, pending=["editorUT"])
    run = play(portal, "portal_info")
    assert run["changed"] is False and portal.calls() == []
    assert run["portal"] == {
        "url": "https://fake.example.com", "id": "OrgOnline0000001", "name": "City", "product": "online",
        "version": "2025.1", "enterprise_version": None, "read_only": True,
    }  # fmt: skip
    assert run["caller"] == {"username": "admin", "role": "org_admin", "administrator": True, "privileges": []}
    assert [(role["id"], role["builtin"]) for role in run["roles"]][2:] == [
        ("org_user", True), (VIEWER, True), ("iBBBBBBBBBBBBBBB", True), ("Rlead", False)
    ]  # fmt: skip
    kinds = {kind.pop("id"): kind for kind in run["user_types"]}
    assert kinds["creatorUT"] == {"name": "Creator", "seats": 5, "used": 2, "free": 3, "pending": 0}
    assert kinds["editorUT"] == {"name": "Contributor", "seats": None, "used": None, "free": None, "pending": 1}
    assert run["levels"] == [] and run["credits"] == {
        "budgeting": True,
        "available": 10000.0,
        "default_credits": "unlimited",
    }
    assert run["member_categories"][0]["title"] == "Department"
    assert "/Department/Sales" in run["member_category_paths"]


def test_enterprise_and_an_old_portal():
    run = play(city("enterprise"), "portal_info")
    assert run["portal"]["product"] == "enterprise" and run["credits"] is None and len(run["user_types"]) == 4
    run = play(city("old", seats={"2": 9, "1": 3}), "portal_info")
    assert run["user_types"] == [] and run["member_categories"] == [] and run["member_category_paths"] == []
    assert [(level["level"], level["seats"]) for level in run["levels"]] == [("1", 3), ("2", 9)]


# -- members


def test_members_in_roster_form():
    line = listed(city())["Jane"]
    written = {
        "username": "Jane", "first_name": "Jane", "last_name": "Doe", "full_name": "Jane Doe", "email": "j@d",
        "description": "", "tags": ["a", "b"], "access": "org", "culture": "en-US", "region": "US", "units": "english",
        "categories": ["/Region/North"], "provider": "arcgis", "idp_username": "", "enabled": True,
        "role": "Field Lead", "user_type": "creatorUT", "credits": 12.5,
    }  # fmt: skip
    # A field that is added later can be in the line, and no field from here can be missing.
    assert {**line, **written} == line
    assert set(line) <= {"username", *(field.name for field in FIELDS)}


def test_accounts_of_the_portal_itself_are_left_out():
    assert set(listed(city())) == {"admin", "Jane", "omar"}


@pytest.mark.parametrize(
    ("product", "settings", "absent"),
    [
        ("online", {"budgeting": False}, {"credits", "level"}), ("enterprise", {}, {"credits", "level"}),
        ("old", {}, {"credits", "user_type", "categories"}),
    ],
)  # fmt: skip
def test_a_field_that_the_portal_would_refuse_is_not_exported(product, settings, absent):
    lines = listed(city(product, **settings))
    assert all(absent.isdisjoint(line) for line in lines.values())
    assert ("level" in lines["omar"]) is (product == "old")


def test_what_no_roster_may_hold_is_left_out():
    odd = Account(
        "odd", provider="github", units=None, access=None, firstName="a\x01b", lastName="ok", description="x\r\ny"
    )
    portal = city()
    portal.add(odd)
    line = listed(portal)["odd"]
    assert not {"provider", "units", "access", "first_name"} & set(line)
    assert line["last_name"] == "ok" and line["description"] == "x\ny"


@pytest.mark.parametrize("product", ["online", "enterprise", "old"])
def test_an_export_is_a_roster_that_changes_nothing(product):
    portal = city(product)
    portal.add(
        Account(
            "odd", provider="github", firstName="a\x01b", units=None, categories=["/Gone", "test", "/Categories//x"]
        )
    )
    run = play(portal, "portal_members", members=list(listed(portal).values()), purge="delete")
    assert not run.failed and not run["changed"] and run["members"] == [] and portal.calls() == []


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"enabled": False}, {"omar"}), ({"enabled": True}, {"admin", "Jane"}), ({"role": "field lead"}, {"Jane"}),
        ({"role": "Viewer"}, {"omar"}), ({"role": "org_admin"}, {"admin"}), ({"user_type": "viewer"}, {"omar"}),
        ({"user_type": "viewerUT", "enabled": True}, set()), ({"usernames": ["JANE", "unknown"]}, {"Jane"}),
        ({"usernames": ["jane"]}, {"Jane"}), ({"usernames": []}, set()), ({"inactive_days": 30}, {"admin", "omar"}),
        ({"inactive_days": 30, "enabled": False}, {"omar"}), ({"inactive_days": 3}, {"admin", "Jane", "omar"}),
        ({"inactive_days": 100}, {"admin"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lacks", [(), ("userLicenseTypeId",)])
def test_filters(options, names, lacks):
    assert set(listed(city(row_lacks=lacks), **options)) == names


def test_a_member_who_was_never_seen_is_not_called_inactive():
    portal = FakePortal("online", [Account("jane", lastLogin=None, created=None)])
    assert "jane" not in listed(portal, inactive_days=1)


@pytest.mark.parametrize("options", [{"role": "nonsense"}, {"user_type": "nonsense"}])
def test_filters_that_mean_nothing(options):
    run = play(city(), "portal_members_info", **options)
    assert run.failed and run.code == "invalid_input" and "nonsense" in run["msg"]


def test_fields_are_chosen():
    assert listed(city(), fields=["email", "username"])["Jane"] == {"username": "Jane", "email": "j@d"}
    run = play(city(), "portal_members_info", fields=["email", "shoe_size", "password"])
    assert run.failed and "fields: password, shoe_size does not exist" in run["msg"] and run["error"]["remedy"]


def test_fewer_fields_cost_fewer_reads():
    portal = city(row_lacks=("userLicenseTypeId", "categories"))
    play(portal, "portal_members_info", fields=["email"])
    assert [name for name, _args, _form in portal.log] == ["self_", "users"]


@pytest.mark.parametrize(
    ("options", "reads"), [({}, 3), ({"usernames": ["m001"]}, 1), ({"usernames": ["m001", "m002"]}, 1)]
)
def test_the_total_is_of_the_organization(options, reads):
    portal = FakePortal("online", [Account(f"m{index:03}") for index in range(249)])
    run = play(portal, "portal_members_info", fields=["email"], **options)
    assert run["total"] == 250 and portal.calls("users").count("users") == reads


def test_a_tree_that_may_not_be_read_does_not_end_an_export():
    def deny(form):
        raise PermissionDenied("no")

    lines = listed(city(answers={"schema": deny}))
    assert lines["Jane"]["categories"] == ["/Region/North"]
