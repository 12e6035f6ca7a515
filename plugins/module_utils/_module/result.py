# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The result: the same shape for one member and for ten thousand, in check mode and in real runs. Pure.

Groups and invitations have rows of the same form as members. A task of groups counts groups, a task of invitations
counts invitations, and every other task counts members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import shown
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    ACTIONS,
    CHANGED,
    CREATED,
    DISABLED,
    FAILED,
    GROUP,
    INVITATION,
    MEMBER,
    REMOVED,
    SKIPPED,
    UNCHANGED,
    Changes,
    Plan,
    PlanEntry,
)

#: Kinds of entries with rows of their own in the result.
_ROW_KINDS = (MEMBER, GROUP, INVITATION)

#: Actions that a summary does not count, by the kind of its entries.
_IMPOSSIBLE_ACTIONS = {GROUP: (DISABLED,), INVITATION: (CREATED, CHANGED, DISABLED)}


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
    rows = {kind: [_row(entry, outcomes) for entry in plan.entries if entry.kind == kind] for kind in _ROW_KINDS}
    rows[GROUP].sort(key=lambda row: row["index"] or 0)
    rows[INVITATION].sort(key=lambda row: (str(row["username"] or row["email"] or "").casefold(), row["id"]))
    counted = rows[plan.counts]
    if plan.single is not None and not counted:
        counted.append(_row(plan.single, outcomes))
    counts = {action: 0 for action in ACTIONS if action not in _IMPOSSIBLE_ACTIONS.get(plan.counts, ())}
    for row in counted:
        counts[row["action"]] += 1
    # Entries without a row match the task; in a blocked plan, nothing was done for them either.
    counts[SKIPPED if is_blocked else UNCHANGED] += plan.total - len(counted)
    outcomes = outcomes or {}
    others = {
        entry.kind: outcomes[entry.ref].done()
        for entry in plan.entries
        if entry.kind not in rows and entry.ref in outcomes
    }
    result: dict[str, Any] = {
        "changed": any(outcome.changed for outcome in outcomes.values()),
        **{f"{kind}s": found for kind, found in rows.items() if found or kind == plan.counts},
        "summary": {"total": plan.total, **counts},
        "plan_checksum": plan.checksum(),
        "diff": diff(rows, others),
    }
    if any(outcome.is_uncertain for outcome in outcomes.values()):
        result["uncertain"] = True
    if plan.unmanaged is not None:
        result["unmanaged"] = plan.unmanaged
    return result


def _row(entry: PlanEntry, outcomes: Outcomes | None) -> dict[str, Any]:
    """Return one entry of ``members``, ``groups``, or ``invitations``."""
    outcome = None if outcomes is None else outcomes.get(entry.ref)
    changes = outcome.done() if outcome else {}
    problem = entry.problems[0] if entry.problems else None
    error = outcome.error if outcome else problem
    return {
        **_identity(entry),
        "action": _action(entry, outcome, is_blocked=outcomes is None),
        "changed": outcome is not None and outcome.changed,
        "changes": {
            name: {"before": shown(before), "after": shown(after)} for name, (before, after) in changes.items()
        },
        "warnings": list(outcome.warnings if outcome else entry.warnings),
        "error": error.facts() if error else None,
    }


def _identity(entry: PlanEntry) -> dict[str, Any]:
    if entry.invitation is not None:
        invitation = entry.invitation
        return {"id": invitation.id, "username": invitation.username or None, "email": invitation.email or None}
    if entry.kind != GROUP:
        return {"index": entry.index, "username": entry.name}
    is_known = entry.group is not None and not entry.group.is_new
    group_id = entry.group.id if entry.group is not None and is_known else None
    return {"index": entry.index, "title": entry.name, "id": group_id}


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


def _diff_names(kind: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the name of each row in the diff: its ID if another row has the same title, username, or email."""
    if kind == MEMBER:
        return [row["username"] for row in rows]
    names = [row["title"] if kind == GROUP else row["username"] or row["email"] or row["id"] for row in rows]
    counts = Counter(names)
    return [name if counts[name] == 1 else row["id"] for name, row in zip(names, rows)]


def diff(rows: Mapping[str, Sequence[dict[str, Any]]], others: Mapping[str, Changes]) -> dict[str, Any]:
    """Return the values before and after of what changed, and of nothing else."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for changes in others.values():
        for name, (old, new) in changes.items():
            before.setdefault("organization", {})[name] = shown(old)
            after.setdefault("organization", {})[name] = shown(new)
    named = [
        (f"{kind}s", name, row) for kind, found in rows.items() for name, row in zip(_diff_names(kind, found), found)
    ]
    for section, name, row in named:
        if not row["changes"]:
            continue
        shown_fields = {
            field: change for field, change in row["changes"].items() if field != "state" or row["action"] == REMOVED
        }
        for side, values in (("before", before), ("after", after)):
            if side == "after" or row["action"] != CREATED:
                part = values.setdefault(section, {})
                part[name] = {field: change[side] for field, change in shown_fields.items()}
    return {"before": before, "after": after}
