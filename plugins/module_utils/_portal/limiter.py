# Copyright (c) 2026, portalops.arcgis contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# Private to this collection: it can change in any release.

"""Concurrent requests: how many at a time, and when. Knows nothing about HTTP."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Throttled

# Responses in a row, none of them throttled, before the limit grows by one request.
GROW_AFTER = 20
# Seconds. A shorter pause is not worth a wait.
_SHORTEST_PAUSE = 0.001


class RateLimiter:
    """The number of concurrent requests, and the time before which none is sent. Shared by the threads of a client."""

    def __init__(self, maximum: int, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._maximum = self.limit = maximum
        self._sleep = sleep
        self._clock = clock
        self._changed = threading.Condition()
        self._active = 0
        self._streak = 0
        self._resume_at = 0.0
        # Grows with every slowdown, so that the responses to one burst of requests slow down once.
        self._epoch = 0

    def enter(self, deadline: float) -> int:
        """Wait for a turn, and return the epoch to pass to ``slow_down``.

        Args:
            deadline: Time of the clock, in seconds.

        Raises:
            Throttled: If the turn would come after the deadline.
        """
        while True:
            with self._changed:
                pause = self._resume_at - self._clock()
                if pause < _SHORTEST_PAUSE:
                    if self._active < self.limit:
                        self._active += 1
                        return self._epoch
                    self._changed.wait(1.0)
                    continue
            if self._clock() + pause > deadline:
                raise Throttled("The portal asks for a longer pause than one request can wait.", retry_after=pause)
            self._sleep(pause)

    def leave(self) -> None:
        """Give the turn back."""
        with self._changed:
            self._active -= 1
            self._changed.notify()

    def slow_down(self, epoch: int, pause: float) -> None:
        """Stop all requests for ``pause`` seconds, and halve the limit once per epoch."""
        with self._changed:
            self._resume_at = max(self._resume_at, self._clock() + pause)
            self._streak = 0
            if epoch == self._epoch:
                self._epoch += 1
                self.limit = max(1, self.limit // 2)

    def speed_up(self) -> None:
        """Count a response that was not throttled."""
        if self.limit < self._maximum:
            with self._changed:
                self._streak += 1
                if self._streak >= GROW_AFTER:
                    self._streak = 0
                    self.limit = min(self._maximum, self.limit + 1)
                    self._changed.notify()


def run_parallel(
    function: Callable[[t.Any], t.Any],
    items: list[t.Any],
    workers: int,
    done: Callable[[int], None] | None = None,
) -> list[t.Any]:
    """Call the function for each item and return the results in the order of the items.

    An exception is a result. An interrupt (KeyboardInterrupt, SystemExit) cancels the calls that have not started.
    Each call makes its own threads, so the function can call ``run_parallel`` again.

    Args:
        workers: Maximum number of threads. With one worker or one item, the calling thread does the work.
        done: Called in the calling thread with the number of finished items.
    """
    if workers <= 1 or len(items) <= 1:
        return _run_in_sequence(function, items, done)
    executor = ThreadPoolExecutor(min(workers, len(items)))
    try:
        futures = [executor.submit(function, item) for item in items]
        for count, future in enumerate(as_completed(futures), 1):
            failure = future.exception()
            if failure is not None and not isinstance(failure, Exception):
                raise failure
            if done is not None:
                done(count)
    finally:
        executor.shutdown(cancel_futures=True)
    return [future.exception() or future.result() for future in futures]


def succeeded(results: list[t.Any]) -> list[t.Any]:
    """Return results of ``run_parallel``, or raise the first exception among them."""
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _run_in_sequence(
    function: Callable[[t.Any], t.Any], items: list[t.Any], done: Callable[[int], None] | None
) -> list[t.Any]:
    results: list[t.Any] = []
    for item in items:
        try:
            results.append(function(item))
        except Exception as error:
            results.append(error)
        if done is not None:
            done(len(results))
    return results
