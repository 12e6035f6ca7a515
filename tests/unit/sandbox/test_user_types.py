# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User types and levels: ids, seats, moves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.runner import Sandbox
from tests.unit.sandbox.http_helper import Http, bare_member, code_of, members, message_of

ORG_1084 = {
    "code": 400, "messageCode": "ORG_1084", "details": [],
    "message": "Unable to change user's level. User must not own items or groups.",
}  # fmt: skip


def move(http: Http, names: Any, user_type: str) -> Any:
    return http.post("portals/self/updateUserLicenseType", users=names, userLicenseType=user_type)


def test_the_types_of_the_organization(admin: Http, online: Sandbox) -> None:
    page = admin.get("portals/self/userLicenseTypes", start=1, num=255)
    assert page["nextStart"] == -1
    assert {"id", "name"} <= set(page["userLicenseTypes"][0])
    seats = online.inspect("GET", "organization")["seats"]
    assert {row["id"]: row["maxUsers"] for row in page["userLicenseTypes"]} == seats
    online.switch(max_users="missing")
    assert "maxUsers" not in admin.get("portals/self/userLicenseTypes")["userLicenseTypes"][0]


def test_the_type_of_a_member(admin: Http, online: Sandbox) -> None:
    answer = admin.post(f"community/users/{bare_member(online)}/userLicenseType")
    assert answer["id"] == "creatorUT"
    assert {"id", "name", "apps"} <= set(answer)
    assert [(app["title"], app["entitlements"]) for app in answer["apps"]] == [("ArcGIS Pro", ["desktopBasicN"])]


@pytest.mark.parametrize("form", ["json", "comma", "bare", "repeated"])
def test_names_come_in_four_forms(admin: Http, online: Sandbox, form: str) -> None:
    names = [row["username"] for row in members(online, effectiveRole="org_user", userLicenseTypeId="creatorUT")[:2]]
    if form == "bare":
        names = names[:1]
    sent = {"json": names, "comma": ",".join(names), "bare": names[0]}.get(form)
    if form == "repeated":
        data = [("f", "json"), *(("users", name) for name in names), ("userLicenseType", "GISProfessionalStdUT")]
        answer = admin.send("POST", "portals/self/updateUserLicenseType", data=data).json()
    else:
        answer = move(admin, sent, "GISProfessionalStdUT")
    assert answer == {"results": [{"username": name, "status": True} for name in names]}
    assert admin.get(f"community/users/{names[0]}")["userLicenseTypeId"] == "GISProfessionalStdUT"


def test_ids_are_case_sensitive(admin: Http, online: Sandbox) -> None:
    for wrong in ("CreatorUT", "Creator", "creatorut"):
        assert message_of(move(admin, [bare_member(online)], wrong)) == "Unrecognized user license type id"


def test_seats_run_out(online: Sandbox) -> None:
    online.reset(seats={"GISProfessionalAdvUT": 30})
    http = Http(online, online.inspect("POST", "tokens", {"username": online.username})["token"])
    counts = http.get("portals/self/users/counts", type="userLicenseType", num=100)["results"]
    used = {row["key"]: row["count"] for row in counts}["GISProfessionalAdvUT"]
    assert http.get("portals/self")["subscriptionInfo"]["userLicenseTypes"]["GISProfessionalAdvUT"] == 30
    names = [row["username"] for row in members(online, effectiveRole="org_user", userLicenseTypeId="creatorUT")]
    free = 30 - used
    results = move(http, names[: free + 2], "GISProfessionalAdvUT")["results"]
    assert [row["status"] for row in results] == [True] * free + [False] * 2
    assert results[-1]["error"]["message"] == "No license is available for the user type."
    online.switch(license_refusal_reason="none")
    refused = move(http, [names[free]], "GISProfessionalAdvUT")["results"]
    assert refused == [{"username": names[free], "status": False}]
    assert move(http, names[:1], "creatorUT")["results"][0]["status"] is True
    assert move(http, [names[free]], "GISProfessionalAdvUT")["results"][0]["status"] is True
    http.close()


def test_pending_invitations_hold_seats(online: Sandbox, admin: Http) -> None:
    organization = online.inspect("GET", "organization")
    assert len(organization["invitations"]) == 3
    taken = organization["userTypes"]["creatorUT"]
    online.inspect("PATCH", "organization", {"seats": {"creatorUT": taken + 3}})
    name = members(online, effectiveRole="org_user", userLicenseTypeId="GISProfessionalStdUT")[0]["username"]
    assert move(admin, [name], "creatorUT")["results"][0]["status"] is False
    online.switch(invitations_hold_seats="no")
    assert move(admin, [name], "creatorUT")["results"][0]["status"] is True


