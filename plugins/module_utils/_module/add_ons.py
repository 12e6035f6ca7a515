# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads the add-on licenses that a task names."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import AddOnReader, HoldingReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PermissionDenied
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import MANAGE_LICENSES
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember
from ansible_collections.portalops.arcgis.plugins.module_utils._module.task import Task


def read_add_ons(task: Task, desired: list[DesiredMember]) -> HoldingReader | None:
    """Read what the organization has, and return the reader of who holds what; None if no member names add-ons.

    Args:
        task: Options and connection.
        desired: Members of the task.

    Raises:
        PermissionDenied: If the account surely cannot read who holds what.
    """
    wishes = {
        member.key: member.fields["add_ons"]
        for member in desired
        if member.fields.get("add_ons") and member.state == "present"
    }
    if not wishes:
        return None
    account = task.organization.account
    if not account.has_any(MANAGE_LICENSES):
        raise PermissionDenied(
            f"Account {account.username} cannot read and assign add-on licenses: it lacks the privilege "
            f"{MANAGE_LICENSES}.",
            privilege=MANAGE_LICENSES,
            option="add_ons",
            remedy="Assign a role with this privilege, or run as an administrator.",
        )
    reader = AddOnReader(task.client)
    table = reader.table(wishes.values())
    # Names that mean no add-on, or several, are an error of the plan.
    named = {
        key: [found[0] for name in names if len(found := table.find(name)) == 1 and not found[0].is_for_all]
        for key, names in wishes.items()
    }
    bundles = {
        (found[0].id, key): wish
        for key, names in wishes.items()
        for name, wish in names.items()
        if isinstance(wish, bool) and len(found := table.find(name)) == 1
    }
    return HoldingReader(reader, table, named, bundles)
