# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle of results: what a run says must be what its own requests did to the portal. Pure, no I/O.

From design.md (*Result*, *Behavior*), the return values of the modules, and guide_trust.
The state of the portal is recorded before and after the run, and around each thing that another administrator did
meanwhile. What changed between these moments is the work of the run.
"""

from __future__ import annotations

from typing import Any

from .harness import Run, State

ACTIONS = ("created", "changed", "removed", "disabled", "unchanged", "skipped", "failed")
UNSEEN = ("updates", "emailStatus", "emailStatusDate", "availableCredits", "storageUsage")
"""Fields that change by themselves, or count writes."""
SIDE_EFFECTS = {"items", "ownedGroups", "memberGroups", "recycledItems"}
"""Fields of a recipient that change with the entry of a departing member."""

Changes = dict[str, dict[str, tuple[Any, Any]]]


def member_difference(before: State, after: State) -> Changes:
    """Return the fields that differ, by member. The field ``exists`` stands for the account itself."""
    found: Changes = {}
    for name in {*before["members"], *after["members"]}:
        old, new = before["members"].get(name), after["members"].get(name)
        if old is None or new is None or old["id"] != new["id"]:
            found[name] = {"exists": (old is not None, new is not None)}
            continue
        fields = {key: (old[key], new.get(key)) for key in old if key not in UNSEEN and old[key] != new.get(key)}
        if fields:
            found[name] = fields
    return found


def segments(run: Run, others: list[tuple[State, State]]) -> list[tuple[State, State]]:
    """Return the periods in which only the run changed the portal."""
    moments = [run.before, *[state for pair in others for state in pair], run.after]
    return list(zip(moments[::2], moments[1::2]))


def own_changes(run: Run, others: list[tuple[State, State]]) -> Changes:
    """Return what the run itself changed, by member, with the first value before and the last value after."""
    total: Changes = {}
    for before, after in segments(run, others):
        for name, fields in member_difference(before, after).items():
            for key, (old, new) in fields.items():
                first = total.get(name, {}).get(key, (old, new))[0]
                total.setdefault(name, {})[key] = (first, new)
    return total


def own_settings(run: Run, others: list[tuple[State, State]]) -> set[str]:
    """Return the settings of the organization that the run itself changed."""
    names = [name for name in run.before if name not in ("members", "groups")]
    return {name for before, after in segments(run, others) for name in names if before[name] != after[name]}


def fits(action: str, changes: dict[str, tuple[Any, Any]]) -> bool:
    """Tell whether an action is what the changes of a member are."""
    existed, exists = changes.get("exists", (True, True))
    expected = {
        "created": not existed and exists,
        "removed": existed and not exists,
        "disabled": existed and exists and changes.get("disabled", (None, None))[1] is True,
        "changed": existed and exists and bool(changes),
        "unchanged": not changes,
        "skipped": not changes,
        "failed": True,
    }
    return expected[action]


def touched_by_others(others: list[tuple[State, State]]) -> set[str]:
    """Return the members that another administrator changed, created, or removed during the run."""
    return {name for before, after in others for name in member_difference(before, after)}


def row_problems(row: dict[str, Any], changes: dict[str, tuple[Any, Any]]) -> list[str]:
    """Return what is not true about the result of one member."""
    name, found = row["username"], []
    real = {key: value for key, value in changes.items() if key not in ("memberGroups",)}
    if "password" in row.get("changes", {}) and not real and row["action"] in ("changed", "failed"):
        return []
    if not fits(row["action"], real):
        found.append(f"{name}: action is {row['action']}, changes are {real}")
    if row["changed"] is not bool(real):
        found.append(f"{name}: changed is {row['changed']}, changes are {real}")
    if (row["action"] == "failed") is not bool(row.get("error")):
        found.append(f"{name}: action is {row['action']}, error is {row.get('error')}")
    return found


def summary_problems(result: dict[str, Any]) -> list[str]:
    summary = result.get("summary")
    if summary is None:
        return []
    counts = {action: sum(row["action"] == action for row in result["members"]) for action in ACTIONS}
    if result.get("failed") and not result["changed"] and not summary["unchanged"] and not result.get("uncertain"):
        # A plan that is blocked as a whole counts the members that match the roster, which have no row, as skipped.
        counts["skipped"] = summary["total"] - sum(count for action, count in counts.items() if action != "skipped")
    found = [f"summary.{name} is {summary[name]}, members have {count}" for name, count in counts.items()
             if name != "unchanged" and summary[name] != count]  # fmt: skip
    if summary["total"] != sum(summary[action] for action in ACTIONS):
        found.append(f"summary does not add up: {summary}")
    return found


def problems(run: Run, others: list[tuple[State, State]]) -> list[str]:
    """Return everything that is not true in the result of a real run.

    Args:
        run: A run that was not in check mode, of which no outcome is unknown.
        others: State before and after each thing that another administrator did during the run.
    """
    result, own = run.result, own_changes(run, others)
    found = summary_problems(result)
    rows = {row["username"].lower(): row for row in result.get("members", [])}
    # What was written to a member who was changed again cannot be seen; then the run can say that it does not know.
    unknown = touched_by_others(others) if result.get("uncertain") else set()
    for name in set(rows) - unknown:
        found += row_problems(rows[name], own.get(name, {}))
    for name, changes in own.items():
        if name not in rows and set(changes) - SIDE_EFFECTS:
            found.append(f"{name}: changed, and not in members: {changes}")
    passwords = any("password" in row.get("changes", {}) and row["changed"] for row in rows.values())
    settings = own_settings(run, others)
    if not unknown and result["changed"] is not bool(own or settings or passwords):
        found.append(f"changed is {result['changed']}, the run changed {own} {settings}")
    if run.failed is not bool(result.get("error")):
        found.append("failed without error, or error without failed")
    return found


def blocked_problems(run: Run) -> list[str]:
    """Return everything that is not true in the result of a plan that was blocked before the first write."""
    result, found = run.result, []
    if run.writes or run.before != run.after:
        found.append(f"a blocked plan wrote {[entry['operation'] for entry in run.writes]}")
    if result.get("changed"):
        found.append("a blocked plan reports changed")
    summary = result.get("summary") or {}
    done = [name for name in ("created", "changed", "removed", "disabled", "unchanged") if summary.get(name)]
    if done:
        found.append(f"a blocked plan counts {done}: {summary}")
    found += [f"{row['username']}: a blocked plan reports {row['action']}" for row in result.get("members", [])
              if row["action"] not in ("failed", "skipped") or row["changed"]]  # fmt: skip
    return found


def prediction_problems(check: Run, real: Run) -> list[str]:
    """Return where a run in check mode and the real run that follows it differ."""
    found = []
    if check.writes or check.before != check.after or check.result.get("api_calls", {}).get("write"):
        found.append("check mode wrote")
    for name in ("changed", "plan_checksum", "diff", "summary", "members"):
        if check.result.get(name) != real.result.get(name):
            found.append(f"{name}: check mode {check.result.get(name)}, real run {real.result.get(name)}")
    return found


def call_problems(run: Run) -> list[str]:
    """Return where the counted requests are not those that arrived: sign-ins are reads or not counted, never writes."""
    counted = run.result.get("api_calls") or {}
    writes = [entry for entry in run.writes if entry["operation"] != "generateToken"]
    if counted and counted["write"] != len(writes):
        return [f"api_calls.write is {counted['write']}, {len(writes)} arrived"]
    return []
