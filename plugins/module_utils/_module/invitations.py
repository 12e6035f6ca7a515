# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Wires the layers for pending invitations: the module that reads them, and the module that cancels them."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import (
    SELECTION,
    Invitation,
    InvitationFilter,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import BUILTIN_ROLES, NameTables
from ansible_collections.portalops.arcgis.plugins.module_utils._module import options
from ansible_collections.portalops.arcgis.plugins.module_utils._module.result import Outcomes, build
from ansible_collections.portalops.arcgis.plugins.module_utils._module.task import (
    Task,
    check_expected_plan,
    fail_on_errors,
    new_task,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.invitations import (
    plan_invitations,
    unsupported_invitations,
)


def run_invitations() -> None:
    """Run the module that cancels pending invitations."""
    new_task(
        "portal_invitations",
        argument_spec={**options.connection_spec(), **options.invitations_spec()},
        required_one_of=[SELECTION],
    ).execute(cancel_invitations)


def cancel_invitations(task: Task) -> dict[str, Any]:
    """Cancel the pending invitations that the task selects; return the result."""
    guards = Guards(task.params.get("guards"))
    chosen = InvitationFilter(task.params, _now())
    organization = task.organization
    pending = task.reader.invitation_reader.identified() if organization.is_online else []
    plan = plan_invitations(pending, chosen, guards.max_removals, organization)
    outcomes: Outcomes = {}
    if plan.entries or plan.problems:
        from ansible_collections.portalops.arcgis.plugins.module_utils._module import changes  # noqa: PLC0415

        directory = Directory(task.reader, ())
        plan, outcomes = changes.carry_out(task, plan, guards, directory, CurrentMembers())
    else:
        check_expected_plan(task, plan)
    result = build(plan, outcomes)
    fail_on_errors(outcomes, result)
    return result


def run_invitations_info() -> None:
    """Run the module that reads pending invitations."""
    spec = {**options.connection_spec(), **options.invitations_info_spec()}
    new_task("portal_invitations_info", argument_spec=spec).execute(_invitations_info)


def _invitations_info(task: Task) -> dict[str, Any]:
    now = _now()
    chosen = InvitationFilter(task.params, now)
    for error in unsupported_invitations(task.organization):
        raise error
    pending = task.reader.invitation_reader.all()
    found = sorted(filter(chosen.fits, pending), key=lambda each: (each.created or 0, each.name.casefold(), each.id))
    is_custom = any(invitation.role and invitation.role not in BUILTIN_ROLES for invitation in found)
    tables = task.reader.tables({"roles"} if is_custom else set())
    rows = [_row(invitation, tables, now) for invitation in found]
    return {"changed": False, "invitations": rows, "total": len(pending)}


def _row(invitation: Invitation, tables: NameTables, now: int) -> dict[str, Any]:
    """Return one invitation as the module returns it. What the portal does not show is None."""
    return {
        "id": invitation.id,
        "username": invitation.username or None,
        "email": invitation.email or None,
        "role": tables.role_name(invitation.role) or None,
        "user_type": invitation.user_type or None,
        "invited_by": invitation.invited_by or None,
        "created": _date_text(invitation.created),
        "expires": _date_text(invitation.expires),
        "age_days": invitation.age_days(now),
    }


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)


def _date_text(milliseconds: int | None) -> str | None:
    """Return a time in UTC in ISO 8601, or None if it is unknown or no time of a calendar."""
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return None
