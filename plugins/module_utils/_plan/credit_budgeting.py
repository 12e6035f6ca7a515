# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The organization's credit budgeting as a plan entry. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError, UnsupportedError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import same_credits
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import CHANGED, CREDIT_BUDGETING, PlanEntry


def plan_credit_budgeting(
    wanted: dict[str, Any], organization: Organization
) -> tuple[PlanEntry | None, list[PortalOpsError]]:
    """Return the entry that changes credit budgeting, or None, and problems.

    Args:
        wanted: ``budgeting`` (bool) and ``default_credits`` (number or ``unlimited``), as far as the task names them.
        organization: Current settings.
    """
    if not wanted:
        return None, []
    if not organization.is_online:
        option = next(iter(wanted))
        return None, [
            UnsupportedError(
                f"{option}: ArcGIS Enterprise does not support credits.",
                option=option,
                remedy="Remove the option for this portal.",
            )
        ]
    current = {"budgeting": organization.credit_budgeting, "default_credits": organization.default_credits}
    entry = PlanEntry(CREDIT_BUDGETING, "", "credit budgeting", CHANGED)
    for name, value in wanted.items():
        if not same_credits(current[name], value):
            entry.wanted[name] = value
            entry.changes[name] = (current[name], value)
    return (entry if entry.changes else None), []
