# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""In which order a plan is carried out: pure functions from a plan to phases of jobs.

Order across members: what frees seats and credits, then creations and moves between seats, then what takes them.
Within a member: the user type rises before the role, the role falls before the type.
"""

from __future__ import annotations

from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import ADMINISTRATOR, fits
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import BY_NAME, UNLIMITED
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import (
    CREATED,
    DISABLED,
    REMOVED,
    narrows_type,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.seats import schedule as seat_schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import Organization
    from ansible_collections.portalops.arcgis.plugins.module_utils._plan.planner import Entry, Plan

BATCHES = {"credits": 100, "no_credits": 100, "user_type": 100, "enable": 25, "disable": 25}
"""Members a call takes: 100 for credits and 25 for enabling are the portal's limits; for user types it has none."""


class Job:
    """One request: what is asked (C(kind)) for which entries, with which argument (a user type, a level).

    C(fields) are the fields of the entries that are as wanted once it is done.
    """

    __slots__ = ("argument", "entries", "fields", "kind")

    def __init__(self, kind: str, entries: list[Entry], fields: tuple[str, ...] = (), argument: Any = None) -> None:
        self.kind = kind
        self.entries = entries
        self.fields = fields
        self.argument = argument

    def of(self, entries: list[Entry]) -> Job:
        """The same request for some of its entries."""
        return Job(self.kind, entries, self.fields, self.argument)


def phases(plan: Plan, organization: Organization, free: dict[str, int | None]) -> list[list[list[Job]]]:
    """Phases of chains of jobs: chains of a phase are independent of each other, phases follow one another.

    free: free seats by user type, or by level before user types (None or missing: unlimited or unknown).
    """
    acting = plan.acting
    result = [
        [
            *_chains(_narrower_role(entry) for entry in acting),
            *_chains(_leaving(entry, organization) for entry in acting),
            *_disabled(acting, organization),
            *_credits(acting, falling=True),
            *_batches("no_credits", [entry for entry in acting if _becomes_unlimited(entry)], ("credits",)),
        ],
        *_moves(acting, organization, free),
        [
            *_chains(_rest(entry, organization) for entry in acting),
            *_enabled(acting, organization),
            *_credits(acting, falling=False),
        ],
    ]
    return [phase for phase in result if phase]


def _chains(chains: Iterable[list[Job]]) -> list[list[Job]]:
    return [chain for chain in chains if chain]


def _batches(
    kind: str, entries: list[Entry], fields: tuple[str, ...], argument: Any = None, size: int | None = None
) -> list[list[Job]]:
    size = size or BATCHES[kind]
    return [[Job(kind, entries[start : start + size], fields, argument)] for start in range(0, len(entries), size)]


def _role_first(entry: Entry) -> bool:
    """The role falls before the type and rises after it; where ranks do not tell, what fits meanwhile decides."""
    seat = next((name for name in ("user_type", "level") if name in entry.changes), None)
    if entry.action in (CREATED, REMOVED) or seat is None or "role" not in entry.changes:
        return False
    early = fits(entry.wanted["role"], entry.before(seat))
    late = fits(str(entry.before("role")), entry.wanted[seat])
    return early if early != late else narrows_type(entry)


def _narrower_role(entry: Entry) -> list[Job]:
    return [Job("role", [entry], ("role",))] if _role_first(entry) else []


# -- what frees ----------------------------------------------------------------------------------------------------


def _leaving(entry: Entry, organization: Organization) -> list[Job]:
    """Who is removed may have come to own something since it was looked at; who stays gives up what was planned."""
    removed = entry.action == REMOVED
    chain = []
    if "content" in entry.changes or (removed and entry.transfer_to):
        chain.append(Job("reassign", [entry], _shown(entry, "content")))
    if "licenses" in entry.changes or removed:
        chain.append(Job("revoke", [entry], _shown(entry, "licenses")))
    if removed and organization.is_online:
        chain.append(Job("esri_access", [entry]))
    if removed:
        chain.append(Job("delete", [entry], ("state",)))
    return chain


def _shown(entry: Entry, name: str) -> tuple[str, ...]:
    return (name,) if name in entry.changes else ()


def _disabled(entries: list[Entry], organization: Organization) -> list[list[Job]]:
    leaving = [entry for entry in entries if entry.action == DISABLED and entry.wanted.get("enabled") is False]
    return _batches("disable", leaving, ("enabled",), size=None if organization.has_user_types else 1)


def _enabled(entries: list[Entry], organization: Organization) -> list[list[Job]]:
    size = None if organization.has_user_types else 1
    back = [entry for entry in entries if entry.action != CREATED and entry.wanted.get("enabled") is True]
    return _batches("enable", back, ("enabled",), size=size)


def _becomes_unlimited(entry: Entry) -> bool:
    """Without a limit nothing is set aside for the member any more, so this frees credits."""
    return entry.action != CREATED and entry.wanted.get("credits") == UNLIMITED


