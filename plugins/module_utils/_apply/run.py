# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Sends a schedule: the only place that writes, and the only one that knows check mode."""

from __future__ import annotations

import random
import threading
import time
from typing import Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._apply.outcome import Outcome
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.request import (
    UNREADABLE,
    Portal,
    Refusals,
    SelfReadingRequest,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._apply.verify import member_error, unverified, verify
from ansible_collections.portalops.arcgis.plugins.module_utils._current.directory import Directory
from ansible_collections.portalops.arcgis.plugins.module_utils._current.organization import OrganizationReader
from ansible_collections.portalops.arcgis.plugins.module_utils._errors import (
    NoAnswer,
    NotApplied,
    PortalOpsError,
    Refused,
    TimedOut,
    as_portalops_error,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.plan import (
    MEMBER,
    ORGANIZATION_KINDS,
    Plan,
    PlanEntry,
)
from ansible_collections.portalops.arcgis.plugins.module_utils._model.wording import plural
from ansible_collections.portalops.arcgis.plugins.module_utils._plan.schedule import Job, Schedule
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.client import PortalClient

#: Codes of failures that can concern one member of a batch only.
_SPLIT_CODES = ("refused", "not_found", "unexpected_answer")
#: Refusals in a row, all for one reason, after which a refused batch is not split any more.
MAX_EQUAL_REFUSALS = 10
#: Seconds before a lost response is read back: the first pause, and the longest.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0

Outcomes = dict[tuple[str, str], Outcome]


def pause_after(attempt: int) -> float:
    """Return the seconds to wait after an attempt (from 0) whose response was lost: twice as long each time."""
    return min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.75, 1.0)


class _Streak:
    """Refusals of one batch in a row that have the same reason."""

    def __init__(self) -> None:
        self.count = 0
        self.reason = ""

    def add(self, error: PortalOpsError) -> None:
        self.count = self.count + 1 if str(error) == self.reason else 1
        self.reason = str(error)

    def end(self) -> None:
        self.count = 0

    @property
    def is_hopeless(self) -> bool:
        return self.count >= MAX_EQUAL_REFUSALS


class Run:
    """One execution of a schedule."""

    def __init__(
        self,
        client: PortalClient,
        reader: OrganizationReader,
        directory: Directory,
        *,
        check_mode: bool,
        on_error: str = "continue",
        retries: int = 4,
        sends_email: bool = False,
        progress: Callable[[str], None] = lambda line: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare a run.

        Args:
            client: Sends the requests.
            reader: Reads the organization.
            directory: Reads members.
            check_mode: Whether nothing is sent and everything counts as applied.
            on_error: ``continue`` processes all other members after a failure, ``stop`` skips them.
            retries: How often a request is repeated after lost responses.
            sends_email: Whether the portal sends its email about add-on licenses.
            progress: Takes a line of text that shows the progress.
            sleep: Waits for a number of seconds.
        """
        self.client = client
        self.check_mode = check_mode
        self.stops_on_error = on_error == "stop"
        self.attempts = retries + 1
        self.progress = progress
        self.outcomes: Outcomes = {}
        self.portal = Portal(client, reader, directory, self.outcomes, sends_email=sends_email)
        self._sleep = sleep
        self._is_stopped = False
        self._lock = threading.Lock()
        self._planned = 0
        self._done = 0

    def apply(self, plan: Plan, schedule: Schedule) -> Outcomes:
        """Send the schedule and verify it; return the outcome of every entry that changes something."""
        self.outcomes.update((entry.ref, Outcome(entry)) for entry in plan.acting)
        for outcome in self.outcomes.values():
            outcome.warnings.extend(schedule.warnings_of(outcome.entry))
        if self.check_mode:
            for outcome in self.outcomes.values():
                outcome.applied = set(outcome.changes)
            return self.outcomes
        self._planned = sum(_weight(job) for job in schedule.jobs())
        for step in schedule.steps:
            self._step(step)
            first = [job.entries[0] for job in step]
            if any(entry.kind in ORGANIZATION_KINDS and self.portal.outcome(entry).error for entry in first):
                # What the members get depends on the organization.
                self._is_stopped = True
        members = [outcome for outcome in self.outcomes.values() if outcome.sent and outcome.entry.kind == MEMBER]
        if members:
            self.progress(f"Verifying {plural(len(members), 'member')}")
            verify(self.portal, members)
        return self.outcomes

    def _step(self, jobs: list[Job]) -> None:
        for job, result in zip(jobs, self.client.map(self._job, jobs)):
            if isinstance(result, Exception):
                # A defect with one member must not hide the outcomes of the remaining members.
                for entry in job.entries:
                    self._fail(entry, job, as_portalops_error(result))

    def _job(self, job: Job) -> None:
        entries = [entry for entry in job.entries if self.portal.outcome(entry).error is None]
        if entries:
            self._send(job.of(entries), _Streak())
        with self._lock:
            self._done += _weight(job)
            self.progress(f"Applied {self._done} of {plural(self._planned, 'change')}")

    def _skip(self, job: Job) -> None:
        for entry in job.entries:
            self.portal.outcome(entry).is_skipped = True
            self._keep_partial(entry, job)

    # -- one request -----------------------------------------------------------------------------------------------

    def _send(self, job: Job, streak: _Streak) -> None:
        """Send a request until its effect is certain: after a lost response, the state is read before repeating."""
        last: PortalOpsError | None = None
        if self._is_stopped:
            self._skip(job)
            return
        for attempt in range(self.attempts):
            try:
                job = self._refreshed(job)
                if not job.entries:
                    return
                for entry in job.entries:
                    self.portal.outcome(entry).sent.update(job.fields_of(entry))
                refusals = job.request.send(self.portal, job)
            except PortalOpsError as error:
                if not error.uncertain:
                    self._refuse(job, error, streak)
                    return
                last = error
                job = self._after_lost_response(job, error, attempt)
                if not job.entries:
                    return
                continue
            streak.end()
            self._accept(job, refusals)
            return
        for entry in job.entries:
            readable = set(job.fields_of(entry)).difference(UNREADABLE)
            self.portal.outcome(entry).unknown.difference_update(readable)
            self._fail(entry, job, last or NoAnswer("The portal did not answer."))

    def _after_lost_response(self, job: Job, error: PortalOpsError, attempt: int) -> Job:
        """Return the job with the entries for which it must be sent again, after reading what took effect."""
        for entry in job.entries:
            self.portal.outcome(entry).unknown.update(job.fields_of(entry))
        self._sleep(pause_after(attempt))
        job = job.of(self._not_reached(job))
        if isinstance(error, TimedOut) and not job.request.repeats_after_timeout:
            # The portal can still be at work, which no reading shows. The outcome stays unknown.
            self._fail_all(job, error)
            return job.of([])
        return job

    def _refreshed(self, job: Job) -> Job:
        """Return the job without the entries for which it is not needed any more."""
        if not job.request.rereads:
            return job
        needed = job.request.needed(self.portal, job)
        if self.stops_on_error and any(self.portal.outcome(entry).error for entry in job.entries):
            self._is_stopped = True
        return job.of(needed)

    def _not_reached(self, job: Job) -> list[PlanEntry]:
        """Return the entries of a request without a response that lack their desired values, to send it again."""
        left = []
        for entry, reached in self._reached(job):
            fields = set(job.fields_of(entry))
            if isinstance(reached, PortalOpsError):
                self._fail(entry, job, reached)
                continue
            outcome = self.portal.outcome(entry)
            outcome.accept(tuple(fields & reached))
            if fields <= reached:
                self._finish_reading(job, entry, reached)
            else:
                left.append(entry)
        return left

    def _reached(self, job: Job) -> list[tuple[PlanEntry, set[str] | PortalOpsError]]:
        """Read which fields of each entry are as the request makes them, or an error if that is not readable."""
        found: list[tuple[PlanEntry, set[str] | PortalOpsError]] = []
        if isinstance(job.request, SelfReadingRequest):
            for entry in job.entries:
                try:
                    found.append((entry, job.request.reached(self.portal, entry, job)))
                except PortalOpsError as error:
                    found.append((entry, error))
            return found
        try:
            current = self.portal.directory.read({entry.key: entry.name for entry in job.entries})
        except PortalOpsError as error:
            return [(entry, error) for entry in job.entries]
        return [
            (entry, job.request.shows(self.portal, entry, job, current.members.get(entry.key))) for entry in job.entries
        ]

    def _refuse(self, job: Job, error: PortalOpsError, streak: _Streak) -> None:
        """Split a batch that is refused as a whole, while that helps, so that one member does not stop the rest."""
        streak.add(error)
        if len(job.entries) > 1 and error.code in _SPLIT_CODES and not streak.is_hopeless:
            middle = len(job.entries) // 2
            for entries in (job.entries[:middle], job.entries[middle:]):
                self._send_half(job.of(entries), error, streak)
        else:
            self._fail_all(job, error)

    def _send_half(self, job: Job, error: PortalOpsError, streak: _Streak) -> None:
        if streak.is_hopeless:
            self._fail_all(job, error)
        else:
            self._send(job, streak)

    def _fail_all(self, job: Job, error: PortalOpsError) -> None:
        for entry in job.entries:
            self._fail(entry, job, error)

    def _accept(self, job: Job, refusals: Refusals) -> None:
        """Note what the portal accepted, and read it back where the request reads something else than the member."""
        accepted = []
        for entry in job.entries:
            reason = refusals.get(entry.key)
            if reason == "":
                continue
            if reason is None:
                self.portal.outcome(entry).accept(job.fields_of(entry))
                accepted.append(entry)
            else:
                self.portal.outcome(entry).unknown.difference_update(job.fields_of(entry))
                self._fail(entry, job, Refused(reason))
        if isinstance(job.request, SelfReadingRequest):
            for entry, reached in self._reached(job.of(accepted)):
                self._finish_reading(job, entry, reached)

    def _finish_reading(self, job: Job, entry: PlanEntry, reached: set[str] | PortalOpsError) -> None:
        """Note what a request that reads itself found after it was accepted."""
        outcome = self.portal.outcome(entry)
        fields = set(job.fields_of(entry))
        if isinstance(reached, PortalOpsError):
            outcome.accepted -= fields
            outcome.side_effects |= fields
            self._fail(entry, job, unverified(reached))
        elif isinstance(job.request, SelfReadingRequest):
            outcome.applied |= (fields & reached) - outcome.by_others
            if not fields <= reached:
                outcome.accepted -= fields - reached
                self._fail(
                    entry,
                    job,
                    NotApplied(
                        job.request.shortfall(self.portal, entry, job),
                        field=sorted(fields - reached)[0],
                        remedy="Check the portal, fix the cause, and run the task again.",
                    ),
                )

    def _keep_partial(self, entry: PlanEntry, job: Job) -> None:
        """Groups and add-on licenses need several requests: what an earlier one changed is not the whole change."""
        outcome = self.portal.outcome(entry)
        partial = outcome.applied.intersection(job.fields_of(entry))
        outcome.accepted.difference_update(job.fields_of(entry))
        outcome.applied -= partial
        outcome.side_effects |= partial

    def _fail(self, entry: PlanEntry, job: Job, error: PortalOpsError) -> None:
        self._keep_partial(entry, job)
        with self._lock:
            self.portal.outcome(entry).fail(member_error(entry, error))
            if self.stops_on_error:
                self._is_stopped = True


def _weight(job: Job) -> int:
    """Return how many changes a job makes."""
    return sum(len(job.fields_of(entry)) for entry in job.entries)
