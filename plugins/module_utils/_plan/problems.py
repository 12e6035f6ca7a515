# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What the portal would refuse: pure functions from a plan to problems, of all members together."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Blocked, PermissionDenied, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import MAX_GROUPS, PART_MANAGER
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CREATED,
    GROUP,
    MEMBER,
    REMOVED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    ASSIGN_TO_GROUPS,
    BUILTIN_ROLES,
    CREATE_ITEMS,
    CREATE_SHARED_UPDATE_GROUPS,
    JOIN_GROUPS,
    USER,
    fits,
    has_privilege,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, join_words, plural
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import add_on_problems
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.departures import describe_owned
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.groups import group_problems
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.needs import joined_groups
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Schedule
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.transfers import transfer_problems

_ONLINE_NAME = re.compile(r"[A-Za-z0-9._@-]{6,128}")
_ENTERPRISE_NAME = re.compile(r"[A-Za-z0-9._@-]{6,24}")
_DIRECTORY_NAME = re.compile(r"[^/<>\"'&?%#\x00-\x20]{1,128}")


def find_problems(plan: Plan, facts: Facts, schedule: Schedule, organization: Organization) -> list[PortalOpsError]:
    """Return everything that the portal would refuse, or that stops the plan for another reason than a guard."""
    acting = [entry for entry in plan.acting if entry.kind == MEMBER]
    problems: list[PortalOpsError] = list(plan.all_problems())
    if organization.is_read_only and not plan.is_empty:
        problems.append(
            Blocked(
                "The portal is in read-only mode and refuses every change.",
                remedy="Run the task again when the portal is writable.",
            )
        )
    for check in (
        _administrator_role,
        _new_account,
        _role_fit,
        _credits,
        _owned_content,
        _recycle_bin,
        _add_ons,
        _group_rights,
        _memberships,
    ):
        for entry in acting:
            problems.extend(check(entry, facts, plan, organization))
    problems.extend(group_problems(plan, facts, organization.account))
    problems.extend(add_on_problems(plan, facts, organization.seat_field))
    problems.extend(_missing_privileges(acting, schedule, organization))
    problems.extend(_seats(schedule, facts, organization))
    problems.extend(_member_limit(acting, facts, organization))
    return problems


# -- single members ------------------------------------------------------------------------------------------------


def _blocked(entry: PlanEntry, statement: str, option: str, remedy: str) -> Blocked:
    return entry.error(Blocked, statement, option=option, remedy=remedy)


def _administrator_role(
    entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization
) -> Iterable[PortalOpsError]:
    """Only administrators change administrators, or make new ones, whatever privileges other accounts have."""
    account = organization.account
    if account.is_administrator or entry.key == account.key:
        return
    if ADMINISTRATOR in (entry.before("role"), entry.wanted.get("role")):
        yield entry.error(
            PermissionDenied,
            "Only an administrator can change an administrator or assign the role org_admin, and "
            f"{account.username} is not one.",
            remedy="Run as an administrator.",
        )


