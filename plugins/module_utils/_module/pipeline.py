# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The pipeline of the modules that write: desired, current, plan; what differs goes on to ``changes``."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError, MultipleErrors
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
    Tree,
    difference,
    tree_from_option,
    validate_tree,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import MODULE_FIELDS, shown
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import (
    DesiredGroup,
    desired_groups,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.parsers import FieldError, parse_credits
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CATEGORY_TREE,
    CREDIT_BUDGETING,
    Plan,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options
from ansible_collections.portalops.arcgis.plugins.module_utils._module.add_ons import read_add_ons
from ansible_collections.portalops.arcgis.plugins.module_utils._module.groups import read_roster_groups
from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import Outcomes, build
from ansible_collections.portalops.arcgis.plugins.module_utils._module.task import (
    RunFailed,
    Task,
    check_expected_plan,
    fail_on_errors,
    new_task,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import over_assigned
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.category_tree import (
    NO_DIFFERENCE,
    affected_members,
    plan_category_tree,
    tree_difference,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.credit_budgeting import plan_credit_budgeting
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import (
    Planner,
    fields_named,
    is_departing,
    tables_needed,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.purge import apply_purge
from ansible_collections.portalops.arcgis.plugins.module_utils._roster.desired import (
    passwords,
    specs,
    specs_from_file,
)

# -- members -------------------------------------------------------------------------------------------------------


def run_members(name: str) -> None:
    """Run a module that writes members: a slice of the pipeline, with the fields of ``MODULE_FIELDS[name]``."""
    is_roster = name == "portal_members"
    spec = {**options.connection_spec(), **options.members_spec(name)}
    source = "src" if is_roster else "username"
    required = [source, "members"]
    if is_roster:
        spec.update(options.roster_spec())
    if name == "portal_user":
        spec.update(options.departure_spec())
    if name == "portal_user_groups":
        spec.update(options.groups_spec())
    if name == "portal_user_add_ons":
        spec.update({**options.add_ons_spec(), **options.add_on_guards_spec()})
    if name == "portal_credits":
        spec.update(options.credits_spec())
        required.extend(options.credits_spec())
    task = new_task(name, argument_spec=spec, mutually_exclusive=[(source, "members")], required_one_of=[required])
    task.execute(apply_members)


def apply_members(task: Task) -> dict[str, Any]:
    """Make the members match the options of the task; return the result."""
    params = task.params
    purge = params.get("purge") or "none"
    guards = Guards(params.get("guards"), purges=purge != "none", removes=purge == "delete")
    desired, settings = read_desired(task, purge)
    budgeting = wanted_credit_budgeting(params)
    organization = task.organization
    named = fields_named(desired)
    departing = {member.key for member in desired if is_departing(member)} if params.get("leave_groups") else set()
    groups = read_roster_groups(task, desired, settings, departing, guards)
    memberships = groups.memberships
    holdings = read_add_ons(task, desired)
    directory = Directory(
        task.reader,
        named,
        observed_fields(task.name, organization),
        task.progress,
        memberships=memberships,
        holdings=holdings,
    )
    current = directory.read(
        {member.key: member.username for member in desired},
        whole=purge != "none",
        require_unlisted=frozenset({organization.seat_field} if purge == "delete" else ()),
        confirm={member.key for member in desired if member.state == "present"}.__contains__,
    )
    tables = task.reader.tables(tables_needed(desired, current))
    planner = Planner(
        organization,
        tables,
        current,
        creates="state" in MODULE_FIELDS[task.name],
        groups=memberships.managed if memberships else None,
        leaves_groups=bool(departing),
        add_ons=holdings.table if holdings else None,
    )
    plan = planner.plan(desired, single=params.get("username") is not None)
    plan = apply_purge(
        plan,
        current,
        organization,
        {member.key for member in desired},
        purge=purge,
        transfer_to=params.get("transfer_to") or None,
        is_exempt=lambda key: key == organization.account.key or guards.protects(key),
    )
    plan = _with_credit_budgeting(plan, organization, budgeting)
    plan = plan.with_(entries=[*plan.entries, *groups.entries])
    if holdings is not None:
        for warning in over_assigned(plan, holdings.by_label, holdings.table.by_label):
            task.module.warn(warning)
    if plan.entries or plan.problems or not guards.is_empty:
        # The one lazy import: most runs change nothing, and need none of what is behind it.
        from ansible_collections.portalops.arcgis.plugins.module_utils._module import changes  # noqa: PLC0415

        plan, outcomes = changes.carry_out(task, plan, guards, directory, current, listed=desired)
    else:
        check_expected_plan(task, plan)
        outcomes = {}
    return _members_result(task, plan, outcomes)


def read_desired(task: Task, purge: str) -> tuple[list[DesiredMember], list[DesiredGroup]]:
    """Return members and groups of the task's options or file; passwords of a file are registered as secrets."""
    params = task.params
    settings = desired_groups(params.get("group_settings") or (), "group_settings")
    if params.get("username") is not None:
        return specs(task.name, params, [{"username": params["username"]}], ""), settings
    if params.get("src") is not None:
        desired, roster = specs_from_file(task.name, params)
        settings += desired_groups(roster.groups, "groups", place=roster.group_position)
        if roster.ignored:
            task.module.warn(f"The roster has columns that no field takes: {', '.join(roster.ignored)}.")
        for password in passwords(desired):
            task.mask(password)
    else:
        desired = specs(task.name, params, params.get("members") or [], "members")
    if not desired and purge != "none":
        raise InputError(
            f"The roster is empty and purge is '{purge}', so all unlisted members would be "
            f"{'disabled' if purge == 'disable' else 'removed'}.",
            option="purge",
            remedy="Add the members to keep, or set purge to 'none'.",
        )
    return desired, settings


def observed_fields(name: str, organization: Organization) -> set[str]:
    """Return what guards and order look at beside the fields that the task names."""
    # What is looked at beside a field that the module has.
    beside = {"credits": "credits_spent", "idp_username": "provider"}
    return {organization.seat_field, "email"} | {beside[field] for field in MODULE_FIELDS[name] if field in beside}


def _members_result(task: Task, plan: Plan, outcomes: Outcomes) -> dict[str, Any]:
    result = build(plan, outcomes)
    if task.name == "portal_credits":
        result["budget"] = _budget_result(task.organization, plan, outcomes)
    fail_on_errors(outcomes, result)
    return result


# -- credit budgeting ----------------------------------------------------------------------------------------------


def wanted_credit_budgeting(params: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of credit budgeting that the task names."""
    wanted: dict[str, Any] = {}
    if params.get("budgeting") is not None:
        wanted["budgeting"] = params["budgeting"]
    if params.get("default_credits") is not None:
        try:
            wanted["default_credits"] = parse_credits(params["default_credits"])
        except FieldError as error:
            raise InputError(f"default_credits {error}.", option="default_credits") from None
    return wanted


def _with_credit_budgeting(plan: Plan, organization: Organization, wanted: dict[str, Any]) -> Plan:
    entry, problems = plan_credit_budgeting(wanted, organization)
    if any(problem.code == "unsupported" for problem in plan.problems):
        # The members' credits say so already.
        problems = []
    return plan.with_(entries=[*plan.entries, *([entry] if entry else [])], problems=[*plan.problems, *problems])


def _budget_result(organization: Organization, plan: Plan, outcomes: Outcomes) -> dict[str, Any]:
    before = {"budgeting": organization.credit_budgeting, "default_credits": shown(organization.default_credits)}
    entry = plan.of_kind(CREDIT_BUDGETING)
    done = outcomes[entry.ref].done() if entry is not None and entry.ref in outcomes else {}
    after = {**before, **{name: shown(new) for name, (_old, new) in done.items()}}
    return {**after, "before": before, "after": after}


# -- the category tree ---------------------------------------------------------------------------------------------


def run_category_tree() -> None:
    """Run the module that writes the category tree."""
    new_task(
        "portal_member_categories",
        argument_spec={**options.connection_spec(), **options.category_tree_spec()},
        required_if=[("state", "present", ["categories"])],
    ).execute(apply_category_tree)


def apply_category_tree(task: Task) -> dict[str, Any]:
    """Make the category tree match the options of the task; return the result."""
    params = task.params
    guards = Guards(params.get("guards"))
    desired = _desired_tree(params)
    organization = task.organization
    current_tree = task.reader.tree() if organization.has_categories else Tree([], None)
    merges = params["mode"] == "merged" and params["state"] == "present"
    plan = plan_category_tree(organization, current_tree, desired, merges=merges)
    entry = plan.of_kind(CATEGORY_TREE)
    directory = Directory(task.reader, {"categories"}, progress=task.progress)
    affected: dict[str, tuple[str, ...]] = {}
    outcomes: Outcomes = {}
    if plan.entries or plan.problems:
        from ansible_collections.portalops.arcgis.plugins.module_utils._module import changes  # noqa: PLC0415

        removes = bool(tree_difference(entry)["removed"])
        members = directory.read({}, whole=removes, require_all=True)
        affected = affected_members(entry, members)
        plan = plan.with_entries(each.with_(basis=[affected]) for each in plan.entries)
        try:
            plan, outcomes = changes.carry_out(task, plan, guards, directory, members, affected=affected)
        except RunFailed as failure:
            failure.result = _tree_result(failure.result, plan, current_tree, affected, {})
            raise
    else:
        check_expected_plan(task, plan)
    result = _tree_result(build(plan, outcomes), plan, current_tree, affected, outcomes)
    if affected and result["changed"]:
        lose = "1 member loses" if len(affected) == 1 else f"{len(affected)} members lose"
        task.module.warn(f"{lose} a category: {join_names(list(affected))}.")
    fail_on_errors(outcomes, result)
    return result


def _desired_tree(params: dict[str, Any]) -> Tree:
    """Return the tree that the task describes, empty for ``state=absent``."""
    if params["state"] == "absent":
        return Tree([], None)
    problems = validate_tree(params["categories"], "categories")
    if problems:
        raise problems[0] if len(problems) == 1 else MultipleErrors(problems)
    return tree_from_option(params["categories"])


def _tree_result(
    result: dict[str, Any],
    plan: Plan,
    current: Tree,
    affected: dict[str, tuple[str, ...]],
    outcomes: Outcomes,
) -> dict[str, Any]:
    entry = plan.of_kind(CATEGORY_TREE)
    done = outcomes[entry.ref].done() if entry is not None and entry.ref in outcomes else {}
    before, after = done.get("categories", (current.categories, current.categories))
    change = difference(Tree(before), Tree(after)) if done else NO_DIFFERENCE
    return {
        **{name: value for name, value in result.items() if name not in ("members", "summary", "unmanaged")},
        "categories": after,
        **change,
        "affected_members": [
            {"username": name, "categories": list(paths)} for name, paths in (affected if done else {}).items()
        ],
        "diff": {
            "before": {"categories": before} if done else {},
            "after": {"categories": after} if done else {},
        },
    }
