# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Which facts a plan needs: pure functions from a plan and its guards to ``Needs``."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Needs
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import parts_of
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import CREATED, REMOVED, Plan, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    BUILTIN_ROLES,
    DATA_EDITOR,
    LEVEL_OF_SEAT,
    VIEWER,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import limited_labels
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards, lost_parts


def find_needs(plan: Plan, guards: Guards, organization: Organization) -> Needs:
    """Return the facts that guards, problems, and order of a plan depend on."""
    needs = Needs()
    acting = [entry for entry in plan.acting if entry.kind == "member"]
    departing = [entry for entry in acting if entry.departs]
    lowered = [entry for entry in acting if falls_to_first_level(entry)]
    created = [entry for entry in acting if entry.action == CREATED]
    needs.seats = any(entry.action == CREATED or {"user_type", "level"} & entry.changes.keys() for entry in acting)
    needs.transfers = [(entry.name, entry.transfer_to) for entry in departing if entry.transfer_to]
    needs.owners = _names([*(entry for entry in departing if not entry.transfer_to), *lowered])
    # User types do not tell which add-on licenses their members cannot hold.
    needs.holders = _names([*departing, *(entry for entry in lowered if "level" in entry.wanted)])
    removed = [entry for entry in departing if entry.action == REMOVED]
    if organization.is_online:
        needs.recycled = _names(removed) if organization.has_recycle_bin else []
        needs.access = _names(removed)
        needs.newcomers = _names(created)
    needs.lookalikes = [{**entry.wanted, "username": entry.name} for entry in created]
    needs.missing = [entry.key for entry in plan.entries if is_missing(entry)]
    needs.grouped = _names(
        entry for entry in acting if can_lose_group_rights(entry) or (entry.member is not None and joined_groups(entry))
    )
    needs.groups = sorted({label for entry in acting for label, _part in entry.wanted.get("groups", ())})
    needs.group_lists = (
        sorted({label for entry in acting for label in lost_parts(entry)}) if guards.counts_groups else []
    )
    needs.add_ons = limited_labels(acting)
    needs.retyped = _names(entry for entry in acting if entry.member is not None and "user_type" in entry.changes)
    needs.all_group_lists = guards.keep_managers and any(entry.action == REMOVED for entry in acting)
    needs.deleted_groups = [
        entry.group for entry in plan.groups if entry.action == REMOVED and entry.group and not entry.problems
    ]
    owners = {entry.wanted["owner"] for entry in plan.groups if "owner" in entry.wanted}
    needs.recipients = sorted({entry.transfer_to for entry in departing if entry.transfer_to} | owners)
    needs.admins = bool(guards.min_admins or guards.required_admins) or any(
        entry.loses_administrator for entry in acting
    )
    needs.total = guards.has_percentage or guards.has_purge_default
    needs.roles = _custom_roles(acting, [*needs.grouped, *_receiving(acting, needs)], guards)
    return needs


def _names(entries: Iterable[PlanEntry]) -> list[str]:
    return [entry.name for entry in entries]


def _custom_roles(entries: list[PlanEntry], grouped: list[str], guards: Guards) -> list[str]:
    """Return the custom roles whose privileges tell whether a change lowers a role or costs group rights."""
    names = set(grouped)
    roles = {
        role
        for entry in entries
        if "role" in entry.changes and (entry.member is None or guards.counts_disruptive or entry.name in names)
        for role in (entry.before("role"), entry.wanted.get("role"))
        if role and role not in BUILTIN_ROLES
    }
    roles |= {str(entry.after("role")) for entry in entries if joined_groups(entry)}.difference(BUILTIN_ROLES, {"None"})
    return sorted(roles)


def _receiving(entries: list[PlanEntry], needs: Needs) -> list[str]:
    """Return the names of members who receive content and change: their new role must allow it."""
    keys = {member_key(recipient) for _owner, recipient in needs.transfers}
    return [entry.name for entry in entries if entry.key in keys]


def joined_groups(entry: PlanEntry) -> list[str]:
    """Return the labels of groups that a member joins, not those in which its part changes."""
    before = parts_of(entry.before("groups") or ())
    return [label for label, part in entry.wanted.get("groups", ()) if part is not None and label not in before]


def is_missing(entry: PlanEntry) -> bool:
    """Return whether the entry names a member that does not exist."""
    return any(problem.code == "not_found" for problem in entry.problems)


def falls_to_first_level(entry: PlanEntry) -> bool:
    """Return whether a member comes to a level, or a user type of it, at which no member can own anything."""
    return entry.member is not None and any(
        LEVEL_OF_SEAT.get(entry.wanted.get(name, "")) == "1" != LEVEL_OF_SEAT.get(entry.before(name) or "")
        for name in ("user_type", "level")
    )


def can_lose_group_rights(entry: PlanEntry) -> bool:
    """Return whether a change of role can cost the right to be in, or to own, shared update groups."""
    if entry.member is None or entry.action == REMOVED or "role" not in entry.wanted:
        return False
    after = entry.wanted["role"]
    return after in (VIEWER, DATA_EDITOR) or after not in BUILTIN_ROLES or entry.before("role") == ADMINISTRATOR
