# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add-on licenses in a report: numbers by entitlement, holders who do not use a license, and a roster for them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.plugin_utils._page import digest, render
from ansible_collections.portalops.arcgis.plugins.plugin_utils._report import document

TEMPLATES = Path(__file__).resolve().parents[4] / "roles/members_report/templates"
BEFORE = "2026-08-28"
HOSTILE = "<script>x</script>"


def holder(username: str, last_used: str | None = None, **more: Any) -> dict[str, Any]:
    row = {"username": username, "entitlements": ["a"], "last_used": last_used, "never_used": False, "offline": False}
    return {**row, **more}


def listing(title: str | None, *holders: dict[str, Any], **more: Any) -> dict[str, Any]:
    held = sum("a" in row["entitlements"] for row in holders)
    return {
        "title": title, "id": f"id of {title}", "type": "listing", "expires": None, "expired": False,
        "licensed_by": "user", "entitlements": [{"name": "a", "bought": 3, "held": held, "free": 3 - held}],
        "holders": list(holders), **more,
    }  # fmt: skip


PRO = listing(
    "ArcGIS Pro",
    holder("ann", "2026-08-27T23:59:59Z"), holder("BOB", never_used=True), holder("cem", "2026-08-28T00:00:00Z"),
    holder("dan"),
    holder("eve", never_used=True, offline=True), holder("admin", never_used=True), holder("gus", never_used=True),
    holder("fay", never_used=True, entitlements=[]), holder("esri_nav", never_used=True),
)  # fmt: skip
DRONE = listing("ArcGIS Drone2Map", holder("ann", never_used=True), expired=True, expires="2026-01-31")
APPS = {
    **listing("Field apps", holder("ann", entitlements=[])), "type": "bundle",
    "entitlements": [{"name": "", "bought": None, "held": 1, "free": None}],
}  # fmt: skip
MEMBERS = [{"username": name} for name in ("ann", "Bob", "cem", "dan", "eve", "fay", "admin")]
MEMBERS.append({"username": "gus", "enabled": False})


def line(username: str, action: str, before: list[str] | None, after: list[str]) -> dict[str, Any]:
    return {"username": username, "action": action, "changes": {"add_ons": {"before": before, "after": after}}}


def made(*add_ons: dict[str, Any], lines: list[dict[str, Any]] | None = None, kind: str = "plan") -> dict[str, Any]:
    organization = {
        "portal": {"name": "Example", "url": "https://example.com", "product": "online", "version": "2026.1"},
        "caller": {"username": "Admin"},
        "add_ons": list(add_ons),
    }
    result = None if kind == "inventory" else {"members": lines or []}
    found = document(organization, MEMBERS, result, kind, "2026-11-26", (90, BEFORE, "report-unused.yml"))
    assert json.loads(json.dumps(found)) == found
    return found


def after(found: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(row["held"], row["after"]) for add_on in found["add_ons"] for row in add_on["entitlements"]]


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_organization() -> None:
    (row,) = made(DRONE)["add_ons"]
    assert row == {
        "name": "ArcGIS Drone2Map", "title": "ArcGIS Drone2Map", "id": "id of ArcGIS Drone2Map", "type": "listing",
        "expires": "2026-01-31", "expired": True, "licensed_by": "user",
        "entitlements": [{"name": "a", "bought": 3, "held": 1, "free": 2, "after": 1}],
    }  # fmt: skip


def test_a_plan_adds_and_frees_licenses() -> None:
    lines = [
        line("ann", "changed", ["ArcGIS Drone2Map: a", "Field apps"], []),
        line("bob", "changed", ["ArcGIS Pro: b"], ["ArcGIS Pro: a", "Field apps"]),
        line("new", "created", None, ["ArcGIS Pro: a"]),
        line("cem", "failed", ["ArcGIS Pro: a"], []),
    ]
    assert after(made(PRO, DRONE, APPS, lines=lines)) == [(8, 10), (1, 0), (1, 1)]
    # The organization is read after a run.
    assert after(made(PRO, DRONE, APPS, lines=lines, kind="applied")) == [(8, 8), (1, 1), (1, 1)]


def test_members_to_remove_free_what_they_hold() -> None:
    gone = {"username": "Ann", "action": "removed", "changes": {"state": {"before": "present", "after": "absent"}}}
    assert after(made(PRO, DRONE, APPS, lines=[gone])) == [(8, 7), (1, 0), (1, 0)]


