# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Changes of sign-in names that a product does not document. Pure."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import Plan, PlanEntry


def with_login_warnings(plan: Plan, organization: Organization) -> Plan:
    """Return the plan with a warning for each member whose ``idp_username`` ArcGIS Online can ignore.

    No operation for it is documented there (portal-rest-api-2.md, section 7). That a profile update ignores it is
    inferred, so the plan is not blocked. The change is read back like every other one.
    """
    if not organization.is_online:
        return plan
    return plan.with_entries(_with_warning(entry) for entry in plan.entries)


def _with_warning(entry: PlanEntry) -> PlanEntry:
    if entry.member is None or "idp_username" not in entry.changes:
        return entry
    warning = (
        f"{entry.name}: ArcGIS Online has no documented way to change idp_username, so it can ignore this change. The "
        "run then fails with error code not_applied, and the member needs a new account."
    )
    return entry.with_(warnings=[*entry.warnings, warning])
