# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The organization's category tree as a plan entry, and the members that a removal of categories affects. Pure."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    GuardError,
    PortalOpsError,
    UnsupportedError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
    Difference,
    Tree,
    difference,
    members_affected,
    merge,
    paths_from_portal,
    same_tree,
    validate_size,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CATEGORY_TREE,
    CHANGED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Guards, limit_error

NO_DIFFERENCE: Difference = {"added": [], "removed": [], "updated": []}


def plan_category_tree(organization: Organization, current: Tree, desired: Tree, *, merges: bool) -> Plan:
    """Return the plan for the category tree; its entry is missing if nothing changes.

    Args:
        organization: Product.
        current: Tree of the portal.
        desired: Tree of the task.
        merges: Whether categories that the task does not name are kept.
    """
    if not organization.has_categories:
        return Plan(
            organization.id,
            problems=[
                UnsupportedError(
                    "categories: This portal is older than ArcGIS Enterprise 11.0 and has no member categories.",
                    option="categories",
                    remedy="Remove the task for this portal.",
                )
            ],
        )
    after = Tree(merge(current, desired).categories, current.rooted) if merges else desired
    problems: list[PortalOpsError] = list(validate_size(after, "categories")) if after.categories else []
    if same_tree(current, after):
        return Plan(organization.id, problems=problems)
    entry = PlanEntry(CATEGORY_TREE, "", "category tree", CHANGED)
    entry.changes["categories"] = (current.categories, after.categories)
    entry.wanted["trees"] = (current, after)
    if merges:
        entry.relative["merge"] = desired
    return Plan(organization.id, [entry], problems=problems)


def tree_difference(entry: PlanEntry | None) -> Difference:
    """Return the paths that an entry adds, removes, and updates."""
    return NO_DIFFERENCE if entry is None else difference(*entry.wanted["trees"])


def affected_members(entry: PlanEntry | None, current: CurrentMembers) -> dict[str, tuple[str, ...]]:
    """Return the paths that members lose with the removed categories, by username."""
    removed = tree_difference(entry)["removed"]
    if entry is None or not removed:
        return {}
    is_rooted = entry.wanted["trees"][0].rooted
    paths = {
        member.username: paths_from_portal(list(member.values.get("categories") or ()), is_rooted)
        for member in current.members.values()
    }
    return dict(sorted(members_affected(removed, paths).items()))


def affected_errors(affected: dict[str, tuple[str, ...]], guards: Guards, total: int | None) -> list[PortalOpsError]:
    """Return what the guards object to in the loss of categories."""
    errors: list[PortalOpsError] = [
        GuardError(
            f"{name}: Matches guards.protected, but would lose {join_names(list(paths))}.",
            guard="protected",
            member=name,
            remedy="Keep these categories, or remove the member from guards.protected.",
        )
        for name, paths in affected.items()
        if guards.protects(member_key(name))
    ]
    error = limit_error(
        "max_disruptive",
        guards.max_disruptive,
        "lose a category",
        {name: list(paths) for name, paths in affected.items()},
        total,
    )
    return [*errors, error] if error else errors
