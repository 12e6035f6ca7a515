# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it may change in any release.

"""Several requests at once: how many, when, and by whom. Knows nothing of HTTP."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Callable

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Throttled

if t.TYPE_CHECKING:
    import queue

#: Answers in a row, none of them throttled, before one more request at once is tried.
GROW_AFTER = 20


class Pace:
    """How many requests at once, and not before when: shared by all threads of a client."""

    def __init__(self, most: int, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._most = self.limit = most
        self._sleep = sleep
        self._clock = clock
        self._changed = threading.Condition()
        self._active = 0
        self._streak = 0
        self._until = 0.0
        #: Grows with every slow-down: the answers to requests of one burst slow down once.
        self._epoch = 0

    def enter(self, give_up: float) -> int:
        """Wait for a turn. Raises ``Throttled`` if it would come after ``give_up``."""
        while True:
            with self._changed:
                pause = self._until - self._clock()
                if pause < 0.001:
                    if self._active < self.limit:
                        self._active += 1
                        return self._epoch
                    self._changed.wait(1.0)
                    continue
            if self._clock() + pause > give_up:
                raise Throttled("The portal asks to slow down for longer than this call may take.", retry_after=pause)
            self._sleep(pause)

    def leave(self) -> None:
        with self._changed:
            self._active -= 1
            self._changed.notify()

    def slow_down(self, epoch: int, pause: float) -> None:
        """Nobody asks for ``pause`` seconds; then half as many at once."""
        with self._changed:
            self._until = max(self._until, self._clock() + pause)
            self._streak = 0
            if epoch == self._epoch:
                self._epoch += 1
                self.limit = max(1, self.limit // 2)

    def speed_up(self) -> None:
        """Count an answer that was not throttled."""
        if self.limit < self._most:
            with self._changed:
                self._streak += 1
                if self._streak >= GROW_AFTER:
                    self._streak = 0
                    self.limit = min(self._most, self.limit + 1)
                    self._changed.notify()


class _Job:
    """Items that several threads work off, each taking the next one."""

    def __init__(
        self, function: Callable[[t.Any], t.Any], items: list[t.Any], done: Callable[[int], None] | None
    ) -> None:
        self._function = function
        self._items = items
        self._done = done
        self._next = 0
        self._changed = threading.Condition()
        self._active = 0
        self._finished = 0
        self.results: list[t.Any] = [None] * len(items)
        self.fatal: BaseException | None = None

    def work(self) -> None:
        """Work off items until none is left."""
        with self._changed:
            self._active += 1
        try:
            self._work()
        except BaseException as error:
            self.fatal = error
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                index = self._next
                self._next += 1
            if index >= len(self._items) or self.fatal is not None:
                return
            try:
                self.results[index] = self._function(self._items[index])
            except Exception as error:
                self.results[index] = error
            if self._done is not None:
                with self._changed:
                    self._finished += 1
                    self._done(self._finished)

    def wait(self) -> None:
        """Wait for the items that other threads still have in hand."""
        with self._changed:
            while self._active and self.fatal is None:
                self._changed.wait()
        if self.fatal is not None:
            raise self.fatal


class Pool:
    """Threads that live as long as the client, so that each keeps its connection."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: queue.SimpleQueue[_Job | None] | None = None
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def run(
        self, function: Callable[[t.Any], t.Any], items: list[t.Any], done: Callable[[int], None] | None
    ) -> list[t.Any]:
        job = _Job(function, items, done)
        helpers = min(self._size, len(items)) - 1
        if helpers > 0:
            jobs = self._served_by(helpers)
            for _helper in range(helpers):
                jobs.put(job)
        # The calling thread takes part, so a job within a job always gets on.
        job.work()
        job.wait()
        return job.results

    def _served_by(self, count: int) -> queue.SimpleQueue[_Job | None]:
        """The queue of the pool, with at least ``count`` threads behind it."""
        with self._lock:
            if self._jobs is None:
                import queue

                self._jobs = queue.SimpleQueue()
            while len(self._threads) < count:
                thread = threading.Thread(target=self._serve, args=(self._jobs,), daemon=True)
                self._threads.append(thread)
                thread.start()
            return self._jobs

    @staticmethod
    def _serve(jobs: queue.SimpleQueue[_Job | None]) -> None:
        while True:
            job = jobs.get()
            if job is None:
                return
            job.work()
            # Results are large: an idle thread must not keep them.
            del job

    def close(self) -> None:
        with self._lock:
            jobs, threads, self._jobs, self._threads = self._jobs, self._threads, None, []
        if jobs is not None:
            for _thread in threads:
                jobs.put(None)
