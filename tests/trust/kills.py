# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed at any moment: whatever was left half done, the next run finishes it."""

from __future__ import annotations

import random
import time

from tests.sandbox.runner import Sandbox

from .cases import ENTERPRISE, OLD, ONLINE, Case, cases
from .lanes import Job, Lane, Tally
from .matrix import Baseline, arranged, baseline, converge, judge_harm
from .states import state_of

#: Milliseconds added to every answer, so that a kill meets requests under way.
LATENCY = 3
MOST_KILLS_IN_A_ROW = 3


def killed_again_and_again(
    portal: Sandbox, lane: Lane, case: Case, found: Baseline, draw: random.Random, seconds: float, tally: Tally
) -> None:  # fmt: skip
    """Kill a task a few times, then let it run: no member is lost or doubled on the way, and the goal is reached."""
    arguments = arranged(portal, case)
    where = f"{case.module} {case.name} on {case.product}, killed"
    for _time in range(draw.randint(1, MOST_KILLS_IN_A_ROW)):
        ran = lane.runner.run(case.module, arguments, kill_after=draw.uniform(0.05, 1.0) * seconds)
        if not ran.killed:
            break
        tally.runs += 1
        tally.counts["killed"] += 1
        tally.counts["killed with writes"] += bool(portal.counters()["writes"])
        where += f" after {ran.seconds:.3f} s"
        # What the sandbox has in hand comes to its end.
        time.sleep(10 * LATENCY / 1000)
    after = state_of(portal)
    tally.counts["found half done"] += not after.same(found.before) and not after.same(found.goal)
    judge_harm(portal, found, after, where, tally)
    converge(portal, lane.runner, case, found, after, arguments, where, tally)


def job(case: Case, kills: int, seed: int) -> Job:
    def run(lane: Lane, tally: Tally) -> None:
        portal = lane.portal(case.product)
        portal.inspect("PATCH", "options", {"latency_ms": LATENCY})
        try:
            found = baseline(portal, lane.runner, case, tally)
            if found is None:
                return
            arguments = arranged(portal, case)
            seconds = lane.runner.run(case.module, arguments).seconds
            draw = random.Random(f"{seed} {case.name} {case.product}")
            first = tally.counts["killed"]
            while tally.counts["killed"] - first < kills:
                killed_again_and_again(portal, lane, case, found, draw, seconds, tally)
        finally:
            portal.inspect("PATCH", "options", {"latency_ms": 0})

    return run


def jobs(kills: int, seed: int) -> list[tuple[str, Job]]:
    """So many kills in all, over rosters with every kind of change on every product."""
    rosters = [case for case in cases() if case.module == "portal_members" and case.name == "roster"]
    shares = {ONLINE: 0.4, ENTERPRISE: 0.3, OLD: 0.3}
    return [
        (f"kills on {case.product}", job(case, -(-round(kills * shares[case.product]) // 2), 2 * seed + half))
        for case in rosters
        for half in range(2)
    ]