def test_owners_do_not_fall_to_level_1(online: Sandbox, admin: Http) -> None:
    name = bare_member(online, effectiveRole="org_user")
    online.inspect("POST", "items", {"owner": name})
    online.change(name, role="iAAAAAAAAAAAAAAA")
    assert move(admin, [name], "viewerUT")["results"][0]["status"] is False
    online.switch(viewer_ownership="allowed")
    assert move(admin, [name], "viewerUT")["results"][0]["status"] is True


def test_unknown_members_are_refused_by_name(admin: Http) -> None:
    row = move(admin, ["nonexistent"], "creatorUT")["results"][0]
    assert (row["username"], row["status"]) == ("nonexistent", False)
    assert row["error"]["message"] == "User does not exist or is inaccessible."


def test_old_portals_have_no_types(legacy_admin: Http, legacy: Sandbox) -> None:
    name = members(legacy)[0]["username"]
    assert code_of(legacy_admin.get("portals/self/userLicenseTypes")) == 400
    assert code_of(move(legacy_admin, [name], "creatorUT")) == 400
    assert code_of(legacy_admin.get(f"community/users/{name}/userLicenseType")) == 400


# -- levels --------------------------------------------------------------------------------------------------------
def set_level(http: Http, level: str, **names: str) -> Any:
    return http.post("portals/self/updateUserLevel", level=level, **names)


def test_a_level_changes_and_reads_back_as_text(legacy_admin: Http, legacy: Sandbox) -> None:
    row = next(row for row in members(legacy, effectiveRole="iAAAAAAAAAAAAAAA", level="1"))
    assert set_level(legacy_admin, "2", user=row["username"]) == {"success": True}
    assert legacy_admin.get(f"community/users/{row['username']}")["level"] == "2"


def test_owners_keep_level_2(legacy_admin: Http, legacy: Sandbox) -> None:
    name = next(row["username"] for row in members(legacy) if row["level"] == "2" and row["items"])
    legacy.change(name, role="iAAAAAAAAAAAAAAA")
    assert set_level(legacy_admin, "1", user=name) == {"error": ORG_1084}
    recipient = members(legacy, effectiveRole="org_publisher")[0]["username"]
    assert legacy_admin.post(f"community/users/{name}/reassign", targetUsername=recipient) == {"success": True}
    assert set_level(legacy_admin, "1", user=name) == {"success": True}


def test_base_roles_need_level_2(legacy_admin: Http, legacy: Sandbox) -> None:
    row = next(row for row in members(legacy, effectiveRole="org_user") if not row["items"] and not row["ownedGroups"])
    assert "role" in message_of(set_level(legacy_admin, "1", user=row["username"]))
    viewer = members(legacy, effectiveRole="iAAAAAAAAAAAAAAA", level="1")[0]["username"]
    assert "level" in message_of(legacy_admin.post("portals/self/updateUserRole", user=viewer, role="org_user"))


def test_the_quota_of_a_level(legacy_admin: Http, legacy: Sandbox) -> None:
    legacy.inspect("PATCH", "organization", {"levelSeats": {"2": 1}})
    viewer = members(legacy, effectiveRole="iAAAAAAAAAAAAAAA", level="1")[0]["username"]
    assert "Maximum number" in message_of(set_level(legacy_admin, "2", user=viewer))


@pytest.mark.parametrize(
    ("switch", "sent", "works"),
    [("both", "user", True), ("both", "userName", True), ("user", "userName", False), ("userName", "userName", True),
     ("userName", "user", False)],
)  # fmt: skip
def test_the_name_parameter(legacy_admin: Http, legacy: Sandbox, switch: str, sent: str, works: bool) -> None:
    legacy.switch(level_parameter=switch)
    viewer = members(legacy, effectiveRole="iAAAAAAAAAAAAAAA", level="1")[0]["username"]
    assert ("error" not in set_level(legacy_admin, "2", **{sent: viewer})) is works


def test_levels_on_a_portal_with_user_types(admin: Http, online: Sandbox) -> None:
    name = bare_member(online)
    online.change(name, role="iAAAAAAAAAAAAAAA")
    assert "not supported" in message_of(set_level(admin, "1", user=name))
    online.switch(level_on_new="ignored")
    assert set_level(admin, "1", user=name) == {"success": True}
    assert online.member(name)["level"] == "2"
    online.switch(level_on_new="honoured")
    assert set_level(admin, "1", user=name) == {"success": True}
    assert (online.member(name)["level"], online.member(name)["userLicenseTypeId"]) == ("1", "viewerUT")
    owner = next(row["username"] for row in members(online) if row["items"])
    online.change(owner, role="iAAAAAAAAAAAAAAA")
    assert set_level(admin, "1", user=owner) == {"error": ORG_1084}
