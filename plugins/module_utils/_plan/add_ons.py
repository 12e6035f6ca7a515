# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Add-on licenses of a plan: the order in which they change, and what blocks them. Pure.

One request replaces all entitlements of members for one listing. What only frees licenses goes first, then members who
exchange entitlements, then what only takes licenses. No entitlement is ever assigned beyond its number in that order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Blocked, PortalOpsError
from ansible_collections.portalops.arcgis.plugins.module_utils._model.add_ons import (
    PRO_LEVELS,
    AddOn,
    Holding,
    held,
    includes_pro,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import MEMBER, Plan, PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import LEVEL_OF_SEAT
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import join_names, plural

#: An entitlement of one listing: label and name.
Place = tuple[str, str]


class Change(NamedTuple):
    """The change of one add-on of one member: label, entitlements before and after."""

    entry: PlanEntry
    label: str
    before: frozenset[str]
    after: frozenset[str]

    @property
    def gained(self) -> list[Place]:
        return [(self.label, name) for name in sorted(self.after - self.before)]

    @property
    def lost(self) -> list[Place]:
        return [(self.label, name) for name in sorted(self.before - self.after)]


class Batch(NamedTuple):
    """Members who get the same complete set of one add-on.

    Attributes:
        label: The add-on.
        targets: The complete set.
        entries: The members.
        scarce: Entitlements of the set that only other changes of the run free, so that they are counted again.
    """

    label: str
    targets: tuple[str, ...]
    entries: list[PlanEntry]
    scarce: tuple[str, ...] = ()


class AddOnOrder(NamedTuple):
    """The order of all changes of add-ons.

    Attributes:
        early: What only frees licenses.
        late: Steps of what takes licenses, one after the other.
        temporary: Keys of members who have fewer entitlements for a while, because they exchange them and none is free.
    """

    early: list[Batch]
    late: list[list[Batch]]
    temporary: dict[str, str]


def changes_of(entries: Iterable[PlanEntry]) -> list[Change]:
    """Return the changes of add-ons of entries."""
    return [
        Change(entry, label, held(entry.before("add_ons") or (), label), frozenset(targets))
        for entry in entries
        if entry.kind == MEMBER
        for label, targets in entry.wanted.get("add_ons", ())
    ]


def limited_labels(entries: Iterable[PlanEntry]) -> list[str]:
    """Return the labels of listings of which members get more, so that the free licenses matter."""
    return sorted({label for change in changes_of(entries) for label, name in change.gained if name})


def free_licenses(entries: Iterable[PlanEntry], facts: Facts) -> dict[Place, int]:
    """Return the free licenses of entitlements after departing members gave up theirs. Unlimited ones are left out.

    Args:
        entries: Entries that act.
        facts: Add-ons and their holders.
    """
    departing = {entry.key for entry in entries if entry.kind == MEMBER and entry.departs}
    free: dict[Place, int] = {}
    for label, holders in facts.holders.items():
        used = Counter(
            name for key, holding in holders.items() if key not in departing for name in holding.entitlements
        )
        for name, count in facts.add_on_table[label].counts.items():
            if count is not None:
                free[label, name] = count - used[name]
    return free


# -- the order -----------------------------------------------------------------------------------------------------


def order_add_ons(entries: list[PlanEntry], facts: Facts) -> AddOnOrder:
    """Return the order of all changes of add-ons of a plan."""
    changes = changes_of(entries)
    free = free_licenses(entries, facts)
    early = [change for change in changes if not change.gained]
    swaps = [change for change in changes if change.gained and change.lost]
    takes = [change for change in changes if change.gained and not change.lost]
    _release(free, early)
    late: list[list[Change]] = []
    while swaps:
        wave = _possible(swaps, free)
        if not wave:
            # Members exchange entitlements, and none is free: they give up theirs first.
            break
        late.append(wave)
        _release(free, wave)
        swaps = [change for change in swaps if change not in wave]
    partly = [change._replace(after=_kept(change, free)) for change in swaps]
    takes += [change._replace(before=_kept(change, free)) for change in swaps]
    scarce = _scarce(changes, facts)
    return AddOnOrder(
        _batches([*early, *partly]),
        [[_counted(batch, scarce) for batch in _batches(wave)] for wave in [*late, takes] if wave],
        {change.entry.key: change.label for change in swaps},
    )


def _scarce(changes: list[Change], facts: Facts) -> set[Place]:
    """Return the entitlements of which members take more than are free before the run."""
    taken = Counter(place for change in changes for place in change.gained)
    free = free_licenses((), facts)
    return {place for place, count in taken.items() if place in free and count > free[place]}


def _counted(batch: Batch, scarce: set[Place]) -> Batch:
    return batch._replace(scarce=tuple(name for name in batch.targets if (batch.label, name) in scarce))


def _kept(change: Change, free: dict[Place, int]) -> frozenset[str]:
    """Return what a member keeps while no license is free for an exchange.

    Extensions of ArcGIS Pro need a license level (portal-rest-api-2.md, section 2.6). They are given up with it, unless
    the user type includes ArcGIS Pro. An extension that is held more often than bought stays, because the portal would
    not assign it again.
    """
    kept = change.before & change.after
    loses_level = not change.before.isdisjoint(PRO_LEVELS) and kept.isdisjoint(PRO_LEVELS)
    returns = all(free.get((change.label, name), 0) >= 0 for name in kept)
    needs_level = loses_level and not includes_pro(change.entry.before("user_type"))
    return frozenset() if needs_level and returns else kept


def _possible(swaps: list[Change], free: dict[Place, int]) -> list[Change]:
    """Return the changes for which licenses are free, and take these licenses."""
    wave = []
    for change in swaps:
        if all(free.get(place, 1) > 0 for place in change.gained):
            wave.append(change)
            for place in change.gained:
                if place in free:
                    free[place] -= 1
    return wave


def _release(free: dict[Place, int], changes: Iterable[Change]) -> None:
    for change in changes:
        for place in change.lost:
            if place in free:
                free[place] += 1


def _batches(changes: list[Change]) -> list[Batch]:
    """Return the changes grouped by add-on and complete set; the smallest sets first."""
    grouped: dict[tuple[str, tuple[str, ...]], list[PlanEntry]] = {}
    for change in changes:
        grouped.setdefault((change.label, tuple(sorted(change.after))), []).append(change.entry)
    return [Batch(label, targets, entries) for (label, targets), entries in sorted(grouped.items(), key=_size)]


def _size(row: tuple[tuple[str, tuple[str, ...]], list[PlanEntry]]) -> tuple[str, int, tuple[str, ...]]:
    (label, targets), _entries = row
    return label, len(targets), targets


# -- problems and warnings -----------------------------------------------------------------------------------------


def add_on_problems(plan: Plan, facts: Facts, seat_field: str) -> Iterable[PortalOpsError]:
    """Return what keeps members from the add-ons of a plan.

    Args:
        plan: Entries.
        facts: Add-ons and their holders.
        seat_field: ``user_type`` or ``level``.
    """
    for entry in plan.acting:
        if entry.kind == MEMBER:
            yield from departure_problems(entry, facts)
            yield from () if entry.departs else _member_problems(entry, facts, seat_field)
    yield from _license_problems(plan, facts)


def departure_problems(entry: PlanEntry, facts: Facts) -> Iterable[PortalOpsError]:
    """Return what keeps a departing member from giving up its licenses."""
    items = [facts.license_titles.get(item, item) for item in facts.offline_items.get(entry.key, ())]
    if items:
        yield entry.error(
            Blocked,
            f"{plural(len(items), 'add-on license')} used offline: {join_names(items)}. "
            "The portal refuses to revoke them.",
            option="state",
            remedy="Let the member return the license in the application, or release it in the portal.",
        )


def _member_problems(entry: PlanEntry, facts: Facts, seat_field: str) -> Iterable[PortalOpsError]:
    changes = {change.label: change for change in changes_of([entry])}
    before = entry.before("add_ons") or ()
    moves = seat_field in entry.changes and entry.member is not None
    for label in sorted({*changes, *(name for name, _entitlement in before)}):
        add_on = facts.add_on_table.get(label)
        change = changes.get(label)
        if add_on is None or (change is None and not moves):
            continue
        after = held(before, label) if change is None else change.after
        if (label, entry.key) in facts.offline:
            yield offline_error(entry, label, None if change else seat_field)
        elif after and not add_on.can_be_held(entry.after(seat_field)):
            yield _misfit(entry, label, seat_field)
        elif change is not None and change.gained:
            yield from _gain_problems(change, add_on, entry.after(seat_field))
    named = {facts.add_on_table[label].id for label in {*changes, *(name for name, _entitlement in before)}}
    yield from _retyped_problems(entry, facts, named, seat_field)


def _retyped_problems(entry: PlanEntry, facts: Facts, named: set[str], seat_field: str) -> Iterable[PortalOpsError]:
    """Return what keeps the user type of a member from changing: listings that the entry does not name.

    Whether the portal refuses such a change, or drops the license, is open (portal-rest-api-2.md, section 12, 10).
    """
    for add_on, holding in facts.retyped.get(entry.key, ()):
        label = add_on.title or add_on.id
        if add_on.id in named:
            continue
        if holding.is_offline:
            yield offline_error(entry, label, seat_field)
        elif holding.entitlements and not add_on.can_be_held(entry.after(seat_field)):
            yield _misfit(entry, label, seat_field)


def offline_error(entry: PlanEntry, label: str, seat_field: str | None = None) -> Blocked:
    """Return the error of a license that is used offline, which keeps itself and the user type from changing."""
    changed = f"{seat_field.replace('_', ' ') if seat_field else 'license'} cannot change"
    return entry.error(
        Blocked,
        f"The license of {label} is used offline, so the {changed}.",
        option=seat_field or "add_ons",
        remedy="Let the member return the license in the application, or release it in the portal.",
    )


def _misfit(entry: PlanEntry, label: str, seat_field: str) -> Blocked:
    noun = seat_field.replace("_", " ")
    return entry.error(
        Blocked,
        f"{noun.capitalize()} {entry.after(seat_field)} cannot have the add-on license {label}.",
        option="add_ons",
        remedy=f"Set {label} to [] in add_ons of the same entry or with portal_user_add_ons, or choose another {noun}.",
    )


def _gain_problems(change: Change, add_on: AddOn, seat: str | None) -> Iterable[PortalOpsError]:
    entry = change.entry
    if add_on.is_expired:
        yield entry.error(
            Blocked,
            f"The add-on license {change.label} has expired.",
            option="add_ons",
            remedy="Renew the license, or set it to [].",
        )
    if _lacks_pro(change, add_on, seat):
        yield entry.error(
            Blocked,
            f"Extensions of {change.label} need a license level, which neither the entry nor the user type {seat} has.",
            option="add_ons",
            remedy=f"Add one of {', '.join(level for level in PRO_LEVELS if level in add_on.counts)}.",
        )


def _lacks_pro(change: Change, add_on: AddOn, seat: str | None) -> bool:
    """Return whether a member would surely have extensions of ArcGIS Pro without ArcGIS Pro (section 2.6)."""
    is_pro = not set(PRO_LEVELS).isdisjoint(add_on.counts)
    has_level = not set(PRO_LEVELS).isdisjoint(change.after)
    # Members of level 2 can have a user type that includes ArcGIS Pro, which levels do not tell.
    return is_pro and not has_level and LEVEL_OF_SEAT.get(seat or "", "2") != "2"


def _license_problems(plan: Plan, facts: Facts) -> Iterable[PortalOpsError]:
    """Return an error for each entitlement with too few licenses, with who frees and who takes them."""
    changes = changes_of(plan.acting)
    free = free_licenses(plan.acting, facts)
    for place, count in sorted(free.items()):
        takers = [change.entry.name for change in changes if place in change.gained]
        givers = [change.entry.name for change in changes if place in change.lost]
        if not takers or len(takers) <= count + len(givers):
            continue
        label, name = place
        freed = f" Freed by {join_names(givers)}." if givers else ""
        yield Blocked(
            f"add_ons: {label}: {plural(len(takers), 'license')} of {name} needed, {_free(count)}.{freed} "
            f"Needed by {join_names(takers)}.",
            option="add_ons",
            add_on=label,
            entitlement=name,
            needed=len(takers) - len(givers),
            free=count,
            members=takers,
            remedy="Take it from other members in the same roster, or buy licenses.",
        )


def _free(count: int) -> str:
    return f"{count} free" if count >= 0 else f"none free, and {-count} more held than bought"


def add_on_warnings(plan: Plan, facts: Facts, seat_field: str) -> list[str]:
    """Return what an administrator should know: freed and taken licenses, and those that a user type includes."""
    changes = changes_of(plan.acting)
    warnings = [
        f"{change.entry.name}: User type {change.entry.after(seat_field)} includes {change.label} already."
        for change in changes
        if facts.add_on_table[change.label].is_included(change.entry.after(seat_field), change.after)
    ]
    unknown = {
        place
        for change in changes
        for place in change.gained
        if place[1] and facts.add_on_table[place[0]].counts.get(place[1]) is None
    }
    warnings += [
        f"{label}: The portal does not show how many licenses of {name} the organization has."
        for label, name in sorted(unknown)
    ]
    free = free_licenses(plan.acting, facts)
    for (label, name), count in sorted(free.items()):
        takers = [change.entry.name for change in changes if (label, name) in change.gained]
        givers = [change.entry.name for change in changes if (label, name) in change.lost]
        if takers and givers and len(takers) > count:
            warnings.append(f"{label}: {name} is freed by {join_names(givers)} and taken by {join_names(takers)}.")
    return warnings


def over_assigned(plan: Plan, holders: Mapping[str, Mapping[str, Holding]], table: Mapping[str, AddOn]) -> list[str]:
    """Return warnings about entitlements of which more are held than bought, unless the plan takes more of them.

    Args:
        plan: Entries.
        holders: Holders of the listings that were read, by label and member key.
        table: Add-ons by label.
    """
    changes = changes_of(plan.acting)
    taken = {place for change in changes for place in change.gained}
    lost = Counter(place for change in changes for place in change.lost)
    warnings = []
    for label in sorted(holders):
        used = Counter(name for holding in holders[label].values() for name in holding.entitlements)
        for name, count in sorted(table[label].counts.items()):
            place = (label, name)
            excess = 0 if count is None else used[name] - lost[place] - count
            if excess > 0 and place not in taken:
                warnings.append(f"{label}: More licenses of {name} are held than bought ({excess} too many).")
    return warnings
