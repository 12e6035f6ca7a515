# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The part of the pipeline for runs that change something: facts, guards, order, apply, verify."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.requests import REQUESTS
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.run import Outcomes, Run
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.facts import read_facts, with_holdings
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Needs
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, DesiredMember
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CREDIT_BUDGETING,
    GROUP,
    MEMBER,
    Plan,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import build
from ansible_collections.portalops.arcgis.plugins.module_utils._module.task import RunFailed, Task, check_expected_plan
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import add_on_warnings
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.category_tree import affected_errors
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.departures import complete_plan
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards, guard_errors
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.logins import with_login_warnings
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.needs import find_needs
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.problems import (
    find_problems,
    privilege_warnings,
    seat_warnings,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Schedule, make_schedule


def carry_out(
    task: Task,
    plan: Plan,
    guards: Guards,
    directory: Directory,
    current: CurrentMembers,
    *,
    affected: dict[str, tuple[str, ...]] | None = None,
    listed: Iterable[DesiredMember] = (),
) -> tuple[Plan, Outcomes]:
    """Guard a plan, send it, and verify it.

    Args:
        task: Options and connection.
        plan: What differs.
        guards: Guards of the task.
        directory: Reads members.
        current: Members that were read.
        affected: Paths that members lose with the category tree, by username.
        listed: Members of the task.

    Returns:
        The plan with what the facts added, and the outcome of every entry.

    Raises:
        RunFailed: If the plan is blocked or is not the expected one. Nothing was written then.
    """
    organization = task.organization
    needs = find_needs(plan, guards, organization)
    needs.joins_groups = bool(task.params.get("transfer_groups"))
    facts = _read_facts(plan, needs, organization, directory, current)
    sends_email = bool(task.params.get("add_ons_email"))
    recycle_bin = task.params.get("recycle_bin") or "refuse"
    plan = complete_plan(plan, facts, recycle_bin, listed, sends_email=sends_email)
    plan = with_login_warnings(plan, organization)
    check_expected_plan(task, plan)
    facts, schedule = _schedule(plan, facts, organization, directory)
    problems = [
        *find_problems(plan, facts, schedule, organization),
        *guard_errors(plan, facts, guards, organization),
        *affected_errors(affected or {}, guards, facts.total),
    ]
    if problems:
        raise RunFailed(problems, build(_attach_errors(plan, problems), None))
    for warning in (
        *plan.warnings,
        *add_on_warnings(plan, facts, organization.seat_field),
        *privilege_warnings(schedule, organization),
        *seat_warnings(schedule, facts, organization),
    ):
        task.module.warn(warning)
    run = Run(
        task.client,
        task.reader,
        directory,
        check_mode=task.check_mode,
        on_error=task.params.get("on_error") or "continue",
        retries=task.params["retries"],
        sends_email=sends_email,
        progress=task.progress,
    )
    return plan, run.apply(plan, schedule)


def _read_facts(
    plan: Plan, needs: Needs, organization: Organization, directory: Directory, current: CurrentMembers
) -> Facts:
    budgeting = plan.of_kind(CREDIT_BUDGETING)
    is_on = organization.credit_budgeting if budgeting is None else budgeting.wanted.get("budgeting")
    return read_facts(
        needs,
        directory,
        current,
        credit_budgeting=organization.credit_budgeting if is_on is None else bool(is_on),
    )


def _schedule(plan: Plan, facts: Facts, organization: Organization, directory: Directory) -> tuple[Facts, Schedule]:
    """Order the plan. Who holds a seat temporarily must own and hold nothing, which is read for those it concerns."""
    while True:
        schedule = make_schedule(plan, facts, organization, REQUESTS)
        unread = [key for key in schedule.temporary if key not in facts.owned]
        if not unread:
            return facts, schedule
        facts = with_holdings(facts, unread, directory)


def _attach_errors(plan: Plan, problems: list[PortalOpsError]) -> Plan:
    """Return the plan with the problems of single members in their entries."""
    by_entry: dict[Any, list[PortalOpsError]] = {}
    for problem in problems:
        member, group = problem.details.get("member"), problem.details.get("group")
        if member:
            by_entry.setdefault((MEMBER, member_key(str(member))), []).append(problem)
        elif group and "index" in problem.details:
            by_entry.setdefault((GROUP, group, problem.details["index"]), []).append(problem)
    entries = []
    for entry in plan.entries:
        which = entry.ref if entry.kind == MEMBER else (entry.kind, entry.name, entry.index)
        added = [problem for problem in by_entry.get(which, ()) if problem not in entry.problems]
        entries.append(entry.with_(problems=[*entry.problems, *added]) if added else entry)
    single = plan.single
    if single is not None:
        single = next((entry for entry in entries if entry.ref == single.ref), single)
    return plan.with_(entries=entries, single=single)
