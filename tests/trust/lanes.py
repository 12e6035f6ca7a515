# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lanes work side by side; each has its own server of module runs and its own sandbox portals."""

from __future__ import annotations

import queue
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.runner import Sandbox

from .forks import Runner

MEMBERS = 120
#: What can be wrong. Each count must stay at 0.
FAILURES = ("lost", "duplicated", "leaked", "hung", "untruthful", "unclear", "needless", "harmed", "broken")


@dataclass
class Tally:
    """What was run, what was counted beside it, and what was wrong by kind of wrong."""

    runs: int = 0
    counts: Counter[Any] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    longest: float = 0.0
    seconds: float = 0.0

    def blame(self, kind: str, where: str, what: str) -> None:
        if kind not in FAILURES:
            raise ValueError(kind)
        self.wrong[kind] += 1
        self.problems.append(f"{kind}: {where}: {what}")

    def expect(self, true: Any, kind: str, where: str, what: str) -> bool:
        """Count one thing that was looked at, and blame where it is not so."""
        self.counts["checks"] += 1
        if not true:
            self.blame(kind, where, what)
        return bool(true)

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.counts.update(other.counts)
        self.wrong.update(other.wrong)
        self.problems += other.problems
        self.longest = max(self.longest, other.longest)


class Lane:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.runner = Runner(folder)
        self._portals: dict[Any, Sandbox] = {}

    def portal(self, product: str, **options: Any) -> Sandbox:
        """A sandbox of its own, made on first use; who gets it resets it."""
        key = (product, *sorted(options.items()))
        if key not in self._portals:
            self._portals[key] = Sandbox(product=product, **{"members": MEMBERS, **options}).start()
        return self._portals[key]

    def close(self, tally: Tally) -> None:
        for (product, *_options), portal in self._portals.items():
            # A client that goes away in the middle of its request is what some proofs are about.
            own = [text for text in portal.trouble().split("Error handling request") if "ConnectionReset" not in text]
            if "".join(own).strip():
                tally.blame("unclear", f"sandbox {product}", "".join(own)[-2000:])
            portal.stop()
        self.runner.close()


Job = Callable[[Lane, Tally], None]


def work_off(jobs: Iterable[tuple[str, Job]], folder: str, lanes: int) -> Tally:
    """Do all jobs, each on the next free lane."""
    waiting: queue.SimpleQueue[tuple[str, Job]] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    total, lock = Tally(), threading.Lock()

    def work() -> None:
        lane, tally = Lane(folder), Tally()
        try:
            while True:
                name, job = waiting.get_nowait()
                try:
                    job(lane, tally)
                except Exception:
                    tally.blame("unclear", name, f"the proof itself broke: {traceback.format_exc()}")
        except queue.Empty:
            pass
        finally:
            lane.close(tally)
            with lock:
                total.add(tally)

    threads = [threading.Thread(target=work) for _lane in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total