def test_numbers_that_the_portal_does_not_return_stay_unknown() -> None:
    unknown = listing("ArcGIS Pro", holders=None, entitlements=[{"name": "a", "bought": 3, "held": None, "free": None}])
    found = made(unknown)
    assert after(found) == [(None, None)]
    assert found["unused"] is None


def test_a_title_that_several_have_is_named_by_its_id() -> None:
    found = made(listing("Twice", id="one"), listing("twice", id="two"), listing(None, id="three"), listing("one"))
    assert [row["name"] for row in found["add_ons"]] == ["one", "two", "three", "id of one"]


def test_an_organization_without_add_ons_has_none() -> None:
    found = made()
    assert (found["add_ons"], found["unused"]) == ([], None)


# -- unused licenses ---------------------------------------------------------------------------------------------------


def test_holders_are_unused_only_if_the_portal_reports_it() -> None:
    unused = made(PRO)["unused"]
    rows = [(row["username"], row["last_used"], row["enabled"], row["kept"]) for row in unused["holders"]]
    assert rows == [
        ("admin", None, True, "signed_in"), ("BOB", None, True, None), ("eve", None, True, "offline"),
        ("gus", None, False, None), ("ann", "2026-08-27T23:59:59Z", True, None),
    ]  # fmt: skip
    assert (unused["days"], unused["before"], unused["file"]) == (90, BEFORE, "report-unused.yml")


def test_the_roster_has_each_member_once_and_no_license_that_no_run_can_take() -> None:
    assert made(PRO, DRONE, APPS)["unused"]["roster"] == [
        {"username": "ann", "add_ons": {"ArcGIS Drone2Map": [], "ArcGIS Pro": []}},
        {"username": "BOB", "add_ons": {"ArcGIS Pro": []}}, {"username": "gus", "add_ons": {"ArcGIS Pro": []}},
    ]  # fmt: skip


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plan", "drift", "applied", "inventory"])
@pytest.mark.parametrize("template", ["report.html.j2", "report.md.j2"])
def test_a_page_shows_licenses_and_unused_ones(kind: str, template: str) -> None:
    over = listing("Over", entitlements=[{"name": "b", "bought": 1, "held": 3, "free": -2}])
    page = render(made(PRO, DRONE, APPS, over, kind=kind), str(TEMPLATES / template))
    for words in ("Add-on licenses", "Unused add-on licenses", "report-unused.yml", "2026-08-27", "never", "expired"):
        assert words in page
    assert "disabled account" in page and "used offline, not in the file" in page
    empty = render(made(kind=kind), str(TEMPLATES / template))
    assert "Add-on licenses" not in empty and "Unused" not in empty


def test_the_page_shows_more_held_than_bought_and_what_is_unknown() -> None:
    rows = [
        {"name": "b", "bought": 1, "held": 3, "free": -2}, {"name": "c", "bought": 4, "held": None, "free": None},
        {"name": "d", "bought": None, "held": 5, "free": None}, {"name": "neither", "bought": 0, "held": 0, "free": 0},
    ]  # fmt: skip
    shared = listing("Shared", holders=None, licensed_by="organization")
    page = render(made(listing("Over", entitlements=rows), shared), str(TEMPLATES / "report.html.j2"))
    text = re.sub(r"<[^>]+>", "", page[page.index('id="add_ons"') :])
    assert "3 of 1, 2 more than bought" in text
    assert "4 bought, holders unknown" in text
    assert "5 held" in text
    assert "neither" not in text
    assert "All members have this license." in text


def test_the_page_says_if_no_license_is_unused() -> None:
    page = render(made(listing("ArcGIS Pro", holder("cem", "2026-08-28T00:00:00Z"))), str(TEMPLATES / "report.html.j2"))
    assert "No license is unused for 90 days or more." in page
    assert "Unused add-on licenses" not in page


def test_titles_and_entitlements_are_escaped_and_the_policy_admits_the_script() -> None:
    odd = listing(HOSTILE, holder("ann", never_used=True, entitlements=[HOSTILE]), id="odd")
    odd["entitlements"] = [{"name": HOSTILE, "bought": 1, "held": 1, "free": 0}]
    page = render(made(odd), str(TEMPLATES / "report.html.j2"))
    assert "&lt;script&gt;x" in page and page.count("<script>") == 1
    for name in ("style", "script"):
        (text,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert digest(text) in page
    assert "style=" not in page and " onclick" not in page