def _credits(entries: list[Entry], *, falling: bool) -> list[list[Job]]:
    """Cuts go before raises; a member without a limit who gets one counts as a raise, because a number is taken."""
    chosen = []
    for entry in entries:
        wanted, before = entry.wanted.get("credits"), entry.before("credits")
        if not isinstance(wanted, float) or entry.action == CREATED:
            continue
        if falling is (isinstance(before, float) and wanted < before):
            chosen.append(entry)
    return _batches("credits", chosen, ("credits",))


# -- what moves between seats --------------------------------------------------------------------------------------


def _seat_field(organization: Organization) -> str:
    return "user_type" if organization.has_user_types else "level"


def seat_moves(entries: Iterable[Entry], organization: Organization) -> list[tuple[str, str | None, str | None]]:
    """Who leaves which seat for which: (key, from, to); None stands for outside the organization."""
    field = _seat_field(organization)
    moves: list[tuple[str, str | None, str | None]] = []
    for entry in entries:
        if entry.action == CREATED:
            moves.append((entry.key, None, entry.wanted.get(field)))
        elif entry.action != REMOVED and field in entry.wanted:
            moves.append((entry.key, entry.before(field), entry.wanted[field]))
    return moves


def seats_freed(entries: Iterable[Entry], organization: Organization) -> dict[str, int]:
    """Seats that removals give back."""
    field = _seat_field(organization)
    freed: dict[str, int] = {}
    for entry in entries:
        seat = entry.before(field)
        if entry.action == REMOVED and seat is not None:
            freed[seat] = freed.get(seat, 0) + 1
    return freed


def seat_plan(entries: list[Entry], organization: Organization, free: dict[str, int | None]) -> Any:
    """The order of moves between limited seats, and what cannot be seated (see the module _seats)."""
    by_key = {entry.key: entry for entry in entries}
    freed = seats_freed(entries, organization)
    after_removals = {seat: None if count is None else count + freed.get(seat, 0) for seat, count in free.items()}

    def parks(key: str, seat: str) -> bool:
        """A member waits on a seat only if the role goes with it; new accounts do not wait."""
        entry = by_key[key]
        return (
            entry.action != CREATED and fits(str(entry.before("role")), seat) and fits(str(entry.after("role")), seat)
        )

    return seat_schedule(seat_moves(entries, organization), after_removals, parks)


def _moves(entries: list[Entry], organization: Organization, free: dict[str, int | None]) -> list[list[list[Job]]]:
    """Waves of creations and of moves; within a wave the order does not matter."""
    by_key = {entry.key: entry for entry in entries}
    field = _seat_field(organization)
    result = []
    for wave in seat_plan(entries, organization, free).waves:
        created: list[list[Job]] = []
        moved: dict[str, list[Entry]] = {}
        for key, source, target in wave:
            entry = by_key[key]
            if source is None and entry.action == CREATED:
                created.append(
                    [Job("invite" if organization.is_online else "create", [entry], carried(entry, organization))]
                )
            else:
                moved.setdefault(target, []).append(entry)
        size = None if field == "user_type" else 1
        result.append(
            [
                *created,
                *(
                    batch
                    for target in sorted(moved)
                    for batch in _batches(
                        "user_type" if size is None else "level", moved[target], (field,), target, size
                    )
                ),
            ]
        )
    return result


def carried(entry: Entry, organization: Organization) -> tuple[str, ...]:
    """The fields of a new account that its creation carries; the others follow as changes."""
    names = []
    for name in entry.wanted:
        field = BY_NAME[name]
        late = organization.is_online and name == "role" and entry.wanted["role"] == ADMINISTRATOR
        if (field.invite if organization.is_online else field.create) and not late:
            names.append(name)
        elif name == "enabled" and entry.wanted["enabled"]:
            # A new account can sign in; there is nothing to ask for, but it is read back.
            names.append(name)
    return ("state", *names)


# -- what takes ----------------------------------------------------------------------------------------------------


def _rest(entry: Entry, organization: Organization) -> list[Job]:
    """What remains for one member, in the order within a member."""
    if entry.action == REMOVED:
        return []
    done = set(carried(entry, organization)) if entry.action == CREATED else {"role"} if _role_first(entry) else set()
    left = [name for name in entry.wanted if name not in done]
    chain = []
    if "role" in left:
        chain.append(Job("role", [entry], ("role",)))
    profile = tuple(name for name in left if BY_NAME[name].carrier == "profile")
    if profile:
        chain.append(Job("update", [entry], profile))
    if "idp_username" in left:
        chain.append(Job("idp_username", [entry], ("idp_username",)))
    if entry.action == CREATED and entry.wanted.get("enabled") is False:
        chain.append(Job("disable", [entry], ("enabled",)))
    return chain
