# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs portal_members in this process and prints as JSON where its time goes.

Reads the module's arguments as Ansible gives them from standard input; prints {phase: {"wall", "cpu"}}, in seconds.
"""

from __future__ import annotations

import time

BEGUN = time.perf_counter()

import contextlib  # noqa: E402 (the clock comes first)
import io  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from ansible_collections.portalops.arcgis.plugins.module_utils import (  # noqa: E402
    _desired,
    _directory,
    _module,
    _plan,
    _result,
    _roster,
)

PHASES = (
    ("read the roster", _roster, "read_roster"),
    ("normal form", _desired, "specs"),
    ("sign in, read the organization", _module, "Organization"),
    ("read the members", _directory.Directory, "read"),
    ("plan", _plan.Planner, "plan"),
    ("result", _result, "build"),
)


def main() -> None:
    spent = {"start": {"wall": time.perf_counter() - BEGUN, "cpu": time.process_time()}}

    def timed(name: str, owner: Any, attribute: str) -> None:
        inner = getattr(owner, attribute)

        def outer(*args: Any, **options: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return inner(*args, **options)
            finally:
                took = spent.setdefault(name, {"wall": 0.0, "cpu": 0.0})
                took["wall"] += time.perf_counter() - wall
                took["cpu"] += time.process_time() - cpu

        setattr(owner, attribute, outer)

    for phase in PHASES:
        timed(*phase)
    with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.suppress(SystemExit):
        _module.run_members("portal_members")
    if json.loads(told.getvalue()).get("failed"):
        raise SystemExit(told.getvalue())
    json.dump(spent, sys.stdout)


if __name__ == "__main__":
    main()
