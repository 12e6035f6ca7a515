# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Reads back what was written: what the portal shows decides, not what it answered."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.outcome import Outcome
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import UNREADABLE, Portal, is_wanted
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NotApplied,
    NotFound,
    PortalOpsError,
    Unverified,
    as_portalops_error,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import FIELDS_BY_NAME, shown
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    CREATED,
    OFFBOARD_FIELDS,
    REMOVED,
    PlanEntry,
)

#: Fields that several requests change, each a part of it.
_OF_PARTS = ("groups", "add_ons")


def verify(portal: Portal, outcomes: list[Outcome]) -> None:
    """Compare every member that was written to with what the portal shows now.

    Args:
        portal: Reads the members.
        outcomes: Outcomes of members to which something was sent; they are completed.
    """
    try:
        current = portal.directory.read({outcome.entry.key: outcome.entry.name for outcome in outcomes})
    except Exception as error:  # pylint: disable=broad-exception-caught
        for outcome in outcomes:
            _unread(outcome, as_portalops_error(error))
        return
    different = []
    for outcome in outcomes:
        _compare(portal, outcome, current.members.get(outcome.entry.key))
        if (outcome.accepted | outcome.confirmed) - outcome.applied - outcome.by_others or _is_not_created(outcome):
            different.append(outcome)
    _compare_by_name(portal, different)
    for outcome in outcomes:
        _finalize(portal, outcome)


def _is_not_created(outcome: Outcome) -> bool:
    return outcome.is_missing and outcome.entry.action == CREATED


def _compare_by_name(portal: Portal, outcomes: list[Outcome]) -> None:
    """A listing can lag behind, so the member's own page decides."""
    for outcome, member in zip(outcomes, portal.client.map(lambda outcome: portal.member(outcome.entry), outcomes)):
        if isinstance(member, Exception):
            _unread(outcome, as_portalops_error(member))
        else:
            outcome.applied = {name for name in outcome.applied if name in OFFBOARD_FIELDS}
            outcome.unexpected.clear()
            _compare(portal, outcome, member)


def _unread(outcome: Outcome, error: PortalOpsError) -> None:
    """Nothing could be read: what the portal accepted counts as applied, and what it did not answer is unknown.

    If the portal accepted a part of a change, it is unknown what the member has.
    """
    outcome.applied |= outcome.accepted - outcome.by_others
    partly = outcome.confirmed - outcome.accepted - outcome.by_others
    if partly:
        outcome.unknown |= partly
        outcome.warnings += [str(outcome.error)] if outcome.error else []
        outcome.error = None
    outcome.fail(member_error(outcome.entry, unverified(error)))


def unverified(error: PortalOpsError) -> Unverified:
    """Return the error for a change that was accepted but could not be read back."""
    return Unverified(f"The portal accepted the change, but it could not be verified: {error}")


def _compare(portal: Portal, outcome: Outcome, member: Member | None) -> None:
    """Note which sent fields have their desired values. For unreadable fields, the response of the portal counts."""
    outcome.is_missing = member is None
    for name in outcome.sent:
        if name in OFFBOARD_FIELDS:
            continue
        if _is_reached(portal, outcome, member, name):
            _note_reached(outcome, name)
        else:
            # An account that does not exist has no password either.
            if name not in UNREADABLE or _is_not_created(outcome):
                outcome.unknown.discard(name)
            _note_unexpected(outcome, member, name)


def _is_reached(portal: Portal, outcome: Outcome, member: Member | None, name: str) -> bool:
    if name == "state":
        return (member is None) == (outcome.entry.action == REMOVED)
    if member is None:
        return False
    if name in UNREADABLE:
        return name in outcome.accepted
    return is_wanted(portal, name, outcome.wanted[name], member)


def _note_reached(outcome: Outcome, name: str) -> None:
    """A refused change with the desired value was made by another run or account."""
    outcome.unexpected.pop(name, None)
    if name in outcome.by_others:
        return
    if name in outcome.confirmed or name in outcome.unknown:
        outcome.accept((name,))
        outcome.applied.add(name)
    else:
        outcome.by_others.add(name)


def _note_unexpected(outcome: Outcome, member: Member | None, name: str) -> None:
    """Note a third value: another person changed the field again, or a member holds a seat temporarily."""
    if outcome.entry.member is None or name not in FIELDS_BY_NAME or name == "categories":
        return
    if name in _OF_PARTS and name not in outcome.confirmed and name not in outcome.unknown:
        # No request of this run took effect: another person changed the groups or licenses.
        return
    if member is None:
        if name in outcome.accepted:
            # The portal accepted the change, and the member does not exist any more: the effect is not known.
            outcome.accepted.discard(name)
            outcome.unknown.add(name)
        return
    field, before, found = FIELDS_BY_NAME[name], outcome.entry.before(name), member.values.get(name)
    if found is not None and not field.same(found, field.part(before, outcome.wanted[name])):
        outcome.unexpected[name] = (field.visible(before), field.visible(found))


