# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Pace and pool: how many at once, when, in what order.

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.portalops.arcgis.plugins.module_utils._errors import Throttled
from ansible_collections.portalops.arcgis.plugins.module_utils._portal.limiter import GROW_AFTER, Pace, Pool

NEVER = float("inf")


@pytest.fixture
def pool():
    pools = []

    def pool(size):
        pools.append(Pool(size))
        return pools[-1]

    yield pool
    for one in pools:
        one.close()


class Now:
    def __init__(self):
        self.now = 0.0
        self.naps = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.naps.append(seconds)
        self.now += seconds


# -- pool -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_are_in_the_order_of_the_items(pool, size, count):
    counts = []
    assert pool(size).run(lambda item: item * 2, list(range(count)), counts.append) == [
        item * 2 for item in range(count)
    ]
    assert counts == list(range(1, count + 1))


@pytest.mark.parametrize("size", [1, 4])
def test_never_more_at_once_than_allowed_and_no_thread_without_need(pool, size):
    lock, now, most, threads = threading.Lock(), [0], [0], set()

    def work(item):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            threads.add(threading.get_ident())
        time.sleep(0.005)
        with lock:
            now[0] -= 1

    shared = pool(size)
    for _turn in range(3):
        shared.run(work, list(range(20)), None)
    assert most[0] == size
    assert len(threads) == size
    if size == 1:
        assert threads == {threading.get_ident()}


def test_one_item_runs_where_it_was_asked_for(pool):
    assert pool(8).run(lambda item: threading.get_ident(), [1], None) == [threading.get_ident()]


def test_exceptions_are_results(pool):
    def work(item):
        if item % 2:
            raise ValueError(item)
        return item

    results = pool(3).run(work, [0, 1, 2, 3], None)
    assert results[0::2] == [0, 2]
    assert [repr(result) for result in results[1::2]] == ["ValueError(1)", "ValueError(3)"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_job_may_start_jobs(pool, size):
    shared = pool(size)
    results = shared.run(lambda item: shared.run(lambda inner: item * 10 + inner, [0, 1, 2], None), [1, 2, 3, 4], None)
    assert results == [[10, 11, 12], [20, 21, 22], [30, 31, 32], [40, 41, 42]]


@pytest.mark.parametrize("size", [1, 3])
def test_an_interrupt_ends_the_work(pool, size):
    worked = []

    def work(item):
        worked.append(item)
        if item == 3:
            raise KeyboardInterrupt
        time.sleep(0.001)

    with pytest.raises(KeyboardInterrupt):
        pool(size).run(work, list(range(1000)), None)
    assert len(worked) < 900


def test_a_broken_progress_report_is_not_swallowed(pool):
    def broken(count):
        raise RuntimeError("no terminal")

    with pytest.raises(RuntimeError, match="no terminal"):
        pool(3).run(lambda item: item, list(range(50)), broken)


def test_threads_end_with_the_pool_and_come_again(pool):
    before = set(threading.enumerate())
    shared = pool(4)
    gate = threading.Barrier(4)
    shared.run(lambda item: gate.wait(5), list(range(4)), None)
    started = set(threading.enumerate()) - before
    assert len(started) == 3
    shared.close()
    for thread in started:
        thread.join(5)
    assert not any(thread.is_alive() for thread in started)
    assert shared.run(lambda item: item, [1, 2], None) == [1, 2]


# -- pace -------------------------------------------------------------------------------------------------------------


def test_a_burst_of_refusals_slows_down_once():
    now = Now()
    pace = Pace(8, now.sleep, now)
    epochs = [pace.enter(NEVER) for _turn in range(8)]
    for epoch in epochs:
        pace.leave()
        pace.slow_down(epoch, 3.0)
    assert pace.limit == 4
    epoch = pace.enter(NEVER)
    assert now.naps == [3.0]
    pace.leave()
    pace.slow_down(epoch, 1.0)
    assert pace.limit == 2
    for _turn in range(5):
        pace.slow_down(pace.enter(NEVER), 0.0)
        pace.leave()
    assert pace.limit == 1


def test_success_speeds_up_again_step_by_step():
    now = Now()
    pace = Pace(4, now.sleep, now)
    pace.slow_down(pace.enter(NEVER), 1.0)
    pace.leave()
    pace.slow_down(pace.enter(NEVER), 1.0)
    pace.leave()
    limits = []
    for _turn in range(5 * GROW_AFTER):
        pace.speed_up()
        limits.append(pace.limit)
    assert limits[GROW_AFTER - 2] == 1
    assert limits[GROW_AFTER - 1] == 2
    assert limits[2 * GROW_AFTER - 1] == 3
    assert limits[-1] == 4


def test_a_refusal_starts_the_count_of_successes_again():
    now = Now()
    pace = Pace(4, now.sleep, now)
    pace.slow_down(0, 0.0)
    for _turn in range(GROW_AFTER - 1):
        pace.speed_up()
    pace.slow_down(0, 0.0)
    pace.speed_up()
    assert pace.limit == 2


def test_a_longer_pause_is_not_cut_by_a_shorter_one():
    now = Now()
    pace = Pace(4, now.sleep, now)
    pace.slow_down(0, 10.0)
    pace.slow_down(0, 1.0)
    pace.enter(NEVER)
    assert now.now == 10.0


def test_a_pause_that_lasts_too_long_is_refused():
    now = Now()
    pace = Pace(4, now.sleep, now)
    pace.slow_down(0, 10.0)
    with pytest.raises(Throttled):
        pace.enter(9.0)
    assert now.naps == []


def test_who_comes_too_many_waits_for_a_free_place():
    pace = Pace(1, time.sleep, time.monotonic)
    order = []
    pace.enter(NEVER)

    def second():
        pace.enter(NEVER)
        order.append("second")
        pace.leave()

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.02)
    order.append("first")
    pace.leave()
    thread.join(5)
    assert order == ["first", "second"]
