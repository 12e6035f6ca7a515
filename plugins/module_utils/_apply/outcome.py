# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What became of one plan entry."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import Changes, PlanEntry


class Outcome:
    """The fields of one entry by what became of them, and the error if there was one.

    sent: a request was sent; accepted: the portal accepted it, or a later reading showed it; confirmed: the portal
    accepted at least one request for the field, which can be a part of its change; applied: verified;
    unknown: not known; by_others: has the desired value, but not from this run; unexpected: field -> (before, current
    value) where it is neither; is_missing: the member does not exist any more; side_effects: what changed beside the
    fields; changes: as planned, or as they came out.
    """

    __slots__ = (
        "accepted",
        "applied",
        "by_others",
        "changes",
        "confirmed",
        "entry",
        "error",
        "is_missing",
        "is_skipped",
        "observed",
        "sent",
        "side_effects",
        "unexpected",
        "unknown",
        "wanted",
        "warnings",
    )

    def __init__(self, entry: PlanEntry) -> None:
        self.entry = entry
        self.changes: Changes = dict(entry.changes)
        self.wanted: dict[str, Any] = dict(entry.wanted)
        self.sent: set[str] = set()
        self.accepted: set[str] = set()
        self.confirmed: set[str] = set()
        self.applied: set[str] = set()
        self.unknown: set[str] = set()
        self.by_others: set[str] = set()
        self.unexpected: Changes = {}
        self.observed: dict[str, Any] = {}
        self.side_effects: set[str] = set()
        self.error: PortalOpsError | None = None
        self.is_skipped = False
        self.is_missing = False
        self.warnings: list[str] = list(entry.warnings)

    @property
    def changed(self) -> bool:
        """Whether a write of this run took effect, or can have taken effect."""
        return bool(self.applied or self.unexpected or self.side_effects or self.unknown)

    @property
    def is_uncertain(self) -> bool:
        return bool(self.unknown)

    def done(self) -> Changes:
        """Return the fields that changed, from what to what: as planned, or as found where that is something else."""
        changes = {name: change for name, change in self.changes.items() if name in self.applied}
        return {**changes, **self.unexpected}

    def accept(self, fields: tuple[str, ...]) -> None:
        """Note that the portal accepted a request for these fields."""
        self.accepted.update(fields)
        self.confirmed.update(fields)
        self.unknown.difference_update(fields)

    def record(self, what: str, now: Any) -> None:
        """Note what the portal shows of something that is not a field, and whether it differs from the first time."""
        if self.observed.setdefault(what, now) == now:
            self.side_effects.discard(what)
        else:
            self.side_effects.add(what)

    def fail(self, error: PortalOpsError) -> None:
        """Keep the first error: later ones are its consequences."""
        if self.error is None:
            self.error = error
