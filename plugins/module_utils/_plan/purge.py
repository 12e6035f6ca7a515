# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Members outside the roster: named, and on request disabled or removed. Pure."""

from __future__ import annotations

from typing import Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PermissionDenied
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import (
    CurrentMembers,
    DesiredMember,
    Member,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import DISABLED, Plan, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import removal_entry


def unmanaged_members(current: CurrentMembers, roster_keys: set[str]) -> list[Member]:
    """Return the members outside the roster; accounts of the portal itself are not among them."""
    return [
        member for key, member in current.members.items() if key not in roster_keys and not member.is_portal_account
    ]


def apply_purge(
    plan: Plan,
    current: CurrentMembers,
    organization: Organization,
    roster_keys: set[str],
    *,
    purge: str,
    transfer_to: str | None,
    is_exempt: Callable[[str], bool],
) -> Plan:
    """Return the plan with the members outside the roster.

    Args:
        plan: Plan of the roster.
        current: Members; nothing is added unless the whole organization was read.
        organization: Signed-in account.
        roster_keys: Keys of the roster's members.
        purge: ``none``, ``disable``, or ``delete``.
        transfer_to: Who receives what removed members own.
        is_exempt: Whether a key is never purged (signed-in account, protected members).
    """
    if not current.is_complete:
        return plan
    members = unmanaged_members(current, roster_keys)
    entries: list[PlanEntry] = []
    for member in members if purge != "none" else ():
        if is_exempt(member.key) or (purge == "disable" and not member.values["enabled"]):
            continue
        entries.append(_purge_entry(member, purge, transfer_to))
    problems = list(plan.problems)
    if purge != "none" and not organization.account.has_any("portal:admin:viewUsers"):
        problems.append(
            PermissionDenied(
                f"Account {organization.account.username} cannot purge, because it does not see all members: it lacks "
                "the privilege portal:admin:viewUsers.",
                privilege="portal:admin:viewUsers",
                remedy="Run as an administrator, or set purge to 'none'.",
            )
        )
    return Plan(
        plan.scope,
        [*plan.entries, *entries],
        total=plan.total + len(entries),
        single=plan.single,
        unmanaged=sorted(member.username for member in members),
        problems=problems,
        warnings=plan.warnings,
    )


def _purge_entry(member: Member, purge: str, transfer_to: str | None) -> PlanEntry:
    desired = DesiredMember(None, member.username, member.key, {"transfer_to": transfer_to})
    if purge == "delete":
        entry = removal_entry(desired, member)
    else:
        entry = PlanEntry.of_member(desired, member, DISABLED)
        entry.wanted["enabled"] = False
        entry.changes["enabled"] = (True, False)
    entry.is_purged = True
    return entry
