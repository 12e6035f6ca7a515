# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""What departing members give up: content, add-on licenses, recycle bin, Esri access; what recipients join. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import NotFound, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.content import listed_refusals
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Owned
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import FIELDS_BY_NAME
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    PART_MANAGER,
    membership,
    parts_of,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import Invitations
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import DesiredMember, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import did_you_mean
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CHANGED,
    CREATED,
    FAILED,
    MEMBER,
    REMOVED,
    UNCHANGED,
    Changes,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import REASSIGN_ITEMS
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, plural
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.invitations import with_invitation_warnings

#: Results of the option ``recycle_bin``.
RECYCLE_BIN_RESULTS = {"restore": "restored", "delete": "deleted"}


def complete_plan(
    plan: Plan,
    facts: Facts,
    recycle_bin: str = "refuse",
    listed: Iterable[DesiredMember] = (),
    *,
    sends_email: bool = False,
) -> Plan:
    """Return the plan with what departing members own and hold, and with what resembles a new member.

    A member without content to transfer is unchanged, and not part of the plan any more.

    Args:
        plan: Plan of the members.
        facts: Content and licenses by key.
        recycle_bin: What happens to items in the recycle bin of a removed member: ``refuse``, ``restore``, ``delete``.
        listed: Members of the task.
        sends_email: Whether the portal tells members of changed add-on licenses.
    """
    plan = _with_joins(plan, facts, listed) if facts.joins else plan
    departing = plan.ineligible_recipients()
    invitations = Invitations(facts.pending_invitations)
    entries = (
        _with_departure(entry, facts, recycle_bin)
        if entry.departs
        else with_invitation_warnings(_with_lookalikes(entry, facts), invitations)
        for entry in plan.entries
    )
    told = ("add_ons", "licenses") if sends_email else ()
    return plan.with_(ineligible=departing).with_entries(
        entry if entry.changes.keys().isdisjoint(told) else entry.with_(basis=[*entry.basis, "email"])
        for entry in entries
    )


# -- recipients ----------------------------------------------------------------------------------------------------


def _with_joins(plan: Plan, facts: Facts, listed: Iterable[DesiredMember]) -> Plan:
    """Return the plan with the groups that recipients join, as changes of the recipients.

    A recipient does not join a group that its own entry excludes: the next run would remove it again.
    """
    desired = {member.key: member for member in listed if member.key in facts.joins}
    entries = {entry.ref: entry for entry in plan.entries}
    total = plan.total
    for key, joins in facts.joins.items():
        if key in desired:
            joins = {label: part for label, part in joins.items() if not _excludes(desired[key], label, facts)}
        member = facts.joining[key]
        entry = entries.get((MEMBER, key))
        if not joins or (entry is not None and entry.action == FAILED):
            continue
        if entry is None:
            entry = PlanEntry(MEMBER, key, member.username, UNCHANGED, desired[key].index if key in desired else None)
            entry.member = member
            total += key not in desired
        entries[MEMBER, key] = _joining(entry, joins, member, facts)
    return plan.with_(entries=entries.values(), total=total)


def _excludes(desired: DesiredMember, label: str, facts: Facts) -> bool:
    """Return whether an entry keeps its member out of a group: by an exact list, or by name."""
    change = desired.fields.get("groups", {})
    group = facts.changed_groups.get(label)
    removed = {name.name.casefold() for name in change.get("remove", ())}
    names = {label.casefold(), *(() if group is None else (group.id, group.title.casefold()))}
    return bool(removed & names) or ("set" in change and label in facts.managed_labels)


def _joining(entry: PlanEntry, joins: Mapping[str, str], member: Member, facts: Facts) -> PlanEntry:
    """Return the entry of a recipient with groups to join. A group that its own entry names stays as it is there."""
    texts = member.values["groups"]
    current, wanted = parts_of(texts), dict(entry.wanted.get("groups", ()))
    visible = FIELDS_BY_NAME["groups"].visible(texts)
    before, after = (parts_of(shown) for shown in entry.changes.get("groups", (visible, visible)))
    for label, part in joins.items():
        if label in wanted and wanted[label] in (None, part, PART_MANAGER):
            continue
        wanted[label] = after[label] = part
        if label in current:
            before[label] = current[label]
    if entry.member is not None:
        member = Member(entry.member.username, {**entry.member.values, "groups": texts}, entry.member.is_listed)
    groups = [(label, facts.changed_groups[label]) for label in sorted(wanted)]
    return entry.with_(
        action=CHANGED if entry.action == UNCHANGED else entry.action,
        member=member,
        wanted={**entry.wanted, "groups": tuple(sorted(wanted.items()))},
        changes={**entry.changes, "groups": (_texts(before), _texts(after))},
        relative={
            **entry.relative,
            "groups": [[label, group.id, group.is_shared_update] for label, group in groups if group is not None],
        },
    )


