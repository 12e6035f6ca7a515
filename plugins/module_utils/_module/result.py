# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The result: the same shape for one member and for ten thousand, in check mode and in real runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import shown
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    ACTIONS,
    CREATED,
    FAILED,
    MEMBER,
    REMOVED,
    SKIPPED,
    UNCHANGED,
    Changes,
    Plan,
    PlanEntry,
)


class EntryOutcome(Protocol):
    """What a result takes from the outcome of an entry (see ``_apply.outcome.Outcome``)."""

    error: Any
    is_skipped: bool
    warnings: list[str]

    @property
    def changed(self) -> bool:
        """Say whether anything took effect."""

    @property
    def is_uncertain(self) -> bool:
        """Say whether it is unknown what took effect."""

    def done(self) -> Changes:
        """Return what took effect."""


Outcomes = Mapping[tuple[str, str], EntryOutcome]


def build(plan: Plan, outcomes: Outcomes | None) -> dict[str, Any]:
    """Return the result of a run.

    Args:
        plan: The plan.
        outcomes: Outcomes by entry, or None for a plan that was blocked as a whole, so that nothing was written.
    """
    is_blocked = outcomes is None
    rows = [_member_row(entry, outcomes) for entry in plan.members]
    if plan.single is not None and not rows:
        rows = [_member_row(plan.single, outcomes)]
    counts = dict.fromkeys(ACTIONS, 0)
    for row in rows:
        counts[row["action"]] += 1
    # Members without a row match the roster; in a blocked plan, nothing was done for them either.
    counts[SKIPPED if is_blocked else UNCHANGED] += plan.total - len(rows)
    outcomes = outcomes or {}
    others = {
        entry.kind: outcomes[entry.ref].done()
        for entry in plan.entries
        if entry.kind != MEMBER and entry.ref in outcomes
    }
    result: dict[str, Any] = {
        "changed": any(outcome.changed for outcome in outcomes.values()),
        "members": rows,
        "summary": {"total": plan.total, **counts},
        "plan_checksum": plan.checksum(),
        "diff": diff(rows, others),
    }
    if any(outcome.is_uncertain for outcome in outcomes.values()):
        result["uncertain"] = True
    if plan.unmanaged is not None:
        result["unmanaged"] = plan.unmanaged
    return result


def _member_row(entry: PlanEntry, outcomes: Outcomes | None) -> dict[str, Any]:
    """Return one entry of ``members``."""
    outcome = None if outcomes is None else outcomes.get(entry.ref)
    changes = outcome.done() if outcome else {}
    problem = entry.problems[0] if entry.problems else None
    error = outcome.error if outcome else problem
    return {
        "index": entry.index,
        "username": entry.name,
        "action": _action(entry, outcome, is_blocked=outcomes is None),
        "changed": outcome is not None and outcome.changed,
        "changes": {
            name: {"before": shown(before), "after": shown(after)} for name, (before, after) in changes.items()
        },
        "warnings": list(outcome.warnings if outcome else entry.warnings),
        "error": error.facts() if error else None,
    }


def _action(entry: PlanEntry, outcome: EntryOutcome | None, *, is_blocked: bool) -> str:
    if outcome is None:
        if entry.problems:
            return FAILED
        return SKIPPED if is_blocked else UNCHANGED
    if outcome.error is not None:
        return FAILED
    if outcome.is_skipped:
        return SKIPPED
    return entry.action if outcome.changed else UNCHANGED


def diff(rows: Iterable[dict[str, Any]], others: Mapping[str, Changes]) -> dict[str, Any]:
    """Return the values before and after of what changed, and of nothing else."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for changes in others.values():
        for name, (old, new) in changes.items():
            before.setdefault("organization", {})[name] = shown(old)
            after.setdefault("organization", {})[name] = shown(new)
    for row in rows:
        if not row["changes"]:
            continue
        shown_fields = {
            name: change for name, change in row["changes"].items() if name != "state" or row["action"] == REMOVED
        }
        for side, values in (("before", before), ("after", after)):
            if side == "after" or row["action"] != CREATED:
                members = values.setdefault("members", {})
                members[row["username"]] = {name: change[side] for name, change in shown_fields.items()}
    return {"before": before, "after": after}
