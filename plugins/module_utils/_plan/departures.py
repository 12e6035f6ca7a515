# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What departing members give up: content, add-on licenses, recycle bin, Esri access. Pure."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import NotFound, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import Invitations
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CREATED,
    REMOVED,
    UNCHANGED,
    Changes,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, plural
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.invitations import with_invitation_warnings

#: Results of the option ``recycle_bin``.
RECYCLE_BIN_RESULTS = {"restore": "restored", "delete": "deleted"}


def complete_plan(plan: Plan, facts: Facts, recycle_bin: str = "refuse") -> Plan:
    """Return the plan with what departing members own and hold, and with what resembles a new member.

    A member without content to transfer is unchanged, and not part of the plan any more.

    Args:
        plan: Plan of the members.
        facts: Content and licenses by key.
        recycle_bin: What happens to items in the recycle bin of a removed member: ``refuse``, ``restore``, ``delete``.
    """
    departing = plan.ineligible_recipients()
    invitations = Invitations(facts.pending_invitations)
    return plan.with_(ineligible=departing).with_entries(
        _with_departure(entry, facts, recycle_bin)
        if entry.departs
        else with_invitation_warnings(_with_lookalikes(entry, facts), invitations)
        for entry in plan.entries
    )


def _with_lookalikes(entry: PlanEntry, facts: Facts) -> PlanEntry:
    near = did_you_mean(facts.near_usernames.get(entry.key, []))
    if near:
        problems = [
            _suggesting(problem, near) if problem.code == "not_found" else problem for problem in entry.problems
        ]
        entry = entry.with_(problems=problems)
    others = facts.lookalikes.get(entry.key) if entry.action == CREATED else None
    if not others:
        return entry
    words = join_names([f"{name} ({reason})" for name, reason in others])
    warning = f"{entry.name}: Can be the same person as {words}."
    return entry.with_(warnings=[*entry.warnings, warning])


def _suggesting(problem: PortalOpsError, near: str) -> PortalOpsError:
    """Return the problem with near usernames before its remedy."""
    return NotFound(problem.message, **{**problem.details, "remedy": f"{near} {problem.details['remedy']}"})


def _with_departure(entry: PlanEntry, facts: Facts, recycle_bin: str) -> PlanEntry:
    changes: Changes = dict(entry.changes)
    owned = facts.owned.get(entry.key, Owned())
    recycled = facts.recycled.get(entry.key, 0) if entry.action == REMOVED else 0
    if recycled and recycle_bin in RECYCLE_BIN_RESULTS:
        changes["recycle_bin"] = (plural(recycled, "item"), RECYCLE_BIN_RESULTS[recycle_bin])
    if owned or (recycled and recycle_bin == "restore"):
        changes["content"] = (describe_owned(owned) or "0 items", entry.transfer_to)
    licenses = sorted(item for items in facts.add_ons.get(entry.key, {}).values() for item in items)
    if licenses:
        changes["licenses"] = (tuple(licenses), ())
    if entry.action == REMOVED and facts.esri_access.get(entry.key):
        changes["esri_access"] = (True, False)
    action = UNCHANGED if entry.transfers_content and not changes else entry.action
    return entry.with_(changes=changes, action=action)


def describe_owned(owned: Owned) -> str:
    """Return what a member owns in words, for example ``2 items and 1 group``."""
    counts = ((owned.items, "item"), (owned.groups, "group"))
    return " and ".join(plural(count, noun) for count, noun in counts if count)
