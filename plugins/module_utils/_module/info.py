# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Wires the layers for the modules that only tell: about the organization, and about its members."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import AddOnReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.all_holdings import AllHoldings
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.groups import GroupReader, MembershipReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import InputError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import FIELDS, member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import ManagedGroups
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options
from ansible_collections.portalops.arcgis.plugins.module_utils._module.describe import Filter, describe, roster
from ansible_collections.portalops.arcgis.plugins.module_utils._module.describe_add_ons import describe_add_ons
from ansible_collections.portalops.arcgis.plugins.module_utils._module.task import Task, new_task

#: Fields that cost more requests. Each is also an option.
EXTRAS = ("groups", "add_ons")


def run_info() -> None:
    """Run the module that describes the organization."""
    spec = {**options.connection_spec(), **options.info_spec()}
    new_task("portal_info", argument_spec=spec).execute(_info)


def _info(task: Task) -> dict[str, Any]:
    params = task.params
    result = {"changed": False, **describe(task.reader)}
    if params["add_ons"] or params["add_on_holders"]:
        result["add_ons"] = describe_add_ons(
            AddOnReader(task.client),
            task.organization.account.username,
            task.module.warn,
            with_holders=params["add_on_holders"],
        )
    return result


def run_members_info() -> None:
    """Run the module that reads members in roster form."""
    spec = {**options.connection_spec(), **options.members_info_spec()}
    new_task("portal_members_info", argument_spec=spec).execute(_members_info)


def _members_info(task: Task) -> dict[str, Any]:
    params = task.params
    extras = [name for name in EXTRAS if params[name]]
    names = field_names(params.get("fields"), extras)
    chosen = Filter(params, task.reader, int(time.time() * 1000))
    columns = chosen.columns(names)
    memberships = _all_memberships(task) if "groups" in names else None
    holdings = _all_holdings(task) if "add_ons" in names else None
    directory = Directory(task.reader, columns, chosen.observed, task.progress, memberships, holdings)
    keys = {member_key(name): name for name in params.get("usernames") or ()}
    current = directory.read(keys, whole=chosen.keys is None, require_all=True)
    total = directory.count() if current.total is None else current.total
    account = task.organization.account
    is_complete = account.has_any("portal:admin:viewUsers")
    if not is_complete:
        task.module.warn(
            f"Account {account.username} does not see all members, because it lacks the privilege "
            "portal:admin:viewUsers. Do not use this result as a roster with purge."
        )
    members = roster(current, chosen, names, task.reader, holdings.table if holdings else None)
    return {"changed": False, "members": members, "total": total, "incomplete": not is_complete}


def _all_memberships(task: Task) -> MembershipReader:
    """Return the reader of the members of all groups that a roster can name."""
    account = task.organization.account
    if not account.has_any("portal:admin:viewGroups"):
        task.module.warn(
            f"Account {account.username} does not see all groups, because it lacks the privilege "
            "portal:admin:viewGroups."
        )
    reader = GroupReader(task.client, task.organization)
    table = reader.table()
    return MembershipReader(reader, ManagedGroups(table, (), reads_all=True), None)


def _all_holdings(task: Task) -> AllHoldings | None:
    """Return the reader of all add-on licenses that members hold. None if the portal has no add-on licenses."""
    reader = AddOnReader(task.client)
    try:
        table = reader.table()
    except InputError:
        task.module.warn("The portal has no add-on licenses, so the result leaves out add_ons.")
        return None
    return AllHoldings(reader, table, task.module.warn)


def field_names(names: list[str] | None, extras: Iterable[str] = ()) -> list[str]:
    """Return the fields to return, in the order of their rows: all but secrets, or those that the task names.

    Args:
        names: Fields that the task names. None for all that the list of members shows.
        extras: Some of ``EXTRAS`` that the task asks for, too.

    Raises:
        InputError: If a name is not that of a field.
    """
    fields = [field.name for field in FIELDS if not field.secret and field.name not in EXTRAS]
    # What costs more requests, or what a roster cannot contain, is returned only if the task names it.
    known = [*fields, *EXTRAS, "credits_spent"]
    unknown = sorted(set(names or ()) - {*known, "username"})
    if unknown:
        raise InputError(
            f"fields: {', '.join(unknown)} does not exist.",
            option="fields",
            remedy=f"Use some of: {', '.join(known)}.",
        )
    chosen = {*(names or fields), *extras}
    return [name for name in known if name in chosen]
