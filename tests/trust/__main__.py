# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.trust``: run the proofs, print the tables, and fail when anything was wrong."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from . import fuzz, kills, leaks, matrix, meanwhile, properties, report, sign_in, transport
from .forks import collections_folder
from .lanes import Tally, work_off

#: How much is tried: in a whole run, in a small one, and what it is.
SIZES: dict[str, tuple[int, int, str]] = {
    "cells": (40, 8, "faults tried with each task; 0: all there are"),
    "kills": (300, 40, "runs that are killed"),
    "fuzz": (1000, 100, "hostile answers and rosters"),
    "examples": (80, 25, "examples of each property"),
}


def whole(name: str) -> Any:
    """A number from the environment, if it is there."""
    return int(os.environ[name]) if os.environ.get(name) else None


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    add = found.add_argument
    add("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (default: all)")
    add("--small", action="store_true", help="a sample of everything in a few minutes")
    for name, (large, small, what) in SIZES.items():
        add(f"--{name}", type=int, default=whole(name.upper()), help=f"how many {what} (default: {large} or {small})")
    add("--lanes", type=int, default=whole("LANES") or 2, help="how many work side by side")
    add("--only", default="", help="tasks of the matrix whose name contains this")
    add("--seed", type=int, default=whole("SEED") or 1, help="another seed draws other cases")
    add("--docs", type=Path, metavar="PAGE", help="put the tables into this page of the documentation")
    return found


PARTS: dict[str, Any] = {
    "matrix": lambda words: matrix.jobs(words.cells, words.only),
    "kills": lambda words: kills.jobs(words.kills, words.seed),
    "meanwhile": lambda words: meanwhile.jobs(),
    "sign-in": lambda words: sign_in.jobs(),
    "transport": lambda words: transport.jobs(),
    "secrets": lambda words: leaks.jobs(words.seed),
    "fuzz": lambda words: fuzz.jobs(words.fuzz, words.seed),
    "properties": lambda words: properties.jobs(words.examples, words.seed),
}


def arguments() -> argparse.Namespace:
    found = parser()
    words = found.parse_args()
    unknown = [name for name in words.parts if name not in PARTS]
    if unknown:
        found.error(f"unknown part {', '.join(unknown)}")
    if words.docs and (words.parts or words.only or words.small):
        found.error("the documentation shows whole runs only")
    for name, sizes in SIZES.items():
        if getattr(words, name) is None:
            setattr(words, name, sizes[words.small])
    return words


def main() -> int:
    words = arguments()
    tallies: dict[str, Tally] = {}
    began = time.monotonic()
    with collections_folder() as folder:
        for name in words.parts or PARTS:
            started = time.monotonic()
            tallies[name] = work_off(PARTS[name](words), folder, words.lanes)
            tallies[name].seconds = time.monotonic() - started
            wrong = sum(tallies[name].wrong.values())
            print(f"{name}: {tallies[name].runs} runs, {wrong} wrong, {tallies[name].seconds:.0f} s", flush=True)
    found = report.Report(tallies, words.seed, time.monotonic() - began)
    print(found.text())
    if found.problems:
        return 1
    if words.docs:
        found.into_page(words.docs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
