# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The order of a plan: pure functions from a plan to steps of jobs.

Steps follow one another, and the jobs of one step run at the same time. No member is in two jobs of one step.
Order across members: what frees seats and credits, then new accounts and moves between seats, then what takes them.
Within a member: raise the user type before the role, lower the role before the user type; leave groups before, and join
them after, because groups whose members can update all items need a role with content privileges. Who receives content
joins groups before the transfer. Who receives or transfers it leaves groups after. Add-on licenses are given up before
the user type changes, and assigned after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Union

from ansible_collections.portalops.arcgis.plugins.module_utils._model.facts import Facts, count_by
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    FIELDS_BY_NAME,
    UNLIMITED,
    member_key,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.group_settings import CREATION_SETTINGS
from ansible_collections.portalops.arcgis.plugins.module_utils._model.groups import (
    PART_MANAGER,
    PART_MEMBER,
    parts_of,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CHANGED,
    CREATED,
    DISABLED,
    GROUP,
    INVITATION,
    MEMBER,
    ORGANIZATION_KINDS,
    REMOVED,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.roles import (
    ADMINISTRATOR,
    fits,
    is_administrative,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._plan import seats
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.add_ons import Batch, order_add_ons
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.guards import lowers_seat

Requests = Mapping[str, Any]
Fields = Union[tuple[str, ...], dict[str, tuple[str, ...]]]


class Job:
    """One request for some entries.

    request: the object that sends it; fields: fields that have their desired values once it took effect, for all
    entries or by key; argument: what all entries share, such as a user type.
    """

    __slots__ = ("argument", "entries", "fields", "request")

    def __init__(self, request: Any, entries: list[PlanEntry], fields: Fields = (), argument: Any = None) -> None:
        self.request = request
        self.entries = entries
        self.fields = fields
        self.argument = argument

    def of(self, entries: list[PlanEntry]) -> Job:
        """Return the same request for some of its entries."""
        return Job(self.request, entries, self.fields, self.argument)

    def fields_of(self, entry: PlanEntry) -> tuple[str, ...]:
        """Return the fields that this request sets for one of its entries."""
        return self.fields if isinstance(self.fields, tuple) else self.fields[entry.key]


class Schedule:
    """Steps of jobs, and what the order of seats taught.

    blocked: user types or levels with too few seats; doubtful: those with too few if invitations hold seats;
    arrivals: usernames by seat that they take; departures: seats
    given up; temporary: key -> seat that a member holds temporarily; interrupted: key -> add-on of which a member has
    fewer entitlements for a while.
    """

    def __init__(self) -> None:
        self.steps: list[list[Job]] = []
        self.blocked: list[seats.Blocked] = []
        self.doubtful: list[seats.Blocked] = []
        self.arrivals: dict[str, list[str]] = {}
        self.departures: dict[str, int] = {}
        self.temporary: dict[str, str] = {}
        self.interrupted: dict[str, str] = {}

    def jobs(self) -> Iterable[Job]:
        return (job for step in self.steps for job in step)

    def warnings_of(self, entry: PlanEntry) -> list[str]:
        """Return what the order means for one entry."""
        if entry.kind != MEMBER:
            return []
        seat, label = self.temporary.get(entry.key), self.interrupted.get(entry.key)
        return [
            *([f"{entry.name}: Holds {seat} temporarily, because no seat is free."] if seat else []),
            *(
                [f"{entry.name}: Has fewer entitlements of {label} for a moment, because no license is free."]
                if label
                else []
            ),
        ]


def make_schedule(plan: Plan, facts: Facts, organization: Organization, requests: Requests) -> Schedule:
    """Return the order of a plan.

    Args:
        plan: Entries with what departing members own.
        facts: Free seats, and who can hold a seat temporarily.
        organization: Product.
        requests: Requests by name.
    """
    return _Scheduler(plan, facts, organization, requests).schedule()


class _Scheduler:
    def __init__(self, plan: Plan, facts: Facts, organization: Organization, requests: Requests) -> None:
        self.entries = plan.acting
        self.members = [entry for entry in self.entries if entry.kind == MEMBER]
        self.groups = [entry for entry in self.entries if entry.kind == GROUP]
        self.facts = facts
        self.organization = organization
        self.requests = requests
        self.by_key = {entry.key: entry for entry in self.members}
        self._recipients = {member_key(entry.transfer_to) for entry in self.members if entry.transfer_to}

    def schedule(self) -> Schedule:
        schedule = Schedule()
        waves = self._seat_waves(schedule)
        add_ons = order_add_ons(self.members, self.facts)
        schedule.interrupted = add_ons.temporary
        steps = [
            self._organization_step(),
            self._jobs("cancel_invitation", [entry for entry in self.entries if entry.kind == INVITATION], ("state",)),
            *self._group_setting_steps(),
            *self._group_steps("leave_group", self._has_no_part_in_transfers),
            *self._group_steps("join_group", self._receives_content),
            *self._group_steps("change_group_part", self._receives_content, "promote"),
            *self._departure_steps(),
            *self._group_steps("leave_group", lambda entry: not self._has_no_part_in_transfers(entry)),
            *self._add_on_steps(add_ons.early),
            self._step("role", role_goes_first, ("role",)),
            self._step("delete", lambda entry: entry.action == REMOVED, ("state",)),
            self._step("disable", lambda entry: entry.action == DISABLED and "enabled" in entry.wanted, ("enabled",)),
            self._step("unlimited_credits", _becomes_unlimited, ("credits",)),
            self._step("credits", lambda entry: _changes_credits(entry) and _lowers_credits(entry), ("credits",)),
            *waves,
            self._step("role", lambda entry: self._is_late(entry, "role") and not role_goes_first(entry), ("role",)),
            self._profile_step(),
            self._step(
                "enable", lambda entry: entry.action != CREATED and entry.wanted.get("enabled") is True, ("enabled",)
            ),
            self._step("credits", lambda entry: _changes_credits(entry) and not _lowers_credits(entry), ("credits",)),
            *self._other_steps(),
            *(step for batches in add_ons.late for step in self._add_on_steps(batches)),
            *self._group_steps("change_group_part", lambda entry: not self._receives_content(entry)),
            *self._group_steps("change_group_part", self._receives_content, "demote"),
            *self._group_steps("join_group", lambda entry: not self._receives_content(entry)),
            *self._group_owner_steps(),
        ]
        schedule.steps = [step for step in steps if step]
        return schedule

    # -- steps of one request --------------------------------------------------------------------------------------

    def _step(
        self, name: str, applies: Callable[[PlanEntry], bool], fields: tuple[str, ...], argument: Any = None
    ) -> list[Job]:
        """Return the jobs of one request for the members that need it."""
        return self._jobs(name, [entry for entry in self.members if applies(entry)], fields, argument)

    def _jobs(self, name: str, entries: list[PlanEntry], fields: Fields = (), argument: Any = None) -> list[Job]:
        request = self.requests[name]
        size = request.batch_for(self.organization)
        return [Job(request, entries[start : start + size], fields, argument) for start in range(0, len(entries), size)]

    def _organization_step(self) -> list[Job]:
        return [
            Job(self.requests[entry.kind], [entry], tuple(entry.changes))
            for entry in self.entries
            if entry.kind in ORGANIZATION_KINDS
        ]

    def _departure_steps(self) -> list[list[Job]]:
        """Content goes first, because an owner cannot leave; licenses by listing, so that a request serves many."""
        return [
            self._step("restore_items", lambda entry: _gives(entry, "recycle_bin", "restored"), ("recycle_bin",)),
            self._step("transfer", lambda entry: "content" in entry.changes, ("content",)),
            *self._revocations(),
            self._step("delete_recycled", lambda entry: _gives(entry, "recycle_bin", "deleted"), ("recycle_bin",)),
            self._step("esri_access", lambda entry: "esri_access" in entry.changes, ("esri_access",)),
        ]

    def _revocations(self) -> list[list[Job]]:
        holders: dict[tuple[str, str], list[PlanEntry]] = {}
        for entry in self.members:
            if entry.departs:
                for kind, items in self.facts.add_ons.get(entry.key, {}).items():
                    for item in items:
                        holders.setdefault((kind, item), []).append(entry)
        return [
            self._jobs("revoke", entries, ("licenses",), argument)
            for argument, entries in sorted(holders.items(), key=lambda row: row[0])
        ]

    def _add_on_steps(self, batches: list[Batch]) -> list[list[Job]]:
        """Return steps of requests, each of which gives many members the same complete set of one add-on."""
        jobs = [
            job
            for batch in batches
            for job in self._jobs("add_ons", batch.entries, ("add_ons",), batch[:2] + batch[3:])
        ]
        # What is scarce is counted before each request, so only one request of an add-on runs at a time.
        return _steps_of(jobs, lambda job: job.argument[0] if job.argument[2] else job.argument)

    # -- groups ----------------------------------------------------------------------------------------------------

    def _group_setting_steps(self) -> list[list[Job]]:
        """Return what happens to groups before their members join."""
        removed = [entry for entry in self.groups if entry.action == REMOVED]
        created = [entry for entry in self.groups if entry.action == CREATED]
        changed = [(entry, _settings_of(entry)) for entry in self.groups if entry.action == CHANGED]
        protected = [entry for entry in self.groups if entry.action != REMOVED and "protected" in entry.changes]
        return [
            self._jobs("delete_group", removed, ("state",)),
            [Job(self.requests["create_group"], [entry], ("state", *_settings_of(entry))) for entry in created],
            [Job(self.requests["update_group"], [entry], names) for entry, names in changed if names],
            self._jobs("protect_group", protected, ("protected",)),
        ]

    def _group_owner_steps(self) -> list[list[Job]]:
        """Return the changes of owners. They come last: a new owner can be a member that the run creates or adds."""
        owners = [entry for entry in self.groups if "owner" in entry.changes]
        former = [entry for entry in self.groups if "keep_former_owner" in entry.changes]
        return [
            self._jobs("reassign_group", owners, ("owner",)),
            self._jobs("former_owner", former, ("keep_former_owner",)),
        ]

    def _receives_content(self, entry: PlanEntry) -> bool:
        return entry.action != CREATED and entry.key in self._recipients

    def _has_no_part_in_transfers(self, entry: PlanEntry) -> bool:
        return not entry.departs and not self._receives_content(entry)

    def _group_steps(
        self, name: str, applies: Callable[[PlanEntry], bool], change: str | None = None
    ) -> list[list[Job]]:
        """Return steps of one request for the groups that need it: each serves many members of one group.

        Args:
            name: Name of the request.
            applies: Whether it concerns a member.
            change: Which changes it makes, if not all that its name stands for.
        """
        by_group: dict[str, list[PlanEntry]] = {}
        for entry in self.members:
            if applies(entry):
                before = parts_of(entry.before("groups") or ())
                for label, part in entry.wanted.get("groups", ()):
                    if _GROUP_CHANGES[change or name](before.get(label), part):
                        by_group.setdefault(label, []).append(entry)
        jobs = [job for label in sorted(by_group) for job in self._jobs(name, by_group[label], ("groups",), label)]
        return _steps_of(jobs)

    def _profile_step(self) -> list[Job]:
        """Return one job for each member, because each has its own fields."""
        fields = {entry: self._late_profile_fields(entry) for entry in self.members}
        return [Job(self.requests["profile"], [entry], names) for entry, names in fields.items() if names]

    def _late_profile_fields(self, entry: PlanEntry) -> tuple[str, ...]:
        return tuple(
            name for name in entry.wanted if FIELDS_BY_NAME[name].request == "profile" and self._is_late(entry, name)
        )

    def _is_late(self, entry: PlanEntry, name: str) -> bool:
        """Return whether a field of an entry follows the creation, if there is one."""
        if name not in entry.wanted or entry.action == REMOVED:
            return False
        return entry.action != CREATED or name not in creation_fields(entry, self.organization, self.facts)

    def _other_steps(self) -> list[list[Job]]:
        """Fields with a request of their own that needs no special place in the order."""
        names = dict.fromkeys(
            field.request
            for entry in self.members
            for field in (FIELDS_BY_NAME[name] for name in entry.wanted)
            if field.request not in _PLACED
        )
        steps = []
        for request in names:
            fields = tuple(field.name for field in FIELDS_BY_NAME.values() if field.request == request)
            steps.append(
                self._step(request, lambda entry, fields=fields: any(self._is_late(entry, f) for f in fields), fields)  # type: ignore[misc]
            )
        return steps

    # -- seats -----------------------------------------------------------------------------------------------------

    def _seat_waves(self, schedule: Schedule) -> list[list[Job]]:
        """Return steps of creations and moves between seats; note what blocks them and who holds a seat temporarily."""
        moves = seat_moves(self.members, self.organization)
        freed = seats_freed(self.members, self.organization)
        for key, source, target in moves:
            if target is not None and source != target:
                schedule.arrivals.setdefault(target, []).append(self.by_key[key].name)
            if source is not None and source != target:
                schedule.departures[source] = schedule.departures.get(source, 0) + 1
        for seat, count in freed.items():
            schedule.departures[seat] = schedule.departures.get(seat, 0) + count
        ordered = seats.schedule(moves, self._free_seats(freed, self.facts.pending_seats), self._can_hold_temporarily)
        if ordered.blocked:
            schedule.doubtful = ordered.blocked
            ordered = seats.schedule(moves, self._free_seats(freed, {}), self._can_hold_temporarily)
        schedule.blocked = ordered.blocked
        for wave in ordered.waves:
            for key, _source, target in wave:
                if target is not None and target != self.by_key[key].wanted.get(self.organization.seat_field):
                    schedule.temporary[key] = target
        # A move is scheduled even if it is blocked, so that missing privileges are reported together with seats.
        waves = ordered.waves or ([[seats.Move(*move) for move in moves]] if moves else [])
        return [self._wave(wave) for wave in waves]

    def _free_seats(self, freed: dict[str, int], pending: dict[str, int]) -> dict[str, int | None]:
        """Return free seats after removals, without those of pending invitations.

        Whether invitations hold seats is not known (portal-rest-api-2.md, section 8). An order without their seats
        is right in both cases.
        """
        return {
            seat: None if count is None else count + freed.get(seat, 0) - pending.get(seat, 0)
            for seat, count in self.facts.free_seats.items()
        }

    def _can_hold_temporarily(self, key: str, seat: str) -> bool:
        """Return whether a member can hold a seat for a while: one who owns and holds nothing, and whose role fits."""
        entry = self.by_key[key]
        owned = self.facts.owned.get(key)
        return (
            entry.action != CREATED
            and not owned
            and not self.facts.holdings(key)
            and fits(str(entry.before("role")), seat)
            and fits(str(entry.after("role")), seat)
        )

    def _wave(self, wave: list[seats.Move]) -> list[Job]:
        by_key = self.by_key
        created = [by_key[key] for key, source, _target in wave if source is None and by_key[key].action == CREATED]
        moved: dict[str, list[PlanEntry]] = {}
        for key, source, target in wave:
            if source is not None or by_key[key].action != CREATED:
                moved.setdefault(str(target), []).append(by_key[key])
        field = self.organization.seat_field
        fields = {entry.key: creation_fields(entry, self.organization, self.facts) for entry in created}
        jobs = self._jobs("invite" if self.organization.is_online else "create", created, fields)
        for target in sorted(moved):
            jobs.extend(self._jobs(field, moved[target], (field,), target))
        return jobs


#: Requests with a place of their own in the order.
_PLACED = frozenset({"account", "profile", "role", "user_type", "level", "credits", "enabled", "groups", "add_ons"})

#: Which request a change of the part in a group needs, from the part before and after (None: not in the group).
_GROUP_CHANGES: dict[str, Callable[[str | None, str | None], bool]] = {
    "leave_group": lambda before, after: after is None,
    "change_group_part": lambda before, after: before is not None and after is not None,
    "join_group": lambda before, after: before is None,
    "promote": lambda before, after: before is not None and after == PART_MANAGER,
    "demote": lambda before, after: before is not None and after == PART_MEMBER,
}


def _settings_of(entry: PlanEntry) -> tuple[str, ...]:
    """Return the settings of a group that createGroup or update writes."""
    return tuple(name for name in entry.changes if name in CREATION_SETTINGS)


def _steps_of(jobs: list[Job], subject: Callable[[Job], Any] = lambda job: job.argument) -> list[list[Job]]:
    """Return jobs in as few steps as their order allows: no step has two jobs of one member or of one subject.

    Args:
        jobs: The jobs.
        subject: What a job changes besides its members, such as a group.
    """
    steps: list[list[Job]] = []
    used: list[set[Any]] = []
    for job in jobs:
        names = {subject(job), *(entry.ref for entry in job.entries)}
        at = next((index for index, others in enumerate(used) if not others & names), len(steps))
        if at == len(steps):
            steps.append([])
            used.append(set())
        steps[at].append(job)
        used[at] |= names
    return steps


def _gives(entry: PlanEntry, field: str, value: str) -> bool:
    return field in entry.changes and entry.changes[field][1] == value


def role_goes_first(entry: PlanEntry) -> bool:
    """Return whether the role is set before the seat: it is lowered before, and raised after.

    Where ranks do not tell, that order is right in which role and seat fit meanwhile.
    """
    if entry.action in (CREATED, REMOVED) or "role" not in entry.wanted:
        return False
    seat = next((name for name in ("user_type", "level") if name in entry.changes), None)
    if seat is None:
        return False
    early = fits(entry.wanted["role"], entry.before(seat))
    late = fits(str(entry.before("role")), entry.wanted[seat])
    return early if early != late else lowers_seat(entry)


def _becomes_unlimited(entry: PlanEntry) -> bool:
    """Without a limit, no credits are reserved for the member any more, so this frees credits."""
    return entry.action != CREATED and entry.wanted.get("credits") == UNLIMITED


def _changes_credits(entry: PlanEntry) -> bool:
    return entry.action != CREATED and isinstance(entry.wanted.get("credits"), float)


def _lowers_credits(entry: PlanEntry) -> bool:
    """A member without a limit who gets one counts as a raise, because credits are then reserved."""
    before = entry.before("credits")
    return isinstance(before, float) and entry.wanted["credits"] < before


def creation_fields(entry: PlanEntry, organization: Organization, facts: Facts) -> tuple[str, ...]:
    """Return the fields of a new account that its creation sets; all other fields follow as changes."""
    names = []
    for name in entry.wanted:
        field = FIELDS_BY_NAME[name]
        if name == "role" and organization.is_online and not can_be_invited(entry.wanted["role"], facts):
            continue
        # A new account is enabled; that is only read back.
        if (field.invite if organization.is_online else field.create) or name == "enabled":
            names.append(name)
    return ("state", *names)


def can_be_invited(role: str, facts: Facts) -> bool:
    """Return whether an invitation takes a role: no administrative one (portal-rest-api-2.md, section 4)."""
    return role != ADMINISTRATOR and not is_administrative(facts.role_privileges.get(role, frozenset()))


def seat_moves(entries: Iterable[PlanEntry], organization: Organization) -> list[tuple[str, str | None, str | None]]:
    """Return the moves between seats: (key, from, to). None stands for outside the organization."""
    field = organization.seat_field
    moves: list[tuple[str, str | None, str | None]] = []
    for entry in entries:
        if entry.action == CREATED:
            moves.append((entry.key, None, entry.wanted.get(field)))
        elif entry.action != REMOVED and field in entry.wanted:
            moves.append((entry.key, entry.before(field), entry.wanted[field]))
    return moves


def seats_freed(entries: Iterable[PlanEntry], organization: Organization) -> dict[str, int]:
    """Return seats that removals give back, by user type or level."""
    field = organization.seat_field
    return count_by(seat for entry in entries if entry.action == REMOVED and (seat := entry.before(field)) is not None)
