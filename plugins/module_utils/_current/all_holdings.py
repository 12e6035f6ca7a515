# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads all add-on licenses that members hold, for an export (portal-rest-api-2.md, section 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import AddOnReader, HoldingReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import NotFound, PermissionDenied, Refused
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    MANAGE_LICENSES,
    WHOLE_BUNDLE,
    AddOn,
    AddOnTable,
    Holding,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded


class AllHoldings(HoldingReader):
    """Adds what members hold of all add-ons: page by page for several members, by name for one."""

    def __init__(self, reader: AddOnReader, table: AddOnTable, warn: Callable[[str], None]) -> None:
        """Choose what is read.

        Args:
            reader: Reads add-on licenses.
            table: Add-ons of the organization.
            warn: Takes a sentence about an add-on whose holders the portal does not show.
        """
        super().__init__(reader, table, {})
        self._warn = warn
        # IDs of the app bundles of members that were read by name, by member key.
        self._bundle_ids: dict[str, set[str]] = {}

    def fill(
        self,
        current: CurrentMembers,
        keys: Iterable[str],
        read_page: Callable[[str], dict[str, Any] | None],
    ) -> None:
        """Read what members hold of all add-ons, except those that are licensed to all members.

        Args:
            current: Members that were read.
            keys: Keys of the members that were asked for.
            read_page: Not needed: holdings are not on the page of a member.
        """
        members = [current.members[key] for key in keys if key in current.members]
        pairs: dict[str, list[tuple[str, str]]] = {member.key: [] for member in members}
        for label, add_on in self.table.by_label.items():
            if add_on.is_for_all or not members:
                continue
            for key, holding in self._holders(add_on, members).items():
                if key in pairs:
                    pairs[key] += ((label, name) for name in holding.entitlements)
        for member in members:
            member.values["add_ons"] = tuple(sorted(pairs[member.key]))

    def _holders(self, add_on: AddOn, members: list[Member]) -> dict[str, Holding]:
        try:
            if add_on.is_bundle:
                return self._bundle_holders(add_on, members)
            if len(members) == 1:
                return {members[0].key: self.reader.holding(add_on, members[0].username)}
            return self.reader.holders(add_on)
        except PermissionDenied:
            raise PermissionDenied(
                "The signed-in account does not see who holds add-on licenses, because it lacks the privilege "
                f"{MANAGE_LICENSES}.",
                option="add_ons",
                privilege=MANAGE_LICENSES,
                remedy="Run as an administrator, or leave out add_ons.",
            ) from None
        except (NotFound, Refused):
            self._warn(
                f"The portal does not show who holds the add-on license '{add_on.title or add_on.id}', so the result "
                "leaves it out."
            )
            return {}

    def _bundle_holders(self, bundle: AddOn, members: list[Member]) -> dict[str, Holding]:
        holders = self.reader.bundle_holders(bundle) if len(members) > 1 else None
        if holders is None:
            self._read_bundles(members)
            holders = {key: Holding((WHOLE_BUNDLE,)) for key, ids in self._bundle_ids.items() if bundle.id in ids}
        return holders

    def _read_bundles(self, members: list[Member]) -> None:
        """Read the app bundles of each member by name, once for all bundles."""
        names = {member.key: member.username for member in members if member.key not in self._bundle_ids}
        answers = succeeded(self.reader.client.map(self.reader.bundle_ids, list(names.values())))
        self._bundle_ids.update(zip(names, answers))
