# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""The plan of the organization's tree of member categories: wanted and current tree, and whom a removal touches."""

from __future__ import annotations

import hashlib
import json

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    GuardError,
    PermissionDenied,
    PortalOpsError,
    Problems,
    UnsupportedError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import (
    Tree,
    difference,
    members_affected,
    merge,
    paths_from_portal,
    same_tree,
    tree_from_option,
    tree_to_portal,
    validate_size,
    validate_tree,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Current
    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import Policy

_PRIVILEGES = ("portal:admin:updateMemberCategorySchema", "portal:admin:updateUsers")


def validated(params: dict[str, Any]) -> Tree:
    """The tree the task wants (empty for C(state=absent)); raises before any request if no portal could hold it."""
    if params["state"] == "absent":
        return Tree([], None)
    problems = validate_tree(params["categories"], "categories")
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return tree_from_option(params["categories"])


class SchemaPlan:
    """What becomes of the tree: paths added, removed and updated, and members who lose categories by it."""

    def __init__(self, organization: Organization, wanted: Tree, *, merge: bool) -> None:
        self.organization = organization
        self.problems: list[PortalOpsError] = []
        self.affected_members: dict[str, tuple[str, ...]] = {}
        self.total: int | None = None
        self.before = Tree([], None)
        if not organization.has_categories:
            self.problems.append(
                UnsupportedError(
                    "this portal is older than 11.0 and has no member categories",
                    option="categories",
                    remedy="leave the categories out for this portal",
                )
            )
        else:
            self.before = organization.tree()
        self.after = _merged(self.before, wanted) if merge else wanted
        if self.after.categories:
            self.problems.extend(validate_size(self.after, "categories"))
        self.changed = not same_tree(self.before, self.after)
        self.difference = difference(self.before, self.after)

    @property
    def removed(self) -> list[str]:
        return self.difference["removed"]

    def look_at(self, everybody: Current) -> None:
        """Notes which members carry a path that goes."""
        rooted = self.before.rooted
        carried = {
            member.username: paths_from_portal(list(member.values.get("categories") or ()), rooted)
            for member in everybody.members.values()
        }
        self.total = everybody.total
        self.affected_members = dict(sorted(members_affected(self.removed, carried).items()))

    def write(self) -> tuple[str, dict[str, Any]]:
        """The operation and its parameters; an empty tree is refused by the one that assigns, so another deletes it."""
        if not self.after.categories:
            return "portals/self/deleteMemberCategorySchema", {}
        schema = {"memberCategorySchema": tree_to_portal(self.after, self.before.rooted)}
        return "portals/self/assignMemberCategorySchema", {"memberCategorySchema": schema}

    def reached(self) -> bool:
        """Whether the portal now has the tree."""
        missing = not self.before.categories or not self.after.categories
        return same_tree(self.organization.fresh_tree(may_be_missing=missing), self.after)

    def warning(self) -> str:
        """How many members lose categories, and who."""
        who = [f"{username} ({', '.join(paths)})" for username, paths in self.affected_members.items()]
        return f"members who lose a category that the tree no longer has: {len(who)}: {some(who)}"

    def checksum(self) -> str:
        text = json.dumps(
            [self.organization.id, self.before.categories, self.after.categories]
            if self.changed
            else [self.organization.id]
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def result(self, *, applied: bool) -> dict[str, Any]:
        """The result; C(applied) false for a plan that was refused."""
        done = applied and self.changed
        nothing: dict[str, list[str]] = {"added": [], "removed": [], "updated": []}
        return {
            "changed": done,
            "categories": (self.after if applied else self.before).categories,
            **(self.difference if done else nothing),
            "affected_members": [
                {"username": name, "categories": list(paths)} for name, paths in self.affected_members.items()
            ],
            "plan_checksum": self.checksum(),
            "diff": {
                "before": {"categories": self.before.categories} if done else {},
                "after": {"categories": self.after.categories} if done else {},
            },
        }


def _merged(before: Tree, wanted: Tree) -> Tree:
    merged = merge(before, wanted)
    return Tree(merged.categories, before.rooted)


def schema_refusals(plan: SchemaPlan, policy: Policy, organization: Organization) -> list[PortalOpsError]:
    """Everything that stands against the change."""
    found = list(plan.problems)
    if not plan.changed:
        return found
    if organization.read_only:
        found.append(
            Blocked("the portal is in read-only mode: every write would fail", remedy="wait until it is writable again")
        )
    if not organization.caller.may(*_PRIVILEGES):
        found.append(
            PermissionDenied(
                f"{organization.caller.username} may not change member categories ({' or '.join(_PRIVILEGES)})",
                privilege=_PRIVILEGES[0],
                remedy="run with an account that may",
            )
        )
    names = list(plan.affected_members)
    found.extend(
        GuardError(
            f"{name}: protected by guards.protected, but would lose {', '.join(plan.affected_members[name])}",
            guard="protected",
            member=name,
            remedy="keep these categories, or take the member out of guards.protected",
        )
        for name in names
        if policy.protects(member_key(name))
    )
    error = policy.over(
        "max_disruptive",
        "members who lose a category",
        {name: list(plan.affected_members[name]) for name in names},
        plan.total,
    )
    return [*found, error] if error else found
