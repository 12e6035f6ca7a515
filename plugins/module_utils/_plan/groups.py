# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Groups and their settings as plan entries, and what blocks them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    Blocked,
    InputError,
    NotFound,
    PortalOpsError,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import (
    SETTINGS_BY_NAME,
    DesiredGroup,
    duplicate_error,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import SHARED_UPDATE, Group, GroupTable
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import SignedInAccount
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CHANGED,
    CREATED,
    FAILED,
    GROUP,
    REMOVED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    BUILTIN_ROLES,
    CREATE_GROUPS,
    CREATE_SHARED_UPDATE_GROUPS,
    VIEW_USERS,
    can_own_groups,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import plural


def plan_groups(desired: Iterable[DesiredGroup], table: GroupTable, account: SignedInAccount) -> list[PlanEntry]:
    """Return an entry for each desired group, also for those that match.

    Args:
        desired: Groups of the task.
        table: Groups of the organization, with the named ones as they are now.
        account: Signed-in account, which owns the groups that it creates.

    Raises:
        InputError: If two entries name one group.
    """
    entries = []
    seen: dict[str, DesiredGroup] = {}
    for group in desired:
        entry = _entry(group, table, account)
        first = seen.setdefault(entry.key, group)
        if first is not group:
            raise duplicate_error(first, group)
        entries.append(entry)
    return entries


def _entry(desired: DesiredGroup, table: GroupTable, account: SignedInAccount) -> PlanEntry:
    current = table.find(desired.group_id or desired.name)
    if len(current) > 1:
        return _ambiguous_entry(desired, table)
    if not current:
        return _missing_entry(desired, account)
    group = current[0]
    entry = PlanEntry(GROUP, group.id, group.title, index=desired.index)
    entry.group = group
    if group.is_foreign:
        entry.action = FAILED
        entry.problems.append(
            entry.error(
                Blocked,
                "The group belongs to another organization.",
                option=desired.path("title"),
                remedy="Remove the entry.",
            )
        )
    elif desired.state == "absent":
        _remove(entry, desired)
    else:
        _compare(entry, desired)
    return entry


def _ambiguous_entry(desired: DesiredGroup, table: GroupTable) -> PlanEntry:
    entry = PlanEntry(GROUP, f"title:{desired.name.casefold()}", desired.name, FAILED, desired.index)
    try:
        table.resolve(desired.name, desired.path("title"))
    except InputError as error:
        details = {**error.details, "remedy": "Use group_id instead of title."}
        entry.problems.append(entry.error(InputError, str(error), **details))
    return entry


def _missing_entry(desired: DesiredGroup, account: SignedInAccount) -> PlanEntry:
    """Return the entry of a group that does not exist: it is created, or it is absent already."""
    name = desired.name
    entry = PlanEntry(GROUP, f"title:{name.casefold()}", name, index=desired.index)
    if desired.state == "absent":
        return entry
    if desired.group_id is not None:
        entry.action = FAILED
        entry.problems.append(
            entry.error(
                NotFound,
                "The group does not exist, or the account cannot see it.",
                option=desired.path("group_id"),
                remedy="Correct group_id, or remove it to create the group by its title.",
            )
        )
        return entry
    entry.action = CREATED
    entry.changes["state"] = ("absent", "present")
    for setting, value in desired.settings.items():
        # The account that creates a group owns it, and new groups are not protected.
        is_default = (setting == "owner" and member_key(value) == account.key) or (setting == "protected" and not value)
        if not is_default:
            entry.wanted[setting] = value
            entry.changes[setting] = (None, value)
    _keep_former_owner(entry, desired)
    capabilities = [SHARED_UPDATE] if desired.settings.get("shared_update") else []
    row = {"title": name, "capabilities": capabilities, "userMembership": {"memberType": "owner"}}
    entry.group = Group({**row, "id": entry.key, "owner": account.username}, owner=account.key, is_new=True)
    if account.is_application:
        entry.problems.append(
            entry.error(
                Blocked,
                "An application cannot own a group, so it cannot create one.",
                option=desired.path("title"),
                remedy="Sign in with an account to create the group.",
            )
        )
    return entry


def _remove(entry: PlanEntry, desired: DesiredGroup) -> None:
    group = entry.group
    if group is None:
        return
    entry.action = REMOVED
    entry.changes["state"] = ("present", "absent")
    entry.wanted["delete_with_content"] = desired.delete_with_content
    if SETTINGS_BY_NAME["protected"].read(group.row) and desired.settings.get("protected") is not False:
        entry.problems.append(
            entry.error(
                Blocked,
                "The group is protected, so it is not deleted.",
                option=desired.path("state"),
                remedy="Set protected to false in the same entry to delete it.",
            )
        )


def _compare(entry: PlanEntry, desired: DesiredGroup) -> None:
    if entry.group is None:
        return
    for name, value in desired.settings.items():
        setting = SETTINGS_BY_NAME[name]
        current = setting.read(entry.group.row)
        if setting.same(current, value) or (name == "title" and desired.group_id is None):
            continue
        if name == "shared_update":
            entry.problems.append(
                entry.error(
                    Blocked,
                    f"Cannot change shared_update from {str(current).lower()} to {str(value).lower()}: the portal sets "
                    "it only when the group is created.",
                    option=desired.path(name),
                    remedy="Remove shared_update from the entry, or create another group.",
                )
            )
            continue
        entry.wanted[name] = value
        entry.changes[name] = (current, value)
    _keep_former_owner(entry, desired)
    if entry.changes or entry.problems:
        entry.action = CHANGED if entry.changes else FAILED


def _keep_former_owner(entry: PlanEntry, desired: DesiredGroup) -> None:
    """Add what becomes of the former owner. Without a new owner, nothing does."""
    if "owner" in entry.changes and desired.keep_former_owner is not None:
        entry.wanted["keep_former_owner"] = desired.keep_former_owner
        entry.changes["keep_former_owner"] = (None, desired.keep_former_owner)


def planned_groups(entries: Iterable[PlanEntry]) -> tuple[list[Group], list[str], set[tuple[str, str]]]:
    """Return what a plan makes of the groups of its entries.

    Returns:
        The groups after the run: new ones, and others with their new titles. The IDs of groups that the run deletes.
        Pairs of group ID and member key of owners that the run makes.
    """
    groups: list[Group] = []
    deleted: list[str] = []
    owners: set[tuple[str, str]] = set()
    for entry in entries:
        group = entry.group
        if group is None:
            continue
        if entry.action == REMOVED:
            deleted.append(group.id)
            continue
        if entry.action == CREATED:
            owners.add((group.id, group.owner))
        elif "title" in entry.wanted:
            group = Group({**group.row, "title": entry.wanted["title"]}, owner=group.owner, is_foreign=group.is_foreign)
        if "owner" in entry.wanted:
            owners.add((group.id, member_key(entry.wanted["owner"])))
        groups.append(group)
    return groups, deleted, owners


# -- problems ------------------------------------------------------------------------------------------------------


def group_problems(plan: Plan, facts: Facts, account: SignedInAccount) -> Iterable[PortalOpsError]:
    """Return what the portal would refuse for groups, and what a deletion would take along."""
    for entry in plan.groups:
        if entry.action == REMOVED and not entry.wanted["delete_with_content"]:
            yield from _content(entry, facts)
        if "owner" in entry.wanted and entry.action in (CREATED, CHANGED):
            yield from _owner(entry, facts, plan, account)


def _content(entry: PlanEntry, facts: Facts) -> Iterable[PortalOpsError]:
    count = facts.group_items.get(entry.key)
    if count == 0:
        return
    statement = (
        "Cannot tell whether the group contains items, because the account cannot read them."
        if count is None
        else f"The group contains {plural(count, 'item')}, whose shares end with it."
    )
    yield entry.error(
        Blocked,
        statement,
        option="state",
        remedy="Remove the items from the group, or set delete_with_content to true. The items stay with their owners.",
    )


def _owner(entry: PlanEntry, facts: Facts, plan: Plan, account: SignedInAccount) -> Iterable[PortalOpsError]:
    name = entry.wanted["owner"]
    key = member_key(name)
    statement = _owner_statement(entry, key, facts, plan, account)
    if statement:
        yield entry.error(Blocked, f"owner '{name}' {statement}", option="owner", remedy="Choose another member.")


def _owner_statement(entry: PlanEntry, key: str, facts: Facts, plan: Plan, account: SignedInAccount) -> str:
    """Return why a member cannot own a group after this run, or an empty text."""
    if key in plan.ineligible_recipients():
        return "is removed, disabled, or transfers its own content in this run."
    change = next((other for other in plan.members if other.key == key), None)
    recipient = facts.recipients.get(key)
    is_created = change is not None and change.action == CREATED
    if not is_created and (recipient is None or not recipient.is_enabled):
        if account.has_any(VIEW_USERS):
            return "is not an enabled member."
        return f"is not an enabled member, or {account.username} cannot view it without the privilege {VIEW_USERS}."
    role = str(change.after("role")) if change is not None and "role" in change.wanted else ""
    role = role or (recipient.role if recipient else "")
    seat = next((change.after(name) for name in ("user_type", "level") if change and name in change.wanted), None)
    privileges = facts.role_privileges.get(role)
    if not can_own_groups(role, privileges, seat or (recipient.seat if recipient else None)):
        return (
            f"cannot own groups with role {BUILTIN_ROLES.get(role, role)}: it lacks the privilege {CREATE_GROUPS}, or "
            "its license excludes it."
        )
    is_shared = entry.group is not None and entry.group.is_shared_update
    if is_shared and not _can_own_shared_update(role, privileges):
        return (
            "cannot own a group whose members can update all items: "
            f"role {BUILTIN_ROLES.get(role, role)} lacks the privilege {CREATE_SHARED_UPDATE_GROUPS}."
        )
    return ""


def _can_own_shared_update(role: str, privileges: frozenset[str] | None) -> bool:
    if role in BUILTIN_ROLES:
        return role == ADMINISTRATOR
    return privileges is None or CREATE_SHARED_UPDATE_GROUPS in privileges
