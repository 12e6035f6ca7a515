# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs portal_members in this process and prints as JSON where its time goes.

Reads the module's arguments as Ansible gives them from standard input; prints {"phases": {phase: {"wall", "cpu"}},
"api_calls", "changed"}. Seconds of a phase are its own: those of a phase within it are not counted twice.
"""

from __future__ import annotations

import time

BEGUN = time.perf_counter()

import contextlib  # noqa: E402 (the clock comes first)
import io  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from collections import defaultdict  # noqa: E402
from typing import Any  # noqa: E402

from ansible_collections.portalops.arcgis.plugins.module_utils._apply import run  # noqa: E402
from ansible_collections.portalops.arcgis.plugins.module_utils._current import directory as current_directory  # noqa: E402
from ansible_collections.portalops.arcgis.plugins.module_utils._module import pipeline  # noqa: E402
from ansible_collections.portalops.arcgis.plugins.module_utils._module import task as module_task  # noqa: E402
from ansible_collections.portalops.arcgis.plugins.module_utils._plan import planner  # noqa: E402
from ansible_collections.portalops.arcgis.plugins.module_utils._portal import sign_in  # noqa: E402
from ansible_collections.portalops.arcgis.plugins.module_utils._roster import desired  # noqa: E402

START, OTHER = "start", "the rest"
PHASES = (
    (OTHER, pipeline, "run_members"),
    ("read the roster", desired, "load_roster"),
    ("roster in normal form", desired, "specs"),
    ("sign in", sign_in.SignIn, "renew"),
    ("read the organization", module_task, "OrganizationReader"),
    ("read the members", current_directory.Directory, "read"),
    ("plan", planner.Planner, "plan"),
    ("write", run.Run, "apply"),
    ("read back", run, "verify"),
    ("result", pipeline, "build"),
)
NORMALISE = "members in normal form"


class Clock:
    """What each phase took; a phase within another is taken off it."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.running: list[str] = []

    def now(self, phase: str, sign: int) -> None:
        at = self.spent[phase]
        at[0] += sign * time.perf_counter()
        at[1] += sign * time.process_time()

    def timed(self, phase: str, owner: Any, attribute: str) -> None:
        inner = getattr(owner, attribute)

        def outer(*args: Any, **options: Any) -> Any:
            # Reading within the reading back is a part of it.
            name = "read back" if "read back" in self.running else phase
            if self.running:
                self.now(self.running[-1], 1)
            self.now(name, -1)
            self.running.append(name)
            try:
                return inner(*args, **options)
            finally:
                self.running.pop()
                self.now(name, 1)
                if self.running:
                    self.now(self.running[-1], -1)

        setattr(owner, attribute, outer)

    def normalising(self) -> None:
        """Rows become members in many threads at once: what each took of the processor is taken off the reading."""
        inner = current_directory.Directory._values
        pieces: list[float] = []

        def outer(directory: Any, row: dict[str, Any]) -> Any:
            begun = time.thread_time()
            try:
                return inner(directory, row)
            finally:
                if "read back" not in self.running:
                    pieces.append(time.thread_time() - begun)

        current_directory.Directory._values = outer  # type: ignore[method-assign]
        self.pieces = pieces

    def times(self) -> dict[str, dict[str, float]]:
        found = {name: {"wall": wall, "cpu": cpu} for name, (wall, cpu) in self.spent.items()}
        took = sum(self.pieces)
        for part in found.get("read the members", {}), found.setdefault(NORMALISE, {"wall": 0.0, "cpu": 0.0}):
            for key in part:
                part[key] += took if part is found[NORMALISE] else -took
        return found


def main() -> None:
    clock = Clock()
    clock.spent[START] = [time.perf_counter() - BEGUN, time.process_time()]
    for phase in PHASES:
        clock.timed(*phase)
    clock.normalising()
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.suppress(SystemExit):
        pipeline.run_members("portal_members")
    result = json.loads(output.getvalue())
    if result.get("failed"):
        raise SystemExit(output.getvalue()[-3000:])
    json.dump({"phases": clock.times(), "api_calls": result["api_calls"], "changed": result["changed"]}, sys.stdout)


if __name__ == "__main__":
    main()
