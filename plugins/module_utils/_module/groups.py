# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The pipeline of groups: the module that writes them, and the groups of a roster."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.groups import GroupReader, MembershipReader
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import (
    DesiredGroup,
    desired_groups,
    group_spec,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    GroupPatterns,
    GroupTable,
    ManagedGroups,
    group_names,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, DesiredMember
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    GROUP,
    UNCHANGED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options
from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import Outcomes, build
from ansible_collections.portalops.arcgis.plugins.module_utils._module.task import (
    Task,
    check_expected_plan,
    fail_on_errors,
    new_task,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.groups import plan_groups, planned_groups
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards


def run_groups() -> None:
    """Run the module that writes groups."""
    new_task(
        "portal_group",
        argument_spec={**options.connection_spec(), **options.group_spec()},
        mutually_exclusive=[("groups", "title"), ("groups", "group_id")],
        required_one_of=[("title", "group_id", "groups")],
    ).execute(apply_groups)


def apply_groups(task: Task) -> dict[str, Any]:
    """Make the groups match the options of the task; return the result."""
    params = task.params
    guards = Guards(params.get("guards"))
    values = {name: params[name] for name in group_spec() if params.get(name) is not None}
    is_list = params.get("groups") is not None
    if is_list:
        desired = desired_groups(params["groups"], "groups", values)
    else:
        desired = desired_groups([values], "")
    organization = task.organization
    reader = GroupReader(task.client, organization)
    table = reader.refreshed(reader.table(_titles(desired)), desired)
    guards.protected_groups.check(table)
    entries = plan_groups(desired, table, organization.account)
    plan = Plan(
        organization.id,
        _acting(entries),
        total=len(desired),
        single=None if is_list else entries[0],
        counts=GROUP,
    )
    outcomes: Outcomes = {}
    if plan.entries:
        from ansible_collections.portalops.arcgis.plugins.module_utils._module import changes  # noqa: PLC0415

        directory = Directory(task.reader, (), {organization.seat_field}, task.progress)
        plan, outcomes = changes.carry_out(task, plan, guards, directory, CurrentMembers())
    else:
        check_expected_plan(task, plan)
    result = build(plan, outcomes)
    fail_on_errors(outcomes, result)
    return result


def _titles(desired: Iterable[DesiredGroup]) -> list[str]:
    return [group.name for group in desired if group.group_id is None]


def _acting(entries: Iterable[PlanEntry]) -> list[PlanEntry]:
    return [entry for entry in entries if entry.action != UNCHANGED or entry.problems]


class RosterGroups:
    """The groups of a roster: entries of the plan, and the reader of who is in them.

    entries: what changes of the groups themselves; memberships: reads who is in managed groups, or None if no member
    names groups.
    """

    def __init__(self, entries: list[PlanEntry], memberships: MembershipReader | None) -> None:
        self.entries = entries
        self.memberships = memberships


def read_roster_groups(
    task: Task,
    desired: list[DesiredMember],
    settings: list[DesiredGroup],
    departing: Collection[str],
    guards: Guards,
) -> RosterGroups:
    """Read the groups that a roster names; reads nothing if it names none and no member leaves all groups.

    Args:
        task: Options and connection.
        desired: Members of the roster.
        settings: Groups of the roster, which are managed groups.
        departing: Keys of members who leave all their groups.
        guards: Guards of the task, which can name groups.
    """
    changes = {member.key: member.fields["groups"] for member in desired if "groups" in member.fields}
    if not changes and not settings and not departing:
        return RosterGroups([], None)
    names = group_names(changes.values())
    patterns = GroupPatterns((task.params.get("managed_groups") or ()) if changes else (), "managed_groups")
    reader = GroupReader(task.client, task.organization)
    table = reader.table({*names, *patterns.names, *_titles(settings)})
    if settings:
        table = reader.refreshed(table, settings)
    guards.protected_groups.check(table)
    entries = plan_groups(settings, table, task.organization.account)
    acting = _acting(entries)
    if not changes and not departing:
        return RosterGroups(acting, None)
    managed = _managed(table, entries, patterns, names, reads_all=bool(departing))
    return RosterGroups(acting, MembershipReader(reader, managed, {*changes, *departing}))


def _managed(
    table: GroupTable, entries: list[PlanEntry], patterns: GroupPatterns, names: Iterable[str], *, reads_all: bool
) -> ManagedGroups:
    """Return the managed groups of a roster as they are after its groups were created, changed, and deleted."""
    groups, deleted, owners = planned_groups(entries)
    table = table.with_groups(groups, deleted)
    named = [found[0] for name in names if len(found := table.find(name)) == 1]
    labels = {group.id: table.label(group) for group in groups}
    return ManagedGroups(
        table,
        [*patterns.groups(table), *named, *groups],
        {(labels[group_id], key) for group_id, key in owners},
        reads_all=reads_all,
    )
