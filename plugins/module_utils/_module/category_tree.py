# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Wires the layers for the module that writes the tree of member categories."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.run import Applier
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import PortalOpsError, Problems, Unverified
from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import Failure, options, started
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.category_tree import (
    SchemaPlan,
    schema_refusals,
    validated,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._module.pipeline import Run


def run_category_schema() -> None:
    """The module that writes the organization's tree of member categories."""
    run = started(
        "portal_member_categories",
        argument_spec={**options.connection_spec(), **options.schema_spec()},
        required_if=[("state", "present", ["categories"])],
    )
    run.execute(_category_schema)


def _category_schema(run: Run) -> dict[str, Any]:
    params = run.params
    policy = Policy(params.get("guards"))
    wanted = validated(params)
    organization = run.organization
    plan = SchemaPlan(organization, wanted, merge=params["mode"] == "merged" and params["state"] == "present")
    if plan.removed:
        directory = Directory(run.client, organization, {"categories"}, progress=run.progress)
        plan.look_at(directory.read({}, whole=True, surely=True))
    problems = schema_refusals(plan, policy, organization)
    if problems:
        raise Failure(problems[0] if len(problems) == 1 else Problems(problems), plan.result(applied=False))
    if plan.changed:
        applier = Applier(
            run.client,
            organization,
            Directory(run.client, organization, ()),
            check_mode=run.check_mode,
            retries=params["retries"],
        )
        path, data = plan.write()
        try:
            applier.setting(path, data, plan.reached)
        except PortalOpsError as error:
            raise Failure(error, plan.result(applied=isinstance(error, Unverified))) from None
    if plan.affected_members:
        run.module.warn(plan.warning())
    return plan.result(applied=True)
