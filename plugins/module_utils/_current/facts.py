# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads the facts that one plan needs, and nothing else."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._current.add_ons import AddOnReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.content import ContentReader, TransferReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.joining import read_joins
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    InputError,
    NotFound,
    PermissionDenied,
    Refused,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import NAMES_PER_REQUEST, AddOn, Holding
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, Needs, Recipient
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import member_key
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import pending_seats
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import CurrentMembers, Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.names import NearNames
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import BUILTIN_ROLES, rank_of_privileges
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import succeeded

#: How alike two usernames are, from 0 to 1, for the second to be a warning.
_NEAR = 0.85

#: The same for one to be suggested for a username that does not exist.
_SIMILAR = 0.7


def read_facts(needs: Needs, directory: Directory, current: CurrentMembers, *, credit_budgeting: bool) -> Facts:
    """Read what a plan needs to know, also for a plan that is blocked anyway: all problems are reported together.

    Args:
        needs: What the plan needs.
        directory: Reads members and what they own.
        current: Members that were read already.
        credit_budgeting: Whether credit budgeting is on after this run.
    """
    facts = Facts()
    reader = directory.reader
    facts.credit_budgeting = credit_budgeting
    facts.total = current.total
    if needs.seats:
        _read_seats(facts, directory, current)
    content = ContentReader(directory)
    facts.owned = _each(directory, content.owned, needs.owners)
    facts.add_ons = _each(directory, lambda name: directory.add_ons(name, require_all=True), needs.holders)
    facts.license_titles = dict(directory.license_titles)
    _read_offline_items(facts, needs, directory)
    facts.recycled = _each(directory, content.recycled_items, needs.recycled)
    facts.esri_access = _each(directory, directory.has_esri_access, needs.access)
    facts.groups = _each(directory, directory.groups, needs.grouped)
    _read_groups(facts, needs, directory)
    _read_holders(facts, needs, directory)
    _read_retyped(facts, needs, directory)
    _read_recipients(facts, needs, directory, current)
    _read_transfers(facts, needs, content)
    if needs.admins:
        facts.admins = current.administrators() if current.is_complete else directory.administrators()
    if needs.total and facts.total is None:
        facts.total = directory.count()
    for role in needs.roles:
        _read_role(facts, role, directory)
    if needs.newcomers:
        unknown = [name for name in needs.newcomers if member_key(name) not in current.free]
        facts.unavailable_usernames = reader.unavailable_usernames(unknown)
    _read_lookalikes(facts, needs, directory, current)
    if needs.missing:
        names = NearNames(directory.usernames(current))
        facts.near_usernames = {member_key(name): names.find(name, _SIMILAR) for name in needs.missing}
    return facts


def with_holdings(facts: Facts, usernames: list[str], directory: Directory) -> Facts:
    """Return the facts with what these members own and hold."""
    copy = Facts()
    for name, value in vars(facts).items():
        setattr(copy, name, value)
    copy.owned = {**facts.owned, **_each(directory, ContentReader(directory).owned, usernames)}
    copy.add_ons = {**facts.add_ons, **_each(directory, directory.add_ons, usernames)}
    return copy


def _each(directory: Directory, read: Callable[[str], Any], usernames: list[str]) -> dict[str, Any]:
    return dict(zip(map(member_key, usernames), _all(directory, read, usernames)))


