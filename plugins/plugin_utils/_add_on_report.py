# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection. It can change in any release.

"""Add-on licenses in the data of a report: numbers by entitlement, and holders who do not use a license. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import AddOn, AddOnTable


def add_on_rows(organization: dict[str, Any], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the add-on licenses of an organization, with held licenses now and after the changes of entries.

    Args:
        organization: Result of ``portal_info``.
        entries: Entries that the run will apply, as in the data of a report.
    """
    add_ons = organization.get("add_ons") or []
    steps = _steps(entries)
    departing = {str(entry["username"]).casefold() for entry in entries if entry["action"] == "removed"}
    names = _names(add_ons)
    return [_row(add_on, names[add_on["id"]], steps, departing) for add_on in add_ons]


def _steps(entries: list[dict[str, Any]]) -> Counter[str]:
    """Return how many more members hold what the changes name, such as ``ArcGIS Pro: desktopAdvN``."""
    steps: Counter[str] = Counter()
    for entry in entries:
        for change in entry["changes"]:
            if change["field"] == "add_ons" and entry["action"] != "removed":
                steps.update(change["after"] or ())
                steps.subtract(change["before"] or ())
    return steps


def _row(add_on: dict[str, Any], name: str, steps: Counter[str], departing: set[str]) -> dict[str, Any]:
    lost = Counter(
        entitlement
        for holder in add_on.get("holders") or ()
        if holder["username"].casefold() in departing
        for entitlement in holder["entitlements"] or ("",)
    )
    rows = []
    for row in add_on["entitlements"]:
        step = steps[f"{name}: {row['name']}" if row["name"] else name] - lost[row["name"]]
        held = row["held"]
        rows.append({**row, "after": None if held is None else max(held + step, 0)})
    kept = ("title", "id", "type", "expires", "expired", "licensed_by")
    return {"name": name, **{key: add_on[key] for key in kept}, "entitlements": rows}


def _names(add_ons: list[dict[str, Any]]) -> dict[str, str]:
    """Return the names of add-on licenses in rosters, by ID."""
    table = AddOnTable(AddOn(add_on["id"], add_on["title"] or "", {}) for add_on in add_ons)
    return {add_on.id: label for label, add_on in table.by_label.items()}


def unused_licenses(
    organization: dict[str, Any], members: list[dict[str, Any]], days: int, before: str, file: str
) -> dict[str, Any] | None:
    """Return holders who do not use their license, and a roster that sets these licenses to none.

    Args:
        organization: Result of ``portal_info`` with ``add_on_holders``.
        members: Members of the organization with ``username`` and ``enabled``.
        days: Days without use.
        before: Date in UTC, as ISO text. Holders who used a license on this date or later are not returned.
        file: Name of the roster file, for readers.

    Returns:
        ``days``, ``before``, ``file``, ``holders``, and ``roster``. None if the organization was read without holders.
    """
    add_ons = organization.get("add_ons") or []
    readable = [add_on for add_on in add_ons if add_on["type"] == "listing" and add_on.get("holders") is not None]
    if not readable:
        return None
    known = {str(member["username"]).casefold(): member for member in members}
    account = str((organization.get("caller") or {}).get("username") or "").casefold()
    names = _names(add_ons)
    found = []
    for add_on in readable:
        for holder in add_on["holders"]:
            key = str(holder["username"]).casefold()
            # Other accounts are not members that a roster can contain, such as those of the portal itself.
            if key in known and _is_unused(holder, before):
                kept = "offline" if holder["offline"] else "signed_in" if key == account else None
                found.append(_unused_row(holder, names[add_on["id"]], known[key].get("enabled") is not False, kept))
    found.sort(key=lambda row: (row["add_on"].casefold(), row["last_used"] or "", row["username"].casefold()))
    return {"days": days, "before": before, "file": file, "holders": found, "roster": _roster(found)}


def _is_unused(holder: dict[str, Any], before: str) -> bool:
    """Return whether the portal reports that a license was not used since a date. An unknown last use is not enough."""
    is_old = holder["last_used"] is not None and holder["last_used"] < before
    return bool(holder["entitlements"] and (holder["never_used"] or is_old))


def _unused_row(holder: dict[str, Any], name: str, enabled: bool, kept: str | None) -> dict[str, Any]:
    values = {key: holder[key] for key in ("username", "entitlements", "last_used")}
    return {**values, "add_on": name, "enabled": enabled, "kept": kept}


def _roster(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for row in sorted(found, key=lambda row: row["username"].casefold()):
        if row["kept"] is None:
            entry = entries.setdefault(row["username"], {"username": row["username"], "add_ons": {}})
            entry["add_ons"][row["add_on"]] = []
    return list(entries.values())
