# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Concurrency: how many at a time, when, and in what order.

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Throttled
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import (
    GROW_AFTER,
    RateLimiter,
    run_parallel,
)

NEVER = float("inf")


class Now:
    def __init__(self):
        self.now = 0.0
        self.naps = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.naps.append(seconds)
        self.now += seconds


# -- run_parallel -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_are_in_the_order_of_the_items(workers, count):
    counts = []
    results = run_parallel(lambda item: item * 2, list(range(count)), workers, counts.append)
    assert results == [item * 2 for item in range(count)]
    assert counts == list(range(1, count + 1))


@pytest.mark.parametrize("workers", [1, 4])
def test_never_more_at_once_than_workers(workers):
    lock, active, most, threads = threading.Lock(), [0], [0], set()

    def work(item):
        with lock:
            active[0] += 1
            most[0] = max(most[0], active[0])
            threads.add(threading.get_ident())
        time.sleep(0.005)
        with lock:
            active[0] -= 1

    run_parallel(work, list(range(20)), workers)
    assert most[0] == workers
    assert len(threads) == workers
    assert (threads == {threading.get_ident()}) is (workers == 1)


def test_one_item_needs_no_thread():
    assert run_parallel(lambda item: threading.get_ident(), [1], 8) == [threading.get_ident()]


@pytest.mark.parametrize("workers", [1, 3])
def test_exceptions_are_results(workers):
    def work(item):
        if item % 2:
            raise ValueError(item)
        return item

    results = run_parallel(work, [0, 1, 2, 3], workers)
    assert results[0::2] == [0, 2]
    assert [repr(result) for result in results[1::2]] == ["ValueError(1)", "ValueError(3)"]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_function_can_run_others_in_parallel(workers):
    def work(item):
        return run_parallel(lambda inner: item * 10 + inner, [0, 1, 2], workers)

    assert run_parallel(work, [1, 2, 3, 4], workers) == [[10, 11, 12], [20, 21, 22], [30, 31, 32], [40, 41, 42]]


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupt_ends_the_work(workers):
    worked = []

    def work(item):
        worked.append(item)
        if item == 3:
            raise KeyboardInterrupt
        time.sleep(0.001)

    with pytest.raises(KeyboardInterrupt):
        run_parallel(work, list(range(1000)), workers)
    assert len(worked) < 900


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_of_the_progress_report_is_raised(workers):
    def broken(count):
        raise RuntimeError("no terminal")

    with pytest.raises(RuntimeError, match="no terminal"):
        run_parallel(lambda item: item, list(range(50)), workers, broken)


def test_no_thread_outlives_the_call():
    before = set(threading.enumerate())
    gate = threading.Barrier(4)
    run_parallel(lambda item: gate.wait(5), list(range(4)), 4)
    assert set(threading.enumerate()) == before


# -- RateLimiter ------------------------------------------------------------------------------------------------------


def test_a_burst_of_refusals_slows_down_once():
    now = Now()
    limiter = RateLimiter(8, now.sleep, now)
    epochs = [limiter.enter(NEVER) for _turn in range(8)]
    for epoch in epochs:
        limiter.leave()
        limiter.slow_down(epoch, 3.0)
    assert limiter.limit == 4
    epoch = limiter.enter(NEVER)
    assert now.naps == [3.0]
    limiter.leave()
    limiter.slow_down(epoch, 1.0)
    assert limiter.limit == 2
    for _turn in range(5):
        limiter.slow_down(limiter.enter(NEVER), 0.0)
        limiter.leave()
    assert limiter.limit == 1


def test_success_speeds_up_again_step_by_step():
    now = Now()
    limiter = RateLimiter(4, now.sleep, now)
    limiter.slow_down(limiter.enter(NEVER), 1.0)
    limiter.leave()
    limiter.slow_down(limiter.enter(NEVER), 1.0)
    limiter.leave()
    limits = []
    for _turn in range(5 * GROW_AFTER):
        limiter.speed_up()
        limits.append(limiter.limit)
    assert limits[GROW_AFTER - 2] == 1
    assert limits[GROW_AFTER - 1] == 2
    assert limits[2 * GROW_AFTER - 1] == 3
    assert limits[-1] == 4


def test_a_refusal_starts_the_count_of_successes_again():
    now = Now()
    limiter = RateLimiter(4, now.sleep, now)
    limiter.slow_down(0, 0.0)
    for _turn in range(GROW_AFTER - 1):
        limiter.speed_up()
    limiter.slow_down(0, 0.0)
    limiter.speed_up()
    assert limiter.limit == 2


def test_a_longer_pause_is_not_cut_by_a_shorter_one():
    now = Now()
    limiter = RateLimiter(4, now.sleep, now)
    limiter.slow_down(0, 10.0)
    limiter.slow_down(0, 1.0)
    limiter.enter(NEVER)
    assert now.now == 10.0


def test_a_pause_that_lasts_too_long_is_refused():
    now = Now()
    limiter = RateLimiter(4, now.sleep, now)
    limiter.slow_down(0, 10.0)
    with pytest.raises(Throttled):
        limiter.enter(9.0)
    assert now.naps == []


def test_who_comes_too_many_waits_for_a_free_place():
    limiter = RateLimiter(1, time.sleep, time.monotonic)
    order = []
    limiter.enter(NEVER)

    def second():
        limiter.enter(NEVER)
        order.append("second")
        limiter.leave()

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.02)
    order.append("first")
    limiter.leave()
    thread.join(5)
    assert order == ["first", "second"]