def _all(directory: Directory, read: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return succeeded(directory.client.map(read, values))


def _read_groups(facts: Facts, needs: Needs, directory: Directory) -> None:
    """Read the groups that change as they are now: the search index that named them lags behind."""
    reader = directory.group_reader
    ids = [group.id for group in needs.deleted_groups]
    facts.group_items = dict(zip(ids, _all(directory, reader.item_count, ids)))
    facts.group_members = dict(zip(ids, map(sorted, _all(directory, reader.parts, needs.deleted_groups))))
    if directory.memberships is None:
        return
    managed = directory.memberships.managed
    facts.changed_groups.update((label, managed.groups[label]) for label in needs.groups)
    known = [label for label in needs.groups if not managed.groups[label].is_new]
    for label, group in zip(known, _all(directory, lambda label: reader.read(managed.groups[label].id), known)):
        facts.changed_groups[label] = group
    wanted = [label for label, group in managed.groups.items() if not group.is_new] if needs.all_group_lists else []
    lists = [label for label in wanted or needs.group_lists if facts.changed_groups.get(label, True) is not None]
    for label, parts in zip(lists, _all(directory, lambda label: reader.parts(managed.groups[label]), lists)):
        facts.group_parts[label] = parts


def _read_holders(facts: Facts, needs: Needs, directory: Directory) -> None:
    """Note who holds the add-ons that the plan assigns. A listing that was read as a whole is not read again."""
    holdings = directory.holdings
    if holdings is None:
        return
    facts.add_on_table = holdings.table.by_label
    for label in needs.add_ons:
        holdings.all_holders(holdings.table.by_label[label])
    facts.holders = dict(holdings.by_label)
    facts.offline = set(holdings.offline)


def _read_retyped(facts: Facts, needs: Needs, directory: Directory) -> None:
    """Read which listings members hold whose user type changes: of few by member, of many by listing."""
    reader = AddOnReader(directory.client)
    keys = {member_key(name): name for name in needs.retyped}
    try:
        if len(keys) <= NAMES_PER_REQUEST:
            for name, held in zip(keys.values(), _all(directory, reader.held_listings, list(keys.values()))):
                facts.retyped[member_key(name)] = held
            return
        for add_on in reader.table(()).by_id.values():
            holders = {} if add_on.is_for_all else reader.holders(add_on)
            for key in keys.keys() & holders.keys():
                facts.retyped.setdefault(key, []).append((add_on, holders[key]))
    except (NotFound, Refused, PermissionDenied, InputError):
        # A portal without add-on licenses, or an account that cannot view them: the portal decides.
        return


def _read_offline_items(facts: Facts, needs: Needs, directory: Directory) -> None:
    """Note which licenses of departing members are offline, so that the portal refuses to revoke them."""
    reader = AddOnReader(directory.client)
    pairs = [
        (name, item) for name in needs.holders for item in facts.add_ons.get(member_key(name), {}).get("listings", ())
    ]
    answers = directory.client.map(lambda pair: reader.holding(AddOn(pair[1], "", {}), pair[0]), pairs)
    for (name, item), holding in zip(pairs, answers):
        # If a read fails, the portal decides.
        if isinstance(holding, Holding) and holding.is_offline:
            facts.offline_items.setdefault(member_key(name), []).append(item)


def _read_seats(facts: Facts, directory: Directory, current: CurrentMembers) -> None:
    organization = directory.organization
    field = organization.seat_field
    if organization.has_user_types:
        facts.free_seats = {seat: row["free"] for seat, row in directory.reader.seats().items()}
    else:
        facts.free_seats = _free_levels(directory, current)
    facts.pending_invitations = directory.reader.invitation_reader.readable()
    facts.pending_seats = pending_seats(facts.pending_invitations)
    for member in current.members.values():
        if member.values.get("enabled") is False and member.values.get(field):
            facts.seat_holders.setdefault(str(member.values[field]), []).append(member.username)


def _free_levels(directory: Directory, current: CurrentMembers) -> dict[str, int | None]:
    """Return free seats by level. The portal tells only how many were bought, so members are counted."""
    bought = directory.organization.level_seats
    if not bought:
        return {}
    members = current if current.is_complete else directory.read({}, whole=True)
    used: dict[str, int] = {}
    for member in members.members.values():
        level = str(member.values.get("level"))
        used[level] = used.get(level, 0) + 1
    return {level: total - used.get(level, 0) for level, total in bought.items()}


def _read_recipients(facts: Facts, needs: Needs, directory: Directory, current: CurrentMembers) -> None:
    """Read the members who receive content, unless they were read already."""
    field = directory.organization.seat_field
    for name in needs.recipients:
        key = member_key(name)
        member = current.members.get(key) or directory.one(name)
        if not isinstance(member, Member):
            facts.recipients[key] = Recipient(False)
            continue
        role = str(member.values["role"])
        facts.recipients[key] = Recipient(bool(member.values["enabled"]), role, member.values.get(field))
        if role not in BUILTIN_ROLES:
            _read_role(facts, role, directory)


def _read_transfers(facts: Facts, needs: Needs, content: ContentReader) -> None:
    """Read what departing members own, what stops its transfer, and which groups recipients join for it."""

    def can_receive(owner: str, recipient: str) -> bool:
        key = member_key(recipient)
        return key != member_key(owner) and facts.recipients[key].is_enabled

    found = TransferReader(content).read(needs.transfers, can_receive) if needs.transfers else {}
    facts.owned.update((key, owned) for key, (owned, _check) in found.items())
    facts.transfers = {key: check for key, (_owned, check) in found.items()}
    if needs.joins_groups:
        read_joins(facts, needs, content.directory)


def _read_role(facts: Facts, role: str, directory: Directory) -> None:
    if role not in facts.role_privileges:
        facts.role_privileges[role] = directory.reader.role_privileges(role)
        facts.role_ranks[role] = rank_of_privileges(facts.role_privileges[role])


def _read_lookalikes(facts: Facts, needs: Needs, directory: Directory, current: CurrentMembers) -> None:
    """Note members who can be the same person as a newcomer: same email, or a similar username."""
    if not needs.lookalikes:
        return
    rows = [{"username": m.username, "email": m.values.get("email")} for m in current.members.values()]
    names = NearNames([str(row["username"]) for row in rows]) if current.is_complete else None
    for newcomer in needs.lookalikes:
        others = rows if names else directory.lookalikes(newcomer)
        near = (names or NearNames([str(row["username"]) for row in others])).find(newcomer["username"], _NEAR)
        email = str(newcomer.get("email") or "").casefold()
        found = {
            str(row["username"]): "same email"
            for row in others
            if email and str(row.get("email") or "").casefold() == email
        }
        for name in near:
            found.setdefault(name, "similar username")
        key = member_key(newcomer["username"])
        found = {name: reason for name, reason in found.items() if member_key(name) != key}
        if found:
            facts.lookalikes[key] = sorted(found.items())