def _new_account(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    """Username rule and free username of a new account."""
    if entry.action != CREATED:
        return
    is_external = entry.wanted.get("provider") == "enterprise"
    rule, words = _username_rule(organization.is_online, is_external)
    if not rule.fullmatch(entry.name):
        yield _blocked(
            entry,
            f"{organization.product_name} does not accept this username: it must have {words}.",
            "username",
            "Choose another username.",
        )
    if is_external and entry.wanted.get("password"):
        yield _blocked(
            entry, "Accounts with provider 'enterprise' have no password at the portal.", "password", "Remove password."
        )
    suggestion = facts.unavailable_usernames.get(entry.key)
    if suggestion is not None:
        is_invited = any(member_key(invitation.username) == entry.key for invitation in facts.pending_invitations)
        holder = "a pending invitation" if is_invited else "another organization or a removed account"
        hint = f" The portal suggests '{suggestion}'." if suggestion else ""
        remedy = "Choose another username."
        if is_invited:
            remedy = "Run the task again after the person accepts the invitation, or choose another username."
        yield _blocked(entry, f"The username is not available: {holder} has it.", "username", f"{remedy}{hint}")


def _username_rule(is_online: bool, is_external: bool) -> tuple[re.Pattern[str], str]:
    if is_external:
        return _DIRECTORY_NAME, "no spaces and none of / < > \" ' & ? % #"
    if is_online:
        return _ONLINE_NAME, "6 to 128 letters, digits, or . _ @ -"
    return _ENTERPRISE_NAME, "6 to 24 letters, digits, or . _ @ -"


def _unclear_options(entry: PlanEntry) -> set[str]:
    """Return options whose value means nothing at the portal, which is a problem already."""
    return {str(problem.details.get("option")) for problem in entry.problems}


def _role_fit(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    field = organization.seat_field
    noun, example = ("user type", "creatorUT") if organization.has_user_types else ("level", "2")
    if (
        entry.action == REMOVED
        or not {"role", field} & entry.changes.keys()
        or _unclear_options(entry) & {"role", field}
    ):
        return
    role = entry.after("role") or (USER if entry.action == CREATED else "")
    seat = entry.after(field)
    if not fits(role, seat):
        yield _blocked(
            entry,
            f"Role {role} ({BUILTIN_ROLES[role]}) is not compatible with {noun} {seat}.",
            "role" if "role" in entry.changes else field,
            f"Use a {noun} such as {example}, or another role.",
        )


def _credits(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    wanted = entry.wanted.get("credits")
    if wanted is None:
        return
    if not facts.credit_budgeting:
        yield _blocked(
            entry,
            "Cannot allocate credits because credit budgeting is off.",
            "credits",
            "Turn it on with portal_credits (budgeting: true), or remove credits.",
        )
    pool = organization.available_credits
    spent = entry.before("credits_spent")
    if isinstance(wanted, float) and pool is not None and wanted - (spent or 0.0) > pool:
        yield _blocked(
            entry,
            f"The allocation of {wanted:g} credits exceeds the credits of the organization: {pool:g}.",
            "credits",
            "Allocate less, or buy credits.",
        )


def _owned_content(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    owned = facts.owned.get(entry.key)
    gives_content = "content" in entry.changes
    if not owned and not gives_content:
        return
    text = describe_owned(owned) if owned else "items in the recycle bin"
    if entry.departs and entry.transfer_to:
        yield from transfer_problems(entry, facts, plan, organization)
    elif entry.departs:
        verb = "remove" if entry.action == REMOVED else "transfer the content of"
        yield _blocked(
            entry,
            f"Cannot {verb} a member who owns {text}.",
            "transfer_to",
            "Set transfer_to to the member who receives them.",
        )
    else:
        field = "level" if "level" in entry.wanted else "user_type"
        yield _blocked(
            entry,
            f"Cannot change to {field.replace('_', ' ')} {entry.wanted[field]} because the member owns {text} "
            "(portal error ORG_1084).",
            field,
            "Transfer the items first.",
        )


def _recycle_bin(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    recycled = len(facts.recycled.get(entry.key, ()))
    if entry.action == REMOVED and recycled and "recycle_bin" not in entry.changes:
        yield _blocked(
            entry,
            f"Cannot remove a member with {plural(recycled, 'item')} in the recycle bin.",
            "recycle_bin",
            "Set recycle_bin (members_recycle_bin, offboard_recycle_bin) to 'restore' to transfer the items, or to "
            "'delete' to delete them permanently.",
        )


def _add_ons(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    count = facts.holdings(entry.key)
    if not count:
        return
    if entry.departs and not organization.account.has_any("portal:admin:manageLicenses"):
        yield _blocked(
            entry,
            f"{plural(count, 'add-on license')} must be revoked first, and {organization.account.username} lacks the "
            "privilege portal:admin:manageLicenses.",
            "state",
            "Revoke them, or run with an account that has this privilege.",
        )
    elif not entry.departs and "level" in entry.wanted:
        revoked = {facts.add_on_table[label].id for label, targets in entry.wanted.get("add_ons", ()) if not targets}
        kept = sum(len(set(items) - revoked) for items in facts.add_ons[entry.key].values())
        if kept:
            yield _blocked(
                entry,
                f"Cannot change to level {entry.wanted['level']} because the member has "
                f"{plural(kept, 'add-on license')}.",
                "level",
                "Set them to [] in add_ons of the same entry, or revoke them first.",
            )


def _group_rights(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    """A role without content privileges is refused for members of shared update groups (part 2, section 1.7)."""
    groups = [row for row in facts.groups.get(entry.key, ()) if row.is_shared_update]
    if not groups or "role" not in entry.wanted:
        return
    role = entry.wanted["role"]
    privileges = facts.role_privileges.get(role)
    owned = [row.title for row in groups if row.is_owned]
    left = {
        group.id
        for label, part in entry.wanted.get("groups", ())
        if not part and (group := facts.changed_groups[label])
    }
    left |= {other.key for other in plan.groups if other.action == REMOVED}
    joined = [row.title for row in groups if not row.is_owned and row.id not in left]
    if joined and not has_privilege(role, privileges, CREATE_ITEMS):
        yield _blocked(
            entry,
            f"Cannot change to role {entry.changes['role'][1]} in groups whose members can update all items: "
            f"{join_names(joined)}.",
            "role",
            "Remove the member from these groups in the same roster, or choose a role with content privileges.",
        )
    if owned and role != ADMINISTRATOR and not (privileges and CREATE_SHARED_UPDATE_GROUPS in privileges):
        yield _blocked(
            entry,
            f"Cannot change the role of the owner of groups whose members can update all items: {join_names(owned)}.",
            "role",
            "Transfer these groups to an administrator first.",
        )


def _role_name(role: str) -> str:
    return BUILTIN_ROLES.get(role, role)


def _memberships(entry: PlanEntry, facts: Facts, plan: Plan, organization: Organization) -> Iterable[PortalOpsError]:
    """Reasons for which the portal would not add a member to a group (portal-rest-api-2.md, section 1.7)."""
    changes = entry.wanted.get("groups", ())
    joined = joined_groups(entry)
    role = str(entry.after("role") or "")
    privileges = facts.role_privileges.get(role)
    if joined and not has_privilege(role, privileges, JOIN_GROUPS):
        yield _blocked(
            entry,
            f"Cannot join {join_names(joined)}: role {_role_name(role)} lacks the privilege {JOIN_GROUPS}.",
            "groups",
            "Choose another role, or remove the groups from the entry.",
        )
    shared = [label for label in joined if (group := facts.changed_groups.get(label)) and group.is_shared_update]
    if shared and not has_privilege(role, privileges, CREATE_ITEMS):
        yield _blocked(
            entry,
            f"Role {_role_name(role)} lacks the privilege {CREATE_ITEMS}, which groups whose members can update all "
            f"items need: {join_names(shared)}.",
            "groups",
            "Choose a role with content privileges, or remove these groups from the entry.",
        )
    count = len(facts.groups.get(entry.key, ())) + len(joined) - sum(1 for _label, part in changes if part is None)
    if joined and count > MAX_GROUPS:
        yield _blocked(
            entry,
            f"Would be in {count} groups with {join_names(joined)}. The most is {MAX_GROUPS}.",
            "groups",
            "Leave other groups first.",
        )
    managed = [label for label, part in changes if part == PART_MANAGER]
    if managed and entry.after("enabled") is False:
        yield _blocked(
            entry,
            f"Would be disabled and a manager of {join_names(managed)}.",
            "groups",
            "Name an enabled member as manager.",
        )
    account = organization.account
    renamed = {other.key: other.wanted.get("title") for other in plan.groups}
    for label, _part in changes:
        group = facts.changed_groups.get(label)
        if group is None:
            yield _blocked(entry, f"Group '{label}' does not exist any more.", "groups", "Run the task again.")
        elif label not in (group.title, group.id, renamed.get(group.id)):
            statement = f"Group '{label}' has the title '{group.title}' now."
            yield _blocked(entry, statement, "groups", "Run the task again.")
        elif group.is_linked or group.is_foreign:
            yield _blocked(
                entry,
                f"Group '{label}' now belongs to an identity provider or to another organization.",
                "groups",
                "Run the task again.",
            )
        elif not group.can_manage and not account.has_any(ASSIGN_TO_GROUPS):
            yield entry.error(
                PermissionDenied,
                f"Account {account.username} cannot change the members of group '{label}': it is not a manager of it, "
                f"and lacks the privilege {ASSIGN_TO_GROUPS}.",
                privilege=ASSIGN_TO_GROUPS,
                option="groups",
                remedy="Run as an administrator or as a manager of the group.",
            )


# -- the whole plan ------------------------------------------------------------------------------------------------


def _missing_privileges(
    acting: list[PlanEntry], schedule: Schedule, organization: Organization
) -> Iterable[PortalOpsError]:
    """Return privileges that the signed-in account lacks for the requests of the plan, each with who needs it."""
    account = organization.account
    needs: dict[tuple[str, str], dict[str, None]] = {}
    nouns: dict[tuple[str, str], str] = {}
    for job in schedule.jobs():
        for does, privilege in job.request.required_privileges(organization, job):
            names = needs.setdefault((does, privilege), {})
            names.update((entry.name, None) for entry in job.entries)
            nouns[does, privilege] = "group" if job.entries[0].kind == GROUP else "member"
    if any(entry.action == CREATED for entry in acting):
        created = {entry.name: None for entry in acting if entry.action == CREATED}
        needs.setdefault(("view all members", "portal:admin:viewUsers"), {}).update(created)
    for (does, privilege), names in needs.items():
        if not account.has_any(privilege):
            noun = nouns.get((does, privilege), "member")
            count = plural(len(names), noun) + (" needs it" if len(names) == 1 else " need it")
            yield PermissionDenied(
                f"Account {account.username} cannot {does}: it lacks the privilege {privilege}. "
                f"{count}: {join_names(list(names))}.",
                privilege=privilege,
                **{f"{noun}s": list(names)},
                remedy="Assign a role with this privilege, or run as an administrator.",
            )


def privilege_warnings(schedule: Schedule, organization: Organization) -> list[str]:
    """Return warnings about requests that the portal can refuse for a privilege that the reference leaves open."""
    account = organization.account
    if account.is_administrator:
        return []
    doubts = {
        (does, privilege): None
        for job in schedule.jobs()
        for does, privilege in job.request.doubtful_privileges(organization, job)
    }
    return [
        f"The portal can refuse to {does} for {account.username}, who is not an administrator (privilege {privilege})."
        for does, privilege in doubts
    ]


def _seats(schedule: Schedule, facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    noun = "User type" if organization.has_user_types else "Level"
    for seat, needed, free, cycle in schedule.blocked:
        who = schedule.arrivals.get(seat, [])
        names = f" Needed by {join_names(who)}." if who else ""
        disabled = facts.seat_holders.get(seat, [])
        holders = f" Disabled members with a seat: {join_names(disabled)}." if disabled else ""
        if cycle:
            statement = (
                f"Members exchange seats of {join_words(list(cycle))}, which have no free seat, and no other "
                f"{noun.lower()} can hold one of them meanwhile."
            )
        elif free < 0:
            statement = f"{noun} {seat}: {-free} more seats are used than bought."
        else:
            statement = f"{noun} {seat}: {plural(needed, 'seat')} needed, {free} free."
        yield Blocked(
            f"{statement}{names}{holders}",
            user_type=seat if organization.has_user_types else None,
            level=None if organization.has_user_types else seat,
            needed=needed,
            free=free,
            members=who or None,
            remedy="Free seats in the same roster, or buy more.",
        )


def _member_limit(acting: list[PlanEntry], facts: Facts, organization: Organization) -> Iterable[PortalOpsError]:
    """The subscription limits the members; pending invitations can count too (portal-rest-api-2.md, section 8)."""
    created = sum(1 for entry in acting if entry.action == CREATED)
    removed = sum(1 for entry in acting if entry.action == REMOVED)
    limit = organization.max_members
    if not created or limit is None or facts.total is None or facts.total + created - removed <= limit:
        return
    yield Blocked(
        f"The organization has {plural(facts.total, 'member')}, and {created} more would exceed the {limit} of its "
        "subscription.",
        needed=created,
        free=limit - facts.total,
        remedy="Remove members in the same roster, or extend the subscription.",
    )


def seat_warnings(schedule: Schedule, facts: Facts, organization: Organization) -> list[str]:
    """Return warnings about seats that pending invitations can hold; whether they do is not known (part 2, 8)."""
    if schedule.blocked:
        return []
    warnings = []
    noun = "User type" if organization.has_user_types else "Level"
    for seat, needed, _unheld, cycle in schedule.doubtful:
        free = facts.free_seats.get(seat) or 0
        pending = sum(facts.pending_seats.get(name, 0) for name in cycle or (seat,))
        invitations = f"{plural(pending, 'pending invitation')} can hold seats"
        if cycle:
            warnings.append(f"Members exchange seats of {join_words(list(cycle))}, but {invitations}.")
        else:
            warnings.append(f"{noun} {seat}: {plural(needed, 'seat')} needed, {free} free, but {invitations}.")
    return warnings
