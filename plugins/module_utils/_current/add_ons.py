# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads add-on licenses: what the organization has, and who holds what (portal-rest-api-2.md, section 2)."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.paths import user_path
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    NotFound,
    Refused,
    UnexpectedAnswer,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    WHOLE_BUNDLE,
    AddOn,
    AddOnTable,
    Holding,
    Wish,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.address import quote_segment
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.pages import PAGE_SIZE, next_pages

#: The portal's words for a member without a license of a listing.
_NO_HOLDER = "licensed by user"

#: Members that a search finds at most (portal-rest-api.md, section 3.3).
MAX_FOUND = 10_000

#: Characters of item IDs, which are 32 hexadecimal digits so far.
_LICENSE_BY = re.compile(r"licenseBy[A-Za-z]{1,30}")
_ITEM_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

_NOTHING = Holding()


class AddOnReader:
    """Reads the add-on licenses of one organization."""

    def __init__(self, client: PortalClient) -> None:
        self.client = client

    def table(self, wishes: Iterable[Mapping[str, Wish]] | None = None) -> AddOnTable:
        """Read the add-ons of the organization: listings, also expired ones, and app bundles if a task can mean one.

        Args:
            wishes: What the task wants of add-ons, by title or ID, of each member. None reads all app bundles.

        Raises:
            InputError: If the portal has no add-on licenses.
        """
        try:
            answer = self.client.read("portals/self/purchases", {"status": "all"})
        except (NotFound, Refused):
            raise InputError(
                "The portal has no add-on licenses.", option="add_ons", remedy="Remove add_ons from the task."
            ) from None
        rows = answer.get("purchases")
        if not isinstance(rows, list):
            raise UnexpectedAnswer("The portal does not show the add-on licenses of the organization.")
        now = time.time() * 1000
        listings = [listing for row in rows if (listing := _listing(row, now)) is not None]
        table = AddOnTable(_merged(listings))
        if wishes is not None and all(
            table.find(name) and not isinstance(wish, bool) for names in wishes for name, wish in names.items()
        ):
            return table
        return AddOnTable([*table.by_id.values(), *self._bundles()])

    def _bundles(self) -> list[AddOn]:
        try:
            rows = self._pages("portals/self/appBundles", "appBundles")
        except (NotFound, Refused):
            # Portals before ArcGIS Enterprise 10.7 have no app bundles.
            return []
        return [
            AddOn(identifier, str(row.get("name") or ""), {WHOLE_BUNDLE: None}, is_bundle=True)
            for row in rows
            if (identifier := _text(row.get("appBundleItemId") or row.get("id")))
        ]

    def holders(self, add_on: AddOn) -> dict[str, Holding]:
        """Read all holders of a listing, by member key."""
        rows = self._pages(f"content/listings/{quote_segment(add_on.id)}/userEntitlements", "userEntitlements")
        found = {}
        for row in rows:
            if not _text(row.get("username")):
                raise UnexpectedAnswer(f"The portal does not show all holders of '{add_on.title or add_on.id}'.")
            found[member_key(str(row["username"]))] = _holding(add_on, row)
        return found

    def bundle_holders(self, bundle: AddOn) -> dict[str, Holding] | None:
        """Search the members who have an app bundle; the index of the search lags behind changes.

        Returns:
            Holdings by member key. None if the portal has no such search, or if it does not find all members.
        """
        try:
            rows = self._pages("portals/self/users/search", "results", {"q": f"appbundle:{bundle.id}"})
        except (NotFound, Refused):
            return None
        if len(rows) >= MAX_FOUND:
            return None
        names = [name for row in rows if (name := _text(row.get("username")))]
        return {member_key(name): Holding((WHOLE_BUNDLE,), username=name) for name in names}

    def bundle_ids(self, username: str) -> set[str]:
        """Read the IDs of all app bundles of one member."""
        rows = self._pages(f"community/users/{user_path(username)}/appBundles", "appBundles")
        ids = {_text(row.get("id") or row.get("appBundleItemId")) for row in rows}
        if not all(_ITEM_ID.fullmatch(item) for item in ids):
            raise UnexpectedAnswer(f"The portal does not show the app bundles of {username}.")
        return ids

    def holding(self, add_on: AddOn, username: str) -> Holding:
        """Read what one member holds of a listing or app bundle."""
        if add_on.is_bundle:
            return Holding((WHOLE_BUNDLE,) if add_on.id in self.bundle_ids(username) else ())
        name = user_path(username)
        try:
            answer = self.client.read(f"content/listings/{quote_segment(add_on.id)}/userEntitlements/{name}")
        except Refused as error:
            # The portal refuses to show a member who holds nothing, or shows an empty object.
            if _NO_HOLDER in str(error).casefold():
                return _NOTHING
            raise
        row = answer.get("userEntitlements")
        if not isinstance(row, dict):
            raise UnexpectedAnswer(f"The portal does not show the licenses of {username}.")
        return _holding(add_on, row) if row else _NOTHING

    def held_listings(self, username: str) -> list[tuple[AddOn, Holding]]:
        """Read the listings that a member holds, with what the member holds of each. No app bundles."""
        path = f"community/users/{user_path(username)}/provisionedListings"
        listings = [
            AddOn(identifier, _text(row.get("title")).strip(), {}, levels=_levels(row))
            for row in self._pages(path, "provisionedListings")
            if (identifier := _text(row.get("itemId"))) and not is_for_all(row)
        ]
        return [(listing, self.holding(listing, username)) for listing in listings]

    def _pages(self, path: str, key: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for part in next_pages(self.client.read, path, key, params):
            if not isinstance(part, list) or not all(isinstance(row, dict) for row in part):
                raise UnexpectedAnswer(f"The portal does not show the list {key}.")
            rows += part
        return rows


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _holding(add_on: AddOn, row: Mapping[str, Any]) -> Holding:
    names = row.get("entitlements")
    if not isinstance(names, list):
        raise UnexpectedAnswer(f"The portal does not show the entitlements of '{add_on.title or add_on.id}'.")
    last_used = row.get("lastLogin")
    return Holding(
        tuple(sorted({name for name in names if isinstance(name, str) and name})),
        username=_text(row.get("username")),
        is_offline=row.get("disconnected") is True,
        last_used=last_used if isinstance(last_used, (int, float)) else None,
    )


def _listing(row: Any, now: float) -> AddOn | None:
    """Return the listing of a purchase. Rows of other products can lack nearly everything."""
    provision = row.get("provision") if isinstance(row, dict) else None
    if not isinstance(provision, dict):
        return None
    shown = row.get("listing")
    listing: dict[str, Any] = shown if isinstance(shown, dict) else {}
    identifier = _text(provision.get("itemId")) or _text(listing.get("itemId"))
    if not identifier:
        return None
    end = provision.get("endDate")
    return AddOn(
        identifier,
        _text(listing.get("title")).strip(),
        _counts(provision.get("orgEntitlements")),
        levels=_levels(listing),
        end=end if isinstance(end, (int, float)) and end > -1 else None,
        is_expired=isinstance(end, (int, float)) and -1 < end < now,
        is_for_all=is_for_all(listing),
    )


def _levels(listing: Mapping[str, Any]) -> frozenset[str]:
    """Return the user levels that can hold a listing: one text in the response, such as ``11, 1, 2``."""
    return frozenset(part.strip() for part in _text(listing.get("allowedUserLevels")).split(",") if part.strip())


def is_for_all(listing: Mapping[str, Any]) -> bool:
    """Return whether a listing is licensed to all members (portal-rest-api-2.md, section 11, 16)."""
    license_by = _text(listing.get("licenseBy"))
    # A value of another form does not come from the portal.
    return bool(_LICENSE_BY.fullmatch(license_by)) and license_by != "licenseByUser"


def _counts(shown: Any) -> dict[str, int | None]:
    entitlements = shown.get("entitlements") if isinstance(shown, dict) else None
    if not isinstance(entitlements, dict):
        return {}
    counts: dict[str, int | None] = {}
    for name, row in entitlements.items():
        number = row.get("num") if isinstance(row, dict) else None
        counts[str(name)] = number if isinstance(number, int) and not isinstance(number, bool) else None
    return counts


def _merged(listings: Iterable[AddOn]) -> list[AddOn]:
    """Return one add-on for each listing. An organization can buy one several times: an expired purchase adds none."""
    merged: dict[str, AddOn] = {}
    for listing in listings:
        other = merged.get(listing.id)
        if other is None or other.is_expired:
            merged[listing.id] = listing
        elif not listing.is_expired:
            other.end = None if other.end is None or listing.end is None else max(other.end, listing.end)
            for name, count in listing.counts.items():
                before = other.counts.get(name, 0)
                other.counts[name] = None if count is None or before is None else before + count
    return list(merged.values())


class HoldingReader:
    """Adds what members hold of named add-ons to members that were read: ``values["add_ons"]``."""

    def __init__(
        self,
        reader: AddOnReader,
        table: AddOnTable,
        named: Mapping[str, Iterable[AddOn]],
        bundles: Mapping[tuple[str, str], bool] | None = None,
    ) -> None:
        """Choose what is read.

        Args:
            reader: Reads add-on licenses.
            table: Add-ons of the organization.
            named: Add-ons that matter, by the key of each member.
            bundles: Whether a member must have an app bundle, by the ID of the bundle and the key of the member.
        """
        self._bundles = bundles or {}
        self.reader = reader
        self.table = table
        self._named = {key: tuple(add_ons) for key, add_ons in named.items()}
        #: All holders of a listing, by its label. Only of listings that were read as a whole.
        self.by_label: dict[str, dict[str, Holding]] = {}
        #: Pairs (label, member key) of licenses that are offline.
        self.offline: set[tuple[str, str]] = set()

    def all_holders(self, add_on: AddOn) -> dict[str, Holding]:
        """Return all holders of a listing; they are read once."""
        label = self.table.label(add_on)
        if label not in self.by_label:
            self._read_listing(add_on)
        return self.by_label[label]

    def _read_listing(self, add_on: AddOn) -> None:
        self.by_label[self.table.label(add_on)] = self.reader.holders(add_on)

    def fill(
        self,
        current: CurrentMembers,
        keys: Iterable[str],
        read_page: Callable[[str], dict[str, Any] | None],
    ) -> None:
        """Read what members hold, by listing or by member, whichever takes fewer requests.

        Args:
            current: Members that were read.
            keys: Keys of the members that were asked for.
            read_page: Not needed: holdings are not on the page of a member.
        """
        members = [current.members[key] for key in keys if key in self._named and key in current.members]
        self.read([(member, add_on) for member in members for add_on in self._named[member.key]])
        for member in members:
            member.values.setdefault("add_ons", ())

    def left(self, label: str) -> dict[str, int]:
        """Return how many licenses of each entitlement of a listing were free when its holders were last read."""
        used = Counter(name for holding in self.by_label[label].values() for name in holding.entitlements)
        counts = self.table.by_label[label].counts
        return {name: count - used[name] for name, count in counts.items() if count is not None}

    def read(self, wanted: Iterable[tuple[Member, AddOn]], *, whole: bool = False) -> None:
        """Read what members hold of add-ons, and replace what their values say of them.

        Args:
            wanted: Members and add-ons.
            whole: Whether all holders of the listings are read.
        """
        members: dict[str, list[Member]] = {}
        for member, add_on in wanted:
            members.setdefault(add_on.id, []).append(member)
        for identifier, some in members.items():
            add_on = self.table.by_id[identifier]
            for member, holding in zip(some, self._holdings(add_on, some, whole=whole)):
                self._note(member, add_on, holding)

    def _holdings(self, add_on: AddOn, members: list[Member], *, whole: bool) -> list[Holding]:
        if add_on.is_bundle:
            return self._bundle_holdings(add_on, members)
        label = self.table.label(add_on)
        # Before a listing is read, as many members can hold it as the organization has licenses.
        most = max((count or 0 for count in add_on.counts.values()), default=0)
        pages = max(1, -(-(len(self.by_label[label]) if label in self.by_label else most) // PAGE_SIZE))
        if whole or len(members) > pages:
            self._read_listing(add_on)
            return [self.by_label[label].get(member.key, _NOTHING) for member in members]
        return self._one_by_one(add_on, members)

    def _bundle_holdings(self, bundle: AddOn, members: list[Member]) -> list[Holding]:
        """Search for many holders of an app bundle. The search lags behind changes, so differences are confirmed."""
        found = self.reader.bundle_holders(bundle) if len(members) > PAGE_SIZE else None
        if found is None:
            return self._one_by_one(bundle, members)
        doubtful = [member for member in members if (member.key in found) != self._bundles.get((bundle.id, member.key))]
        confirmed = dict(zip([member.key for member in doubtful], self._one_by_one(bundle, doubtful)))
        return [confirmed.get(member.key) or found.get(member.key, _NOTHING) for member in members]

    def _one_by_one(self, add_on: AddOn, members: list[Member]) -> list[Holding]:
        read = self.reader.holding
        return succeeded(self.reader.client.map(lambda member: read(add_on, member.username), members))

    def _note(self, member: Member, add_on: AddOn, holding: Holding) -> None:
        label = self.table.label(add_on)
        others = [pair for pair in member.values.get("add_ons") or () if pair[0] != label]
        member.values["add_ons"] = tuple(sorted([*others, *((label, name) for name in holding.entitlements)]))
        if holding.is_offline:
            self.offline.add((label, member.key))
        else:
            self.offline.discard((label, member.key))
