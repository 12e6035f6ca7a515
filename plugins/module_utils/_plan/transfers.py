# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.


"""What stops the transfer of content: pure functions from a departing member and its recipient to problems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Blocked, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import (
    NeededGroup,
    listed_refusals,
    refusal_rows,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Recipient
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import PART_MANAGER, PART_MEMBER
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import Plan, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    BUILTIN_ROLES,
    CREATE_GROUPS,
    CREATE_SHARED_UPDATE_GROUPS,
    RECEIVE_ITEMS,
    can_own_content,
    can_own_groups,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, plural


def transfer_problems(
    entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization
) -> Iterable[PortalOpsError]:
    """Return what stops the transfer of a departing member to its recipient."""
    name = str(entry.transfer_to)
    shown = f"'{name}'" if entry.place is None else f"({entry.place})"
    statement = _recipient_statement(entry, member_key(name), facts, plan, organization)
    if statement:
        yield _blocked(entry, f"transfer_to {shown} {statement}", "Choose another member.")
        return
    yield from _refused_items(entry, facts)
    yield from _missing_groups(entry, shown, facts, plan)


def _blocked(entry: PlanEntry, statement: str, remedy: str, **details: Any) -> Blocked:
    return entry.error(Blocked, statement, **{"option": "transfer_to", **details}, remedy=remedy)


# -- who receives content ------------------------------------------------------------------------------------------


def _recipient_statement(entry: PlanEntry, key: str, facts: Facts, plan: Plan, organization: Organization) -> str:
    """Return why a member cannot receive content. It must be able to, before and after the run."""
    if key == entry.key:
        return "is the member itself."
    if key in plan.ineligible_recipients():
        return "is removed, disabled, or transfers its own content in this run."
    recipient = facts.recipients.get(key)
    if recipient is None:
        return ""
    if not recipient.is_enabled:
        return "is not an enabled member."
    for role, seat in _roles_and_seats(key, recipient, plan):
        statement = _role_statement(entry, role, seat, facts, organization)
        if statement:
            return statement
    return ""


def _roles_and_seats(key: str, recipient: Recipient, plan: Plan) -> Iterable[tuple[str, str | None]]:
    """Return role and seat of a recipient before and after the run."""
    change = next((other for other in plan.members if other.key == key), None)
    role = change.after("role") if change is not None else recipient.role
    seat = next((change.after(name) for name in ("user_type", "level") if change and name in change.wanted), None)
    return (recipient.role, recipient.seat), (str(role), seat or recipient.seat)


def _role_statement(entry: PlanEntry, role: str, seat: str | None, facts: Facts, organization: Organization) -> str:
    """Return why a member with this role and seat cannot receive what a departing member owns."""
    privileges = facts.role_privileges.get(role)
    name = BUILTIN_ROLES.get(role, role)
    if not can_own_content(role, privileges, seat):
        return f"cannot own content with role {role} and {seat or 'its license'}."
    # Older portals do not have the privilege. Those that do show it to accounts that have it.
    is_known = RECEIVE_ITEMS in (organization.account.privileges or ())
    if is_known and privileges is not None and RECEIVE_ITEMS not in privileges:
        return f"cannot receive content: role {name} lacks the privilege {RECEIVE_ITEMS}."
    owned, check = facts.owned.get(entry.key), facts.transfers.get(entry.key)
    if owned is not None and owned.groups and not can_own_groups(role, privileges, seat):
        return f"cannot own groups: role {name} lacks the privilege {CREATE_GROUPS}."
    if check is not None and check.shared_update and not _can_own_shared_update(role, privileges):
        return (
            f"cannot own groups whose members can update all items ({join_names(check.shared_update)}): role {name} "
            f"lacks the privilege {CREATE_SHARED_UPDATE_GROUPS}."
        )
    return ""


def _can_own_shared_update(role: str, privileges: frozenset[str] | None) -> bool:
    if role in BUILTIN_ROLES:
        return role == ADMINISTRATOR
    return privileges is None or CREATE_SHARED_UPDATE_GROUPS in privileges


# -- items that the portal refuses ---------------------------------------------------------------------------------


def _refused_items(entry: PlanEntry, facts: Facts) -> Iterable[PortalOpsError]:
    """Return the problem of items that the portal refuses for another reason than a missing group."""
    check = facts.transfers.get(entry.key)
    refused = [each for each in check.refused_items if each.is_final] if check is not None else []
    if refused:
        yield _blocked(
            entry,
            f"The portal refuses to transfer {plural(len(refused), 'item')}: {join_names(listed_refusals(refused))}.",
            "Fix the reported reasons, or delete these items.",
            items=refusal_rows(refused),
        )


def _missing_groups(entry: PlanEntry, shown: str, facts: Facts, plan: Plan) -> Iterable[PortalOpsError]:
    """Return the problems of items that are shared with groups in which the recipient is not."""
    missing = _items_by_group(entry, facts, plan)
    joinable = {group: titles for group, titles in missing.items() if group.can_be_joined}
    others = {group: titles for group, titles in missing.items() if not group.can_be_joined}
    # With transfer_groups, the recipient joins all groups except those that its own entry excludes.
    is_excluded = member_key(str(entry.transfer_to)) in facts.joins
    if joinable:
        yield _blocked(
            entry,
            f"transfer_to {shown} is not in groups with which items are shared: {_described(joinable)}.",
            "Name these groups in the entry of the recipient, which excludes them."
            if is_excluded
            else "Set transfer_groups (members_transfer_groups, offboard_transfer_groups) to true, or make the "
            "recipient a member of these groups.",
            option="groups" if is_excluded else "transfer_groups",
        )
    if others:
        yield _blocked(
            entry,
            f"transfer_to {shown} is not in groups with which items are shared, and no task can add members to them, "
            "because they are linked to an identity provider, belong to another organization, or are hidden: "
            f"{_described(others)}.",
            "Stop sharing the items with these groups, or choose a recipient who is in them.",
        )


def _items_by_group(entry: PlanEntry, facts: Facts, plan: Plan) -> dict[NeededGroup, list[str]]:
    """Return titles of refused items by group, without groups that the recipient joins in this run."""
    check = facts.transfers.get(entry.key)
    key = member_key(str(entry.transfer_to))
    change = next((other for other in plan.members if other.key == key), None)
    joined = {
        (group.id, reached)
        for label, part in (change.wanted.get("groups", ()) if change is not None else ())
        if part is not None and (group := facts.changed_groups.get(label)) is not None
        for reached in ({part} if part != PART_MANAGER else {part, PART_MEMBER})
    }
    missing: dict[str, tuple[NeededGroup, list[str]]] = {}
    for refused_item in check.refused_items if check is not None else ():
        for needed in refused_item.groups:
            if (needed.id, needed.part) not in joined:
                missing.setdefault(needed.id, (needed, []))[1].append(refused_item.item.title)
    return dict(missing.values())


def _described(groups: dict[NeededGroup, list[str]]) -> str:
    """Return each group with its items, and whether only a manager can receive them."""
    return join_names(
        [
            f"{group.title}{' (as a manager)' if group.part == PART_MANAGER else ''}: {join_names(titles, 5)}"
            for group, titles in groups.items()
        ]
    )