def _finalize(portal: Portal, outcome: Outcome) -> None:
    entry = outcome.entry
    if outcome.is_missing and entry.member is not None and entry.action != REMOVED:
        outcome.error = member_error(
            entry,
            NotFound("Member does not exist any more.", remedy="Another person or run removed it. Correct the roster."),
        )
        return
    # Whether the account exists matters most.
    missing = sorted(outcome.accepted - outcome.applied - outcome.by_others, key=lambda name: (name != "state", name))
    if entry.action == CREATED and "state" in missing and isinstance(outcome.error, NotFound):
        # Later requests failed only because the account does not exist.
        outcome.error = None
    if missing and outcome.error is None:
        outcome.fail(_not_applied(portal, outcome, missing[0]))
    elif (
        outcome.error is not None
        and not isinstance(outcome.error, Unverified)
        and set(entry.changes) <= outcome.applied | outcome.by_others
    ):
        outcome.warnings.append(f"{entry.name}: The portal reported an error, but the member matches: {outcome.error}")
        outcome.error = None
    elif outcome.error is not None and entry.action == CREATED and "state" in outcome.by_others:
        outcome.error = member_error(
            entry,
            NotApplied(
                "Another person or run created this account meanwhile.",
                field="state",
                remedy="Run the task again. It then changes the account to match the roster.",
            ),
        )
    if outcome.error is not None and "role" in outcome.applied and {"user_type", "level"} & entry.changes.keys():
        outcome.error.message += f" The role is already changed to {outcome.changes['role'][1]}."
    if entry.action == REMOVED and "state" in outcome.by_others:
        outcome.warnings.append(f"{entry.name}: Another person or run removed this account meanwhile.")


def _not_applied(portal: Portal, outcome: Outcome, name: str) -> PortalOpsError:
    entry = outcome.entry
    if name == "state" and entry.action == CREATED:
        return _created_elsewhere(portal, outcome)
    before, after = outcome.changes[name]
    try:
        member = portal.member(entry)
    except PortalOpsError:
        member = None
    found: Any = None
    if name == "state":
        found = "present" if member else "absent"
    elif member:
        found = shown(FIELDS_BY_NAME[name].visible(member.values.get(name)))
    return entry.error(
        NotApplied,
        f"The portal accepted {name} {_quoted(shown(after))} but still shows {_quoted(found)}.",
        field=name,
        wanted=shown(after),
        found=found,
        before=shown(before),
        remedy="Check the member in the portal, fix the cause, and run the task again.",
    )


def _created_elsewhere(portal: Portal, outcome: Outcome) -> PortalOpsError:
    """An account of a lapsed invitation comes out under its name with a digit (portal-rest-api-2.md, section 8)."""
    entry = outcome.entry
    if portal.pending.with_username(entry.name):
        # The plan checked that the username was free, so the invitation is of this run.
        outcome.side_effects.add("invitation")
        return entry.error(
            NotApplied,
            "The portal sent an invitation instead of creating the account.",
            field="state",
            wanted="present",
            found="absent",
            remedy="Run the task again after the person accepts the invitation. To cancel it, use portal_invitations.",
        )
    other = f"{entry.name}1"
    try:
        member = portal.directory.one(other)
    except PortalOpsError:
        member = None
    hint = ""
    if isinstance(member, Member):
        outcome.side_effects.add("account")
        hint = f" An account {member.username} exists now."
    return entry.error(
        NotApplied,
        f"The portal accepted the invitation, but the account does not exist under this username.{hint}",
        field="state",
        wanted="present",
        found="absent",
        remedy="A lapsed invitation can hold the username. Check the members and pending invitations, and choose "
        "another username. The invitation is not repeated.",
    )


def member_error(entry: PlanEntry, error: PortalOpsError) -> PortalOpsError:
    """Return an error as it concerns one entry: a batch shares one error object, so each entry gets its own."""
    message = str(error)
    if entry.subject and not message.startswith(f"{entry.name}: "):
        message = f"{entry.name}: {message}"
    details = {**error.details, **entry.subject, "index": entry.index}
    own = type(error).__new__(type(error))
    PortalOpsError.__init__(own, message, **details)
    own.uncertain = error.uncertain
    return own


def _quoted(value: Any) -> str:
    """Return a value as a message shows it: text in quotes, and other values as JSON."""
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)
