# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""The base of every request that changes something: what it sends, for which entries, and how to tell its effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.outcome import Outcome
from ansible_collections.portalops.arcgis.plugins.module_utils._current.content import ContentReader
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._model.categories import paths_from_portal
from ansible_collections.portalops.arcgis.plugins.module_utils._model.fields import (
    FIELDS_BY_NAME,
    member_key,
    stored_name,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.invitations import Invitations
from ansible_collections.portalops.arcgis.plugins.module_utils._model.members import Member
from ansible_collections.portalops.arcgis.plugins.module_utils._model.organization import Organization
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import PlanEntry
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

#: Reasons by key of the entries that the portal refused within an accepted request. An empty reason: another person or
#: run has made the change already.
Refusals = dict[str, str]
Privileges = Iterable[tuple[str, str]]


class Portal:
    """What requests work with: the client, the readers, and the outcomes that they add observations to."""

    def __init__(
        self,
        client: PortalClient,
        reader: OrganizationReader,
        directory: Directory,
        outcomes: dict[Any, Outcome],
        *,
        sends_email: bool = False,
    ) -> None:
        self.client = client
        self.reader = reader
        self.directory = directory
        self.content = ContentReader(directory)
        self.outcomes = outcomes
        #: Whether the portal sends its email about add-on licenses.
        self.sends_email = sends_email
        self._pending: Invitations | None = None

    @property
    def pending(self) -> Invitations:
        """Pending invitations after the changes, read when they are first asked for, and once."""
        if self._pending is None:
            self._pending = Invitations(self.reader.invitation_reader.readable())
        return self._pending

    def outcome(self, entry: PlanEntry) -> Outcome:
        return self.outcomes[entry.ref]

    def member(self, entry: PlanEntry) -> Member | None:
        """Read the member of an entry, or None if it does not exist."""
        found = self.directory.one(entry.name)
        return found if isinstance(found, Member) else None


class Request(ABC):
    """One kind of request.

    batch: entries that one request takes; does, privilege: what the signed-in account must be able to do (None:
    nothing is known); is_doubtful: whether the reference leaves the privilege open, so that lacking it is a warning;
    repeats_after_timeout: whether a second request does no harm if the portal still works on the first
    one; creates, deletes: whether the entry comes to be or ceases to exist by it; rereads: whether ``needed``
    reads what the request replaces right before.
    """

    batch: ClassVar[int] = 1
    does: ClassVar[str] = ""
    privilege: ClassVar[str | None] = None
    is_doubtful: ClassVar[bool] = False
    creates: ClassVar[bool] = False
    deletes: ClassVar[bool] = False
    rereads: ClassVar[bool] = False
    repeats_after_timeout: ClassVar[bool] = True

    def batch_for(self, organization: Organization) -> int:
        """Return how many entries one request takes on this portal."""
        return self.batch

    def required_privileges(self, organization: Organization, job: Job) -> Privileges:
        """Return pairs of what the account must be able to do, and the privilege for it."""
        return [] if self.privilege is None or self.is_doubtful else [(self.does, self.privilege)]

    def doubtful_privileges(self, organization: Organization, job: Job) -> Privileges:
        """Return the same for privileges that can be insufficient or unnecessary."""
        return [(self.does, self.privilege)] if self.privilege is not None and self.is_doubtful else []

    def refresh(self, portal: Portal, entry: PlanEntry) -> bool:
        """Read again what the request replaces, and bring the outcome's changes in line.

        Returns:
            Whether the request is still needed.
        """
        return True

    def needed(self, portal: Portal, job: Job) -> list[PlanEntry]:
        """Return the entries for which the request is still needed, after reading again what it replaces.

        Notes in the outcomes of the other entries that another person or run made the change, or why it is not made.
        """
        needed = []
        for entry in job.entries:
            if self.refresh(portal, entry):
                needed.append(entry)
            else:
                portal.outcome(entry).by_others.update(job.fields_of(entry))
        return needed

    @abstractmethod
    def send(self, portal: Portal, job: Job) -> Refusals:
        """Send the request; return the entries that the portal refused.

        Raises:
            PortalOpsError: If the whole request failed; ``uncertain`` tells whether it can have taken effect.
        """

    def shows(self, portal: Portal, entry: PlanEntry, job: Job, member: Member | None) -> set[str]:
        """Return which fields of an entry are as this request makes them, given the member that was read."""
        if member is None:
            return set()
        wanted = portal.outcome(entry).wanted
        if job.argument is not None:
            wanted = dict.fromkeys(job.fields_of(entry), job.argument)
        return {
            name for name in job.fields_of(entry) if name in wanted and is_wanted(portal, name, wanted[name], member)
        }


class SelfReadingRequest(Request):
    """A request for something that the member does not show: it is read back right after the request."""

    @abstractmethod
    def reached(self, portal: Portal, entry: PlanEntry, job: Job) -> set[str]:
        """Read which fields of an entry are as this request makes them.

        Raises:
            PortalOpsError: If that is not readable.
        """

    def shortfall(self, portal: Portal, entry: PlanEntry, job: Job) -> str:
        """Return the statement for an accepted request that did not take effect."""
        return f"The portal accepted the request to {self.does}, but its state did not change."


#: Fields that the portal never shows.
UNREADABLE = ("password",)


def is_wanted(portal: Portal, name: str, value: Any, member: Member) -> bool:
    """Return whether a field has its desired value. This is never known of a password."""
    if name in UNREADABLE:
        return False
    found = member.values.get(name)
    if name == "categories":
        found = paths_from_portal(list(found or ()), portal.reader.tree().rooted)
    return found is not None and bool(FIELDS_BY_NAME[name].same(found, value))


# -- responses -----------------------------------------------------------------------------------------------------


def usernames(job: Job) -> list[str]:
    """Return the usernames of a job as the portal stores them."""
    return [stored_name(entry.name) for entry in job.entries]


def refused_names(answer: dict[str, Any], key: str, reason: str) -> Refusals:
    """Return members that the list of failures in a successful response names."""
    names = answer.get(key)
    return {member_key(str(name)): reason for name in (names if isinstance(names, list) else ())}


def refused_rows(answer: dict[str, Any], reason: str) -> Refusals:
    """Return members whose own row in a response is not successful, with the portal's reason if it gives one."""
    rows = answer.get("results")
    refusals = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("status", row.get("success")) not in (True, "success", "true"):
            error = row.get("error")
            text = (
                (error.get("message") if isinstance(error, dict) else error) or row.get("message") or row.get("reason")
            )
            refusals[member_key(str(row.get("username")))] = f"{reason}: {text}" if text else f"{reason}."
    return refusals
