# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Reads what guards and order need to know for one plan, and nothing that they do not."""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import ADMINISTRATOR
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import (
    Facts,
    Needs,
    Policy,
    rank_of_privileges,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Current, Directory
    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Entry, Plan

NAMES_PER_CHECK = 50


def gather(plan: Plan, policy: Policy, organization: Organization, directory: Directory, current: Current) -> Facts:
    """The facts behind one plan, also of one that is refused anyway: all that stands against it is told together."""
    facts = Facts()
    facts.budgeting = plan.organization.get("budgeting", (None, organization.budgeting))[1]
    facts.total = current.total
    needs = Needs(plan, policy)
    if needs.seats:
        _seats(facts, organization, directory, current)
    _owners(facts, needs.owners, directory)
    _licenses(facts, needs.holders, directory)
    _heirs(facts, needs.heirs, directory, current)
    facts.leaving = plan.leaving
    if needs.admins:
        facts.admins = _administrators(directory, current)
    if needs.total and facts.total is None:
        facts.total = directory.count()
    for role in needs.roles:
        facts.role_ranks[role] = rank_of_privileges(organization.role_privileges(role))
    if organization.is_online:
        for start in range(0, len(needs.names), NAMES_PER_CHECK):
            facts.taken.update(organization.taken(needs.names[start : start + NAMES_PER_CHECK]))
    return facts


def _seats(facts: Facts, organization: Organization, directory: Directory, current: Current) -> None:
    if not organization.has_user_types:
        facts.free = _free_levels(organization, directory, current)
        return
    facts.pending = organization.pending_seats()
    for seat, told in organization.seats().items():
        free = told["free"]
        facts.free[seat] = None if free is None else free - facts.pending.get(seat, 0)


def _free_levels(organization: Organization, directory: Directory, current: Current) -> dict[str, int | None]:
    """Free seats by level; the portal tells the quota only, so members are counted."""
    quota = organization.level_seats()
    if not quota:
        return {}
    everybody = current if current.complete else directory.read({}, whole=True)
    used: dict[str, int] = {}
    for member in everybody.members.values():
        level = str(member.values.get("level"))
        used[level] = used.get(level, 0) + 1
    return {level: total - used.get(level, 0) for level, total in quota.items()}


def _owners(facts: Facts, entries: list[Entry], directory: Directory) -> None:
    for entry, owned in zip(entries, _each(directory, lambda entry: directory.owned(entry.username), entries)):
        facts.owned[entry.key] = owned


def _licenses(facts: Facts, entries: list[Entry], directory: Directory) -> None:
    held = _each(directory, lambda entry: directory.licenses(entry.username, surely=entry.hands_over), entries)
    for entry, held_by_one in zip(entries, held):
        facts.licenses[entry.key] = held_by_one


def _heirs(facts: Facts, names: list[str], directory: Directory, current: Current) -> None:
    """Whether those who take over are there; whoever was read already is not read again."""
    for name in names:
        key = member_key(name)
        member = current.members.get(key) or directory.one(name)
        facts.heirs[key] = isinstance(member, Member) and member.values["enabled"]


def _each(directory: Directory, question: Any, entries: list[Entry]) -> list[Any]:
    answers = directory.client.map(question, entries)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _administrators(directory: Directory, current: Current) -> set[str]:
    """Keys of the enabled administrators."""
    if not current.complete:
        return directory.administrators()
    return {
        member_key(member.username)
        for member in current.members.values()
        if member.values["role"] == ADMINISTRATOR and member.values["enabled"]
    }
