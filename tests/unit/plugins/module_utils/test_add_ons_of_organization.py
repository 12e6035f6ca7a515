# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add-on licenses as the info modules return them, from portals that answer in odd ways."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import AddOnReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.all_holdings import AllHoldings
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import NotFound, PermissionDenied, Refused
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import roster_form
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._module import info
from ansible_collections.portalops.arcgis.plugins.module_utils._module.describe_add_ons import describe_add_ons

DAY = 86_400_000
PRO, DRONE, BUNDLE = "pro", "drone", "bundle"


class Client:
    """A portal with add-on licenses. ``errors``: an error instead of the answer, by path."""

    def __init__(self, purchases: list[Any], holders: dict[str, list[Any]] | None = None, size: int = 100) -> None:
        self.purchases = purchases
        self.holders = holders or {}
        self.bundles: dict[str, list[str]] = {}
        self.errors: dict[str, Exception] = {}
        self.size = size
        self.paths: list[str] = []

    def read(self, path: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        self.paths.append(path)
        if path in self.errors:
            raise self.errors[path]
        if path == "portals/self/purchases":
            return {"purchases": self.purchases}
        start = (params or {}).get("start", 1)
        if path == "portals/self/appBundles":
            rows = [{"appBundleItemId": name, "name": "Field apps"} for name in self.bundles]
            return self.page("appBundles", rows, 1)
        if path == "portals/self/users/search":
            names = self.bundles[str((params or {})["q"]).removeprefix("appbundle:")]
            return self.page("results", [{"username": name} for name in names], start)
        if path.endswith("/appBundles"):
            name = path.split("/")[2]
            return self.page("appBundles", [{"id": key} for key, names in self.bundles.items() if name in names], 1)
        _content, _listings, listing, _entitlements, *name = path.split("/")
        rows = self.holders.get(listing, [])
        if name:
            return {"userEntitlements": next((row for row in rows if row["username"] == name[0]), {})}
        return self.page("userEntitlements", rows, start)

    def page(self, key: str, rows: list[Any], start: int) -> dict[str, Any]:
        following = start + self.size if start - 1 + self.size < len(rows) else -1
        return {key: rows[start - 1 : start - 1 + self.size], "nextStart": following}

    def map(self, function: Any, items: Iterable[Any]) -> list[Any]:
        return [function(item) for item in items]


def purchase(identifier: str, title: str | None = None, end: Any = -1, **num: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "provision": {
            "itemId": identifier,
            "endDate": end,
            "orgEntitlements": {"entitlements": {name: {"num": number} for name, number in num.items()}},
        }
    }
    if title is not None:
        row["listing"] = {"itemId": identifier, "title": title, "licenseBy": "licenseByUser"}
    return row


def holder(username: str, *entitlements: str, **more: Any) -> dict[str, Any]:
    return {"username": username, "lastLogin": -1, "disconnected": False, "entitlements": list(entitlements), **more}


def described(client: Client, *, with_holders: bool = False) -> tuple[list[dict[str, Any]], list[str]]:
    warnings: list[str] = []
    rows = describe_add_ons(AddOnReader(client), "admin", warnings.append, with_holders=with_holders)
    return rows, warnings


def exported(client: Client, *names: str) -> tuple[dict[str, Any], list[str]]:
    current, warnings = CurrentMembers(), []  # type: ignore[var-annotated]
    for name in names:
        current.members[name.casefold()] = Member(name, {})
    reader = AddOnReader(client)
    holdings = AllHoldings(reader, reader.table(), warnings.append)
    client.paths.clear()
    holdings.fill(current, list(current.members), lambda name: None)
    rows = {key: roster_form(member.values["add_ons"], holdings.table) for key, member in current.members.items()}
    return rows, warnings


# -- portal_info -------------------------------------------------------------------------------------------------------


def test_bought_held_and_free_of_each_entitlement() -> None:
    client = Client(
        [purchase(PRO, "ArcGIS Pro", desktopAdvN=2, spatialAnalystN=1)],
        {PRO: [holder("ann", "desktopAdvN", "spatialAnalystN"), holder("bob", "spatialAnalystN"), holder("cem", "")]},
    )
    client.bundles = {BUNDLE: ["ann"]}
    rows, warnings = described(client)
    assert warnings == []
    assert rows == [
        {
            "title": "ArcGIS Pro", "id": PRO, "type": "listing", "expires": None, "expired": False,
            "licensed_by": "user",
            "entitlements": [
                {"name": "desktopAdvN", "bought": 2, "held": 1, "free": 1},
                {"name": "spatialAnalystN", "bought": 1, "held": 2, "free": -1},
            ],
        },
        {
            "title": "Field apps", "id": BUNDLE, "type": "bundle", "expires": None, "expired": False,
            "licensed_by": "user", "entitlements": [{"name": "", "bought": None, "held": 1, "free": None}],
        },
    ]  # fmt: skip


def test_holders_with_the_last_use() -> None:
    client = Client(
        [purchase(PRO, "ArcGIS Pro", desktopAdvN=2)],
        {
            PRO: [
                holder("Zoe", "desktopAdvN", lastLogin=1_000 * DAY, disconnected=True),
                holder("ann", "", lastLogin=-1),
                holder("bob", lastLogin=None),
                holder("cem", lastLogin=1e30),
            ]
        },
    )
    client.bundles = {BUNDLE: ["ann"]}
    (pro, bundle), _warnings = described(client, with_holders=True)
    unknown = {"entitlements": [], "last_used": None, "never_used": False, "offline": False}
    assert pro["holders"] == [
        {**unknown, "username": "ann", "never_used": True}, {**unknown, "username": "bob"},
        {**unknown, "username": "cem"},
        {
            "username": "Zoe", "entitlements": ["desktopAdvN"], "last_used": "1972-09-27T00:00:00Z",
            "never_used": False, "offline": True,
        },
    ]  # fmt: skip
    assert bundle["holders"] == [{**unknown, "username": "ann"}]


@pytest.mark.parametrize(
    "row",
    [
        None, "text", {}, {"provision": None}, {"provision": {}}, {"listing": {"title": "x"}},
        {"provision": {"itemId": 5}, "listing": "x"},
    ],
)  # fmt: skip
def test_purchases_without_an_id_are_left_out(row: Any) -> None:
    rows, _warnings = described(Client([row, purchase(PRO, "ArcGIS Pro", desktopAdvN=2)]))
    assert [row["id"] for row in rows] == [PRO]


@pytest.mark.parametrize("entitlements", [None, [], "x", {"entitlements": None}, {"entitlements": {"a": None}}])
def test_purchases_without_numbers_are_unknown(entitlements: Any) -> None:
    odd = purchase(PRO)
    odd["provision"].update(orgEntitlements=entitlements, endDate="soon")
    (row,), _warnings = described(Client([odd], {PRO: [holder("ann", "a")]}))
    assert (row["title"], row["expires"], row["expired"]) == (None, None, False)
    assert row["entitlements"] == [{"name": "a", "bought": None, "held": 1, "free": None}]


@pytest.mark.parametrize(
    ("end", "date", "is_expired"),
    [(-1, None, False), (1_000 * DAY, "1972-09-27", True), (4e12, "2096-10-02", False), (1e30, None, False)],
)
def test_the_end_of_a_license(end: Any, date: str | None, is_expired: bool) -> None:
    (row,), _warnings = described(Client([purchase(PRO, "ArcGIS Pro", end)]))
    assert (row["expires"], row["expired"]) == (date, is_expired)


def test_a_listing_that_is_bought_twice_is_one_row_with_the_last_end() -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", 4e12, a=1), purchase(PRO, "ArcGIS Pro", 4.1e12, a=2)])
    (row,), _warnings = described(client)
    assert row["expires"] == "2099-12-03"
    assert row["entitlements"] == [{"name": "a", "bought": 3, "held": 0, "free": 3}]


def test_a_license_of_the_organization_has_no_holders() -> None:
    client = Client([purchase(PRO, "Maps", maps=0)])
    client.purchases[0]["listing"]["licenseBy"] = "licenseByOrg"
    (row,), warnings = described(client, with_holders=True)
    assert (row["licensed_by"], row["holders"], warnings) == ("organization", None, [])
    assert row["entitlements"] == [{"name": "maps", "bought": 0, "held": None, "free": None}]
    assert not any("userEntitlements" in path for path in client.paths)


@pytest.mark.parametrize("error", [Refused("item not provisioned"), NotFound("no"), None])
def test_a_listing_whose_holders_are_not_shown_is_unknown(error: Exception | None) -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", a=1), purchase(DRONE, a=1)], {PRO: [holder("ann")]})
    if error:
        client.errors[f"content/listings/{DRONE}/userEntitlements"] = error
    else:
        client.holders[DRONE] = [{"username": "ann", "entitlements": None}]
    rows, warnings = described(client, with_holders=True)
    assert [row["holders"] is None for row in rows] == [True, False]
    assert warnings == ["The portal does not show who holds the add-on license 'drone'."]


def test_an_account_without_the_privilege_gets_one_warning_and_no_numbers_of_holders() -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", a=1), purchase(DRONE, a=1)])
    for name in (PRO, DRONE):
        client.errors[f"content/listings/{name}/userEntitlements"] = PermissionDenied("no")
    rows, warnings = described(client, with_holders=True)
    assert [row["entitlements"][0]["free"] for row in rows] == [None, None]
    assert len(warnings) == 1 and "portal:admin:manageLicenses" in warnings[0]
    client.errors["portals/self/purchases"] = PermissionDenied("no")
    assert described(client) == ([], warnings)


def test_a_portal_without_add_on_licenses_has_none() -> None:
    client = Client([])
    client.errors["portals/self/purchases"] = NotFound("no")
    assert described(client) == ([], [])


# -- portal_members_info -----------------------------------------------------------------------------------------------


def test_members_are_exported_with_what_they_hold_and_nothing_else() -> None:
    client = Client(
        [
            purchase(PRO, "ArcGIS Pro", desktopAdvN=2, spatialAnalystN=1),
            purchase(DRONE, "ArcGIS Drone2Map", 1_000 * DAY, drone=1),
        ],
        {
            PRO: [holder("ANN", "spatialAnalystN", "desktopAdvN"), holder("bob", "")],
            DRONE: [holder("bob", "drone"), holder("departed", "drone")],
        },
    )
    client.bundles = {BUNDLE: ["ann"]}
    rows, warnings = exported(client, "ann", "bob", "cem")
    assert warnings == []
    assert rows == {
        "ann": {"ArcGIS Pro": ["desktopAdvN", "spatialAnalystN"], "Field apps": True},
        "bob": {"ArcGIS Drone2Map": ["drone"]},
        "cem": {},
    }


def test_several_members_are_read_by_page_and_one_by_name() -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", a=9)], {PRO: [holder(f"m{index}", "a") for index in range(5)]}, size=2)
    client.bundles = {BUNDLE: ["m1", "m2"], "other": []}
    rows, _warnings = exported(client, "m0", "m1")
    assert rows["m1"] == {"ArcGIS Pro": ["a"], BUNDLE: True}
    assert client.paths == [
        *["content/listings/pro/userEntitlements"] * 3,
        *["portals/self/users/search"] * 2,
    ]
    assert exported(client, "m1")[0]["m1"] == rows["m1"]
    assert client.paths == ["content/listings/pro/userEntitlements/m1", "community/users/m1/appBundles"]


def test_app_bundles_that_no_search_finds_are_read_by_member() -> None:
    client = Client([])
    client.bundles = {BUNDLE: ["bob"]}
    client.errors["portals/self/users/search"] = NotFound("no")
    assert exported(client, "ann", "bob")[0] == {"ann": {}, "bob": {"Field apps": True}}


def test_more_holders_of_a_bundle_than_a_search_finds_are_read_by_member() -> None:
    client = Client([])
    client.bundles = {BUNDLE: [f"m{index}" for index in range(10_000)]}
    assert exported(client, "m1", "outside")[0] == {"m1": {"Field apps": True}, "outside": {}}
    assert client.paths[-2:] == ["community/users/m1/appBundles", "community/users/outside/appBundles"]


@pytest.mark.parametrize("name", ["unknown", "A", "x;y", "all", "bell\x07"])
def test_holdings_that_no_roster_can_name_are_left_out(name: str) -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", a=1, b=1)], {PRO: [holder("ann", name), holder("bob", "a")]})
    assert exported(client, "ann", "bob")[0] == {"ann": {}, "bob": {"ArcGIS Pro": ["a"]}}


def test_two_license_levels_are_left_out() -> None:
    levels = ("desktopAdvN", "desktopStdN")
    client = Client([purchase(PRO, "ArcGIS Pro", **dict.fromkeys(levels, 1))], {PRO: [holder("ann", *levels)]})
    assert exported(client, "ann", "bob")[0]["ann"] == {}


def test_a_listing_whose_holders_are_not_shown_is_left_out_with_a_warning() -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", a=1), purchase(DRONE, a=1)], {PRO: [holder("ann", "a")]})
    client.errors[f"content/listings/{DRONE}/userEntitlements"] = Refused("item not provisioned")
    rows, warnings = exported(client, "ann", "bob")
    assert rows["ann"] == {"ArcGIS Pro": ["a"]}
    assert len(warnings) == 1 and "'drone'" in warnings[0]


def test_an_export_without_the_privilege_fails() -> None:
    client = Client([purchase(PRO, "ArcGIS Pro", a=1)])
    client.errors[f"content/listings/{PRO}/userEntitlements"] = PermissionDenied("no")
    with pytest.raises(PermissionDenied, match="portal:admin:manageLicenses"):
        exported(client, "ann", "bob")


def test_a_portal_without_add_on_licenses_exports_none_and_warns() -> None:
    client, warnings = Client([]), []  # type: ignore[var-annotated]
    task = SimpleNamespace(client=client, module=SimpleNamespace(warn=warnings.append))
    assert isinstance(info._all_holdings(task), AllHoldings)
    client.errors["portals/self/purchases"] = NotFound("no")
    assert info._all_holdings(task) is None
    assert warnings == ["The portal has no add-on licenses, so the result leaves out add_ons."]
