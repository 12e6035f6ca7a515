# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.


"""Reads what a plan needs to let recipients join the groups with which items are shared."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.groups import MembershipReader
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import NeededGroup
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Needs
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import ManagedGroups
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member


def read_joins(facts: Facts, needs: Needs, directory: Directory) -> None:
    """Read the memberships of recipients who lack a group, and note which groups they join.

    From here on, the directory also reads these memberships, so that they are verified like all others.

    Args:
        facts: Facts with the refused_items of transfers; they are completed.
        needs: What the plan needs.
        directory: Reads members.
    """
    needed: dict[str, dict[str, NeededGroup]] = {}
    names = {member_key(recipient): recipient for _owner, recipient in needs.transfers}
    for owner, recipient in needs.transfers:
        for refused_item in facts.transfers[member_key(owner)].refused_items:
            joined = {group.id: group for group in refused_item.groups if group.can_be_joined}
            if joined:
                needed.setdefault(member_key(recipient), {}).update(joined)
    if not needed:
        return
    groups = [group.group for rows in needed.values() for group in rows.values() if group.group is not None]
    memberships = directory.memberships
    if memberships is None:
        table = directory.group_reader.table([group.id for group in groups])
        memberships = MembershipReader(directory.group_reader, ManagedGroups(table, ()), ())
    directory.memberships = memberships.with_groups(groups, needed)
    by_label = directory.memberships.managed.groups
    facts.managed_labels = directory.memberships.managed.labels
    labels = {group.id: label for label, group in by_label.items()}
    for key, rows in needed.items():
        member = directory.one(names[key])
        if isinstance(member, Member) and "groups" in member.values:
            facts.joining[key] = member
            facts.joins[key] = {labels[group_id]: group.part for group_id, group in rows.items()}
            facts.groups[key] = directory.groups(names[key])
            facts.changed_groups.update((label, by_label[label]) for label in facts.joins[key])
