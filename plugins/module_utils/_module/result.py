# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""The result: the same shape for one member and for ten thousand, for check and for real runs. Pure."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import shown
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import (
    ACTIONS,
    CREATED,
    FAILED,
    REMOVED,
    SKIPPED,
    UNCHANGED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._apply.run import Outcome
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Entry, Plan


def member_result(entry: Entry, outcome: Outcome | None) -> dict[str, Any]:
    """One line of C(members): what was done to whom, from what to what."""
    changes = outcome.changes() if outcome else {}
    problems = entry.problems
    error = outcome.error if outcome else problems[0] if problems else None
    return {
        "index": entry.index,
        "username": entry.username,
        "action": _action(entry, outcome),
        "changed": outcome is not None and outcome.changed,
        "changes": {
            name: {"before": shown(before), "after": shown(after)} for name, (before, after) in changes.items()
        },
        "warnings": outcome.warnings if outcome else list(entry.warnings),
        "error": error.facts() if error else None,
    }


def _action(entry: Entry, outcome: Outcome | None) -> str:
    if outcome is None and entry.problems:
        return FAILED
    if entry.action == UNCHANGED:
        return UNCHANGED
    if outcome is None:
        return SKIPPED
    if outcome.error is not None:
        return FAILED
    return SKIPPED if outcome.skipped else entry.action


def build(plan: Plan, outcomes: dict[str, Outcome] | None) -> dict[str, Any]:
    """The result of a run. C(outcomes) None: the plan was refused, nothing was written."""
    lines = [member_result(entry, None if outcomes is None else outcomes.get(entry.key)) for entry in plan.entries]
    if plan.single is not None and not lines:
        lines = [member_result(plan.single, None)]
    counts = dict.fromkeys(ACTIONS, 0)
    for line in lines:
        counts[line["action"]] += 1
    counts[UNCHANGED] += plan.total - len(lines)
    organization = plan.organization if outcomes is not None else {}
    result: dict[str, Any] = {
        "changed": any(line["changed"] for line in lines) or bool(organization),
        "members": lines,
        "summary": {"total": plan.total, **counts},
        "plan_checksum": plan.checksum(),
        "diff": diff(lines, organization),
    }
    if plan.unmanaged is not None:
        result["unmanaged"] = plan.unmanaged
    return result


def diff(lines: Iterable[dict[str, Any]], organization: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Before and after of what changed, and of nothing else; the same in check and in real runs."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, (old, new) in organization.items():
        before.setdefault("organization", {})[name] = shown(old)
        after.setdefault("organization", {})[name] = shown(new)
    for line in lines:
        if not line["changes"]:
            continue
        changes = {
            name: change for name, change in line["changes"].items() if name != "state" or line["action"] == REMOVED
        }
        if line["action"] != CREATED:
            before.setdefault("members", {})[line["username"]] = {
                name: change["before"] for name, change in changes.items()
            }
        after.setdefault("members", {})[line["username"]] = {name: change["after"] for name, change in changes.items()}
    return {"before": before, "after": after}
