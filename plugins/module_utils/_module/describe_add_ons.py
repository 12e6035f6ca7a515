# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The add-on licenses of an organization as ``portal_info`` returns them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import AddOnReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    NotFound,
    PermissionDenied,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import MANAGE_LICENSES, AddOn, Holding


def describe_add_ons(
    reader: AddOnReader, account: str, warn: Callable[[str], None], *, with_holders: bool
) -> list[dict[str, Any]]:
    """Read the add-on licenses of the organization and how many of each are held.

    Args:
        reader: Reads add-on licenses.
        account: Username of the signed-in account, for warnings.
        warn: Takes a sentence about what the portal does not show.
        with_holders: Whether each row contains its holders.
    """
    try:
        table = reader.table()
    except PermissionDenied:
        warn(_hidden(account))
        return []
    except InputError:
        # The portal has no add-on licenses.
        return []
    add_ons = sorted(table.by_id.values(), key=lambda item: (item.is_bundle, item.title.casefold(), item.id))
    source = _HolderSource(reader, account, warn)
    return [_row(add_on, source.read(add_on), with_holders) for add_on in add_ons]


def _hidden(account: str) -> str:
    return (
        f"Account {account} does not see who holds add-on licenses, because it lacks the privilege {MANAGE_LICENSES}."
    )


class _HolderSource:
    """Reads the holders of add-ons. What the portal does not show is a warning."""

    def __init__(self, reader: AddOnReader, account: str, warn: Callable[[str], None]) -> None:
        self._reader = reader
        self._account = account
        self._warn = warn
        self._is_hidden = False

    def read(self, add_on: AddOn) -> dict[str, Holding] | None:
        if add_on.is_for_all or (self._is_hidden and not add_on.is_bundle):
            return None
        try:
            holders = self._reader.bundle_holders(add_on) if add_on.is_bundle else self._reader.holders(add_on)
        except PermissionDenied:
            if not self._is_hidden:
                self._warn(_hidden(self._account))
            self._is_hidden = True
            return None
        except (NotFound, Refused, UnexpectedAnswer):
            holders = None
        if holders is None:
            self._warn(f"The portal does not show who holds the add-on license '{add_on.title or add_on.id}'.")
        return holders


def _row(add_on: AddOn, holders: dict[str, Holding] | None, with_holders: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "title": add_on.title or None,
        "id": add_on.id,
        "type": "bundle" if add_on.is_bundle else "listing",
        "expires": _date(add_on.end),
        "expired": add_on.is_expired,
        "licensed_by": "organization" if add_on.is_for_all else "user",
        "entitlements": _entitlements(add_on, holders),
    }
    if with_holders:
        row["holders"] = None if holders is None else [_holder(holders[key]) for key in sorted(holders)]
    return row


def _entitlements(add_on: AddOn, holders: dict[str, Holding] | None) -> list[dict[str, Any]]:
    """Return the numbers of each entitlement: those of the purchase, and others that members hold."""
    used = Counter(name for holding in (holders or {}).values() for name in holding.entitlements)
    rows = []
    for name in sorted({*add_on.counts, *used}, key=lambda name: (name.casefold(), name)):
        bought = add_on.counts.get(name)
        held = None if holders is None else used[name]
        free = None if bought is None or held is None else bought - held
        rows.append({"name": name, "bought": bought, "held": held, "free": free})
    return rows


def _holder(holding: Holding) -> dict[str, Any]:
    used = holding.last_used
    return {
        "username": holding.username,
        "entitlements": [name for name in holding.entitlements if name],
        "last_used": _moment(used) if used is not None and used > 0 else None,
        "never_used": used is not None and used <= 0,
        "offline": holding.is_offline,
    }


def _date(milliseconds: float | None) -> str | None:
    moment = _moment(milliseconds)
    return None if moment is None else moment.partition("T")[0]


def _moment(milliseconds: float | None) -> str | None:
    """Return a time in ms since 1970 as ISO text in UTC. None if no calendar has it."""
    if milliseconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