def _texts(parts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted((membership(*item) for item in parts.items()), key=str.casefold))


# -- members -------------------------------------------------------------------------------------------------------


def _with_lookalikes(entry: PlanEntry, facts: Facts) -> PlanEntry:
    near = did_you_mean(facts.near_usernames.get(entry.key, []))
    if near:
        problems = [
            _suggesting(problem, near) if problem.code == "not_found" else problem for problem in entry.problems
        ]
        entry = entry.with_(problems=problems)
    others = facts.lookalikes.get(entry.key) if entry.action == CREATED else None
    if not others:
        return entry
    words = join_names([f"{name} ({reason})" for name, reason in others])
    warning = f"{entry.name}: Can be the same person as {words}."
    return entry.with_(warnings=[*entry.warnings, warning])


def _suggesting(problem: PortalOpsError, near: str) -> PortalOpsError:
    """Return the problem with near usernames before its remedy."""
    return NotFound(problem.message, **{**problem.details, "remedy": f"{near} {problem.details['remedy']}"})


def _with_departure(entry: PlanEntry, facts: Facts, recycle_bin: str) -> PlanEntry:
    changes: Changes = dict(entry.changes)
    owned = facts.owned.get(entry.key, Owned())
    recycled = len(facts.recycled.get(entry.key, ())) if entry.action == REMOVED else 0
    if recycled and recycle_bin in RECYCLE_BIN_RESULTS:
        changes["recycle_bin"] = (plural(recycled, "item"), RECYCLE_BIN_RESULTS[recycle_bin])
    if owned or (recycled and recycle_bin == "restore"):
        changes["content"] = (describe_owned(owned) or "0 items", entry.transfer_to)
    held = [item for items in facts.add_ons.get(entry.key, {}).values() for item in items]
    licenses = sorted(facts.license_titles.get(item, item) for item in held)
    if licenses:
        changes["licenses"] = (tuple(licenses), ())
    if entry.action == REMOVED and facts.esri_access.get(entry.key):
        changes["esri_access"] = (True, False)
    action = UNCHANGED if entry.transfers_content and not changes else entry.action
    return entry.with_(
        changes=changes,
        action=action,
        basis=_basis(entry, facts),
        warnings=[*entry.warnings, *_transfer_warnings(entry, facts)],
    )


def _basis(entry: PlanEntry, facts: Facts) -> list[Any]:
    """Return what exactly is lost or transferred: the changes show only how much it is."""
    if entry.group is not None:
        members, items = facts.group_members.get(entry.key), facts.group_items.get(entry.key)
        return [entry.group.owner, members, items, entry.wanted["delete_with_content"]]
    check = facts.transfers.get(entry.key)
    owned = [sorted(item.id for item in check.items), list(check.groups)] if check is not None else []
    return [*owned, sorted(facts.recycled.get(entry.key, ()))]


def _transfer_warnings(entry: PlanEntry, facts: Facts) -> list[str]:
    check = facts.transfers.get(entry.key)
    warnings = []
    if check is not None and check.credentials:
        warnings.append(
            f"{entry.name}: The recipient will own live credentials (API keys or registered applications): "
            f"{join_names(check.credentials)}."
        )
    doubtful = [each for each in check.refused_items if each.is_doubtful] if check is not None else []
    if doubtful:
        warnings.append(
            f"{entry.name}: The recipient will be in the groups of these items, but the portal can refuse to transfer "
            f"them for another reason: {join_names(listed_refusals(doubtful))}."
        )
    if check is not None and not check.is_checked:
        warnings.append(
            f"{entry.name}: The plan does not check whether each item can be transferred, because the signed-in "
            f"account lacks the privilege {REASSIGN_ITEMS}."
        )
    return warnings


def describe_owned(owned: Owned) -> str:
    """Return what a member owns in words, for example ``2 items and 1 group``."""
    counts = ((owned.items, "item"), (owned.groups, "group"))
    return " and ".join(plural(count, noun) for count, noun in counts if count)
